"""Which papers belong to a list: what tells a paper about a topic from one that only mentions it, and the sentence that says so.

Owns: the signals of the fitted model `listing`, and the choice of that sentence. A member names the topic in its title or in what it
tells of its own work; background, comparisons ("unlike pruning") and what it does without are mentions only. Pure functions.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.core.arrays import Matrix, Scores
from rag.core.domain import Hit, Sentence, Span
from rag.core.lexicon import patterns
from rag.core.logistic import Logistic
from rag.evidence.injection import quotable
from rag.question import kinds
from rag.question.topics import Topic, mentions, share_of, topic, topic_words
from rag.search.late_interaction import PaperMatch, QuestionWords
from rag.search.reranker import SearchResult

_NAMED = 0.99
_COMMON = math.log(3)
"""Rarity of a word that more than half of the papers hold: it tells none from another."""
_BEFORE_CHARS = 60
_CLAUSE_ENDS = re.compile(r"[,.;:]")
_SAYS_CODE = -0.5
_OWN_BONUS = 0.15
"""In the choice of the sentence shown, beside how well the topic's words are matched (-1..1) and how much of it is named (0..1)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that a list may hold. `signals` are what the fitted model looks at; `reason` is the sentence that says why it belongs,
    None where it has none that may be quoted; `turned_away` tells that it names the topic only where it says what it does without."""

    hit: Hit
    signals: Mapping[str, float]
    reason: Span | None
    turned_away: bool

    def belongs(self, model: Logistic) -> bool:
        """Whether it is one of those that the question asks for."""
        return not self.turned_away and model.probability(self.signals) >= model.threshold


@dataclass(frozen=True, slots=True)
class _Reading:
    """A paper read for the topic: of each sentence that may be quoted how much of the topic it names, how well its words are matched,
    whether it tells of own work or comes after one that does, and whether it turns the topic away."""

    hit: Hit
    spans: Sequence[Span]
    shares: Sequence[float]
    own: Sequence[bool]
    later: Sequence[bool]
    proposes: Sequence[bool]
    away: Sequence[bool]
    title: float
    title_match: Scores
    matches: Matrix
    weights: Scores

    def best(self, where: Sequence[bool]) -> float:
        """How much of the topic is named by the sentence there that names most of it, and does not turn it away."""
        chosen = zip(self.shares, where, self.away, strict=True)
        return max((share for share, here, away in chosen if here and not away), default=0.0)

    def count(self, where: Sequence[bool]) -> int:
        """How many sentences there name the topic and do not turn it away."""
        chosen = zip(self.shares, where, self.away, strict=True)
        return sum(share >= _NAMED and here and not away for share, here, away in chosen)

    @property
    def match(self) -> float:
        """-1..1: how well the topic's words are matched in the title and in what is told of own work."""
        rows = [self.title_match, *self.matches[np.array(self.later, bool)]]
        return float(np.max(rows, axis=0) @ self.weights)


def candidates(question: str, result: SearchResult, sentences: Sequence[Sentence]) -> list[Candidate]:
    """The papers found, in their order, as candidates of a list.

    Args:
        question: for papers, standalone.
        result: the papers, and how the words of the question match them.
        sentences: those of these papers.
    """
    hits = [hit for hit in result.hits if hit.paper.id in result.matches]
    if not hits:
        return []
    spans: dict[str, list[Span]] = {hit.paper.id: [] for hit in hits}
    for sentence in sentences:
        if sentence.paper_id in spans:
            spans[sentence.paper_id].append(sentence.span)
    words_of = result.matches[hits[0].paper.id].question
    about = _without_common(topic(question), words_of)
    wanted = set(topic_words(question))
    places = [i for i, word in enumerate(words_of.words) if word in wanted] or list(range(len(words_of.words)))
    readings = [_read(hit, result.matches[hit.paper.id], spans[hit.paper.id], about, places) for hit in hits]
    wants_code = kinds.asks(question, "code")
    return [
        Candidate(reading.hit, signals, _reason(reading, wants_code), _only_turned_away(reading))
        for reading, signals in zip(readings, _signals(readings), strict=True)
    ]


def _without_common(about: Topic, question: QuestionWords) -> Topic:
    """The topic without pieces that most papers of the library hold, unless nothing else is left of an alternative."""
    pieces_of = np.bincount(question.word_of, minlength=len(question.words))
    common = {
        word
        for word, weight, pieces in zip(question.words, question.weights, pieces_of, strict=True)
        if weight / max(1, pieces) < _COMMON
    }
    kept = (tuple(name for name in pieces if not set(name.lower().split()) <= common) or pieces for pieces in about)
    return tuple(kept)


def _read(hit: Hit, match: PaperMatch, spans: Sequence[Span], about: Topic, places: Sequence[int]) -> _Reading:
    paper = hit.paper
    spans = quotable(paper.abstract, list(spans))
    texts = [span.of(paper.abstract) for span in spans]
    proposes = [patterns("proposes").search(text) is not None for text in texts]
    own = [kinds.tells_own_work(text) or says for text, says in zip(texts, proposes, strict=True)]
    first = own.index(True) if True in own else len(own)
    weights = match.question.weights[places]
    matches = np.array([match.matched([span])[places] for span in spans]).reshape(len(spans), len(places))
    return _Reading(
        hit,
        spans,
        [share_of(about, text) for text in texts],
        own,
        [place >= first for place in range(len(own))],
        proposes,
        [_turned_away(about, text) for text in texts],
        share_of(about, paper.title),
        match.in_title()[places],
        matches,
        weights / weights.sum() if len(places) else weights,
    )


def _turned_away(about: Topic, text: str) -> bool:
    """Whether a sentence names the topic only behind words such as "without" and "unlike"."""
    named = [mention for pieces in about for name in pieces for mention in mentions(name, text)]
    return bool(named) and all(
        patterns("turned_away").search(_CLAUSE_ENDS.split(text[max(0, one.start() - _BEFORE_CHARS) : one.start()])[-1])
        for one in named
    )


def _only_turned_away(reading: _Reading) -> bool:
    named = [away for share, away in zip(reading.shares, reading.away, strict=True) if share >= _NAMED]
    return bool(named) and all(named) and reading.title < _NAMED


def _signals(readings: Sequence[_Reading]) -> list[dict[str, float]]:
    """The inputs of the fitted model, a paper each.

    `title`, `said`, `lead`, `proposed`: 0..1, how much of the topic is named in the title; there or in own work; in the title or
    the first sentence of own work; in a sentence that proposes something. `twice`: named in two of these. `times`: the logarithm of
    the sentences of own work that name it. `mentioned`: only outside of title and own work; `absent`: nowhere. `match` and
    `match_behind`, -1..1, compare its words by meaning. `behind` and `lexical` are scores of the search, relative to the best.
    `known`: the logarithm of the number of papers that name it; `some`: one says it of its own work; `unsaid`: another does, this
    one does not.
    """
    most_lexical = max(reading.hit.parts["lexical"] for reading in readings) or 1.0
    best = max(reading.hit.score for reading in readings)
    most_match = max(reading.match for reading in readings)
    rows = []
    for reading in readings:
        said = max(reading.title, reading.best(reading.own))
        every = max((reading.title, *reading.shares))
        lead = reading.own.index(True) if True in reading.own else None
        rows.append(
            {
                "title": reading.title,
                "said": said,
                "lead": max(reading.title, 0.0 if lead is None or reading.away[lead] else reading.shares[lead]),
                "proposed": reading.best([a and b for a, b in zip(reading.proposes, reading.later, strict=True)]),
                "twice": float(reading.count(reading.own) + (reading.title >= _NAMED) >= 2),
                "times": math.log1p(reading.count(reading.later)),
                "mentioned": float(max(reading.shares, default=0.0) >= _NAMED > said),
                "absent": float(every < _NAMED),
                "match": reading.match,
                "match_behind": reading.match - most_match,
                "behind": reading.hit.score - best,
                "lexical": reading.hit.parts["lexical"] / most_lexical,
            }
        )
    known = math.log1p(sum(row["absent"] == 0 for row in rows))
    some = any(row["said"] >= _NAMED for row in rows)
    return [row | {"known": known, "some": float(some), "unsaid": float(some and row["said"] < _NAMED)} for row in rows]


def _reason(reading: _Reading, wants_code: bool) -> Span | None:
    """The sentence that says best why the paper belongs: it names the topic, of own work, and is not about where the code is."""
    if not reading.spans:
        return None

    def fitness(place: int) -> tuple[float, int]:
        text = reading.spans[place].of(reading.hit.paper.abstract)
        code = kinds.holds(text, "code") and not wants_code
        named = 0.0 if reading.away[place] else reading.shares[place]
        match = float(reading.matches[place] @ reading.weights)
        bonus = _OWN_BONUS * (reading.own[place] + reading.proposes[place] + reading.later[place])
        return named + match + bonus + _SAYS_CODE * code, -place

    return reading.spans[max(range(len(reading.spans)), key=fitness)]
