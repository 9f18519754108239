"""Papers found -> evidence: which of their sentences answer the question.

Owns: choosing candidate sentences, the signals of each, and their fusion. Knows nothing of tokens, storage, or how many sentences
make an answer.

A sentence that restates the question is seldom the one that answers it: the answer tends to be the next one, and to name what
is *not* in the question. So beside the likelihood of the question given the sentence, there are signals that look past
the topic: question words that the title does not explain already, and the match of the sentence before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from rag.core.arrays import Matrix, Scores, zscores
from rag.core.domain import Evidence, Hit, Sentence, Span
from rag.core.text import word_shares
from rag.evidence.injection import out_of_place
from rag.evidence.selection import Plan
from rag.models.embedder import Embedder
from rag.question import kinds
from rag.search.late_interaction import PaperMatch

RERANK_WEIGHT = 0.75
_OF_PLANNED, _MOST_PLANNED = 3, 20
"""Sentences read of each paper planned, and of all of them."""
_NO_SENTENCE_BEFORE = -0.2
"""The match of the sentence before the first one: no sentence matches as little."""


class Reader(Protocol):
    """What scores (title, sentence) pairs by how likely the question is, given the pair."""

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], Scores]]:
        """(indices, mean log-probabilities) of one batch after another."""
        ...


WEIGHTS: Mapping[str, float] = {
    "likelihood": 0.8,
    "dense": 0.45,
    "lexical": 0.25,
    "paper": 0.75,
    "news": 0.75,
    "restates": -0.7,
    "before": 0.5,
    "number": 1.0,
    "cause": 0.8,
    "code": -0.55,
    "own": 0.45,
}
"""What each signal weighs: a pairwise logistic regression (sentence with the fact above one without) on the `fit` halves of the
development questions (evals/LOG.md, "Sentences that answer")."""

_FLAGS = ("number", "cause", "code", "own")
"""Signals that are 0 or 1; the others are z-scores over the candidates."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    sentence: Sentence
    parts: dict[str, float]

    @property
    def text(self) -> str:
        return self.sentence.span.of(self.hit.paper.abstract)


@lru_cache(maxsize=4_096)
def _hostile(span: Span, abstract: str) -> bool:
    return out_of_place(span.of(abstract), abstract)


class EvidenceFinder:
    """Reads the sentences of the papers found."""

    def __init__(
        self,
        embedder: Embedder,
        reader: Reader,
        *,
        papers: int,
        sentences: int,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> None:
        self._embedder = embedder
        self._reader = reader
        self._papers = papers
        self._sentences = sentences
        self._weights = weights

    def read(
        self,
        question: str,
        hits: Sequence[Hit],
        matches: Mapping[str, PaperMatch],
        sentences: Sequence[Sentence],
        embeddings: Matrix,
        planned: Plan,
    ) -> Iterator[tuple[int, int, tuple[Evidence, ...]]]:
        """Read in batches: (sentences read, sentences to read, evidence); evidence is empty until the last step.

        Args:
            question: standalone.
            hits: papers found, best first; the sentences of the first few are candidates.
            matches: by paper id how the question's words match it.
            sentences: those of the papers found.
            embeddings: theirs, a row each.
            planned: the papers that must be read, or the only ones to read.
        """
        candidates = self._candidates(question, hits, matches, sentences, embeddings, planned)
        likelihood = np.zeros(len(candidates))
        done = 0
        yield done, len(candidates), ()
        passages = [(candidate.hit.paper.title, candidate.text) for candidate in candidates]
        for indices, values in self._reader.score_in_batches(question, passages):
            likelihood[indices] = values
            done += len(indices)
            if done < len(candidates):
                yield done, len(candidates), ()
        for candidate, likely in zip(candidates, likelihood.tolist(), strict=True):
            candidate.parts["likelihood"] = likely
        yield done, len(candidates), self._ranked(candidates)

    def _candidates(
        self,
        question: str,
        hits: Sequence[Hit],
        matches: Mapping[str, PaperMatch],
        sentences: Sequence[Sentence],
        embeddings: Matrix,
        planned: Plan,
    ) -> list[_Candidate]:
        """The sentences worth reading: the best by all signals but the likelihood, and some of each paper planned."""
        of_planned = {hit.paper.id: hit for hit in hits if hit.paper.id in planned.papers}
        best = {} if planned.only else {hit.paper.id: hit for hit in hits[: self._papers]}
        by_id = best | of_planned
        rows = [
            row
            for row, sentence in enumerate(sentences)
            if sentence.paper_id in by_id and not _hostile(sentence.span, by_id[sentence.paper_id].paper.abstract)
        ]
        if not rows:
            return []
        cosines = (embeddings[rows] @ self._embedder.embed_question(question)).tolist()
        texts = [sentences[row].span.of(by_id[sentences[row].paper_id].paper.abstract) for row in rows]
        shares = word_shares(question, texts)
        by_paper: dict[str, list[Sentence]] = {}
        for row in rows:
            by_paper.setdefault(sentences[row].paper_id, []).append(sentences[row])
        found: list[_Candidate] = []
        matched = {
            (sentence.paper_id, sentence.span.start): parts
            for paper_id, group in by_paper.items()
            for sentence, parts in zip(group, match_signals(matches[paper_id], group), strict=True)
        }
        for row, text, cosine, share in zip(rows, texts, cosines, shares, strict=True):
            sentence = sentences[row]
            hit = by_id[sentence.paper_id]
            parts = {"dense": cosine, "lexical": share, "paper": hit.score}
            parts |= matched[sentence.paper_id, sentence.span.start] | kind_signals(question, text)
            found.append(_Candidate(hit, sentence, parts))
        quick = fused([item.parts for item in found], self._weights)
        order = sorted(range(len(found)), key=lambda i: (-round(float(quick[i]), 6), i))
        most = self._sentences if planned.only else _OF_PLANNED
        each = max(1, min(most, _MOST_PLANNED // max(1, len(of_planned))))
        taken: dict[str, list[int]] = {}
        for i in order:
            taken.setdefault(found[i].hit.paper.id, []).append(i)
        chosen = {i for paper_id in of_planned for i in taken.get(paper_id, [])[:each]}
        chosen |= set(order[: self._sentences]) if best else set()
        return [found[i] for i in order if i in chosen]

    def _ranked(self, candidates: Sequence[_Candidate]) -> tuple[Evidence, ...]:
        total = fused([item.parts for item in candidates], self._weights).tolist()
        evidence = [
            Evidence(
                item.hit.paper,
                item.sentence.span,
                round(score, 4),
                {name: round(float(value), 4) for name, value in item.parts.items()},
            )
            for item, score in zip(candidates, total, strict=True)
        ]
        return tuple(sorted(evidence, key=lambda item: (-item.score, item.paper.id, item.span.start)))


def match_signals(match: PaperMatch, sentences: Sequence[Sentence]) -> list[dict[str, float]]:
    """Of each sentence of one paper, in the abstract's order: `match` (how well it matches the question's words, -1..1), `news` (the
    same, words counting less the better the title matches them), `before` (of the sentence before), `restates` (its match less the mean
    of the paper's sentences)."""
    asked = match.asked
    by_sentence = np.array([match.matched([sentence.span]) for sentence in sentences]).reshape(len(sentences), -1)
    if not asked.words:
        nothing = {"match": 0.0, "news": 0.0, "before": 0.0, "restates": 0.0}
        return [dict(nothing) for _ in sentences]
    shares = by_sentence @ asked.weights / asked.weights.sum()
    left = asked.weights * (1 - np.clip(match.in_title(), 0, 1)) ** 2 + 1e-9
    news = by_sentence @ left / left.sum()
    mean = float(shares.mean())
    return [
        {
            "match": float(shares[i]),
            "news": float(news[i]),
            "before": float(shares[i - 1]) if i else _NO_SENTENCE_BEFORE,
            "restates": float(shares[i]) - mean,
        }
        for i in range(len(sentences))
    ]


def kind_signals(question: str, text: str) -> dict[str, float]:
    """0 or 1 each: `number` and `cause` where the question asks for one and the sentence holds one, `code` where it holds an
    address nobody asked for, `own` where it tells its authors' work."""
    return {
        "number": float(kinds.asks(question, "number") and kinds.holds(text, "number")),
        "cause": float(kinds.asks(question, "cause") and kinds.holds(text, "cause")),
        "code": float(kinds.holds(text, "code") and not kinds.asks(question, "code")),
        "own": float(kinds.tells_own_work(text)),
    }


def fused(parts: Sequence[Mapping[str, float]], weights: Mapping[str, float]) -> Scores:
    """(len(parts),) weighted sums: flags as they are, everything else as z-scores; signals that are not there yet are left out."""
    total = np.zeros(len(parts))
    for name, weight in weights.items():
        if parts and name in parts[0]:
            values = np.array([item[name] for item in parts])
            total += weight * (values if name in _FLAGS else zscores(values))
    return total


def reranked(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> tuple[Hit, ...]:
    """Papers reordered by what was read in them: each gets the score of its best sentence, in standard deviations.

    Papers of which nothing was read count as the worst sentence read.
    """
    if not evidence:
        return tuple(hits)
    best: dict[str, float] = {}
    for item in evidence:
        best.setdefault(item.paper.id, item.score)
    lowest = evidence[-1].score
    of_hit = np.array([best.get(hit.paper.id, lowest) for hit in hits])
    gains = (RERANK_WEIGHT * zscores(of_hit)).tolist()
    scored = [
        replace(hit, score=round(hit.score + gain, 4), parts={**hit.parts, "reading": float(read)})
        for hit, gain, read in zip(hits, gains, of_hit.tolist(), strict=True)
    ]
    return tuple(sorted(scored, key=lambda hit: (-hit.score, hit.paper.id)))
