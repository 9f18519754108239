"""A long sentence -> the clauses of it that answer, still exact words of the abstract.

Owns: where a clause may begin, and which clauses are kept. Knows nothing of how sentences are chosen.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag import asking
from rag.domain import Evidence, Span

_LONG = 30
_SHORTEST = 8
"""Words: of a sentence that is worth shortening, and of a clause that stands alone."""
_KEPT_SHARE = 0.75
"""A clause that matches the question this nearly as well as the best one is kept."""
_BREAK = re.compile(
    r";\s+(?:and\s+)?|(?:,?\s+and)?\s+(?=\(?(?:ii|iii|iv|2|3|4)\)\s)"
    r"|,\s+(?=(?:while|whereas|although|but|and (?:we|it|they|our|its|this|these|can|is|are))\b)",
    re.IGNORECASE,
)


def clauses_of(abstract: str, span: Span) -> tuple[Span, ...]:
    """The clauses of a sentence, in order, each of at least `_SHORTEST` words; the sentence where there is only one."""
    starts = [span.start, *(match.end() for match in _BREAK.finditer(abstract, span.start, span.end))]
    ends = [*(match.start() for match in _BREAK.finditer(abstract, span.start, span.end)), span.end]
    made: list[Span] = []
    for start, end in zip(starts, ends, strict=True):
        short = len(abstract[start:end].split()) < _SHORTEST
        if made and (short or len(made[-1].of(abstract).split()) < _SHORTEST):
            made[-1] = Span(made[-1].start, end)
        else:
            made.append(Span(start, end))
    return tuple(made)


def narrowed(item: Evidence, question: str, score: Callable[[Sequence[Span]], float]) -> Evidence:
    """The evidence with the run of clauses that answers, where its sentence is long; `score` tells how well the words of
    spans match the question."""
    if len(item.text.split()) <= _LONG:
        return item
    pieces = clauses_of(item.paper.abstract, item.span)
    if len(pieces) < 2:
        return item
    scores = [score([piece]) for piece in pieces]
    wants_number = asking.asks(question, "number")
    kept = [
        i
        for i, piece in enumerate(pieces)
        if scores[i] >= _KEPT_SHARE * max(scores)
        or (wants_number and asking.holds(piece.of(item.paper.abstract), "number"))
    ]
    return replace(item, span=Span(pieces[kept[0]].start, pieces[kept[-1]].end))
