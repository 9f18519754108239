"""Words of papers as HTML: literal but for formulas, which are drawn, for what TeX has left in them, which is shown as people read it
with the exact words as its title, and for what is marked.

Owns how marks lie over a text. Pure; knows nothing of answers or pages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

from rag.core.domain import Span
from rag.core.formulas import formulas
from rag.core.readings import readings
from ui.views.mathml import mathml
from ui.views.templating import literal

_EMPTY = Markup()


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked range of a text. `key` is the citation that it shows; without one it is of a `kind`: what was read and not cited, or
    what a filter has found. `kept_back` is why a sentence is no evidence."""

    span: Span
    key: str | None = None
    kept_back: str = ""
    kind: Literal["read", "hit"] = "read"


def prose(text: str) -> Markup:
    """The text as HTML, with its formulas drawn and its left-overs of TeX read."""
    return with_marks(text, ())


def with_marks(text: str, marks: Iterable[Mark]) -> Markup:
    """The text as HTML as `prose` has it, and the marks as `<mark data-q="keys">` or, where it was only read,
    `<mark class="cw-read">`, where a filter has found it, `<mark class="cw-hit">`, and where it was kept back,
    `<mark class="cw-kept">` with the reason. Marks may overlap; what one of them cuts stays TeX."""
    inside = [replace(mark, span=_within(mark.span, len(text))) for mark in marks]
    inside = [mark for mark in inside if mark.span.start < mark.span.end]
    borders = sorted({0, len(text), *(edge for mark in inside for edge in (mark.span.start, mark.span.end))})
    drawn = _drawn(text)
    pieces = []
    for start, end in pairwise(borders):
        over = [mark for mark in inside if mark.span.start <= start and end <= mark.span.end]
        keys = dict.fromkeys(mark.key for mark in over if mark.key is not None)
        reason = next((mark.kept_back for mark in over if mark.kept_back), "")
        kind = over[0].kind if over else ""
        pieces.append(_mark(_words(text, Span(start, end), drawn), list(keys), kind, reason))
    return _EMPTY.join(pieces)


def _mark(words: Markup, keys: Sequence[str], kind: str, kept_back: str) -> Markup:
    if kept_back:
        return Markup('<mark class="cw-kept" title="{}">{}</mark>').format(literal(f"Kept back: {kept_back}"), words)
    if keys:
        return Markup('<mark data-q="{}">{}</mark>').format(literal(" ".join(keys)), words)
    return Markup('<mark class="cw-{}">{}</mark>').format(kind, words) if kind else words


def _within(span: Span, length: int) -> Span:
    return Span(max(span.start, 0), min(span.end, length))


def _drawn(text: str) -> list[tuple[Span, Markup]]:
    """What is not shown literally, in order, none over another: how it is shown."""
    read = [(span, _read(span.of(text), words)) for span, words in readings(text)]
    maths = [(span, math) for span, tex in formulas(text) if (math := mathml(tex)) is not None]
    free = [(span, math) for span, math in maths if not any(span.overlaps(taken) for taken, _ in read)]
    return sorted(read + free, key=lambda item: item[0].start)


def _read(exact: str, words: str) -> Markup:
    return Markup('<abbr class="cw-tex" title="{}">{}</abbr>').format(literal(exact), literal(words))


def _words(text: str, span: Span, drawn: Sequence[tuple[Span, Markup]]) -> Markup:
    """The words of a span, with what lies in it as a whole drawn."""
    pieces, position = [], span.start
    for place, shape in drawn:
        if span.start <= place.start and place.end <= span.end:
            pieces += [literal(text[position : place.start]), shape]
            position = place.end
    return _EMPTY.join([*pieces, literal(text[position : span.end])])
