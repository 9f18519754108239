"""Servers that do all a server that writes should not do, each as a `Reply` of `tests.helpers.servers`."""

import gzip
import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from tests.helpers.servers import ANSWER, THOUGHT, Reply, Request, chunk, error, refuses, stream

LET_GO = threading.Event()
"""Ends those that never end, when a test is over."""


def _hangs(request: Request) -> None:
    LET_GO.wait(30)


def _then_hangs(*sent: str) -> Reply:
    def answer(request: Request) -> None:
        request.begin()
        for text in sent:
            request.send(text)
        LET_GO.wait(30)

    return answer


def _forever(text: str, seconds: float = 0.0) -> Reply:
    def answer(request: Request) -> None:
        request.begin()
        while not LET_GO.wait(seconds):
            request.send(text)

    return answer


def _raw(*sent: bytes, forever: bytes = b"") -> Reply:
    """Bytes that may be no HTTP at all."""

    def answer(request: Request) -> None:
        request.close_connection = True
        for text in sent:
            request.wfile.write(text)
        request.wfile.flush()
        while forever and not LET_GO.wait(0.0005):
            request.wfile.write(forever)

    return answer


def _resets(*sent: str) -> Reply:
    """Breaks the connection off as a server does that was killed."""

    def answer(request: Request) -> None:
        if sent:
            request.begin()
        for text in sent:
            request.send(text)
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.shutdown(request.connection, socket.SHUT_RD)
        request.close_connection = True
        request.connection.close()

    return answer


def _packed_as(encoding: str, body: bytes) -> Reply:
    def answer(request: Request) -> None:
        request.send_response(200)
        request.send_header("content-type", "text/event-stream")
        request.send_header("content-encoding", encoding)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def _typed(kind: str, body: bytes) -> Reply:
    def answer(request: Request) -> None:
        request.send_response(200)
        request.send_header("content-type", kind)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def _wordy(request: Request) -> None:
    request.begin()
    for number in itertools.count():
        if LET_GO.is_set():
            return
        request.send(_event(chunk(f" and {number:b} of {number * number:x}")))


def _event(value: Any) -> str:
    return f"data: {json.dumps(value)}\n\n"


def _of_any_path(reply: Callable[[Request], Reply]) -> Reply:
    return lambda request: reply(request)(request)


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
LOGIN = "<!doctype html><html><form>Sign in</form></html>"

BAD: dict[str, Reply] = {
    "accepts and never answers": _hangs,
    "sends headers and stops": _then_hangs(),
    "begins and stops": _then_hangs(_event(chunk("It is"))),
    "thinks and stops": _then_hangs(_event(chunk(reasoning_content=THOUGHT))),
    "sends comments forever": _forever(": ping\n\n", 0.01),
    "sends empty events forever": _forever(_event(chunk("")), 0.01),
    "thinks forever": _forever(_event(chunk(reasoning_content="Hm. " * 200))),
    "thinks forever in marks": _forever(_event(chunk("<think>Hm. " * 200))),
    "streams no sentence forever": _forever(_event(chunk("it is and " * 20))),
    "streams other words forever": _wordy,
    "drips": _forever("d", 0.02),
    "resets at once": _resets(),
    "resets while it answers": _resets(_event(chunk("It is fast and"))),
    "is no web server": _raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "sends bytes": _raw(bytes(range(256)) * 40),
    "sends headers forever": _raw(_HEAD, forever=b"x-a: " + b"b" * 1_000 + b"\r\n"),
    "says go on forever": _raw(forever=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "breaks its chunks": _raw(_HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\nnothing\r\n"),
    "promises more than it sends": _raw(_HEAD + b"content-length: 900\r\n\r\n" + _event(chunk("It is")).encode()),
    "ends in half an event": _raw(_HEAD + b"connection: close\r\n\r\n" + _event(chunk("It is fast")).encode()[:60]),
    "ends in half an answer": stream("It is fast, and", done=False),
    "fails while it answers": stream("It is fast, and", error("CUDA error"), done=False),
    "sends an image": _typed("image/png", b"\x89PNG\r\n\x1a\n" + bytes(2_000)),
    "sends a line without an end": _typed("text/event-stream", b"data: " + b"x" * 3_000_000),
    "sends a deep value": _typed("application/json", b"[" * 100_000),
    "unpacks to gigabytes": _packed_as("gzip", gzip.compress(b"data: " + bytes(8_000_000)) * 100),
    "unpacks to endless comments": _packed_as("gzip", gzip.compress(b": ping\n" * 2_000_000) * 40),
    "packs what is not packed": _packed_as("gzip", _event(chunk(ANSWER)).encode()),
    "packs in an unknown way": _packed_as("br", b"\x1b\x0f\x00\xf8"),
    "redirects to itself": refuses(307, "", location="/v1/chat/completions"),
    "redirects in a circle": _of_any_path(
        lambda request: refuses(
            307, "", location="/b/v1/chat/completions" if request.path[1] == "v" else "/v1/chat/completions"
        )
    ),
    "redirects elsewhere": refuses(302, "", location="http://elsewhere.example.org/login"),
    "redirects to a page": refuses(302, LOGIN, location="/login?next=/v1"),
    "shows a page for signing in": refuses(200, LOGIN),
    "is behind a gateway that is alone": refuses(502, "<html><h1>502 Bad Gateway</h1></html>"),
    "says that all is well and means an error": refuses(200, error("CUDA out of memory")),
    "says an error in its own way": refuses(200, {"detail": "no worker is there"}),
    "answers with nothing": refuses(200, ""),
    "answers without content": _raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "ends without a word": stream(chunk(finish="stop")),
    "answers another question": refuses(200, {"object": "list", "data": []}),
    "is too busy": refuses(429, error("slow down"), retry_after="3600"),
    "fails": refuses(500, error("CUDA error: device-side assert triggered")),
    "is a teapot": refuses(418, "short and stout"),
}
