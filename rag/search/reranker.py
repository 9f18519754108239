"""The first papers of a search, looked at closely: reordered by late interaction, or by a cross-encoder where one is named.

Owns: how many papers are looked at, and how that score joins the fused one. Knows nothing of how papers were retrieved. A
cross-encoder reads question and paper together (Nogueira and Cho 2019, arXiv:1901.04085): slower, off by default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from rag.core.arrays import zscores
from rag.core.domain import Hit
from rag.core.sentences import embedded_text
from rag.search.late_interaction import LateInteraction, LibraryStatistics, PaperMatch

RERANKED_PAPERS = 20
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
class SearchResult:
    """Papers for a standalone `question`, best first; `matches` tell by id how its words match those looked at closely."""

    question: str
    hits: tuple[Hit, ...]
    matches: Mapping[str, PaperMatch]


class Reranker:
    """Looks closely at the first papers. Safe for several threads."""

    def __init__(self, late: LateInteraction, *, late_weight: float, cross: CrossEncoder | None = None) -> None:
        self._late = late
        self._late_weight = late_weight
        self._cross = cross

    def match(self, question: str, hits: Sequence[Hit], statistics: LibraryStatistics) -> SearchResult:
        """The papers in the order they have, and how the question's words match each."""
        matches = self._late.match(question, [hit.paper for hit in hits], statistics)
        return SearchResult(question, tuple(hits), matches)

    def rerank(self, question: str, hits: Sequence[Hit], statistics: LibraryStatistics) -> SearchResult:
        """The first `RERANKED_PAPERS` papers reordered, the others behind them."""
        first = hits[:RERANKED_PAPERS]
        matches = self.match(question, first, statistics).matches
        scores = {"late": np.array([matches[hit.paper.id].score() for hit in first])}
        weights = {"late": self._late_weight}
        if self._cross is not None and first:
            texts = [embedded_text(hit.paper.title, hit.paper.abstract) for hit in first]
            scores["cross"] = np.array(self._cross.score(question, texts), float)
            weights["cross"] = CROSS_WEIGHT
        total = np.array([hit.score for hit in first])
        for name, values in scores.items():
            total = total + weights[name] * zscores(values)
        rescored = [
            replace(
                hit,
                score=round(float(total[i]), 6),
                parts={**hit.parts, **{name: round(float(values[i]), 6) for name, values in scores.items()}},
            )
            for i, hit in enumerate(first)
        ]
        rescored.sort(key=lambda hit: (-hit.score, hit.paper.id))
        return SearchResult(question, (*rescored, *hits[RERANKED_PAPERS:]), matches)
