"""Parts of a question that the papers quoted do not answer: "How many bits does it use, and which GPU was it trained on?".

Owns: when a part counts as missing. The probability of the whole does not tell: most of its signals are those of the paper and of its
best sentences, which fit the other part. So each part is judged by its own words alone. Pure functions.
"""

from collections.abc import Callable, Mapping, Sequence

from rag.core.domain import Evidence
from rag.question import kinds
from rag.question.details import detail

_UNSAID = 0.15
"""What the worst matched word of a part that is told seldom stays below (-1..1): of answered parts of two-part questions 1 in 20 does,
of parts that no abstract tells 2 in 3."""
_STANDS_THERE = 0.99


def missing_parts(
    question: str, quotes: Sequence[Evidence], signals_of: Callable[[str], Mapping[str, float]]
) -> tuple[str, ...]:
    """The parts that are not told; none where the question has one part, or where this would be true of all its parts.

    Args:
        question: one that is answered as a whole.
        quotes: what answers it.
        signals_of: the signals of a part as a question of its own (`rag.evidence.answerability.signals`).
    """
    parts = kinds.parts(question)
    if len(parts) < 2:
        return ()
    missing = tuple(part for part in parts if _lacks_detail(part, quotes) or _is_unsaid(signals_of(part)))
    return missing if len(missing) < len(parts) else ()


def _lacks_detail(part: str, quotes: Sequence[Evidence]) -> bool:
    """Whether it asks for a detail that abstracts give in known words, and the papers quoted have none of these."""
    asked = detail(part)
    papers = {item.paper.id: item.paper for item in quotes}.values()
    return asked is not None and asked.missing_from(f"{paper.title}. {paper.abstract}" for paper in papers)


def _is_unsaid(signals: Mapping[str, float]) -> bool:
    """Whether a word of it has no match in what is quoted, and no name of it stands in a near paper."""
    named = signals.get("has_name", 0.0) > 0 and signals["names"] >= _STANDS_THERE
    return not named and signals.get("said", 1.0) < _UNSAID
