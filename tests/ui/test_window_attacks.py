"""The window against strangers, over real connections: paths that climb, foreign pages, no password."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.helpers.requests import JSON, call
from tests.helpers.windows import Scripted, running, served

# --- paths --------------------------------------------------------------------------------------------------------------

CLIMBING = [
    f"{prefix}{way}"
    for prefix in (
        "/gradio_api/file=",
        "/gradio_api/file/",
        "/static/",
        "/assets/",
        "/custom_component/x/client/component/",
    )
    for way in (
        "/etc/passwd",
        "../../../../../../etc/passwd",
        "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "..%252f..%252f..%252fetc%252fpasswd",
        "..\\..\\..\\etc\\passwd",
        "....//....//....//etc/passwd",
        "%00/etc/passwd",
    )
]


def test_no_path_leads_to_a_file_of_this_machine(address: str) -> None:
    assert len(CLIMBING) > 26
    for path in CLIMBING:
        status, text = call(address, "GET", path)
        assert 400 <= status < 500 and "root:" not in text, (status, path, text[:200])


# --- files and addresses ------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, list[Any]]]:
    """An address of this machine, and who has connected to it."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(5)
        came: list[Any] = []

        def accept() -> None:
            while True:
                try:
                    came.append(server.accept())
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x", came


def test_a_question_that_names_an_address_is_refused_and_nothing_is_fetched(
    address: str, listener: tuple[str, list[Any]]
) -> None:
    url, came = listener
    file = {"path": url, "url": url, "meta": {"_type": "gradio.FileData"}}
    history = [{"role": "user", "content": [{"type": "file", "file": file}]}]
    bodies = {
        "call/search": {"data": [file]},
        "call/ask": {"data": ["q", history]},
        "call/v2/search": {"words": file},
        "queue/join": {"data": [None], "fn_index": 0, "session_hash": "s", "event_data": {"question": file}},
    }
    for place, body in bodies.items():
        status, text = call(address, "POST", f"/gradio_api/{place}", json.dumps(body).encode(), JSON)
        assert status == 400 and "takes no files" in text, (place, status, text)
    assert came == []


def test_nothing_is_taken_to_be_kept(address: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\na\r\n--x--\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    status, text = call(address, "POST", "/gradio_api/upload", part, form)
    assert status == 403 and "takes no files" in text
    assert call(address, "POST", "/gradio_api/component_server", part, form)[0] == 415


def test_a_large_body_is_refused_before_it_is_sent(address: str) -> None:
    for path in (
        "/gradio_api/cancel",
        "/gradio_api/call/search",
        "/gradio_api/component_server",
        "/login",
        "/nowhere",
        "/",
    ):
        status, text = call(address, "POST", path, b"", JSON | {"Content-Length": "20000000"})
        assert status == 413 and "too large" in text, path


def test_nobody_passes_the_queue_by(guarded: Any) -> None:
    queued = [number for number, function in guarded.fns.items() if function.fn is not None and function.queue]
    assert len(queued) >= 5
    cookie = {"Cookie": f"access-token-unsecure-{guarded.server_app.cookie_id}=known"}
    guarded.server_app.tokens["known"] = "ada"
    for number in queued:
        body = {"fn_index": number, "session_hash": "s", "data": [None] * len(guarded.fns[number].inputs)}
        status, text = call(
            guarded.local_url, "POST", "/gradio_api/run/predict", json.dumps(body).encode(), JSON | cookie
        )
        assert status == 400 and "no function of that name" in text


# --- other pages and names ------------------------------------------------------------------------------------------------


def vote(url: str, **headers: str) -> tuple[int, str]:
    body = {
        "data": {"vote": "down", "question": "q", "answer": {}},
        "component_id": 5,
        "session_hash": "x",
        "fn_name": "feedback",
    }
    return call(url, "POST", "/gradio_api/component_server", json.dumps(body).encode(), JSON | headers)


def test_a_foreign_page_neither_votes_nor_asks_nor_reads(address: str) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert vote(address, **headers)[0] == 403
        assert call(address, "POST", "/gradio_api/call/papers", b'{"data": []}', JSON | headers)[0] == 403
        assert call(address, "GET", "/config", headers=headers)[0] == 403
    assert vote(address, **{"Content-Type": "text/plain"})[0] == 415
    assert (
        call(address, "POST", "/gradio_api/call/papers", b'{"data": []}', JSON | {"Origin": address.rstrip("/")})[0]
        == 200
    )


def test_under_another_name_nothing_is_told(address: str) -> None:
    for host in ("evil.example", f"evil.example:{urlsplit(address).port}", "127.0.0.1.evil.example"):
        for path in ("/", "/config", "/gradio_api/info", "/assets/x.js"):
            status, text = call(address, "GET", path, headers={"Host": host})
            assert status == 421 and "--allow-host" in text and len(text) < 500


def test_a_request_of_an_old_client_without_a_host_is_refused_and_not_logged(
    address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(b"GET /config HTTP/1.0\r\nOrigin: http://evil.example\r\n\r\n")
        assert connection.recv(4_096).startswith(b"HTTP/1.1 421")
    assert capfd.readouterr().err == ""


def test_two_names_are_none(address: str) -> None:
    parts = urlsplit(address)
    names = [f"Host: {parts.netloc}", "Host: evil.example"]
    for both in (names, names[::-1], names[:1] * 2):
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(("GET /config HTTP/1.1\r\n" + "\r\n".join(both) + "\r\n\r\n").encode())
            assert connection.recv(4_096).startswith(b"HTTP/1.1 421"), both


# --- the password -----------------------------------------------------------------------------------------------------------

WITHOUT_PASSWORD = {"/", "/login", "/logout", "/theme.css", "/robots.txt", "/favicon.ico", "/manifest.json"}
WITHOUT_PASSWORD |= {"/assets/{path:path}", "/static/{path:path}"}
WITHOUT_PASSWORD |= {f"/gradio_api/{name}" for name in ("theme.css", "startup-events", "login_check", "user", "app_id")}
"""What the page for signing in needs, and gradio to see that it runs."""


def sign_in(url: str, password: str) -> tuple[int, str]:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(url, "POST", "/login", urlencode({"username": "ada", "password": password}).encode(), form)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Any]:
    with served(lambda settings, progress: Scripted(), auth="ada:se:cret") as demo:
        yield demo


def routes_in(router: Any) -> Iterator[Any]:
    """Every address that gradio's server has, those of the routers in it too."""
    for route in router.routes:
        within = getattr(route, "original_router", None)
        yield from routes_in(within) if within is not None else [route]


def test_every_address_asks_for_the_password(guarded: Any) -> None:
    tried = 0
    for route in routes_in(guarded.server_app):
        if route.path.rstrip("/") in WITHOUT_PASSWORD or route.path == "/":
            continue
        path = route.path
        for name in getattr(route, "param_convertors", {}):
            path = path.replace(f"{{{name}:path}}", "x").replace(f"{{{name}}}", "x")
        for method in sorted(getattr(route, "methods", None) or {"GET", "POST"}):
            tried += 1
            status, text = call(guarded.local_url, method, path, None if method in ("GET", "HEAD") else b"{}", JSON)
            assert status in (401, 403, 404, 405), (method, path, status, text[:200])
    assert tried > 60


def test_what_is_open_tells_nothing_of_the_library(guarded: Any) -> None:
    for path in sorted(WITHOUT_PASSWORD - {"/logout", "/login"}):
        _, text = call(guarded.local_url, "GET", path.replace("{path:path}", "x"))
        assert "FastCache" not in text and "cw-page" not in text, path


def test_wrong_passwords_are_limited_and_right_ones_are_not_counted(guarded: Any) -> None:
    url = guarded.local_url
    for _ in range(12):
        assert sign_in(url, "se:cret")[0] == 200
    answers = [sign_in(url, "wrong") for _ in range(12)]
    assert [status for status, _ in answers] == [400] * 10 + [429] * 2
    assert "too many attempts to sign in" in answers[-1][1]
    # Nor does it help to say that somebody else asks.
    forged = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.9"}
    assert call(url, "POST", "/login", b"username=ada&password=x", forged)[0] == 429


@pytest.mark.slow
def test_a_named_proxy_is_believed_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(url: str) -> list[int]:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        wrong = b"username=ada&password=wrong"
        return [call(url, "POST", "/login", wrong, form | {"X-Forwarded-For": f"203.0.113.{n}"})[0] for n in range(4)]

    monkeypatch.setattr("ui.app.SIGN_INS_A_MINUTE", 2)
    opened: Callable[..., Any] = lambda settings, progress: Scripted()  # noqa: E731
    with running(opened, auth="ada:x") as url:
        assert told(url) == [400, 400, 429, 429]
    with running(opened, auth="ada:x", trusted_proxy="127.0.0.1") as url:
        assert told(url) == [400, 400, 400, 400]
