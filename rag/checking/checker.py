"""Is this sentence supported by that evidence? Numbers, names, negation, direction and meaning, in that order of certainty.

Owns: the verdict on a (sentence, title, evidence) triple. How its signals are weighed is a fitted model, which is handed in. Knows
nothing of where a sentence comes from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rag.checking.signals import Conflicts, SignalsOf
from rag.checking.support import SupportModel
from rag.models.embedder import Embedder

_TURNED = 0.3
"""Share of words in another order from which that is named as the reason."""


class Entailment(Protocol):
    """A model that judges whether one text follows from another."""

    def probability(self, premise: str, hypothesis: str) -> float:
        """0..1: that the hypothesis follows from the premise."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict: `score` is the probability of support (0..1), `reason` says what decided, for people; `signals` are what the score
    was made of."""

    supported: bool
    score: float
    reason: str
    signals: Mapping[str, float] = field(default_factory=dict)


class Checker:
    """Judges sentences. Safe for several threads.

    Args:
        embedder: gives the token vectors that meaning is compared by.
        model: weighs the signals; made by `python -m evals fit-checker`.
        entailment: optional; where there is one, its probability is averaged with the score.
    """

    def __init__(self, embedder: Embedder, model: SupportModel, entailment: Entailment | None = None) -> None:
        self._signals_of = SignalsOf(embedder)
        self._model = model
        self._entailment = entailment

    def check(self, sentence: str, title: str, evidence: str) -> Checked:
        """Whether the evidence, or the title of its paper, says what the sentence says."""
        if not _has_word(sentence) or not _has_word(evidence):
            return Checked(False, 0.0, "nothing is said, or nothing supports it")
        conflicts = Conflicts.between(sentence, title, evidence)
        signals = self._signals_of(sentence, title, evidence, conflicts)
        score = self._model.probability(signals)
        if self._entailment:
            score = (score + self._entailment.probability(f"{title}. {evidence}", sentence)) / 2
        if signals["numbers"] or signals["names"]:
            # Never supported, however alike the rest is: a figure or a name that is not there is the worst that can be shown.
            score *= self._model.threshold
        supported = score >= self._model.threshold
        return Checked(supported, score, "supported" if supported else _reason(conflicts, signals), signals)


def _has_word(text: str) -> bool:
    return re.search(r"[^\W_]", text) is not None


def _reason(conflicts: Conflicts, signals: Mapping[str, float]) -> str:
    """What people are told: the surest sign that the evidence does not say it."""
    numbers = conflicts.numbers
    by_certainty = [
        (numbers.missing, "the evidence does not give {}"),
        (numbers.units, "{} is of another unit in the evidence"),
        (numbers.frames, "the change and the value are mixed up: {}"),
        (conflicts.names, "the evidence does not name {}"),
        (conflicts.negations, "negated in one and not in the other: {}"),
        (conflicts.contrasts, "said the other way: {}"),
        (numbers.counts + numbers.nouns, "not counted so in the evidence: {}"),
    ]
    for items, text in by_certainty:
        if items:
            return text.format(", ".join(items))
    if signals["turned"] > _TURNED:
        return "what is compared stands on other sides"
    if signals["cause"]:
        return "the evidence gives no such reason"
    return "the evidence does not say this"
