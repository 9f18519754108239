"""Gradient-boosted trees by scikit-learn, turned into plain data. Knows nothing of questions or sentences.

How large and how many they are is chosen by cross-validation over whole groups.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evals.errors import EvalError
from evals.fit.regression import FOLDS, OWN, Array, Group
from rag.core.trees import Tree, Trees

_LEAVES = (4, 8, 16)
_COUNTS = (25, 50, 100, 200)
_RATE = 0.1
_LEAST = 20
"""Things in a leaf: fewer are chance."""


def fit_trees(
    groups: Sequence[Group], names: Sequence[str], fitted_on: Mapping[str, Any], weights: Sequence[float] | None = None
) -> Trees:
    """Trees whose scores put the true things of each group above the others.

    Args:
        groups: their features are in the order of `names`.
        fitted_on: kept with the trees, beside the share of pairs that are ordered rightly in groups left out.
        weights: of each group; 1 where none are given. What is left out is judged by those of weight 1, where there are any.

    Raises:
        EvalError: there are too few groups.
    """
    from sklearn.model_selection import KFold

    if len(groups) < FOLDS:
        raise EvalError(f"{len(groups)} questions show which sentence is better; fitting needs at least {FOLDS}")
    counted = np.ones(len(groups)) if weights is None else np.array(weights)
    judged = counted == OWN if (counted == OWN).any() else np.full(len(groups), True)
    shares: dict[tuple[int, int], list[float]] = {}
    for train, test in KFold(FOLDS, shuffle=True, random_state=0).split(np.arange(len(groups))):
        for leaves in _LEAVES:
            model = _boosted(groups, counted, train.tolist(), leaves, max(_COUNTS))
            kept_out = [groups[place] for place in test[judged[test]]]
            if not kept_out:
                continue
            rows = np.concatenate([group.values for group in kept_out])
            ends = np.cumsum([len(group.truth) for group in kept_out])[:-1]
            for count, scores in enumerate(model.staged_decision_function(rows), 1):
                if count in _COUNTS:
                    by_group = zip(kept_out, np.split(scores.ravel(), ends), strict=True)
                    shares.setdefault((leaves, count), []).extend(group.rightly_ordered(own) for group, own in by_group)
    means = {size: float(np.mean(of_size)) for size, of_size in shares.items()}
    leaves, count = max(means, key=lambda size: (round(means[size], 4), -size[0] * size[1]))
    model = _boosted(groups, counted, range(len(groups)), leaves, count)
    facts = {"questions": len(groups), "leaves": leaves, "trees": count}
    return exported(model, names, {**fitted_on, **facts, "pairs_right_left_out": round(means[leaves, count], 3)})


def _boosted(groups: Sequence[Group], weights: Array, of: Sequence[int] | range, leaves: int, count: int) -> Any:
    """Each group counts by its weight, however many things it has."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = np.concatenate([groups[place].values for place in of])
    truth = np.concatenate([groups[place].truth for place in of])
    each = np.concatenate(
        [np.full(len(groups[place].truth), weights[place] / len(groups[place].truth)) for place in of]
    )
    model = HistGradientBoostingClassifier(
        learning_rate=_RATE,
        max_iter=count,
        max_leaf_nodes=leaves,
        min_samples_leaf=_LEAST,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    # The mean is 1, since the regularisation is in units of weight.
    return model.fit(rows, truth, each / each.mean())


def exported(model: Any, names: Sequence[str], fitted_on: Mapping[str, Any]) -> Trees:
    """A fitted `HistGradientBoostingClassifier` of two classes as plain data."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                np.where(leaf, -1, nodes["feature_idx"]).astype(np.int64),
                np.where(leaf, 0.0, nodes["num_threshold"]).astype(np.float64),
                np.where(leaf, 0, nodes["left"]).astype(np.int64),
                np.where(leaf, 0, nodes["right"]).astype(np.int64),
                np.where(leaf, np.round(nodes["value"], 9), 0.0).astype(np.float64),
            )
        )
    return Trees(tuple(names), float(np.ravel(model._baseline_prediction)[0]), tuple(trees), fitted_on)
