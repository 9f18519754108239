"""Is this sentence supported by that evidence? Numbers, names, negation, direction and meaning, in that order of certainty.

Owns: the signals of a (sentence, title, evidence) triple, and the verdict. How the signals are weighed is a fitted model, which is
handed in. Knows nothing of where a sentence comes from. Similarity alone cannot see an altered number, a swapped name or a lost
negation (Kryściński et al. 2020, arXiv:1910.12840, whose kinds of planted errors the evaluation set follows), so each has a signal of
its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rag.checking.meaning import TopicWordsOf, meaning_signals
from rag.checking.names import missing_names
from rag.checking.negation import contrast_conflicts, negation_conflicts
from rag.checking.numbers import NumberConflicts, number_conflicts
from rag.core import lexicon
from rag.core.logistic import Logistic
from rag.core.text import stem
from rag.models.embedder import Embedder

_CAUSE = lexicon.patterns("cause")
_PRAISE = lexicon.word_pattern("praise")
_MOST_PRAISE = 3
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


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What of a sentence disagrees with its evidence, as written: numbers, names, words negated in one only, words that exclude
    each other."""

    numbers: NumberConflicts
    names: tuple[str, ...]
    negations: tuple[str, ...]
    contrasts: tuple[str, ...]

    @classmethod
    def between(cls, sentence: str, title: str, evidence: str) -> "Conflicts":
        """The title of the evidence's paper may supply numbers and names as well as the evidence does."""
        return cls(
            number_conflicts(sentence, f"{evidence} . {title}"),
            missing_names(sentence, f"{evidence} {title}"),
            negation_conflicts(sentence, evidence),
            contrast_conflicts(sentence, evidence, title),
        )

    def signals(self) -> dict[str, float]:
        """How many there are of each, at most two; of numbers whether there are any."""
        numbers = self.numbers
        return {
            "numbers": float(bool(numbers.missing or numbers.units or numbers.frames)),
            "counts": float(bool(numbers.counts or numbers.nouns)),
            "names": float(min(2, len(self.names))),
            "negation": float(min(2, len(self.negations))),
            "contrast": float(min(2, len(self.contrasts))),
        }


class Checker:
    """Judges sentences. Safe for several threads.

    Args:
        embedder: gives the token vectors that meaning is compared by.
        model: weighs the signals; made by `python -m evals fit-checker`.
        entailment: optional; where there is one, its probability is averaged with the score.
    """

    def __init__(self, embedder: Embedder, model: Logistic, entailment: Entailment | None = None) -> None:
        self._words_of = TopicWordsOf(embedder)
        self._model = model
        self._entailment = entailment

    def check(self, sentence: str, title: str, evidence: str) -> Checked:
        """Whether the evidence, or the title of its paper, says what the sentence says."""
        if not _has_word(sentence) or not _has_word(evidence):
            return Checked(False, 0.0, "nothing is said, or nothing supports it")
        conflicts = Conflicts.between(sentence, title, evidence)
        signals = self._signals(conflicts, sentence, title, evidence)
        score = self._model.probability(signals)
        if self._entailment:
            score = (score + self._entailment.probability(f"{title}. {evidence}", sentence)) / 2
        if signals["numbers"] or signals["names"]:
            # Never supported, however alike the rest is: a figure or a name that is not there is the worst that can be shown.
            score *= self._model.threshold
        supported = score >= self._model.threshold
        return Checked(supported, score, "supported" if supported else _reason(conflicts, signals), signals)

    def signals(self, sentence: str, title: str, evidence: str) -> dict[str, float]:
        """What the model weighs, by name."""
        return self._signals(Conflicts.between(sentence, title, evidence), sentence, title, evidence)

    def _signals(self, conflicts: Conflicts, sentence: str, title: str, evidence: str) -> dict[str, float]:
        words, source, name = map(self._words_of, (sentence, evidence, title))
        return {
            **meaning_signals(words, source, name),
            **conflicts.signals(),
            "cause": float(bool(_CAUSE.search(sentence)) and not _CAUSE.search(evidence)),
            "praise": float(_praise_beyond(source.stems | name.stems, sentence)),
        }


def _has_word(text: str) -> bool:
    return re.search(r"[^\W_]", text) is not None


def _praise_beyond(known: frozenset[str], sentence: str) -> int:
    """How many words of praise a sentence has whose stems are not known, at most three."""
    return min(_MOST_PRAISE, sum(stem(word.lower()) not in known for word in _PRAISE.findall(sentence)))


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
