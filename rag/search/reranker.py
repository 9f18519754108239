"""The first papers of a search, looked at closely: reordered by late interaction, or by a cross-encoder where one is named.

Owns: how many papers are looked at, and how that score joins the fused one. Knows nothing of how papers were found. A
cross-encoder reads question and paper together (Nogueira and Cho 2019, arXiv:1901.04085): slower, off by default.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from rag.core.arrays import zscores
from rag.core.domain import Hit, Paper
from rag.core.sentences import embedded_text
from rag.search.late_interaction import LateInteraction, PaperMatch

CLOSELY = 20
"""Papers looked at: more cost time and hardly ever win."""
LATE_WEIGHT = 0.75
CROSS_WEIGHT = 3.0
"""What a standard deviation weighs beside the three of the fused score. That of a cross-encoder, as much as all three, was not
measured: no published one was at hand."""


class CrossEncoder(Protocol):
    """What scores (question, text) pairs; higher is better."""

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """A score a text."""
        ...


@dataclass(frozen=True, slots=True)
class Reranked:
    """Papers in their new order, and by id how the question's words match each of those looked at."""

    hits: tuple[Hit, ...]
    matches: Mapping[str, PaperMatch]


class Reranker:
    """Looks closely at the first papers. Safe for several threads."""

    def __init__(self, late: LateInteraction, *, late_weight: float, cross: CrossEncoder | None = None) -> None:
        self._late = late
        self._late_weight = late_weight
        self._cross = cross

    def matches(
        self,
        question: str,
        hits: Sequence[Hit],
        papers: int,
        holding: Callable[[Sequence[str]], Mapping[str, int]],
    ) -> dict[str, PaperMatch]:
        """By paper id how the question's words match each of these papers; see `rerank`."""
        return self._late.match(self._late.asked(question, papers, holding), [hit.paper for hit in hits])

    def rerank(
        self,
        question: str,
        hits: Sequence[Hit],
        papers: int,
        holding: Callable[[Sequence[str]], Mapping[str, int]],
    ) -> Reranked:
        """The first `CLOSELY` papers reordered, the others behind them.

        Args:
            question: standalone.
            hits: papers found, best first.
            papers: number of papers in the library.
            holding: tells of lower-case words how many papers hold each.
        """
        first = hits[:CLOSELY]
        matches = self.matches(question, first, papers, holding)
        scores = {"late": np.array([matches[hit.paper.id].score() for hit in first])}
        weights = {"late": self._late_weight}
        if self._cross is not None and first:
            scores["cross"] = np.array(self._cross.score(question, [_text(hit.paper) for hit in first]), float)
            weights["cross"] = CROSS_WEIGHT
        total = np.array([hit.score for hit in first])
        for name, values in scores.items():
            total = total + weights[name] * zscores(values)
        moved = [
            replace(
                hit,
                score=round(float(total[i]), 6),
                parts={**hit.parts, **{name: round(float(values[i]), 6) for name, values in scores.items()}},
            )
            for i, hit in enumerate(first)
        ]
        moved.sort(key=lambda hit: (-hit.score, hit.paper.id))
        return Reranked((*moved, *hits[CLOSELY:]), matches)


def _text(paper: Paper) -> str:
    return embedded_text(paper.title, paper.abstract)
