"""What a server's reply tells besides an answer: the body of a refusal, how long to wait, where it has moved.

Knows nothing of what follows from it. httpx is imported inside the functions, so that importing this module is light.
"""

import json
import logging
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

from rag.models.server_address import shown
from rag.models.server_request import Refusal, refusal

log = logging.getLogger(__name__)
_MOST_BYTES = 4_000_000


def moved(base: str, location: str) -> str:
    """Where the paths begin after a move within the same server; "" where it is another one, which gets no prompt and key unasked."""
    url = urljoin(f"{base}/chat/completions", location)
    if urlsplit(url)[:2] != urlsplit(base)[:2]:
        log.warning("the server that writes sends on to %s", shown(url))
        return ""
    moved = shown(url).rstrip("/").removesuffix("/chat/completions")
    return moved if moved != base else ""


def read_refusal(response: Any) -> Refusal:
    """A refusal whose body is still to be read."""
    import httpx

    body: Any = ""
    with suppress(httpx.HTTPError, httpx.StreamError, OSError):  # the status alone tells enough
        body = read_body(response)
    return refusal(response.status_code, body, wait_of(response.headers), response.headers.get("location", ""))


def read_body(response: Any) -> Any:
    """The body, as the value that it is in JSON, else as text; of one that is longer than 4 MB the beginning.

    Raises:
        httpx.HTTPError, httpx.StreamError, OSError: the connection broke.
    """
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MOST_BYTES:
            break
    return json_or_text(bytes(body))


def json_or_text(body: bytes) -> Any:
    """A body as the value that it is in JSON, else as text."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def wait_of(headers: Any) -> float | None:
    """Seconds that a server asks to wait, where it tells them as a number."""
    said = headers.get("retry-after", "").strip()
    return float(said) if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", said) else None
