"""Papers found -> evidence: which of their sentences answer the question.

Owns: choosing candidate sentences, the three signals of each (likelihood of the question given the sentence, cosine,
share of the question's words), their fusion, and how many sentences make an answer. Knows nothing of tokens or storage.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from snowballstemmer import stemmer

from rag.domain import Evidence, Hit, Paper, Sentence, Span
from rag.embedding import Embedder, Matrix
from rag.retrieval import zscores
from rag.text import content_words

Scores = npt.NDArray[np.float64]
_stem = stemmer("porter").stemWord


class Reader(Protocol):
    """What scores (title, sentence) pairs by how likely the question is, given the pair."""

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], Scores]]:
        """(indices, mean log-probabilities) of one batch after another."""
        ...


@dataclass(frozen=True, slots=True)
class ReadingWeights:
    """What each signal weighs in a sentence's score. All signals are z-scores over the candidates.

    Chosen on the `fit` half of the development questions (evals/LOG.md), as are `choose`'s margin and bonus.
    """

    likelihood: float = 1.0
    dense: float = 0.6
    lexical: float = 0.3
    paper: float = 0.6


MARGIN = 4.0
SAME_PAPER_BONUS = 1.0
RERANK_WEIGHT = 5.0


@dataclass(frozen=True, slots=True)
class _Candidate:
    paper: Paper
    span: Span
    dense: float
    lexical: float
    paper_score: float

    @property
    def text(self) -> str:
        return self.span.of(self.paper.abstract)


class EvidenceFinder:
    """Reads the sentences of the papers found."""

    def __init__(
        self,
        embedder: Embedder,
        reader: Reader,
        *,
        papers: int,
        sentences: int,
        weights: ReadingWeights | None = None,
    ) -> None:
        self._embedder = embedder
        self._reader = reader
        self._papers = papers
        self._sentences = sentences
        self._weights = weights or ReadingWeights()

    def read(
        self, question: str, hits: Sequence[Hit], sentences: Sequence[Sentence], embeddings: Matrix
    ) -> Iterator[tuple[int, int, tuple[Evidence, ...]]]:
        """Read in batches: (sentences read, sentences to read, evidence); evidence is empty until the last step.

        Args:
            question: standalone.
            hits: papers found, best first; the sentences of the first few are candidates.
            sentences: those of the papers found.
            embeddings: theirs, a row each.
        """
        candidates = self._candidates(question, hits[: self._papers], sentences, embeddings)
        likelihood = np.zeros(len(candidates))
        done = 0
        yield done, len(candidates), ()
        passages = [(candidate.paper.title, candidate.text) for candidate in candidates]
        for indices, values in self._reader.score_in_batches(question, passages):
            likelihood[indices] = values
            done += len(indices)
            if done < len(candidates):
                yield done, len(candidates), ()
        yield done, len(candidates), self._ranked(candidates, likelihood)

    def _candidates(
        self, question: str, hits: Sequence[Hit], sentences: Sequence[Sentence], embeddings: Matrix
    ) -> list[_Candidate]:
        by_id = {hit.paper.id: hit for hit in hits}
        rows = [row for row, sentence in enumerate(sentences) if sentence.paper_id in by_id]
        if not rows:
            return []
        pairs = [(by_id[sentences[row].paper_id], sentences[row].span) for row in rows]
        cosines = (embeddings[rows] @ self._embedder.embed_question(question)).tolist()
        shares = word_shares(question, [span.of(hit.paper.abstract) for hit, span in pairs])
        found = [
            _Candidate(hit.paper, span, cosine, share, hit.score)
            for (hit, span), cosine, share in zip(pairs, cosines, shares, strict=True)
        ]
        weights = self._weights
        quick = (
            weights.dense * zscores(np.array([item.dense for item in found]))
            + weights.lexical * zscores(np.array([item.lexical for item in found]))
            + weights.paper * zscores(np.array([item.paper_score for item in found]))
        )
        order = sorted(range(len(found)), key=lambda i: (-round(float(quick[i]), 6), i))
        return [found[i] for i in order[: self._sentences]]

    def _ranked(self, candidates: Sequence[_Candidate], likelihood: Scores) -> tuple[Evidence, ...]:
        weights = self._weights
        total = (
            weights.likelihood * zscores(likelihood)
            + weights.dense * zscores(np.array([item.dense for item in candidates]))
            + weights.lexical * zscores(np.array([item.lexical for item in candidates]))
            + weights.paper * zscores(np.array([item.paper_score for item in candidates]))
        )
        evidence = [
            Evidence(
                item.paper,
                item.span,
                round(score, 4),
                {
                    "likelihood": round(float(likely), 4),
                    "dense": round(item.dense, 4),
                    "lexical": round(item.lexical, 4),
                    "paper": round(item.paper_score, 4),
                },
            )
            for item, score, likely in zip(candidates, total.tolist(), likelihood, strict=True)
        ]
        return tuple(sorted(evidence, key=lambda item: (-item.score, item.paper.id, item.span.start)))


def word_shares(question: str, texts: Sequence[str]) -> list[float]:
    """Per text the share of the question's words it holds, stemmed, rare words counting more: 0..1."""
    asked = list(dict.fromkeys(_stem(word) for word in content_words(question)))
    held = [{_stem(word) for word in content_words(text)} for text in texts]
    rarity = {word: math.log(1 + len(texts) / (1 + sum(word in words for words in held))) for word in asked}
    whole = sum(rarity.values())
    return [sum(rarity[word] for word in asked if word in words) / whole if whole else 0.0 for words in held]


def choose(evidence: Sequence[Evidence], most: int) -> tuple[Evidence, ...]:
    """The sentences worth quoting, best first: the best one, and those not far behind it.

    After k sentences the next may be behind the best by `MARGIN / k` at most, so that a clear winner stands alone and a
    flat field gives several. Sentences of the best one's paper come `SAME_PAPER_BONUS` nearer: most questions are about
    one paper, and its neighbours complete the answer.
    """
    if not evidence:
        return ()
    best = evidence[0]
    behind = [
        (best.score - item.score - SAME_PAPER_BONUS * (item.paper.id == best.paper.id), place, item)
        for place, item in enumerate(evidence[1:])
    ]
    chosen = [best]
    for distance, _, item in sorted(behind, key=lambda entry: entry[:2]):
        if len(chosen) == most or distance > MARGIN / len(chosen):
            break
        chosen.append(item)
    return tuple(chosen)


def reranked(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> tuple[Hit, ...]:
    """The papers found, ordered anew by what was read in them: `RERANK_WEIGHT` times the score of the best sentence is
    added (part `reading`). Papers of which nothing was read get the lowest score read."""
    if not evidence:
        return tuple(hits)
    best: dict[str, float] = {}
    for item in evidence:
        best.setdefault(item.paper.id, item.score)
    lowest = evidence[-1].score
    scored = [
        replace(
            hit,
            score=round(hit.score + RERANK_WEIGHT * best.get(hit.paper.id, lowest), 4),
            parts={**hit.parts, "reading": best.get(hit.paper.id, lowest)},
        )
        for hit in hits
    ]
    return tuple(sorted(scored, key=lambda hit: (-hit.score, hit.paper.id)))
