"""Fits how the checker weighs its signals, on pairs of a sentence and its evidence."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from evals.fit.regression import OWN, Array, Examples, file_fingerprints, fit
from evals.scores.checker import FALSE_ALARMS, Pair
from rag.checking.checker import Checker
from rag.core.logistic import Logistic

_OTHER = 0.1
"""What a pair of another field counts in fitting."""


def fit_checking(
    own: Sequence[Pair],
    other: Sequence[Pair],
    checker: Checker,
    paths: Sequence[Path],
    progress: Callable[[], None] = lambda: None,
) -> Logistic:
    """The model that weighs the checker's signals. The threshold lets `FALSE_ALARMS` of the supported pairs be called unsupported."""
    pairs = [*own, *other]
    rows: list[Mapping[str, float]] = []
    for pair in pairs:
        rows.append(checker.signals(pair.sentence, pair.title, pair.evidence))
        progress()
    names = tuple(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    weights = np.array([OWN] * len(own) + [_OTHER] * len(other))
    examples = Examples(names, values, np.array([pair.supported for pair in pairs]), weights)

    def threshold(left_out: Array, rows: Examples) -> float:
        return float(np.quantile(left_out[rows.truth & (rows.weights == OWN)], FALSE_ALARMS))

    return fit(examples, threshold, {"sets": file_fingerprints(paths)})
