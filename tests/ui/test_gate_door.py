"""The door of the window, with nothing behind it: what is refused, and what was read until then."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from rag.core.settings import Settings
from ui.gate.door import Door
from ui.gate.names import Names
from ui.session.limits import RateLimit, caller

LOOPBACK = Names.of(Settings(), "127.0.0.1")


class Behind:
    """An app that reads its body and answers, or fails."""

    def __init__(self, failing: Exception | None = None, status: int = 200) -> None:
        self.bodies: list[bytes] = []
        self.auth: Any = None
        self._failing = failing
        self._status = status

    def get_blocks(self) -> Any:
        return SimpleNamespace(fns={})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._failing:
            raise self._failing
        self.bodies.append((await receive()).get("body", b""))
        await send({"type": "http.response.start", "status": self._status, "headers": []})
        await send({"type": "http.response.body", "body": b"secret input"})


def knock(app: Behind, path: str, parts: list[bytes], method: str = "POST", **headers: str) -> tuple[int, bytes, int]:
    """Status and body of the answer, and how many parts of the request's body were read."""
    door = Door(app, LOOPBACK, "", caller, RateLimit(2))
    given = {"host": "localhost", "content-type": "application/json", **headers}
    scope = {"type": "http", "method": method, "path": path, "app": app, "client": ("127.0.0.1", 1)}
    scope["headers"] = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]
    sent: list[Any] = []
    read = 0

    async def receive() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": parts[read - 1], "more_body": read < len(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(door(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]), read


RESET = "/gradio_api/reset"
GOOD = b'{"event_id": "x"}'


def test_a_body_within_its_limit_goes_on_whole() -> None:
    app = Behind()
    assert knock(app, RESET, [GOOD[:5], GOOD[5:]])[0] == 200
    assert app.bodies == [GOOD]


def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    for length in ("16001", "999999999999", "9" * 40, "-1", "x", "1e9"):
        app = Behind()
        status, _, read = knock(app, RESET, [b"x"], content_length=length)
        assert (status, read, app.bodies) == (413, 0, [])


def test_a_body_that_does_not_say_its_size_is_read_as_far_as_the_limit() -> None:
    app = Behind()
    status, _, read = knock(app, RESET, [b"x" * 4_000] * 1_000)
    assert (status, read, app.bodies) == (413, 5, [])


def test_too_large_is_said_on_every_address_known_or_not() -> None:
    for path in (RESET, "/login", "/", "/config", "/gradio_api/upload", "/nowhere", "/gradio_api/component_server"):
        for method in ("GET", "POST", "PUT"):
            assert knock(Behind(), path, [b""], method, content_length="20000000")[0] == 413


def test_nobody_who_is_not_signed_in_has_a_body_read() -> None:
    app = Behind()
    app.auth, app.tokens, app.cookie_id = {"a": "b"}, {"token": "a"}, "c"  # type: ignore[attr-defined]
    assert knock(app, RESET, [GOOD])[0::2] == (401, 0)
    assert knock(app, RESET, [GOOD], cookie="other={x; access-token-c=wrong")[0::2] == (401, 0)
    assert knock(app, RESET, [GOOD], cookie='other={"x; access-token-unsecure-c=token')[0] == 200


def test_what_fails_behind_the_door_is_told_in_a_sentence_and_logged_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Behind(failing=KeyError("secret input"))
    door = Door(app, LOOPBACK, "", caller, RateLimit(2))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": GOOD}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": RESET, "app": app, "headers": headers}
    for _ in range(50):
        asyncio.run(door(dict(scope), receive, send))
    assert {message["status"] for message in sent[::2]} == {400}
    assert len(caplog.records) == 1 and "secret" not in caplog.text


def test_an_answer_that_repeats_what_was_sent_is_replaced() -> None:
    status, body, _ = knock(Behind(status=422), RESET, [GOOD])
    assert status == 400 and b"secret" not in body


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_only_json_changes_anything(kind: str) -> None:
    app = Behind()
    assert knock(app, RESET, [GOOD], content_type=kind)[0::2] == (415, 0)
    assert app.bodies == []


def test_another_site_may_open_the_page_and_nothing_else() -> None:
    framed = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}
    assert knock(Behind(), "/", [b""], "GET", **framed)[0] == 200
    for path in ("/config", "/logout", "/gradio_api/info"):
        assert knock(Behind(), path, [b""], "GET", **framed)[0] == 403
    assert knock(Behind(), "/", [b""], "GET", sec_fetch_site="cross-site", sec_fetch_mode="cors")[0] == 403
    assert knock(Behind(), RESET, [GOOD], **framed)[0::2] == (403, 0)


class Page(Behind):
    """An app whose page comes in two parts, with what gradio says of itself."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        start = b'<head><meta charset="utf-8" /><meta property="og:title" content="Gradio" /><meta name="twitter:x" content='
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"13")]})
        await send({"type": "http.response.body", "body": start, "more_body": True})
        await send({"type": "http.response.body", "body": b'"G"></head><body class="x">x', "more_body": False})


def test_the_page_says_what_it_is_before_any_script_runs() -> None:
    page = knock(Page(), "/", [b""], "GET")[1].decode()
    assert "radio" not in page and "twitter:x" not in page
    assert page.startswith('<head><meta charset="utf-8" />\n<title>citewise</title>')
    assert '<meta property="og:title" content="citewise' in page and 'name="description"' in page
    assert page.index("</head>") < page.index("<noscript>") < page.index("x", page.index("</noscript>"))


def test_who_is_not_signed_in_gets_a_page_of_our_own_and_nothing_from_behind() -> None:
    app = Page()
    app.auth, app.tokens, app.cookie_id = {"a": "b"}, {"token": "a"}, "c"  # type: ignore[attr-defined]
    status, page, _ = knock(app, "/", [b""], "GET")
    assert status == 200 and page.startswith(b"<!doctype html>") and b"third-party cookies" in page
    assert b"og:title" in page and b'<body class="x">' not in page
    assert b'<body class="x">' in knock(app, "/", [b""], "GET", cookie="access-token-c=token")[1]
