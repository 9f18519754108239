"""A server that writes as one with continuous batching does: each answer gets a token every so often, however many there are.

For measuring what lies around a server. It writes the sentences of evidence that it is asked with, in the common form of streams.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_EVIDENCE = re.compile(r"^\[\d+\] \((?:[^()]|\([^()]*\))*\) (.+)$", re.MULTILINE)
_SENTENCES = 2
_PLAIN = "This is a sentence of sixteen words that a server writes when it is asked nothing. "


@contextmanager
def stand_in(first_seconds: float, token_seconds: float, tokens: int) -> Iterator[str]:
    """The address of such a server.

    Args:
        first_seconds: until the first token of an answer.
        token_seconds: between two tokens.
        tokens: words of an answer where no evidence is sent.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._whole({"data": [{"id": "stand-in"}]})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            words = _words(asked, tokens)
            with suppress(OSError):
                if asked.get("stream"):
                    self._stream(words)
                else:
                    time.sleep(first_seconds + token_seconds * len(words))
                    self._whole(
                        {"choices": [{"index": 0, "message": {"content": "".join(words)}, "finish_reason": "stop"}]}
                    )

        def _stream(self, words: list[str]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            due = time.monotonic() + first_seconds
            for word in words:
                time.sleep(max(0.0, due - time.monotonic()))
                due += token_seconds
                self._event({"choices": [{"index": 0, "delta": {"content": word}}]})
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")

        def _event(self, value: Any) -> None:
            self._chunk(f"data: {json.dumps(value)}\n\n".encode())

        def _chunk(self, raw: bytes) -> None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(raw), raw))

        def _whole(self, value: Any) -> None:
            raw = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def _words(asked: Any, tokens: int) -> list[str]:
    """The answer, a word a token, each with the space after it."""
    prompt = "\n".join(str(message.get("content")) for message in asked.get("messages", ()))
    said = " ".join(_EVIDENCE.findall(prompt)[:_SENTENCES])
    if said:
        return re.findall(r"\S+\s*", said)
    return (re.findall(r"\S+\s*", _PLAIN) * (tokens // 16 + 1))[:tokens]
