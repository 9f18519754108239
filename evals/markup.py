"""Text from strangers as HTML and SVG: escaped, linked, marked, put into tables.

Owns the rule that whatever a run, a set or a paper holds appears literally. Knows nothing of runs or scores.
"""

import html
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

# Control characters, which XML forbids, the marks that turn reading direction around, half surrogate pairs (no UTF-8).
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
NONE = "–"


class Range(NamedTuple):
    """A half-open range of characters of a text."""

    start: int
    end: int


def esc(value: object) -> str:
    """The value as text that shows literally, in an element or in a quoted attribute."""
    return html.escape(_SURROGATE.sub("\ufffd", _UNSEEN.sub("", str(value))), quote=True)


def number(value: float | None, digits: int = 3) -> str:
    """Rounded, or a dash where nothing was measured."""
    return NONE if value is None else f"{value:.{digits}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], label: str) -> str:
    """A table of cells that are HTML already, the first of each row its heading; it scrolls by itself where it is too wide."""
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    # Focusable, because a keyboard must be able to scroll it.
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{esc(label)}"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def link(text: str, url: str | None) -> str:
    """The escaped text, linked where the URL is an absolute http(s) one."""
    return (
        f'<a href="{esc(url)}" rel="noopener noreferrer nofollow">{esc(text)}</a>' if url and _safe(url) else esc(text)
    )


def _safe(url: str) -> bool:
    if re.search(r"\s", url) or _UNSEEN.search(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed bracket in the host
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc)


def marked(text: str, ranges: Iterable[Range]) -> str:
    """The escaped text with these ranges in `<mark>`; ranges that overlap become one."""
    parts, position = [], 0
    for start, end in _merged(ranges, len(text)):
        parts += [esc(text[position:start]), f"<mark>{esc(text[start:end])}</mark>"]
        position = end
    return "".join(parts) + esc(text[position:])


def _merged(ranges: Iterable[Range], length: int) -> list[Range]:
    made: list[Range] = []
    for start, end in sorted(ranges):
        start, end = max(start, 0), min(end, length)
        if made and start < made[-1].end:
            start, end = made[-1].start, max(end, made.pop().end)
        if start < end:
            made.append(Range(start, end))
    return made
