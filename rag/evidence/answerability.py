"""Does the library answer the question at all? A calibrated probability from signals that compare across questions.

Owns: the signals. The model that weighs them is fitted data (`rag.core.logistic`, "declining"). Fused scores are relative to one
question and cannot tell; raw cosines can, and so can words of the question that nothing in the quoted paper matches, and a
number asked for where the paper gives none of that kind.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rag.core import logistic
from rag.core.arrays import Scores
from rag.core.domain import Evidence, Hit, Paper, Sentence
from rag.core.text import stem, words
from rag.question import kinds
from rag.search.late_interaction import AskedWords, PaperMatch

_NEAR = 8
"""Papers in which a name may stand."""
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

    Empty where nothing was found. `sentence`, `late`, `news`, `likelihood`: the best there is of each (see `Evidence`); `least`: the
    match of the worst matched word in the quoted paper; `names`: of the worst matched name in any near paper; `target`: of the
    words for the number asked for, in sentences that hold one. Matches are in -1..1, `words` is the logarithm of their number + 1,
    and the others are 0 or 1.
    """
    if not hits or not evidence:
        return {}
    paper = evidence[0].paper
    match = matches[paper.id]
    asked = match.asked
    matched = _or_literal(match.matched(), asked, [f"{paper.title} {paper.abstract}"])
    near = [hit.paper for hit in hits[:_NEAR] if hit.paper.id in matches]
    anywhere = np.stack(
        [_or_literal(matches[one.id].matched(), asked, [f"{one.title} {one.abstract}"]) for one in near]
    ).max(axis=0)
    shown = " ".join(item.text for item in evidence[:6] if item.paper.id == paper.id)
    named = {name.lower() for name in kinds.names(question)}
    names = [float(anywhere[i]) for i, word in enumerate(asked.words) if word in named]
    wants_number, wants_cause = kinds.asks(question, "number"), kinds.asks(question, "cause")
    return {
        "sentence": max(hit.parts["sentence"] for hit in hits),
        "late": max(hit.parts.get("late", 0.0) for hit in hits),
        "least": float(matched.min()) if len(matched) else 0.0,
        "news": max(item.parts["news"] for item in evidence),
        "names": min(names, default=_UNKNOWN),
        "has_name": float(bool(names)),
        "target": _target_match(question, match, paper, sentences) if wants_number else _UNKNOWN,
        "wants_number": float(wants_number),
        "number_there": float(wants_number and kinds.holds(shown, "number")),
        "wants_cause": float(wants_cause),
        "cause_there": float(wants_cause and kinds.holds(shown, "cause")),
        "likelihood": max(item.parts["likelihood"] for item in evidence),
        "words": math.log1p(len(asked.words)),
        "other_language": float(kinds.in_another_language(question)),
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


def _target_match(question: str, match: PaperMatch, paper: Paper, sentences: Sequence[Sentence]) -> float:
    """How well the words for what is asked ("BLEU score") are matched in the paper's sentences that hold a number."""
    spans = [sentence.span for sentence in sentences if sentence.paper_id == paper.id]
    with_digits = [span for span in spans if kinds.holds(span.of(paper.abstract), "number")]
    wanted = set(kinds.target(question))
    places = [i for i, word in enumerate(match.asked.words) if word in wanted]
    if not places:
        return _UNKNOWN
    texts = [span.of(paper.abstract) for span in with_digits]
    return float(_or_literal(match.matched(with_digits), match.asked, texts)[places].mean())
