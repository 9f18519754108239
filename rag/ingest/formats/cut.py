"""Whether an abstract looks cut. Pure functions on a text; knows nothing of records."""

import re

from rag.core import lexicon

_LIMITS = (1_000, 2_000, 5_000)
"""Characters at which databases and spreadsheets are known to cut."""
_TAIL = 400
_SAYS = 80
"""Characters at the end: of those that may close a text, and of those that may say that it was cut."""
_ENDS = frozenset(
    ".!?\u203d\u3002\uff0e\uff61\uff01\uff1f\u061f\u06d4\u0964\u0965\u104b\u104a\u1362\u1367\u17d4\u17d5\u0589\u055e\u2e2e\u0df4\u2cfe"
)
"""Full stops of any script."""
_CLOSERS = "\"'\u201d\u2019\u00bb\u203a\u300d\u300f\u3011\u300b)]}\uff09\uff3d*\u2020\u2021 "
_CLOSED = frozenset("\"'\u201d\u2019\u00bb\u203a\u300d\u300f\u3011\u300b)]\uff09\uff3d$}")
"""Quotation marks, brackets and formulas end texts that have no full stop."""
_DOTS = re.compile(r"(?:\u2026|\.{3,}|\[\u2026\]|\[\.{3}\]|\(\u2026\)|\(\.{3}\))\W{0,3}$")
_TAG = re.compile(r"</?[A-Za-z][\w:-]{0,30}(?:\s[^<>]{0,200})?>")
_OPEN_TAG = re.compile(r"<(?:/?[A-Za-z][\w:-]{0,30}(?:\s[^<>]{0,200})?)?$")
_LAST_OPENS = re.compile(r"<(?:jats:)?(?:i|b|em|sub|sup|strong|italic|bold|p|sec|title)>[^<>]{0,200}$")
_REFERENCE = re.compile(r"[.!?]\s?[\[(]?\d{1,3}(?:\s?[,\u2013-]\s?\d{1,3}){0,9}[\])]?$")
_ADDRESS = re.compile(r"(?:https?://|www\.|doi:\s?|10\.\d{4,9}/)\S{1,300}$|\S{1,80}@\S{1,80}$", re.IGNORECASE)


def why_cut(abstract: str, as_written: str = "") -> str:
    """What makes an abstract look cut: "it ends without a full stop: …"; "" where it looks whole.

    Args:
        abstract: as it is kept.
        as_written: as it stands in its source, where that is known: with its tags and spaces.
    """
    text = abstract.rstrip()
    if not text:
        return ""
    ending = f"\u201c{text[-30:].lstrip()}\u201d"
    raw = as_written.rstrip() or text
    if "<" in raw[-_TAIL:] and (_OPEN_TAG.search(raw[-_TAIL:]) or _LAST_OPENS.search(raw[-_TAIL:])):
        return f"it ends at an open tag: {ending}"
    tail = text[-_TAIL:]
    if lexicon.patterns("says_cut").search(tail[-_SAYS:]):
        return f"it says so at its end: {ending}"
    if _DOTS.search(tail):
        return f"it ends in dots: {ending}"
    length = next((length for length in _LIMITS if length in (len(as_written), len(raw), len(text))), None)
    if length:
        return f"it ends after exactly {length:,} characters: {ending}"
    return "" if _is_whole(tail) else f"it ends without a full stop: {ending}"


def _is_whole(tail: str) -> bool:
    bare = _TAG.sub("", tail).rstrip()
    inside = bare.rstrip(_CLOSERS)
    return (
        not inside
        or inside[-1] in _ENDS
        or bare[-1] in _CLOSED
        or _REFERENCE.search(bare) is not None
        or _ADDRESS.search(bare) is not None
        or lexicon.patterns("closing_line").search(tail) is not None
    )
