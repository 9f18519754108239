"""Words of papers as HTML: literal but for formulas, which are drawn, and for what is marked.

Owns how marks lie over a text. Pure; knows nothing of answers or pages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.core.domain import Span
from rag.core.escaping import escape_html
from rag.core.formulas import formulas
from ui.views.mathml import mathml


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked range of a text. `key` is the citation that it shows, or None for what was read and not cited."""

    span: Span
    key: str | None = None


def prose(text: str) -> str:
    """The text as HTML, with its formulas drawn."""
    return marked(text, ())


def marked(text: str, marks: Iterable[Mark]) -> str:
    """The text as HTML with its formulas drawn and the marks as `<mark data-q="keys">` or, where it was only read,
    `<mark class="cw-read">`. Marks may overlap; a formula that one of them cuts stays TeX."""
    kept = [Mark(_within(mark.span, len(text)), mark.key) for mark in marks]
    kept = [mark for mark in kept if mark.span.start < mark.span.end]
    borders = sorted({0, len(text), *(edge for mark in kept for edge in (mark.span.start, mark.span.end))})
    drawn = [(span, math) for span, tex in formulas(text) if (math := mathml(tex)) is not None]
    parts: list[str] = []
    for start, end in pairwise(borders):
        over = [mark for mark in kept if mark.span.start <= start and end <= mark.span.end]
        inner = _drawn(text, Span(start, end), drawn)
        keys = list(dict.fromkeys(mark.key for mark in over if mark.key is not None))
        if keys:
            inner = f'<mark data-q="{escape_html(" ".join(keys))}">{inner}</mark>'
        elif over:
            inner = f'<mark class="cw-read">{inner}</mark>'
        parts.append(inner)
    return "".join(parts)


def _within(span: Span, length: int) -> Span:
    return Span(max(span.start, 0), min(span.end, length))


def _drawn(text: str, span: Span, formulas_in_text: Sequence[tuple[Span, str]]) -> str:
    parts, position = [], span.start
    for place, math in formulas_in_text:
        if span.start <= place.start and place.end <= span.end:
            parts += [escape_html(text[position : place.start]), math]
            position = place.end
    return "".join(parts) + escape_html(text[position : span.end])
