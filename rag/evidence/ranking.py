"""Sentence ranking: which sentences of the papers found answer the question.

Owns: which sentences are candidates, the signals of each, and their fusion. Knows nothing of tokens, storage, or how many sentences
make an answer.

A sentence that restates the question is seldom the one that answers it: the answer tends to be the next one, and to name what
is *not* in the question. So beside the likelihood of the question given the sentence, there are signals that look past
the topic: question words that the title does not explain already, and the match of the sentence before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.core.arrays import Matrix, Scores, zscores
from rag.core.domain import Evidence, Hit, Sentence, Span
from rag.evidence.injection import no_evidence
from rag.evidence.plan import Plan
from rag.models.embedder import Embedder
from rag.models.readers import Reader
from rag.question import kinds
from rag.search.late_interaction import PaperMatch
from rag.search.reranker import SearchResult

EVIDENCE_WEIGHT = 3.0
"""What a standard deviation of its best sentence's score weighs in the score of a paper."""
_OF_PLANNED, _OF_ONLY, _MOST_PLANNED = 3, 12, 20
"""Sentences read of each paper planned, of each where no other is meant, and of all of them."""
PART = "part "
"""With a number from 1 the name of the reader's score for a part of the question."""
_READ_FOR_PARTS, _MOST_PARTS = 8, 4
"""Sentences, the best for the whole question, that are read for each part of it; parts that they are read for."""
_NO_PREVIOUS = -0.2
"""The match of the sentence before the first one: no sentence matches as little."""
_FLAGS = ("number", "cause")
"""Signals that are 0 or 1; the others are z-scores over the candidates."""


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
        reader: reads the candidates.
        weights: what each signal weighs, by name.
        papers: of how many papers, the best first, sentences are candidates; the best sentence of each is read.
        sentences: how many of the best candidates of all are read.
    """

    def __init__(
        self,
        embedder: Embedder,
        reader: Reader,
        weights: Mapping[str, float],
        *,
        papers: int,
        sentences: int,
    ) -> None:
        self._embedder = embedder
        self._reader = reader
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
        steps = self._read(result.question, candidates, range(len(candidates)))
        done, total = 0, len(candidates)
        yield Ranking(done, total)
        scores = np.zeros(total)
        for indices, values in steps:
            scores[indices] = values
            done += len(indices)
            if done < total:
                yield Ranking(done, total)
        read = [
            replace(candidate, parts={**candidate.parts, self._reader.signal: score})
            for candidate, score in zip(candidates, scores.tolist(), strict=True)
        ]
        if plan.form == "one":
            read = self._read_for_parts(result.question, read)
        yield Ranking(done, total, self._evidence(read))

    def _read(
        self, question: str, candidates: Sequence[_Candidate], places: Sequence[int]
    ) -> Iterator[tuple[list[int], Scores]]:
        """(places, scores) of these candidates, batch by batch."""
        pairs = [(candidates[place].hit.paper.title, candidates[place].text) for place in places]
        for indices, values in self._reader.score_in_batches(question, pairs):
            yield [places[index] for index in indices], values

    def _read_for_parts(self, question: str, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """The candidates, the best of them with their scores for each part of the question, where it has several."""
        parts = kinds.parts(question, least=1)[:_MOST_PARTS]
        if len(parts) < 2:
            return list(candidates)
        fused = fuse([candidate.parts for candidate in candidates], self._weights)
        best = np.argsort(-fused, kind="stable")[:_READ_FOR_PARTS].tolist()
        of_parts: dict[int, dict[str, float]] = {}
        for number, part in enumerate(parts, start=1):
            asked = f"{part} ({question})" if kinds.leans_on_rest(part) else part
            for places, values in self._read(asked, candidates, best):
                for place, value in zip(places, values.tolist(), strict=True):
                    of_parts.setdefault(place, {})[f"{PART}{number}"] = value
        return [
            replace(candidate, parts={**candidate.parts, **of_parts.get(place, {})})
            for place, candidate in enumerate(candidates)
        ]

    def _candidates(self, result: SearchResult, passages: Passages, plan: Plan) -> list[_Candidate]:
        """The sentences worth reading: the best by all signals but the reader's, that of each paper, and some of each paper planned."""
        planned = {hit.paper.id: hit for hit in result.hits if hit.paper.id in plan.papers}
        with_words = [hit for hit in result.hits if hit.paper.abstract]
        best = {} if plan.only else {hit.paper.id: hit for hit in with_words[: self._papers]}
        every = self._signalled(result, passages, best | planned)
        scores = fuse([candidate.parts for candidate in every], self._weights)
        order = sorted(range(len(every)), key=lambda i: (-round(float(scores[i]), 6), i))
        most = max(_OF_ONLY, self._sentences) if plan.only else _OF_PLANNED
        each = max(1, min(most, _MOST_PLANNED // max(1, len(planned))))
        by_paper: dict[str, list[int]] = {}
        for i in order:
            by_paper.setdefault(every[i].hit.paper.id, []).append(i)
        read = {i for paper_id in planned for i in by_paper.get(paper_id, [])[:each]}
        read |= set(order[: self._sentences]) if best else set()
        read |= {by_paper[paper_id][0] for paper_id in best if paper_id in by_paper}
        read |= {i for i in order if plan.reasons.get(every[i].hit.paper.id) == every[i].span}
        return [every[i] for i in order if i in read]

    def _signalled(self, result: SearchResult, passages: Passages, hits: Mapping[str, Hit]) -> list[_Candidate]:
        """All sentences of these papers that may be quoted, with every signal but the reader's."""
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
        matches = _matches(result, sentences)
        return [
            _Candidate(
                hits[sentence.paper_id],
                sentence.span,
                {"dense": cosine, "paper": hits[sentence.paper_id].score}
                | matches[sentence]
                | kind_signals(result.question, text),
            )
            for sentence, text, cosine in zip(sentences, texts, cosines, strict=True)
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
    """0 or 1 each: whether the question asks for a number, or for a cause, and the sentence holds one."""
    return {
        "number": float(kinds.asks(question, "number") and kinds.holds(text, "number")),
        "cause": float(kinds.asks(question, "cause") and kinds.holds(text, "cause")),
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
