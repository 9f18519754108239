"""A server on loopback that answers as it is told: chat completions in any form, lists of models, failures."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Forget, Limits, Piece

Reply = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """A request as the server got it, and the means to answer it."""

    protocol_version = "HTTP/1.1"
    body: Any
    _is_chunked = False

    def reply(self, status: int, body: Any = None, **headers: str) -> None:
        """JSON, or a text as it is."""
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "text/html" if isinstance(body, str) else "application/json")
        self.send_header("content-length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def begin(self) -> None:
        """The head of a stream, which ends with the connection."""
        if self._is_chunked:
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def begin_chunks(self) -> None:
        """The head of a stream in chunks, whose end leaves the connection open."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._is_chunked = True

    def end_chunks(self) -> None:
        """The end of such a stream."""
        self._is_chunked = False
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def send(self, text: str) -> None:
        """A piece of a stream."""
        raw = text.encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(raw), raw) if self._is_chunked else raw)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Server:
    """A running server: where it is, and what it was asked, in order: (path, body, headers)."""

    url: str
    models: Any = field(default_factory=lambda: {"data": [{"id": "m"}]})
    asked: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    """From where it was asked."""

    @property
    def posts(self) -> list[Any]:
        """The bodies of the requests for an answer."""
        return [body for path, body, _ in self.asked if body is not None]


@contextmanager
def serving(
    answer: Reply, models: Any = None, paths: Sequence[str] = ("/v1",), certificate: Path | None = None
) -> Iterator[Server]:
    """A server that answers every request for an answer in this way.

    Args:
        answer: to each request for an answer.
        models: the body of its list, or a `Reply`.
        paths: where its functions begin; anything else is 404.
        certificate: a file with key and certificate, by which the server is encrypted.
    """

    class Handler(Request):
        def do_POST(self) -> None:
            self.body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            server.connections.add(self.client_address)
            server.asked.append((self.path, self.body, {name.lower(): value for name, value in self.headers.items()}))
            self._answer("/chat/completions", answer)

        def do_GET(self) -> None:
            server.connections.add(self.client_address)
            server.asked.append((self.path, None, {name.lower(): value for name, value in self.headers.items()}))
            listing = server.models
            self._answer("/models", listing if callable(listing) else lambda request: request.reply(200, listing))

        def _answer(self, function: str, answer: Reply) -> None:
            known = any(self.path.partition("?")[0] == path + function for path in paths)
            with suppress(OSError):  # the other side has gone, which is what some tests are about
                answer(self) if known else self.reply(404, {"detail": "Not Found"})

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        http.socket = context.wrap_socket(http.socket, server_side=True)
    host = "https://localhost" if certificate else "http://127.0.0.1"
    server = Server(f"{host}:{http.server_address[1]}/v1")
    if models is not None:
        server.models = models
    thread = threading.Thread(target=lambda: http.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def chunk(text: str | None = None, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """An event of a stream, as most servers send it."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": {**content, **delta}, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}


def packed(text: str) -> str:
    """The event of a piece of an answer, as text."""
    return json.dumps(chunk(text))


def stream(*events: Any, done: bool = True) -> Reply:
    """Sends these events: a text is a piece of the answer, a line that begins with ":" a comment, all else JSON."""

    def answer(request: Request) -> None:
        request.begin()
        for event in events:
            if isinstance(event, str) and event.startswith(":"):
                request.send(f"{event}\n\n")
            else:
                request.send(f"data: {json.dumps(chunk(event) if isinstance(event, str) else event)}\n\n")
        if done:
            request.send("data: [DONE]\n\n")

    return answer


def says(text: str, finish: str | None = "stop", size: int = 7) -> Reply:
    """Streams a text in pieces of so many letters."""
    return stream(*(chunk(text[at : at + size]) for at in range(0, len(text), size)), chunk(finish=finish))


def refuses(status: int, body: Any, **headers: str) -> Reply:
    """Answers with a status and a body."""
    return lambda request: request.reply(status, body, **headers)


def unless(fits: Callable[[Any], bool], refusal: Reply, answer: Reply) -> Reply:
    """Refuses a request whose body does not fit."""
    return lambda request: answer(request) if fits(request.body) else refusal(request)


ASKED = [Message("system", "Be brief."), Message("user", "What is it?")]
ANSWER = "It is fast [1]. It needs no retraining [2]."
THOUGHT = "Okay, the user asks what it is. It is slow [9].\n"


def remote(url: str, seconds: float = 10, model: str = "m", tokens: int = 40, key: str | None = "key") -> RemoteWriter:
    """A writer behind a server of this module."""
    return RemoteWriter(url, model, key, Limits(seconds, tokens))


def left(pieces: Sequence[Piece]) -> str:
    """The text that is left after all that was to be forgotten."""
    text = ""
    for piece in pieces:
        text = "" if isinstance(piece, Forget) else text + piece if isinstance(piece, str) else text
    return text.strip()


def written(answer: Reply, **options: Any) -> str:
    """What is written by a server that answers so."""
    with serving(answer) as server, closing(remote(server.url, **options)) as writer:
        return left(list(writer.stream(ASKED)))


def failure(answer: Reply, models: Any = None, **options: Any) -> str:
    """What is said where a server that answers so gives no answer."""
    with (
        serving(answer, models) as server,
        closing(remote(server.url, **options)) as writer,
        pytest.raises(WriterFailed) as failed,
    ):
        list(writer.stream(ASKED))
    assert "127.0.0.1" not in str(failed.value), "visitors need not see the address"
    return str(failed.value)


def error(message: str, **more: Any) -> dict[str, Any]:
    """The body of a refusal."""
    return {"error": {"message": message, **more}}


def whole(**message: Any) -> dict[str, Any]:
    """A reply that is not streamed."""
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
