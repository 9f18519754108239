"""The signals of a (sentence, title, evidence) triple: what the checker weighs.

Owns: which signals there are, and what disagrees. Similarity alone cannot see an altered number, a swapped name or a lost negation
(Kryściński et al. 2020, arXiv:1910.12840, whose kinds of planted errors the evaluation set follows), so each has a signal of its own.
"""

from dataclasses import dataclass

from rag.checking.coverage import coverage_signals
from rag.checking.meaning import TopicWordsOf, meaning_signals
from rag.checking.names import missing_names
from rag.checking.negation import contrast_conflicts, negation_conflicts
from rag.checking.numbers import NumberConflicts, number_conflicts
from rag.checking.wording import wording_signals
from rag.core import lexicon
from rag.core.text import stem
from rag.models.embedder import Embedder

_CAUSE = lexicon.patterns("cause")
_PRAISE = lexicon.word_pattern("praise")
_MOST_PRAISE = 3


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


class SignalsOf:
    """Gives the signals of triples by name. Safe for several threads.

    Args:
        embedder: gives the token vectors that meaning is compared by.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._words_of = TopicWordsOf(embedder)

    def __call__(
        self, sentence: str, title: str, evidence: str, conflicts: Conflicts | None = None
    ) -> dict[str, float]:
        """All signals, finite numbers; `conflicts` are those between the three, where they are known already."""
        words, source, name = map(self._words_of, (sentence, evidence, title))
        return {
            **meaning_signals(words, source, name),
            **coverage_signals(sentence, words, source, name),
            **wording_signals(sentence, evidence),
            **(conflicts or Conflicts.between(sentence, title, evidence)).signals(),
            "cause": float(bool(_CAUSE.search(sentence)) and not _CAUSE.search(evidence)),
            "praise": float(_praise_beyond(source.stems | name.stems, sentence)),
        }


def _praise_beyond(known: frozenset[str], sentence: str) -> int:
    """How many words of praise a sentence has whose stems are not known, at most three."""
    return min(_MOST_PRAISE, sum(stem(word.lower()) not in known for word in _PRAISE.findall(sentence)))
