"""How many records JSON has, counted by its brackets and not by the readers.

Owns the counting of objects in text that comes in pieces, and going on behind damage: the next record is the next object that is whole
and has the keys of those before. Knows nothing of what the objects mean, but which of Zotero's items are no papers.
"""

import json
import re
from collections.abc import Iterable, Iterator

_MOST_CHARS, _FAR_AHEAD, _AHEAD = 16 << 20, 4 << 20, 2_000
_MOST_TRIES = 1_000
_GAP = re.compile(r"[\s,\[\]\ufeff\x1e]*")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}"]', re.DOTALL)
_NEXT = re.compile(r"[,\n\]}]\s*(?=\{)")
_NO_PAPER = re.compile(r'"itemType"\s{0,9}:\s{0,9}"(?:attachment|note|annotation)"')
_DAMAGED = "?"


def count(pieces: Iterable[str]) -> int:
    """How many objects, and nulls in their place, a text has that are in no other object; something damaged counts once."""
    return sum(not is_left_out(span.encode("utf-8", "replace")) for span in spans(pieces))


def is_left_out(span: bytes) -> bool:
    """Whether an object is an item of Zotero that is no paper."""
    if b'"itemType"' not in span or not _NO_PAPER.search(span.decode("utf-8", "replace")):
        return False
    try:
        value = json.loads(span)
    except (ValueError, RecursionError):
        return False
    inner = value.get("data", value) if isinstance(value, dict) else None
    return isinstance(inner, dict) and inner.get("itemType") in ("attachment", "note", "annotation")


def spans(pieces: Iterable[str]) -> Iterator[str]:
    """The text of each object, or null, that is in no other object; "?" for what is damaged."""
    coming = iter(pieces)
    text, place, known = "", 0, frozenset[str]()
    is_more = True
    while True:
        place = _GAP.match(text, place).end()  # type: ignore[union-attr]
        is_object = text.startswith("{", place)
        end = _end(text, place) if is_object else place + 4 if text.startswith("null", place) else None
        left = len(text) - place
        if is_more and (left < _AHEAD or (end is None and is_object and left < _MOST_CHARS)):
            piece = next(coming, None)
            is_more, text, place = piece is not None, text[place:] + (piece or ""), 0
            continue
        if not left:
            return
        keys = _keys(text[place:end]) if end else None
        if end and keys is not None:
            yield text[place:end]
            place, known = end, keys or known
            continue
        yield _DAMAGED
        while is_more and len(text) - place < _FAR_AHEAD:
            piece = next(coming, None)
            is_more, text, place = piece is not None, text[place:] + (piece or ""), 0
        place = _next(text, place, known)


def _end(text: str, start: int) -> int | None:
    """Behind the bracket that closes the object at a place."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] == '"':
            return None
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return None


def _keys(span: str) -> frozenset[str] | None:
    """The keys of an object; None where it is none, and nothing of null."""
    try:
        value = json.loads(span, strict=False)
    except (ValueError, RecursionError):
        return None
    return frozenset(value or ())


def _next(text: str, place: int, known: frozenset[str]) -> int:
    """Where the next object begins behind a place that looks like those before it; the end of the text where there is none."""
    for tries, match in enumerate(_NEXT.finditer(text, place + 1)):
        if tries > _MOST_TRIES:
            break
        end = _end(text, match.end())
        keys = _keys(text[match.end() : end]) if end else None
        if keys and (
            2 * len(keys & known) >= len(known)
            if known
            else len(keys) > 3 or any("title" in key.lower() for key in keys)
        ):
            return match.end()
    return len(text)
