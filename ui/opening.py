"""The page while the program itself still loads, which takes seconds on a fresh machine. The standard library alone, so that it is
there at once.

Owns: the server of that page, and when it makes way. Knows nothing of what comes after it.
"""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_PAGE = Path(__file__).parent / "page" / "opening" / "opening.html"
_SECONDS = 10


class _Handler(BaseHTTPRequestHandler):
    """The page at every address that a browser asks for a page; everything else is told to come again."""

    timeout = _SECONDS  # for a request to come in

    def do_GET(self) -> None:
        if "text/html" in self.headers.get("accept", "*/*") or self.path.partition("?")[0] == "/":
            self._answer(200, "text/html; charset=utf-8", _PAGE.read_bytes())
        else:
            self._later()

    def do_POST(self) -> None:
        self._later()

    def _later(self) -> None:
        self._answer(503, "application/json", b'{"error": "citewise is starting; try again in a few seconds"}')

    def do_HEAD(self) -> None:
        self._answer(200, "text/html; charset=utf-8", b"")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Citewise-Opening", "1"),
            *((("Retry-After", "2"),) if status == 503 else ()),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "citewise"

    def log_message(self, *_: object) -> None:
        pass


class Opening:
    """The page on this address and port from now on, until it is closed."""

    def __init__(self, host: str, port: int) -> None:
        """Raises:
        OSError: nobody can listen there.
        """
        self._server = ThreadingHTTPServer((host, port), _Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Leave the port to whoever comes next."""
        self._server.shutdown()
        self._server.server_close()


def open_early() -> Opening | None:
    """The page where gradio will listen by its variables; None where nobody can, which gradio itself will tell."""
    try:
        return Opening(
            os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1", int(os.environ.get("GRADIO_SERVER_PORT") or 7860)
        )
    except (OSError, ValueError, OverflowError):
        return None
