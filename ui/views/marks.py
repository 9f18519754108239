"""Words of papers as HTML: literal but for formulas, which are drawn, and for what is marked.

Owns how marks lie over a text. Pure; knows nothing of answers or pages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from markupsafe import Markup

from rag.core.domain import Span
from rag.core.formulas import formulas
from ui.views.mathml import mathml
from ui.views.templating import literal

_EMPTY = Markup()


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked range of a text. `key` is the citation that it shows, or None for what was read and not cited; `kept_back` is why a
    sentence is no evidence."""

    span: Span
    key: str | None = None
    kept_back: str = ""


def prose(text: str) -> Markup:
    """The text as HTML, with its formulas drawn."""
    return with_marks(text, ())


def with_marks(text: str, marks: Iterable[Mark]) -> Markup:
    """The text as HTML with its formulas drawn and the marks as `<mark data-q="keys">` or, where it was only read,
    `<mark class="cw-read">`, and where it was kept back, `<mark class="cw-kept">` with the reason. Marks may overlap; a formula that
    one of them cuts stays TeX."""
    inside = [replace(mark, span=_within(mark.span, len(text))) for mark in marks]
    inside = [mark for mark in inside if mark.span.start < mark.span.end]
    borders = sorted({0, len(text), *(edge for mark in inside for edge in (mark.span.start, mark.span.end))})
    maths = [(span, math) for span, tex in formulas(text) if (math := mathml(tex)) is not None]
    pieces = []
    for start, end in pairwise(borders):
        over = [mark for mark in inside if mark.span.start <= start and end <= mark.span.end]
        keys = dict.fromkeys(mark.key for mark in over if mark.key is not None)
        reason = next((mark.kept_back for mark in over if mark.kept_back), "")
        pieces.append(_mark(_with_formulas(text, Span(start, end), maths), list(keys), bool(over), reason))
    return _EMPTY.join(pieces)


def _mark(words: Markup, keys: Sequence[str], read: bool, kept_back: str) -> Markup:
    if kept_back:
        return Markup('<mark class="cw-kept" title="{}">{}</mark>').format(literal(f"Kept back: {kept_back}"), words)
    if keys:
        return Markup('<mark data-q="{}">{}</mark>').format(literal(" ".join(keys)), words)
    return Markup('<mark class="cw-read">{}</mark>').format(words) if read else words


def _within(span: Span, length: int) -> Span:
    return Span(max(span.start, 0), min(span.end, length))


def _with_formulas(text: str, span: Span, maths: Sequence[tuple[Span, Markup]]) -> Markup:
    """The words of a span, with the formulas that lie in it as a whole."""
    pieces, position = [], span.start
    for place, math in maths:
        if span.start <= place.start and place.end <= span.end:
            pieces += [literal(text[position : place.start]), math]
            position = place.end
    return _EMPTY.join([*pieces, literal(text[position : span.end])])
