"""What a server's reply tells besides an answer: the body of a refusal, how long to wait, where it has moved.

Knows nothing of what follows from it. httpx is imported inside the functions, so that importing this module is light.
"""

import json
import logging
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from rag.models.server_address import shown
from rag.models.server_request import Refusal, refusal

log = logging.getLogger(__name__)
_MOST_BYTES = 4_000_000
_MOST_STREAMED = 64_000_000
"""Bytes of a whole reply: far more than the longest answer and thinking take, an event for each token."""
_UNPACKED_AT_ONCE = 1 << 16


class UnreadableBody(ValueError):
    """A body that is too long, or packed in a way that was not asked for; a phrase says which."""


def body_chunks(response: Any, is_over: Callable[[], bool], most: int = _MOST_STREAMED) -> Iterator[bytes]:
    """A body in pieces, of which none is larger than 64 kB where it was packed; no more of them once `is_over` says so.

    Raises:
        UnreadableBody: it is longer than `most` bytes, or packed in another way than gzip and deflate, or damaged.
        httpx.HTTPError, httpx.StreamError, OSError: the connection broke.
    """
    total = 0
    for piece in _unpacked(response):
        total += len(piece)
        if is_over():
            return
        if total > most:
            raise UnreadableBody(f"sent more than {most:,} bytes")
        yield piece


def _unpacked(response: Any) -> Iterator[bytes]:
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed in ("", "identity"):
        yield from response.iter_raw()
        return
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise UnreadableBody("packs its answers in a way that was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for chunk in response.iter_raw():
            while chunk:
                yield unpack.decompress(chunk, _UNPACKED_AT_ONCE)
                chunk = unpack.unconsumed_tail
    except zlib.error as error:
        raise UnreadableBody("packs its answers in a way that cannot be read") from error


def moved(base: str, location: str) -> str:
    """Where the paths begin after a move within the same server; "" where it is another one, which gets no prompt and key unasked."""
    url = urljoin(f"{base}/chat/completions", location)
    if urlsplit(url)[:2] != urlsplit(base)[:2]:
        log.warning("the server that writes sends on to %s", shown(url))
        return ""
    moved = shown(url).rstrip("/").removesuffix("/chat/completions")
    return moved if moved != base else ""


def read_refusal(response: Any, is_over: Callable[[], bool]) -> Refusal:
    """A refusal whose body is still to be read."""
    import httpx

    body: Any = ""
    with suppress(httpx.HTTPError, httpx.StreamError, OSError, UnreadableBody):  # the status alone tells enough
        body = read_body(response, is_over)
    return refusal(response.status_code, body, wait_of(response.headers), response.headers.get("location", ""))


def read_body(response: Any, is_over: Callable[[], bool]) -> Any:
    """The body, as the value that it is in JSON, else as text; of one that is longer than 4 MB the beginning.

    Raises:
        UnreadableBody: it cannot be unpacked.
        httpx.HTTPError, httpx.StreamError, OSError: the connection broke.
    """
    body = bytearray()
    for chunk in body_chunks(response, is_over):
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
    """Seconds that a server asks to wait, where it tells them as a number or as a date."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", said):
        return float(said)
    try:
        left = parsedate_to_datetime(said) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):  # of a date without a zone too
        return None
    return max(0.0, left.total_seconds())
