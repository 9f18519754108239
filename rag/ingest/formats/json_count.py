"""How many records JSON has, counted by its brackets and not by the readers.

Owns the counting of objects in text that comes in pieces. Knows nothing of what the objects mean, but which of Zotero's items are no
papers.
"""

import json
import re
from collections.abc import Iterable, Iterator

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}"]|\bnull\b', re.DOTALL)
_MOST_CHARS = 64 << 20
_NO_PAPER = re.compile(r'"itemType"\s{0,9}:\s{0,9}"(?:attachment|note|annotation)"')


def count(pieces: Iterable[str]) -> int:
    """How many objects, and nulls in their place, a text has that are in no other object."""
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
    """The text of each object, or null, that is in no other object."""
    text, depth, start, place = "", 0, 0, 0
    for piece in pieces:
        text = text[start if depth else place :] + piece
        place -= start if depth else place
        start = 0
        for token in _TOKEN.finditer(text, place):
            mark = token[0]
            if mark == '"':
                # A string that goes on in the next piece, or that nothing ends.
                place = token.start() if len(text) - token.start() < _MOST_CHARS else token.end()
                break
            place = token.end()
            if mark == "{":
                start = token.start() if depth == 0 else start
                depth += 1
            elif mark == "}" and depth:
                depth -= 1
                if depth == 0:
                    yield text[start:place]
            elif mark == "null" and depth == 0:
                yield mark
        if depth and len(text) - start > _MOST_CHARS:
            depth, start = 0, place
