"""Answerability: do the words found hold what was asked for? A calibrated probability from signals that compare across questions.

Owns: the signals. The model that weighs them is fitted data (`fitted/answerability.json`) and handed in. Fused scores are relative to
one question and cannot tell; raw cosines can, and so can words of the question that nothing in the quoted paper matches, and a
number asked for where the paper gives none of that kind.
"""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from rag.core.arrays import Scores
from rag.core.domain import Evidence, Paper, Sentence
from rag.core.logistic import Logistic
from rag.core.text import stem, words
from rag.question import kinds
from rag.search.late_interaction import PaperMatch, QuestionWords
from rag.search.reranker import SearchResult

_NEAR = 8
"""Papers in which a name may stand."""
_READ = 6
"""Sentences, the best first, in which a number or a cause that is asked for may stand."""
_SAID = 3
"""Sentences of the best paper, the best first, that are likely to be shown."""
_MOST_CLEAR = 3.0
_MOST_AHEAD = 5.0
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
ANSWERS = "answers"
"""The name of a trained reader's scores."""
_UNKNOWN = 0.7
"""A middling match, where a question has nothing of the kind that a signal looks at."""


def signals(result: SearchResult, sentences: Sequence[Sentence], evidence: Sequence[Evidence]) -> dict[str, float]:
    """The inputs of the probability; none where nothing was found.

    Args:
        result: the standalone question, the papers, best first, and how its words match them.
        sentences: those of these papers.
        evidence: sentences read, best first.

    `sentence`, `late`, `novelty`, `dense`: the best there is of each (see `Hit` and `Evidence`). Of the paper of the best sentence,
    `least`: the match of the worst matched word; `said`: the same in its title and best sentences. `names`: the match of the worst
    matched name in any near paper; `target`: of the words for the number asked for, in sentences that hold one. `clear`: by how much
    the best sentence is better than the best of any other paper, 3 at most. `figures`: whether all numbers that the question states
    stand in that paper. Where the reader was trained to tell which sentence answers, `answers` is its best score, and `answers_ahead`
    how far that is above its best score for another paper. Matches are in -1..1, `words` is the logarithm of their number + 1, and the
    others are 0 or 1.
    """
    if not result.hits or not evidence:
        return {}
    question, paper = result.question, evidence[0].paper
    match = result.matches[paper.id]
    matched = _or_literal(match.matched(), match.question, [_text(paper)])
    names = _matched_names(result, match.question)
    read = " ".join(item.text for item in evidence[:_READ] if item.paper.id == paper.id)
    best = [item for item in evidence if item.paper.id == paper.id][:_SAID]
    said = _or_literal(
        match.matched([item.span for item in best]), match.question, [paper.title, *(one.text for one in best)]
    )
    others = [item.score for item in evidence if item.paper.id != paper.id]
    wants_number, wants_cause = kinds.asks(question, "number"), kinds.asks(question, "cause")
    return {
        "sentence": max(hit.parts["sentence"] for hit in result.hits),
        "late": max(hit.parts.get("late", 0.0) for hit in result.hits),
        "least": float(matched.min()) if len(matched) else 0.0,
        "novelty": max(item.parts["novelty"] for item in evidence),
        "names": min(names, default=_UNKNOWN),
        "has_name": float(bool(names)),
        "target": _target_match(question, match, paper, sentences) if wants_number else _UNKNOWN,
        "wants_number": float(wants_number),
        "number_there": float(wants_number and kinds.holds(read, "number")),
        "wants_cause": float(wants_cause),
        "cause_there": float(wants_cause and kinds.holds(read, "cause")),
        "said": float(said.min()) if len(said) else 0.0,
        "dense": max(hit.parts["dense"] for hit in result.hits),
        "clear": min(_MOST_CLEAR, evidence[0].score - max(others)) if others else _MOST_CLEAR,
        "words": math.log1p(len(match.question.words)),
        "other_language": float(kinds.in_another_language(question)),
        "figures": float(all(figure in _text(paper) for figure in _FIGURE.findall(question))),
    } | _read_signals(evidence, paper)


def _read_signals(evidence: Sequence[Evidence], paper: Paper) -> dict[str, float]:
    """What a trained reader says of the sentences; nothing of any other reader, whose scores cannot be compared across questions."""
    scores = [(item.parts[ANSWERS], item.paper.id != paper.id) for item in evidence if ANSWERS in item.parts]
    if not scores:
        return {}
    best = max(score for score, _ in scores)
    return {
        "answers": best,
        "answers_ahead": best - max((score for score, is_other in scores if is_other), default=best - _MOST_AHEAD),
    }


def p_answerable(model: Logistic, values: Mapping[str, float]) -> float:
    """0..1 from the signals; 0 where there are none."""
    return round(model.probability(values), 4) if values else 0.0


def _matched_names(result: SearchResult, question: QuestionWords) -> list[float]:
    """How well each name of the question is matched in the near paper that matches it best."""
    near = [hit.paper for hit in result.hits[:_NEAR] if hit.paper.id in result.matches]
    anywhere = np.stack(
        [_or_literal(result.matches[paper.id].matched(), question, [_text(paper)]) for paper in near]
    ).max(axis=0)
    names = {name.lower() for name in kinds.names(result.question)}
    return [float(anywhere[i]) for i, word in enumerate(question.words) if word in names]


def _text(paper: Paper) -> str:
    return f"{paper.title} {paper.abstract}"


def _or_literal(matched: Scores, question: QuestionWords, texts: Sequence[str]) -> Scores:
    """A word that stands in the texts is there, whatever its vector says about the context."""
    there = {stem(word) for text in texts for word in words(text)}
    literal = np.array([float(stem(word) in there) for word in question.words])
    best: Scores = np.maximum(matched, literal) if len(literal) else matched
    return best


def _target_match(question: str, match: PaperMatch, paper: Paper, sentences: Sequence[Sentence]) -> float:
    """How well the words for what is asked ("BLEU score") are matched in the paper's sentences that hold a number."""
    target = set(kinds.target(question))
    places = [i for i, word in enumerate(match.question.words) if word in target]
    if not places:
        return _UNKNOWN
    spans = [sentence.span for sentence in sentences if sentence.paper_id == paper.id]
    with_number = [span for span in spans if kinds.holds(span.of(paper.abstract), "number")]
    texts = [span.of(paper.abstract) for span in with_number]
    return float(_or_literal(match.matched(with_number), match.question, texts)[places].mean())
