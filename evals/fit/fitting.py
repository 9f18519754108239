"""Fit the models that decide what is answered and what is listed, and write them as data.

Owns: which questions are positive and negative, the regression, the choice of the threshold. Knows nothing of the features, which come
from `rag.evidence`. Logistic regression by scikit-learn; its strength of regularisation is chosen by
cross-validation on the same questions, and so is the threshold, so that neither sees a question it was fitted to.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evals.cases.question_set import Case, QuestionSet, check_against, paper_ids, resolve
from evals.runs.session import papers_of
from rag.answer.assistant import Assistant
from rag.core.errors import CitewiseError, EvalError
from rag.core.logistic import Feature, Logistic
from rag.core.settings import Settings
from rag.evidence import plan
from rag.question import kinds
from rag.search.reranker import RERANKED_PAPERS
from rag.wiring import open_assistant

Array = npt.NDArray[np.float64]
_STRENGTHS = (0.03, 0.1, 0.3, 1.0)
_FOLDS = 5
_OWN, _FOREIGN = 1.0, 0.2
"""What an example weighs. A question about another library's papers counts little: there are many, and they are easy."""
FALSE_ALARMS = 0.06
"""Of the questions that the library answers, how many may be declined."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows of features by name, what is true of each, and how much each counts."""

    names: tuple[str, ...]
    values: Array
    truth: npt.NDArray[np.bool_]
    weights: Array


def own_cases(sets: Sequence[QuestionSet], split: str) -> list[Case]:
    """The questions of the split, without those that try to make the assistant disobey: they are about something else."""
    cases = [case for question_set in sets for case in question_set.cases if case.raw.get("split", split) == split]
    kept = [case for case in cases if case.type != "injection"]
    if not kept:
        raise EvalError(f"no question of the sets is in the split {split!r}; name another by --split")
    return kept


def foreign_cases(sets: Sequence[QuestionSet], each: int, seed: int) -> list[Case]:
    """A sample of each set's questions: about papers that this library does not have."""
    chosen: list[Case] = []
    for question_set in sets:
        cases = list(question_set.cases)
        random.Random(seed).shuffle(cases)
        chosen += cases[:each]
    return chosen


def decline_examples(
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
            weights.append(_OWN if is_own else _FOREIGN)
    return _examples(rows, truth, weights)


def listing_examples(assistant: Assistant, own: Sequence[Case]) -> Examples | None:
    """Each paper found for a list question; true where it is gold. Papers that are neither right nor wrong are left out.

    None where no question asks for a list.
    """
    names = paper_ids(assistant.papers())
    rows: list[Mapping[str, float]] = []
    truth: list[bool] = []
    for case in own:
        gold = {resolve(name, names) for name in case.gold}
        if len(gold) < 2 or kinds.form(case.question) != "list":
            continue
        also = {resolve(name, names) for name in case.raw.get("also_ok", [])}
        hits = assistant.search(case.question, RERANKED_PAPERS)
        for hit in hits:
            if hit.paper.id not in also - gold:
                rows.append(plan.listing_features(hit, hits))
                truth.append(hit.paper.id in gold)
    return _examples(rows, truth, [_OWN] * len(rows)) if rows else None


def _examples(rows: Sequence[Mapping[str, float]], truth: Sequence[bool], weights: Sequence[float]) -> Examples:
    if len(set(truth)) < 2:
        raise EvalError(
            "the sets hold only one kind of question; fitting needs some that are answerable and some that are not"
        )
    names = tuple(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    return Examples(names, values, np.array(truth), np.array(weights))


def fit(examples: Examples, threshold: Callable[[Array, Examples], float], fitted_on: Mapping[str, Any]) -> Logistic:
    """The regression of the best cross-validated strength, judged on the library's own questions.

    Args:
        examples: rows of features.
        threshold: chooses it from the probabilities that each row had while it was left out.
        fitted_on: kept with the model, beside how many examples there were and the area under the curve of those left out.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    mean, scale = examples.values.mean(0), examples.values.std(0)
    scale[scale < 1e-9] = 1.0
    inputs = np.clip((examples.values - mean) / scale, -3, 3)
    folds = list(StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(inputs, examples.truth))

    def fitted(strength: float, rows: npt.NDArray[np.int64]) -> Any:
        model = LogisticRegression(C=strength, max_iter=5_000)
        return model.fit(inputs[rows], examples.truth[rows], examples.weights[rows])

    own = examples.weights == _OWN
    best: tuple[float, float, Array] | None = None
    for strength in _STRENGTHS:
        left_out = np.zeros(len(inputs))
        for train, test in folds:
            left_out[test] = fitted(strength, train).predict_proba(inputs[test])[:, 1]
        area = float(roc_auc_score(examples.truth[own], left_out[own]))
        if best is None or area > best[0]:
            best = (area, strength, left_out)
    assert best is not None
    area, strength, left_out = best
    model = fitted(strength, np.arange(len(inputs)))
    features = tuple(
        Feature(name, round(float(m), 6), round(float(s), 6), round(float(w), 4))
        for name, m, s, w in zip(examples.names, mean, scale, model.coef_[0], strict=True)
    )
    facts = {"examples": len(inputs), "positive": int(examples.truth.sum()), "strength": strength}
    return Logistic(
        features,
        round(float(model.intercept_[0]), 4),
        round(threshold(left_out, examples), 4),
        {**fitted_on, **facts, "auroc_left_out": round(area, 3)},
    )


def decline_threshold(left_out: Array, examples: Examples) -> float:
    """The threshold below which `FALSE_ALARMS` of the questions lie that the library answers: who is told that something is not
    there will not look for it."""
    return float(np.quantile(left_out[examples.truth], FALSE_ALARMS))


def listing_threshold(left_out: Array, examples: Examples) -> float:
    """The threshold of the greatest F1 of the papers listed."""
    return float(max(np.sort(left_out), key=lambda value: f1(left_out >= value, examples.truth)))


def f1(chosen: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """0..1: the harmonic mean of precision and recall (van Rijsbergen 1979)."""
    return float(2 * (chosen & truth).sum() / max(1.0, chosen.sum() + truth.sum()))


def fingerprint(sets: Sequence[QuestionSet]) -> list[dict[str, str]]:
    """Name and sha256 of each set's file."""
    return [{"set": f"{item.path.parent.name}/{item.path.name}", "sha256": item.sha256} for item in sets]


def fit_models(
    own: Sequence[QuestionSet],
    foreign: Sequence[QuestionSet],
    each: int,
    split: str,
    settings: Settings,
    begin: Callable[[int], Callable[[], None]],
) -> dict[str, Logistic]:
    """The models of declining and, where the sets ask for lists, of listing, by the names of their files; `begin` gets the number
    of questions.

    Raises:
        EvalError: no question of the split, papers that are not in the library, or nothing to tell apart.
        CitewiseError: the library or a model cannot be opened.
    """
    cases = own_cases(own, split)
    check_against(cases, papers_of(settings))
    others = foreign_cases(foreign, each, seed=0)
    with closing(open_assistant(settings)) as assistant:
        facts = {
            "sets": fingerprint(own),
            "split": split,
            "foreign": fingerprint(foreign),
            "library": assistant.library.fingerprint(),
            "embedder": assistant.description["embedder"],
            "reader": assistant.description["reader"],
        }
        declining = decline_examples(assistant, cases, others, begin(len(cases) + len(others)))
        listing = listing_examples(assistant, cases)
    models = {"declining": fit(declining, decline_threshold, facts)}
    if listing is not None:
        models["listing"] = fit(listing, listing_threshold, facts)
    return models
