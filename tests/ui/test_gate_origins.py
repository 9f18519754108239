"""Which pages may read what they are answered: those of allowed sites, as their browser is told before and with each answer."""

import asyncio
from typing import Any

import pytest

from rag.core.settings import Settings
from ui.gate.names import Names
from ui.gate.origins import Origins

NAMES = Names.of(Settings(allow_host="wiki.example, lab.example:8443"), "127.0.0.1")
ASKING = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


async def _behind(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"Access-Control-Allow-Origin", b"of gradio")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"behind"})


def answer(method: str, origin: str | None, **headers: str) -> tuple[int, list[tuple[str, str]], bytes]:
    given = headers | ({"origin": origin} if origin is not None else {})
    scope = {"type": "http", "method": method, "path": "/config"}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in given.items()]  # type: ignore[assignment]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await Origins(_behind, NAMES)(scope, None, send)  # type: ignore[arg-type]

    asyncio.run(run())
    pairs = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    return sent[0]["status"], pairs, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("origin", ["https://wiki.example", "http://wiki.example:3000", "https://LAB.example:8443"])
def test_an_allowed_page_may_send_and_read(origin: str) -> None:
    status, headers, body = answer("OPTIONS", origin, **ASKING)
    assert status == 204 and body == b""
    assert dict(headers)["access-control-allow-origin"] == origin
    assert dict(headers)["access-control-allow-headers"] == "content-type"
    assert "POST" in dict(headers)["access-control-allow-methods"]
    status, headers, body = answer("POST", origin)
    assert (status, body) == (200, b"behind")
    assert [value for name, value in headers if name == "access-control-allow-origin"] == [origin]
    assert ("access-control-allow-credentials", "true") in headers and ("vary", "Origin") in headers


@pytest.mark.parametrize(
    "origin",
    [
        *(None, "", "null", "https://evil.example", "https://wiki.example.evil.example", "https://evilwiki.example"),
        *("https://evil.example/?wiki.example", "https://wiki.example@evil.example", "http://127.0.0.1:3000"),
    ],
)
def test_any_other_is_handed_on_as_it_came(origin: str | None) -> None:
    for method, more in (("OPTIONS", ASKING), ("POST", {})):
        status, headers, body = answer(method, origin, **more)
        assert (status, body) == (200, b"behind")
        assert headers == [("content-type", "text/plain"), ("access-control-allow-origin", "of gradio")]


def test_a_question_that_is_none_is_handed_on() -> None:
    assert answer("OPTIONS", "https://wiki.example")[2] == b"behind"


def test_a_browser_that_asks_before_it_reaches_into_a_private_network_is_answered() -> None:
    _, headers, _ = answer(
        "OPTIONS", "https://wiki.example", **ASKING, **{"access-control-request-private-network": "true"}
    )
    assert ("access-control-allow-private-network", "true") in headers
    assert "access-control-allow-private-network" not in dict(answer("OPTIONS", "https://wiki.example", **ASKING)[1])
