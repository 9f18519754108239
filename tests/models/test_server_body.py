"""Bodies of a server that writes: unpacked in small pieces, cut where they are too long, and how long it asks to wait."""

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rag.models.server_body import UnreadableBody, body_chunks, wait_of
from tests.helpers.servers import ANSWER


class _Response:
    """What httpx gives, in chunks of so many bytes."""

    def __init__(self, body: bytes, packed: str = "", size: int = 1_000) -> None:
        self.headers = {"content-encoding": packed}
        self._chunks = [body[at : at + size] for at in range(0, len(body), size)]

    def iter_raw(self) -> Iterator[bytes]:
        yield from self._chunks


def _goes_on() -> bool:
    return False


@pytest.mark.parametrize(
    ("packed", "body"),
    [
        ("", ANSWER.encode()),
        ("identity", ANSWER.encode()),
        ("gzip", gzip.compress(ANSWER.encode())),
        ("x-GZIP ", gzip.compress(ANSWER.encode())),
        ("deflate", zlib.compress(ANSWER.encode())),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_body_is_unpacked_wherever_its_chunks_end(packed: str, body: bytes, size: int) -> None:
    assert b"".join(body_chunks(_Response(body, packed, size), _goes_on)).decode() == ANSWER


def test_a_small_body_that_unpacks_to_very_much_takes_little_memory_and_is_cut() -> None:
    body = gzip.compress(bytes(32_000_000))
    tracemalloc.start()
    with pytest.raises(UnreadableBody, match="more than 8,000,000 bytes"):
        for piece in body_chunks(_Response(body, "gzip", len(body)), _goes_on, most=8_000_000):
            assert len(piece) <= 1 << 16
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(("packed", "body"), [("br", b"x"), ("zstd", b"x"), ("gzip, gzip", b"x"), ("gzip", b"no gzip")])
def test_a_body_that_cannot_be_unpacked_is_told(packed: str, body: bytes) -> None:
    with pytest.raises(UnreadableBody, match="packs its answers in a way that"):
        list(body_chunks(_Response(body, packed), _goes_on))


def test_once_nothing_is_waited_for_no_more_is_unpacked() -> None:
    pieces = body_chunks(_Response(gzip.compress(bytes(1_000_000)), "gzip"), lambda: len(seen) > 2)
    seen: list[bytes] = []
    for piece in pieces:
        seen.append(piece)
    assert len(seen) == 3


def test_how_long_a_server_asks_to_wait_is_a_number_or_a_date() -> None:
    now = datetime.now(UTC)
    assert wait_of({"retry-after": " 2.5 "}) == 2.5
    later = wait_of({"retry-after": format_datetime(now + timedelta(seconds=90), usegmt=True)})
    assert later is not None
    assert 80 < later <= 90
    assert wait_of({"retry-after": format_datetime(now - timedelta(days=9), usegmt=True)}) == 0
    for said in ("", "soon", "-3", "1e9", "Wed, 99 Foo 2026", "9" * 30, format_datetime(now.replace(tzinfo=None))):
        assert wait_of({"retry-after": said}) is None or said.endswith("-0000")
