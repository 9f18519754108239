"""Fits which questions count as answerable: what `rag.evidence.answerability` gathers about an answer, weighed.

Owns: which questions are positive and negative, and the choice of the threshold. The signals come with each answer.
"""

import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from evals.cases.question_set import Case, QuestionSet
from evals.errors import EvalError
from evals.fit.regression import OWN, Array, Examples, examples_of
from rag.answer.assistant import Assistant
from rag.core.errors import CitewiseError

FALSE_ALARMS = 0.06
"""Of the questions that the library answers, how many may be declined."""
_FOREIGN = 0.2
"""What a question about another library's papers weighs: little, for there are many, and they are easy."""


def own_cases(sets: Sequence[QuestionSet], split: str) -> list[Case]:
    """The questions of the split, without those that try to make the assistant disobey: they are about something else.

    Raises:
        EvalError: none is left.
    """
    cases = [case for question_set in sets for case in question_set.cases if case.raw.get("split", split) == split]
    usable = [case for case in cases if case.type != "injection"]
    if not usable:
        raise EvalError(f"no question of the sets is in the split {split!r}; name another by --split")
    return usable


def foreign_cases(sets: Sequence[QuestionSet], each: int, seed: int) -> list[Case]:
    """A sample of each set's questions: about papers that this library does not have."""
    sample: list[Case] = []
    for question_set in sets:
        cases = list(question_set.cases)
        random.Random(seed).shuffle(cases)
        sample += cases[:each]
    return sample


def answerability_examples(
    assistant: Assistant, own: Sequence[Case], foreign: Sequence[Case], progress: Callable[[], None]
) -> Examples:
    """The signals of every question's answer; true where the library answers it."""
    rows: list[Mapping[str, float]] = []
    truth: list[bool] = []
    weights: list[float] = []
    for case, is_own in [(case, True) for case in own] + [(case, False) for case in foreign]:
        progress()
        try:
            signals = assistant.ask(case.question, case.history).signals
        except CitewiseError:
            continue  # an empty or too long question has no signals
        if signals:
            rows.append(signals)
            truth.append(is_own and bool(case.raw.get("answerable", True)))
            weights.append(OWN if is_own else _FOREIGN)
    return examples_of(rows, truth, weights)


def answerability_threshold(left_out: Array, examples: Examples) -> float:
    """The threshold below which `FALSE_ALARMS` of the questions lie that the library answers: who is told that something is not
    there will not look for it."""
    return float(np.quantile(left_out[examples.truth], FALSE_ALARMS))
