"""Sentence ranking: which sentences of the papers found answer the question.

Owns: which sentences are candidates, the signals of each, and their fusion. Knows nothing of tokens, storage, or how many sentences
make an answer.

A sentence that restates the question is seldom the one that answers it: the answer tends to be the next one, and to name what
is *not* in the question. So beside the likelihood of the question given the sentence, there are signals that look past
the topic: question words that the title does not explain already, and the match of the sentence before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from rag.core.arrays import Matrix, Scores, zscores
from rag.core.domain import Evidence, Hit, Sentence, Span
from rag.core.text import word_shares
from rag.evidence.injection import no_evidence
from rag.evidence.plan import Plan
from rag.models.embedder import Embedder
from rag.question import kinds
from rag.search.late_interaction import PaperMatch
from rag.search.reranker import SearchResult

EVIDENCE_WEIGHT = 0.75
"""What a standard deviation of its best sentence's score weighs in the score of a paper."""
_OF_PLANNED, _MOST_PLANNED = 3, 20
"""Sentences read of each paper planned, and of all of them."""
_NO_PREVIOUS = -0.2
"""The match of the sentence before the first one: no sentence matches as little."""
_FLAGS = ("number", "cause", "code", "own")
"""Signals that are 0 or 1; the others are z-scores over the candidates."""


class QueryLikelihood(Protocol):
    """What scores (title, sentence) pairs by how likely the question is, given the pair, or in another way that `signal` names."""

    signal: str

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], Scores]]:
        """(indices, mean log-probabilities) of one batch after another."""
        ...


@dataclass(frozen=True, slots=True)
class Passages:
    """The sentences of the papers found, in the order of their papers and abstracts, and their embeddings, a row each."""

    sentences: Sequence[Sentence]
    embeddings: Matrix


@dataclass(frozen=True, slots=True)
class Ranking:
    """How far the reading is: `done` of `total` candidates. `evidence` is there in the last step only, best first."""

    done: int
    total: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    span: Span
    parts: Mapping[str, float]

    @property
    def text(self) -> str:
        return self.span.of(self.hit.paper.abstract)


class SentenceRanker:
    """Ranks the sentences of the papers found.

    Args:
        embedder: embeds the question.
        likelihood: reads the candidates.
        weights: what each signal weighs, by name.
        papers: of how many papers, the best first, sentences are candidates.
        sentences: how many candidates are read.
    """

    def __init__(
        self,
        embedder: Embedder,
        likelihood: QueryLikelihood,
        weights: Mapping[str, float],
        *,
        papers: int,
        sentences: int,
    ) -> None:
        self._embedder = embedder
        self._likelihood = likelihood
        self._weights = weights
        self._papers = papers
        self._sentences = sentences

    def rank(self, result: SearchResult, passages: Passages, plan: Plan) -> Iterator[Ranking]:
        """Read the candidates, batch by batch.

        Args:
            result: the question that sentences are ranked for, the papers, best first, and how its words match them.
            passages: the sentences of these papers.
            plan: the papers that must be read, or the only ones to read.
        """
        candidates = self._candidates(result, passages, plan)
        likelihoods = np.zeros(len(candidates))
        done = 0
        yield Ranking(done, len(candidates))
        pairs = [(candidate.hit.paper.title, candidate.text) for candidate in candidates]
        for indices, values in self._likelihood.score_in_batches(result.question, pairs):
            likelihoods[indices] = values
            done += len(indices)
            if done < len(candidates):
                yield Ranking(done, len(candidates))
        read = [
            replace(candidate, parts={**candidate.parts, self._likelihood.signal: likelihood})
            for candidate, likelihood in zip(candidates, likelihoods.tolist(), strict=True)
        ]
        yield Ranking(done, len(candidates), self._evidence(read))

    def _candidates(self, result: SearchResult, passages: Passages, plan: Plan) -> list[_Candidate]:
        """The sentences worth reading: the best by all signals but the likelihood, and some of each paper planned."""
        planned = {hit.paper.id: hit for hit in result.hits if hit.paper.id in plan.papers}
        with_words = [hit for hit in result.hits if hit.paper.abstract]
        best = {} if plan.only else {hit.paper.id: hit for hit in with_words[: self._papers]}
        every = self._signalled(result, passages, best | planned)
        scores = fuse([candidate.parts for candidate in every], self._weights)
        order = sorted(range(len(every)), key=lambda i: (-round(float(scores[i]), 6), i))
        most = self._sentences if plan.only else _OF_PLANNED
        each = max(1, min(most, _MOST_PLANNED // max(1, len(planned))))
        by_paper: dict[str, list[int]] = {}
        for i in order:
            by_paper.setdefault(every[i].hit.paper.id, []).append(i)
        read = {i for paper_id in planned for i in by_paper.get(paper_id, [])[:each]}
        read |= set(order[: self._sentences]) if best else set()
        read |= {i for i in order if plan.reasons.get(every[i].hit.paper.id) == every[i].span}
        return [every[i] for i in order if i in read]

    def _signalled(self, result: SearchResult, passages: Passages, hits: Mapping[str, Hit]) -> list[_Candidate]:
        """All sentences of these papers that may be quoted, with every signal but the likelihood."""
        kept_back = {
            (item.paper.id, item.span)
            for item in no_evidence(passages.sentences, {paper_id: hit.paper for paper_id, hit in hits.items()})
        }
        rows = [
            row
            for row, sentence in enumerate(passages.sentences)
            if sentence.paper_id in hits and (sentence.paper_id, sentence.span) not in kept_back
        ]
        if not rows:
            return []
        sentences = [passages.sentences[row] for row in rows]
        texts = [sentence.span.of(hits[sentence.paper_id].paper.abstract) for sentence in sentences]
        cosines = (passages.embeddings[rows] @ self._embedder.embed_question(result.question)).tolist()
        shares = word_shares(result.question, texts)
        matches = _matches(result, sentences)
        return [
            _Candidate(
                hits[sentence.paper_id],
                sentence.span,
                {"dense": cosine, "lexical": share, "paper": hits[sentence.paper_id].score}
                | matches[sentence]
                | kind_signals(result.question, text),
            )
            for sentence, text, cosine, share in zip(sentences, texts, cosines, shares, strict=True)
        ]

    def _evidence(self, candidates: Sequence[_Candidate]) -> tuple[Evidence, ...]:
        scores = fuse([candidate.parts for candidate in candidates], self._weights).tolist()
        evidence = [
            Evidence(
                candidate.hit.paper,
                candidate.span,
                round(score, 4),
                {name: round(float(value), 4) for name, value in candidate.parts.items()},
            )
            for candidate, score in zip(candidates, scores, strict=True)
        ]
        return tuple(sorted(evidence, key=lambda item: (-item.score, item.paper.id, item.span.start)))


def _matches(result: SearchResult, sentences: Sequence[Sentence]) -> dict[Sentence, dict[str, float]]:
    by_paper: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        by_paper.setdefault(sentence.paper_id, []).append(sentence)
    return {
        sentence: signals
        for paper_id, of_paper in by_paper.items()
        for sentence, signals in zip(of_paper, match_signals(result.matches[paper_id], of_paper), strict=True)
    }


def match_signals(match: PaperMatch, sentences: Sequence[Sentence]) -> list[dict[str, float]]:
    """Of each sentence of one paper, in the abstract's order, how well it matches the question's words.

    `match`: -1..1. `novelty`: the same, words counting less the better the title matches them. `previous`: the match of the sentence
    before. `restatement`: its match less the mean of the paper's sentences.
    """
    words = match.question
    if not words.words:
        return [{"match": 0.0, "novelty": 0.0, "previous": 0.0, "restatement": 0.0} for _ in sentences]
    by_sentence = np.array([match.matched([sentence.span]) for sentence in sentences]).reshape(len(sentences), -1)
    shares = by_sentence @ words.weights / words.weights.sum()
    unexplained = words.weights * (1 - np.clip(match.in_title(), 0, 1)) ** 2 + 1e-9
    novelty = by_sentence @ unexplained / unexplained.sum()
    mean = float(shares.mean())
    return [
        {
            "match": float(shares[i]),
            "novelty": float(novelty[i]),
            "previous": float(shares[i - 1]) if i else _NO_PREVIOUS,
            "restatement": float(shares[i]) - mean,
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


def fuse(parts: Sequence[Mapping[str, float]], weights: Mapping[str, float]) -> Scores:
    """(len(parts),) weighted sums: flags as they are, everything else as z-scores; signals that are not there yet are left out."""
    total = np.zeros(len(parts))
    for name, weight in weights.items():
        if parts and name in parts[0]:
            values = np.array([item[name] for item in parts])
            total += weight * (values if name in _FLAGS else zscores(values))
    return total


def rerank_by_evidence(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> tuple[Hit, ...]:
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
    gains = (EVIDENCE_WEIGHT * zscores(of_hit)).tolist()
    rescored = [
        replace(hit, score=round(hit.score + gain, 4), parts={**hit.parts, "reading": float(sentence)})
        for hit, gain, sentence in zip(hits, gains, of_hit.tolist(), strict=True)
    ]
    return tuple(sorted(rescored, key=lambda hit: (-hit.score, hit.paper.id)))
