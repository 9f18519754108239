"""What lends a GPU on ZeroGPU, as far as `spaces` talks to it: the calls over HTTP, answered on loopback."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Lender:
    """Where it is, what it was asked for, and whether it lends: `left` seconds of a quota that is used up, None where it is not."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.left: int | None = None

    def asked(self, what: str) -> list[dict[str, str]]:
        return [given for path, given in self.calls if path == what]


@contextmanager
def lender() -> Iterator[Lender]:
    """A lender, until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            address = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(address.query).items()}
            running.calls.append((address.path, given))
            if address.path != "/schedule":
                self._reply(200, {})
            elif running.left is not None:
                self._reply(429, {"left": running.left, "wait": 1200})
            else:
                self._reply(200, {"idle": True, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "token"})

        def _reply(self, status: int, body: object) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Lender(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
