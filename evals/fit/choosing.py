"""Fits how many sentences an answer has: what tells that a further sentence adds a fact that was asked for.

Owns: the questions that are asked for it (those of a set, and two of them about one paper joined to one), what adds a fact, and the
threshold. The signals are `rag.evidence.choosing`'s.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from evals.cases.nuggets import alias_matches
from evals.cases.question_set import Case, paper_ids, resolve
from evals.fit.regression import OWN, Array, Examples, examples_of, fit
from rag.answer.assistant import Assistant
from rag.core.domain import Evidence
from rag.core.errors import CitewiseError
from rag.core.logistic import Logistic
from rag.core.text import normalise
from rag.evidence.choosing import gain_signals, tried, worth_showing
from rag.question import kinds

MOST = 4
"""Sentences of an answer while the model is fitted."""
WORDS = 55
"""The median length of the answers to a set's own questions, in words, at most."""
_SAME_PAPER = 1.0
_THRESHOLDS = tuple(round(0.01 * step, 2) for step in range(2, 31))
_JOINTS = ("? ", " and ", ", and ")
_EACH = 3
"""Joined questions of one paper, at most."""
_LONGEST = 28
"""Words of a question that is joined to another one."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for a question, best first; by fact the places of the sentences that hold it."""

    evidence: tuple[Evidence, ...]
    facts: tuple[frozenset[int], ...]

    def shown(self, places: Sequence[int]) -> float:
        """The share of the facts that these sentences hold."""
        return sum(bool(fact & set(places)) for fact in self.facts) / len(self.facts)


def joined(cases: Sequence[Case], seed: int = 0) -> list[Case]:
    """Two questions of one paper as one with two parts: "What is X for, and how fast is it?"."""
    chance = random.Random(seed)
    by_paper: dict[str, list[Case]] = {}
    for case in cases:
        if _can_be_joined(case):
            by_paper.setdefault(case.gold[0], []).append(case)
    result: list[Case] = []
    for of_paper in by_paper.values():
        pairs = [(one, other) for place, one in enumerate(of_paper) for other in of_paper[place + 1 :]]
        chance.shuffle(pairs)
        for one, other in pairs[:_EACH]:
            first, second = one.question.rstrip(" ?."), other.question.rstrip(" ?.")
            joint = chance.choice(_JOINTS)
            second = second if joint == _JOINTS[0] else second[:1].lower() + second[1:]
            facts = [*one.raw["nuggets"], *other.raw["nuggets"]]
            raw = {**one.raw, "question": f"{first}{joint}{second}?", "nuggets": facts}
            result.append(replace(one, id=f"{one.id} and {other.id}", question=raw["question"], raw=raw))
    return result


def _can_be_joined(case: Case) -> bool:
    return bool(
        len(case.gold) == 1
        and case.raw.get("nuggets")
        and case.raw.get("answerable", True)
        and not case.history
        and len(case.question.split()) <= _LONGEST
        and len(kinds.parts(case.question)) == 1
    )


def read_all(assistant: Assistant, cases: Sequence[Case], progress: Callable[[], None]) -> Iterator[Read]:
    """What is read for each answerable question about one paper, where some of it holds a fact."""
    names = paper_ids(assistant.papers())
    for case in cases:
        progress()
        facts = case.raw.get("nuggets") or []
        if len(case.gold) != 1 or not facts or not case.raw.get("answerable", True):
            continue
        try:
            evidence = assistant.ask(case.question, case.history).evidence
        except CitewiseError:
            continue  # an empty or too long question has no evidence
        found = read(evidence, facts, resolve(case.gold[0], names))
        if any(found.facts) and "paper" in evidence[0].parts:
            yield found


def read(evidence: Sequence[Evidence], facts: Sequence[Sequence[str]], gold: str | None) -> Read:
    """Which of the sentences of the right paper hold which fact."""
    texts = [normalise(item.text) if item.paper.id == gold else "" for item in evidence]
    holding = [
        frozenset(
            place for place, text in enumerate(texts) if any(alias_matches(normalise(alias), text) for alias in aliases)
        )
        for aliases in facts
    ]
    return Read(tuple(evidence), tuple(holding))


def gain_examples(items: Sequence[Read]) -> Examples:
    """The sentences that may come next after the best one, after two, and after three, and whether each adds a fact."""
    rows: list[Mapping[str, float]] = []
    truth: list[bool] = []
    for item in items:
        places = [0]
        while len(places) < MOST:
            shown = [item.evidence[place] for place in places]
            missing = [fact for fact in item.facts if not fact & set(places)]
            following = tried(item.evidence, shown)
            rows += [gain_signals(shown, sentence) for _, sentence in following]
            truth += [any(place in fact for fact in missing) for place, _ in following]
            if not following:
                break
            places.append(max(following, key=lambda one: _usual(shown[0], one[1]))[0])
    return examples_of(rows, truth, [OWN] * len(rows))


def _usual(best: Evidence, item: Evidence) -> float:
    return item.score + _SAME_PAPER * (item.paper.id == best.paper.id)


def fit_choosing(
    items: Sequence[Read], pairs: Sequence[Read], fitted_on: Mapping[str, Any], words: int = WORDS
) -> Logistic:
    """The model for questions and for joined ones (`pairs`), with the threshold from which answers to the questions hold the most facts
    and have at most `words` words in the median.

    Raises:
        EvalError: too few sentences add a fact, or too few do not.
    """

    def least(_: Array, __: Examples) -> float:
        return 0.0

    model = fit(gain_examples([*items, *pairs]), least, fitted_on)
    reached = {threshold: outcome(items, replace(model, threshold=threshold)) for threshold in _THRESHOLDS}
    short = {threshold: facts for threshold, (facts, length) in reached.items() if length <= words}
    best = max(short, key=lambda threshold: (short[threshold], threshold), default=_THRESHOLDS[-1])
    facts, length = reached[best]
    return replace(
        model, threshold=best, fitted_on={**model.fitted_on, "facts": round(facts, 3), "words": round(length, 1)}
    )


def outcome(items: Sequence[Read], model: Logistic) -> tuple[float, float]:
    """(mean share of facts shown, median number of words) of the answers that the model chooses."""
    facts, lengths = [], []
    for item in items:
        shown = worth_showing(item.evidence, model, MOST)
        facts.append(item.shown([item.evidence.index(sentence) for sentence in shown]))
        lengths.append(sum(len(sentence.text.split()) for sentence in shown))
    return float(np.mean(facts)), float(median(lengths))


def with_sentences(items: Sequence[Read], most: int) -> float:
    """The mean share of facts that the best sentences hold, so many of each answer, whatever they add."""
    return float(np.mean([item.shown(range(min(most, len(item.evidence)))) for item in items]))
