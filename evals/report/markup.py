"""Text from strangers in HTML and SVG: linked, marked, put into tables. What is escaped, and how, is `rag.core.escaping`'s.

Knows nothing of runs or scores.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rag.core.escaping import escape_html, safe_url

NONE = "–"


class Range(NamedTuple):
    """A half-open range of characters of a text."""

    start: int
    end: int


def esc(value: object) -> str:
    """The value as text that shows literally, in an element or in a quoted attribute."""
    return escape_html(str(value))


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
    safe = safe_url(url)
    return f'<a href="{esc(safe)}" rel="noopener noreferrer nofollow">{esc(text)}</a>' if safe else esc(text)


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
