"""What of the evidence an earlier answer has quoted already. Pure functions."""

from collections.abc import Sequence
from dataclasses import replace

from rag.core.domain import Evidence
from rag.question import kinds
from rag.question.follow_up import Query, repeats
from rag.question.kinds import Kind

_PENALTY = 1.0
"""What a sentence of the last answer is set back by: a follow-up asks for something new."""
_ASKED_ANEW: tuple[Kind, ...] = ("number", "code")


def set_back(evidence: Sequence[Evidence], query: Query) -> tuple[Evidence, ...]:
    """The evidence with what was quoted set back, or left out where the reader wants more."""
    if query.step == "more":
        return tuple(item for item in evidence if not repeats(item.text, query.quoted))
    return _last(evidence, query.quoted, query.typed)


def _last(evidence: Sequence[Evidence], quotes: Sequence[str], question: str) -> tuple[Evidence, ...]:
    """All the evidence, what was quoted set back, unless it holds a number or the code that the question now asks for."""
    if not quotes:
        return tuple(evidence)
    wanted = [kind for kind in _ASKED_ANEW if kinds.asks(question, kind)]
    penalised = [
        replace(item, score=round(item.score - _PENALTY, 4))
        if repeats(item.text, quotes) and not any(kinds.holds(item.text, kind) for kind in wanted)
        else item
        for item in evidence
    ]
    return tuple(sorted(penalised, key=lambda item: (-item.score, item.paper.id, item.span.start)))
