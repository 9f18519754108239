"""Does the library answer the question at all? A calibrated probability from signals that compare across questions.

Owns: the signals. The model that weighs them is fitted data (`rag.logistic`, "declining"). Fused scores are relative to one
question and cannot tell; raw cosines can, and so can words of the question that nothing in the quoted paper matches, and a
number asked for where the paper gives none of that kind.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rag import asking, logistic
from rag.domain import Evidence, Hit, Paper, Sentence, Span
from rag.interaction import AskedWords, PaperMatch, Scores
from rag.text import words
from rag.words import stem

_SOFTNESS = 8.0
_UNKNOWN = 0.7
"""A middling match, where a question has nothing of the kind that a signal looks at."""


def signals(
    question: str,
    hits: Sequence[Hit],
    matches: Mapping[str, PaperMatch],
    sentences: Sequence[Sentence],
    evidence: Sequence[Evidence],
) -> dict[str, float]:
    """The inputs of the probability.

    Args:
        question: standalone.
        hits: papers found, best first.
        matches: by paper id how the question's words match it.
        sentences: those of the papers found.
        evidence: sentences read, best first.

    Empty where nothing was found. Cosines and matches are in -1..1, shares in 0..1.
    """
    if not hits or not evidence:
        return {}
    paper = evidence[0].paper
    match = matches[paper.id]
    asked = match.asked
    shown = [item.span for item in evidence[:6] if item.paper.id == paper.id][:3]
    matched = _or_literal(match.matched(), asked, [f"{paper.title} {paper.abstract}"])
    in_shown = _or_literal(match.matched(shown), asked, [span.of(paper.abstract) for span in shown])
    near = [hit.paper for hit in hits[:8] if hit.paper.id in matches]
    anywhere = np.stack(
        [_or_literal(matches[one.id].matched(), asked, [f"{one.title} {one.abstract}"]) for one in near]
    ).max(axis=0)
    wants_number = asking.asks(question, "number")
    text = " ".join(span.of(paper.abstract) for span in shown)
    digits = _with_digits(paper, sentences)
    target = _target_match(question, match, digits, [span.of(paper.abstract) for span in digits])
    unexplained = [
        float(in_shown[i])
        for i, title in enumerate(_or_literal(match.in_title(), asked, [paper.title]))
        if title < 0.6 and asked.weights[i] > 1
    ]
    named = {name.lower() for name in asking.names(question)}
    places = [i for i, word in enumerate(asked.words) if word in named]
    return {
        "dense": max(hit.parts["dense"] for hit in hits),
        "sentence": max(hit.parts["sentence"] for hit in hits),
        "dense_of_paper": next((hit.parts["dense"] for hit in hits if hit.paper.id == paper.id), 0.0),
        "lexical": math.log1p(max(hit.parts["lexical"] for hit in hits)),
        "late": max(hit.parts.get("late", 0.0) for hit in hits),
        "late_of_paper": match.score(),
        "shown": asked.share(in_shown),
        "least": _least(matched),
        "least_soft": _soft_least(matched),
        "least_soft_anywhere": _soft_least(anywhere),
        "unmatched": _share(asked.weights, matched < 0.55),
        "unmatched_shown": _share(asked.weights, in_shown < 0.5),
        "news": max(item.parts["news"] for item in evidence),
        "news_least": min(unexplained, default=_UNKNOWN),
        "names": min((float(matched[i]) for i in places), default=_UNKNOWN),
        "names_anywhere": min((float(anywhere[i]) for i in places), default=_UNKNOWN),
        "has_name": float(bool(places)),
        "target": target if wants_number else _UNKNOWN,
        "wants_number": float(wants_number),
        "number_there": float(wants_number and asking.holds(text, "number")),
        "cause_there": float(asking.asks(question, "cause") and asking.holds(text, "cause")),
        "wants_cause": float(asking.asks(question, "cause")),
        "likelihood": max(item.parts["likelihood"] for item in evidence),
        "words": math.log1p(len(asked.words)),
        "other_language": float(asking.in_another_language(question)),
    }


def p_answerable(values: Mapping[str, float]) -> float:
    """0..1; 0 where nothing was found.

    Raises:
        FittedModelError: the fitted model is missing.
    """
    return round(logistic.load("declining").probability(values), 4) if values else 0.0


def threshold() -> float:
    """The probability below which an answer is declined: the one that was fitted."""
    return logistic.load("declining").threshold


def _or_literal(matched: Scores, asked: AskedWords, texts: Sequence[str]) -> Scores:
    """A word that stands in the text is there, whatever its vector says about the context."""
    there = {stem(word) for text in texts for word in words(text)}
    literal = np.array([float(stem(word) in there) for word in asked.words])
    best: Scores = np.maximum(matched, literal) if len(literal) else matched
    return best


def _least(matched: Scores) -> float:
    return float(matched.min()) if len(matched) else 0.0


def _soft_least(matched: Scores) -> float:
    """Between the least and the mean: one odd word counts less than two."""
    if not len(matched):
        return 0.0
    return -math.log(float(np.exp(-_SOFTNESS * matched).mean())) / _SOFTNESS


def _share(weights: Scores, chosen: npt.NDArray[np.bool_]) -> float:
    return float(weights[chosen].sum() / weights.sum()) if len(weights) else 1.0


def _with_digits(paper: Paper, sentences: Sequence[Sentence]) -> list[Span]:
    spans = [sentence.span for sentence in sentences if sentence.paper_id == paper.id]
    return [span for span in spans if asking.holds(span.of(paper.abstract), "number")]


def _target_match(question: str, match: PaperMatch, spans: Sequence[Span], texts: Sequence[str]) -> float:
    """How well the words for what is asked ("BLEU score") are matched in these sentences."""
    wanted = set(asking.target(question))
    places = [i for i, word in enumerate(match.asked.words) if word in wanted]
    matched = _or_literal(match.matched(spans), match.asked, texts)
    return float(matched[places].mean()) if places else _UNKNOWN
