"""Fits how the checker weighs its signals, on pairs of a sentence and its evidence: a line and trees, which are averaged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evals.errors import EvalError
from evals.fit.regression import FOLDS, OWN, Array, Examples, file_fingerprints, fit
from evals.fit.trees import exported
from evals.scores.checker import FALSE_ALARMS, Pair
from evals.scores.statistics import auroc
from rag.checking.signals import SignalsOf
from rag.checking.support import SupportModel
from rag.core.trees import Trees

_OTHER = 0.1
"""What a pair of another field counts in fitting."""
_TREES = {"max_iter": 80, "learning_rate": 0.08, "max_leaf_nodes": 6, "min_samples_leaf": 15, "l2_regularization": 5.0}
"""Small trees, many and slow: there are some hundred own pairs."""


def fit_checking(
    own: Sequence[Pair],
    other: Sequence[Pair],
    signals_of: SignalsOf,
    paths: Sequence[Path],
    progress: Callable[[], None] = lambda: None,
) -> SupportModel:
    """The models that weigh the checker's signals. The threshold lets `FALSE_ALARMS` of the supported own pairs be called unsupported,
    judged by models that saw no pair of their papers.

    Raises:
        EvalError: the own pairs are of too few papers.
    """
    pairs = [*own, *other]
    rows: list[Mapping[str, float]] = []
    for pair in pairs:
        rows.append(signals_of(pair.sentence, pair.title, pair.evidence))
        progress()
    names = tuple(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    weights = np.array([OWN] * len(own) + [_OTHER] * len(other))
    examples = Examples(names, values, np.array([pair.supported for pair in pairs]), weights)
    sets = {"sets": file_fingerprints(paths)}
    left_out = _left_out(examples, _folds([pair.title for pair in own]))
    truth = examples.truth[: len(own)]
    area = round(auroc(left_out[truth], left_out[~truth]).mean or 0.0, 3)
    model = _fit_both(examples, {**sets, "auroc_both_left_out": area})
    return replace(
        model, line=replace(model.line, threshold=round(float(np.quantile(left_out[truth], FALSE_ALARMS)), 4))
    )


def _folds(titles: Sequence[str]) -> npt.NDArray[np.int64]:
    """The part of each own pair, 0..`FOLDS` - 1: all pairs of a paper are in one."""
    papers = sorted(set(titles))
    if len(papers) < FOLDS:
        raise EvalError(
            f"The pairs are of {len(papers)} papers (their titles); fitting needs {FOLDS} at least. Add pairs"
        )
    places = np.random.default_rng(0).permutation(len(papers))
    part = {paper: int(place) % FOLDS for paper, place in zip(papers, places, strict=True)}
    return np.array([part[title] for title in titles])


def _left_out(examples: Examples, folds: npt.NDArray[np.int64]) -> Array:
    """(own,) the probability of each own pair by models that saw none of its part."""
    probabilities = np.zeros(len(folds))
    for part in range(FOLDS):
        seen = np.append(folds != part, np.full(len(examples.truth) - len(folds), True))
        rows = Examples(examples.names, examples.values[seen], examples.truth[seen], examples.weights[seen])
        model = _fit_both(rows, {})
        for place in np.flatnonzero(folds == part):
            signals = dict(zip(examples.names, examples.values[place].tolist(), strict=True))
            probabilities[place] = model.probability(signals)
    return probabilities


def _fit_both(examples: Examples, fitted_on: Mapping[str, Any]) -> SupportModel:
    line = fit(examples, lambda left_out, _: float(np.median(left_out)), fitted_on)
    return SupportModel(line, _fit_trees(examples, fitted_on))


def _fit_trees(examples: Examples, fitted_on: Mapping[str, Any]) -> Trees:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(**_TREES, early_stopping=False, random_state=0)
    model.fit(examples.values, examples.truth, examples.weights)
    return exported(model, examples.names, {**fitted_on, "examples": len(examples.truth), "trees": _TREES})
