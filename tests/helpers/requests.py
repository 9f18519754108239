"""Plain HTTP requests of any form, as a browser or client library would not send them."""

import http.client
from urllib.parse import urlsplit

JSON = {"Content-Type": "application/json"}


def call(
    url: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Status and text of an answer, without following where it leads."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host="Host" in (headers or {}))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in (headers or {}):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        # A stream would not end by itself.
        text = (
            ""
            if "event-stream" in (answer.getheader("content-type") or "")
            else answer.read().decode("utf-8", "replace")
        )
        return answer.status, text
    finally:
        connection.close()
