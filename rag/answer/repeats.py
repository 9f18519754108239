"""What of the evidence an earlier answer has quoted already. Pure functions."""

from collections.abc import Sequence
from dataclasses import replace

from rag.core.domain import Evidence
from rag.question.follow_up import repeats

_PENALTY = 1.0
"""What a sentence of the last answer is set back by: a follow-up asks for something new."""


def without(evidence: Sequence[Evidence], quotes: Sequence[str]) -> tuple[Evidence, ...]:
    """The evidence that was not quoted."""
    return tuple(item for item in evidence if not repeats(item.text, quotes))


def last(evidence: Sequence[Evidence], quotes: Sequence[str]) -> tuple[Evidence, ...]:
    """All the evidence, what was quoted set back."""
    if not quotes:
        return tuple(evidence)
    penalised = [
        replace(item, score=round(item.score - _PENALTY, 4)) if repeats(item.text, quotes) else item
        for item in evidence
    ]
    return tuple(sorted(penalised, key=lambda item: (-item.score, item.paper.id, item.span.start)))
