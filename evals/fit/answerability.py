"""Fits when a question counts as answered, when only the nearest words are shown, and when nothing is found.

Owns: which questions are asked for it, what it means that an answer holds what was asked for, and the two thresholds. The signals come
with each answer, and are kept in a file, so that the model can be fitted again without asking.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evals.cases.question_set import Case, QuestionSet, paper_ids, resolve
from evals.errors import EvalError
from evals.fit.regression import OWN, Array, Examples, examples_of, fit
from evals.fit.within import within
from evals.scores.holding import holds_answer
from rag.answer.assistant import Assistant
from rag.core.errors import CitewiseError
from rag.core.logistic import Logistic
from rag.evidence.answerability import ANSWERS
from rag.output.to_json import answer_json

NOT_FOUND = 0.02
"""Of the questions that the library answers, how many may be told that nothing is found: well below the 0.05 that are bearable."""
RIGHT = 0.9
"""Of the questions that count as answered, how many are to be given what they ask for."""
KEPT = 0.94
"""Of the questions that the library answers, how many must count as answered at least: this bounds what `RIGHT` may cost."""
_SAID_BY_READER = frozenset({"late", "said", "dense", "clear", "cause_there", "other_language"})
"""Signals that weigh nothing beside what a trained reader says: without them, questions left out were told apart no worse."""
_FOREIGN = 0.5
"""What a question about another library's papers weighs: little, for there are many, and they are easy."""
_LEFT_OUT = 0.3
"""What a question weighs whose papers were left out: there are as many as questions with an answer, and in life there are fewer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question: the signals of its answer, whether the library answers it, whether the quotes hold the answer, and how
    much it counts."""

    id: str
    signals: Mapping[str, float]
    answerable: bool
    holds: bool
    weight: float


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


def ask_all(
    assistant: Assistant, own: Sequence[Case], foreign: Sequence[Case], progress: Callable[[], None]
) -> Iterator[Asked]:
    """What comes of every question; then of those with an answer once more, their papers left out of the search: as hard as a
    question without an answer can be, for all that is near to it is there."""
    names, every = paper_ids(assistant.papers()), [paper.id for paper in assistant.papers()]
    sure = assistant.at_limits(0.0, 0.0)
    for case in own:
        progress()
        yield from _asked(sure, case, names, OWN)
    for case in foreign:
        progress()
        yield from _asked(sure, _without_answer(case), names, _FOREIGN)
    for case in with_papers(own):
        progress()
        gold = {resolve(name, names) for name in case.papers}
        others = tuple(paper_id for paper_id in every if paper_id not in gold)
        yield from _asked(within(sure, others), _without_answer(case), names, _LEFT_OUT)


def with_papers(cases: Iterable[Case]) -> list[Case]:
    """The questions whose papers can be left out: answerable ones that lean on nothing said before."""
    return [case for case in cases if case.raw.get("answerable", True) and case.papers and not case.history]


def _without_answer(case: Case) -> Case:
    return replace(case, id=f"{case.id} without its papers", raw={**case.raw, "answerable": False})


def _asked(assistant: Assistant, case: Case, names: Mapping[str, str], weight: float) -> Iterator[Asked]:
    try:
        answer = assistant.ask(case.question, case.history)
    except CitewiseError:
        return  # an empty or too long question has no signals
    # What was decided without the probability teaches nothing about it.
    if answer.signals and answer.outcome == "answered" and answer.p_answerable < 1:
        ids = {name: paper for name in case.papers if (paper := resolve(name, names))}
        line = {"case": case.raw, "resolved": ids, **answer_json(answer)}
        able = bool(case.raw.get("answerable", True))
        yield Asked(case.id, answer.signals, able, able and bool(holds_answer(line)), weight)


def save(items: Sequence[Asked], path: Path, of: Mapping[str, Any]) -> None:
    """Write what came of the questions, a line each, after a first line that says `of` which library and models it came."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"of": dict(of)}, *map(asdict, items)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def load(path: Path) -> tuple[list[Asked], dict[str, Any]]:
    """Read both back.

    Raises:
        EvalError: the file is missing or of another form.
    """
    try:
        first, *rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()] or [{}]
        return [Asked(**row) for row in rows], dict(first["of"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvalError(
            f"{path} holds no signals of questions: {error}. Make it by fit-decline SET… --signals"
        ) from error


def _weighed(signals: Mapping[str, float]) -> Mapping[str, float]:
    """Those that the model weighs."""
    if ANSWERS not in signals:
        return signals
    return {name: value for name, value in signals.items() if name not in _SAID_BY_READER}


def answerability_examples(items: Sequence[Asked]) -> Examples:
    """The signals of every question; true where the library answers it. That is learned better than whether the quotes hold the answer,
    and orders even these better; `calibrated` makes it the probability that they do."""
    return examples_of(
        [_weighed(item.signals) for item in items], [item.answerable for item in items], [item.weight for item in items]
    )


def fit_verdicts(
    items: Sequence[Asked],
    fitted_on: Mapping[str, Any],
    not_found: float = NOT_FOUND,
    right: float = RIGHT,
    kept: float = KEPT,
) -> Logistic:
    """The model of the probability that an answer holds what was asked for, and its two thresholds.

    The second is the least from which on `right` of what counts as answered holds the answer, unless fewer than `kept` of the questions
    that the library answers would count as answered: then it is the greatest that keeps them. `fitted_on` says what was reached.
    """
    able = [item.answerable for item in items]
    holds = replace(answerability_examples(items), truth=np.array([item.holds for item in items]))
    probabilities: list[Array] = []

    def keep(left_out: Array, _: Examples) -> float:
        probabilities.append(left_out)
        return 0.0

    model = fit(answerability_examples(items), keep, fitted_on)
    slope, shift = calibration(probabilities[0], holds)
    left_out = 1 / (1 + np.exp(-(slope * _log_odds(probabilities[0]) + shift)))
    lower = not_found_below(left_out, able, not_found)
    bound = float(np.quantile(left_out[np.array(able)], 1 - kept, method="lower"))
    sure = max(lower, min(bound, answered_from(left_out, holds, right)))
    reached = {
        "answerable": sum(able),
        "aims": {"not_found": not_found, "right": right, "kept": kept},
        "reached": shares(left_out, holds, able, sure),
    }
    return replace(
        model,
        features=tuple(replace(feature, weight=round(slope * feature.weight, 4)) for feature in model.features),
        intercept=round(slope * model.intercept + shift, 4),
        threshold=round(lower, 4),
        sure=round(sure, 4),
        fitted_on={**model.fitted_on, **reached},
    )


def calibration(left_out: Array, holds: Examples) -> tuple[float, float]:
    """Slope and shift that turn the log odds of a question's probability into those that its answer holds what was asked for (Platt
    1999), from the library's own questions."""
    from sklearn.linear_model import LogisticRegression

    own = holds.weights == OWN
    fitted = LogisticRegression(C=1e6).fit(_log_odds(left_out[own])[:, None], holds.truth[own])
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _log_odds(probabilities: Array) -> Array:
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def shares(left_out: Array, examples: Examples, able: Sequence[bool], threshold: float) -> dict[str, float]:
    """What a threshold comes to: of what lies above how much holds the answer (`right`), of the questions that the library answers how
    many lie above (`kept`), and of those that it does not, how many below (`caught`); those of the library's own kind alone."""
    own = examples.weights == OWN
    above, truth, answerable = left_out[own] >= threshold, examples.truth[own], np.array(able)[own]
    values = {"right": truth[above], "kept": above[answerable], "caught": ~above[~answerable]}
    return {name: round(float(value.mean()), 3) if len(value) else 0.0 for name, value in values.items()}


def not_found_below(left_out: Array, answerable: Sequence[bool], share: float = NOT_FOUND) -> float:
    """The greatest threshold below which at most this share of the questions lies that the library answers."""
    return float(np.quantile(left_out[np.array(answerable)], share, method="lower"))


def answered_from(left_out: Array, examples: Examples, share: float = RIGHT) -> float:
    """The least threshold from which on this share of what lies above holds the answer, each example counting by its weight; 1 where
    there is none."""
    order = np.argsort(-left_out)
    weights = examples.weights[order]
    right = np.cumsum(weights * examples.truth[order]) / np.cumsum(weights)
    reaching = np.flatnonzero(right >= share)
    return float(left_out[order][reaching[-1]]) if len(reaching) else 1.0
