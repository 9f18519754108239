"""What of an abstract is shown at first where many papers are cited: the quoted sentences with one before and after each.

Owns which words those are, and what is left out in between. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from markupsafe import Markup

from rag.core import lexicon
from rag.core.domain import Span
from ui.views.marks import Mark, with_marks

_AROUND = 1
_LEAST_LEFT_OUT = 160
"""Characters; to unfold less than that is not worth a click."""
# A look at the marks is enough here: what is quoted is shown whole wherever a sentence is thought to end. (The library's own way of
# telling sentences takes a second to load.)
_END = re.compile(r"(?P<word>[\w.]{0,20})[.!?][\"”’')\]]{0,3}\s+(?=[^\W_a-z]|[\"“(\[])|[\u3002\uff01\uff1f]")


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[Span, ...]:
    """About where the sentences of an abstract stand, the space after them included."""
    abbreviations = lexicon.words("abbreviations")
    ends = [
        match.end()
        for match in _END.finditer(text)
        if len(match["word"] or "ab") > 1 and (match["word"] or "").lower() not in abbreviations
    ]
    borders = [0, *(end for end in ends if end < len(text)), len(text)]
    return tuple(Span(start, end) for start, end in pairwise(borders) if start < end)


def excerpt(text: str, quoted: Sequence[Span]) -> list[tuple[Span, bool]]:
    """The text in pieces, in order, each with whether it is shown at first; one piece where nothing is left out.

    A quotation without words, such as that of a record, stands at the beginning.
    """
    whole = [(Span(0, len(text)), True)]
    every = _sentences(text)
    cited = [
        n
        for n, one in enumerate(every)
        for span in quoted
        if one.overlaps(Span(span.start, max(span.end, span.start + 1)))
    ]
    shown = {near for n in cited for near in range(n - _AROUND, n + _AROUND + 1)}
    if sum(one.end - one.start for n, one in enumerate(every) if n not in shown) < _LEAST_LEFT_OUT:
        return whole
    pieces: list[tuple[Span, bool]] = []
    for n, one in enumerate(every):
        start = one.start
        if pieces and pieces[-1][1] == (n in shown):
            start = pieces.pop()[0].start
        pieces.append((Span(start, one.end), n in shown))
    return pieces


def pieces_with_marks(text: str, marks: Sequence[Mark], quoted: Sequence[Span]) -> list[tuple[Markup, bool]]:
    """The pieces of `excerpt` as HTML with these marks over them."""
    return [
        (with_marks(span.of(text), [_moved(mark, span.start) for mark in marks]), shown)
        for span, shown in excerpt(text, quoted)
    ]


def _moved(mark: Mark, start: int) -> Mark:
    """The mark as it lies over a text that begins there."""
    return replace(mark, span=Span(mark.span.start - start, mark.span.end - start))
