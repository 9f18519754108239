"""Gradient-boosted trees, kept as data in `fitted/NAME.json`: made by `python -m evals fit-…`, never edited by hand.

Owns: the file's form and the arithmetic. Knows nothing of what the features mean; whoever uses a model gets it handed in.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Scores
from rag.core.logistic import load_stored, unusable

_LEAF = -1
_COLUMNS = ("feature", "threshold", "left", "right", "value")
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tree:
    """Five arrays of a node each, of which node 0 is the root: the `feature` (its place; -1: a leaf), the `threshold` up to which a row
    goes to the node `left`, else to `right`, and the `value` of a leaf. Nodes come after the one that leads to them."""

    feature: Places
    threshold: Scores
    left: Places
    right: Places
    value: Scores

    def values(self, rows: Scores) -> Scores:
        """(len(rows),): the value of the leaf that each row comes to."""
        place = np.zeros(len(rows), np.int64)
        every = np.arange(len(rows))
        while (inner := self.feature[place] != _LEAF).any():
            goes_left = rows[every, np.maximum(self.feature[place], 0)] <= self.threshold[place]
            place = np.where(inner, np.where(goes_left, self.left[place], self.right[place]), place)
        found: Scores = self.value[place]
        return found


@dataclass(frozen=True, slots=True)
class Trees:
    """The names of the features, what each row begins with, the trees, and `fitted_on`: sets, models and numbers."""

    features: tuple[str, ...]
    baseline: float
    trees: tuple[Tree, ...]
    fitted_on: Mapping[str, Any]

    def scores(self, rows: Scores) -> Scores:
        """(len(rows),) log odds; a row has a finite value for each feature, in their order."""
        total = np.full(len(rows), self.baseline)
        for tree in self.trees:
            total += tree.values(rows)
        return total

    def json(self) -> str:
        """The file's text."""
        trees = [{name: getattr(tree, name).tolist() for name in _COLUMNS} for tree in self.trees]
        head = {"features": self.features, "baseline": self.baseline, "fitted_on": self.fitted_on}
        lines = ",\n  ".join(json.dumps(tree, separators=(",", ":")) for tree in trees)
        return json.dumps(head, indent=1, ensure_ascii=False)[:-2] + f',\n "trees": [\n  {lines}\n ]\n}}\n'


def load_trees(name: str) -> Trees:
    """The trees in `fitted/NAME.json`.

    Raises:
        FittedModelError: the file is missing or not of the form that `Trees.json` writes.
    """
    stored = load_stored(name)
    try:
        features = tuple(str(feature) for feature in stored["features"])
        trees = tuple(_tree(columns, len(features)) for columns in stored["trees"])
        baseline, fitted_on = float(stored["baseline"]), stored["fitted_on"]
        if not features or not np.isfinite(baseline) or not isinstance(fitted_on, dict):
            raise ValueError("it names no features, or what it was fitted on is not said")
        return Trees(features, baseline, trees, fitted_on)
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise unusable(name, error) from error


def _tree(columns: Mapping[str, Sequence[float]], features: int) -> Tree:
    """The tree of these columns.

    Raises:
        ValueError: they do not make one: a walk from the root might not end, or leave the arrays.
    """
    places = {name: np.array(columns[name], np.int64) for name in ("feature", "left", "right")}
    values = {name: np.array(columns[name], np.float64) for name in ("threshold", "value")}
    feature, count = places["feature"], len(places["feature"])
    if not count or any(array.shape != (count,) for array in (*places.values(), *values.values())):
        raise ValueError("the columns of a tree are not of one length")
    if not all(np.isfinite(array).all() for array in values.values()):
        raise ValueError("a tree holds a value that is no finite number")
    if feature.min() < _LEAF or feature.max() >= features:
        raise ValueError("a tree asks for a feature that is not there")
    inner = feature != _LEAF
    for after in (places["left"][inner], places["right"][inner]):
        if (after <= np.flatnonzero(inner)).any() or (after >= count).any():
            raise ValueError("a node of a tree leads to none that comes after it")
    return Tree(feature, values["threshold"], places["left"], places["right"], values["value"])
