"""Fits how the checker weighs its signals, on pairs of a sentence and its evidence."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evals.fit.regression import OWN, Array, Examples, file_fingerprints, fit
from evals.scores.checker import FALSE_ALARMS, Pair, judge
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
    verdicts = judge([*own, *other], checker, progress)
    names = tuple(verdicts[0].checked.signals)
    values = np.array([[item.checked.signals[name] for name in names] for item in verdicts])
    weights = np.array([OWN] * len(own) + [_OTHER] * len(other))
    examples = Examples(names, values, np.array([item.pair.supported for item in verdicts]), weights)

    def threshold(left_out: Array, rows: Examples) -> float:
        return float(np.quantile(left_out[rows.truth & (rows.weights == OWN)], FALSE_ALARMS))

    return fit(examples, threshold, {"sets": file_fingerprints(paths)})
