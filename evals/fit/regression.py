"""The regressions that all fitted models share, by scikit-learn. Knows nothing of questions, papers or sentences.

The strength of regularisation is chosen by cross-validation, and a threshold from the scores that each example had while it was left
out, so that neither sees an example it was fitted to.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evals.cases.question_set import QuestionSet
from evals.errors import EvalError
from evals.scores.statistics import auroc
from rag.core.logistic import Feature, Logistic

Array = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
OWN = 1.0
"""What an example weighs that is of the kind the model is for; those that are not weigh less."""
_STRENGTHS = (0.03, 0.1, 0.3, 1.0)
FOLDS = 5
"""Parts of which each is left out once."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows of features by name, what is true of each, and how much each counts."""

    names: tuple[str, ...]
    values: Array
    truth: Truth
    weights: Array


def examples_of(rows: Sequence[Mapping[str, float]], truth: Sequence[bool], weights: Sequence[float]) -> Examples:
    """The rows as arrays.

    Raises:
        EvalError: too few are true, or too few are false, for the cross-validation; or not all have the same features.
    """
    true = sum(truth)
    if min(true, len(truth) - true) < FOLDS:
        raise EvalError(
            f"{true} examples are true (such as questions that the library answers) and {len(truth) - true} are false; fitting needs "
            f"{FOLDS} of each at least. Add questions, or name another split by --split"
        )
    names = tuple(rows[0])
    if lost := sorted({name for row in rows for name in row.keys() ^ set(names)}):
        raise EvalError(
            f"some examples have the signals {', '.join(lost)} and some do not: kept signals or tables are of another version "
            "of citewise. Make them anew"
        )
    values = np.array([[row[name] for name in names] for row in rows])
    return Examples(names, values, np.array(truth), np.array(weights))


def fit(
    examples: Examples,
    threshold: Callable[[Array, Examples], float],
    fitted_on: Mapping[str, Any],
) -> Logistic:
    """The logistic regression of the strength that tells the model's own examples apart best.

    Args:
        examples: rows of features.
        threshold: chooses it from the probabilities that each row had while it was left out.
        fitted_on: kept with the model, beside how many examples there were and the area under the ROC curve of those left out.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    mean, scale = examples.values.mean(0), examples.values.std(0)
    scale[scale < 1e-9] = 1.0
    inputs = np.clip((examples.values - mean) / scale, -3, 3)
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(inputs, examples.truth))
    own = examples.weights == OWN

    def regression(strength: float, rows: npt.NDArray[np.int64]) -> Any:
        model = LogisticRegression(C=strength, max_iter=5_000)
        return model.fit(inputs[rows], examples.truth[rows], examples.weights[rows])

    def left_out(strength: float) -> Array:
        probabilities = np.zeros(len(inputs))
        for train, test in folds:
            probabilities[test] = regression(strength, train).predict_proba(inputs[test])[:, 1]
        return probabilities

    def area(probabilities: Array) -> float:
        truth = examples.truth[own]
        return auroc(probabilities[own][truth], probabilities[own][~truth]).mean or 0.0

    by_strength = {strength: left_out(strength) for strength in _STRENGTHS}
    strength = max(_STRENGTHS, key=lambda strength: area(by_strength[strength]))
    model = regression(strength, np.arange(len(inputs)))
    features = tuple(
        Feature(name, round(float(m), 6), round(float(s), 6), round(float(w), 4))
        for name, m, s, w in zip(examples.names, mean, scale, model.coef_[0], strict=True)
    )
    facts = {"examples": len(inputs), "positive": int(examples.truth.sum()), "strength": strength}
    left = by_strength[strength]
    return Logistic(
        features,
        round(float(model.intercept_[0]), 4),
        round(threshold(left, examples), 4),
        {**fitted_on, **facts, "auroc_left_out": round(area(left), 3)},
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Things that were ranked together: their features, and which of them are to stand above the others."""

    values: Array
    truth: Truth

    def rightly_ordered(self, scores: Array) -> float:
        """0..1: the share of pairs, a true one and another, that the scores order rightly; ties count half."""
        return auroc(scores[self.truth], scores[~self.truth]).mean or 0.0


@dataclass(frozen=True, slots=True)
class PairwiseFit:
    """A weight for each feature, the strength of regularisation, and the share of pairs ordered rightly in groups left out."""

    weights: Array
    strength: float
    left_out: float


def fit_pairwise(groups: Sequence[Group], weights: Sequence[float] | None = None) -> PairwiseFit:
    """The weights that put the true things of each group above the others: a logistic regression, without an intercept, on the
    differences of their features. Each group counts the same, or by its weight, however many pairs it has, and is left out as a whole.
    What is left out is judged by the groups of weight 1, where there are any.

    Raises:
        EvalError: there are too few groups.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold

    counted = np.ones(len(groups)) if weights is None else np.array(weights)
    judged = counted == OWN if (counted == OWN).any() else np.full(len(groups), True)

    def regression(strength: float, of: Iterable[int]) -> Array:
        pairs = [(_differences(groups[place]), counted[place]) for place in of]
        differences = np.concatenate([rows for rows, _ in pairs])
        counts = np.concatenate([np.full(len(rows), weight / len(rows)) for rows, weight in pairs])
        # Each pair both ways round, because a regression needs two classes.
        model = LogisticRegression(C=strength, fit_intercept=False, max_iter=5_000)
        truth = np.repeat((True, False), len(differences))
        model.fit(np.concatenate((differences, -differences)), truth, np.tile(counts, 2))
        return np.asarray(model.coef_[0], dtype=float)

    def left_out(strength: float) -> float:
        shares: list[float] = []
        for train, test in folds:
            found = regression(strength, train)
            shares += [groups[place].rightly_ordered(groups[place].values @ found) for place in test[judged[test]]]
        return float(np.mean(shares))

    if len(groups) < FOLDS:
        raise EvalError(f"{len(groups)} questions show which sentence is better; fitting needs at least {FOLDS}")
    folds = list(KFold(FOLDS, shuffle=True, random_state=0).split(np.arange(len(groups))))
    shares = {strength: left_out(strength) for strength in _STRENGTHS}
    strength = max(_STRENGTHS, key=lambda strength: shares[strength])
    return PairwiseFit(regression(strength, range(len(groups))), strength, shares[strength])


def _differences(group: Group) -> Array:
    better, worse = group.values[group.truth], group.values[~group.truth]
    return (better[:, None, :] - worse[None, :, :]).reshape(-1, group.values.shape[1])


def fingerprints(sets: Sequence[QuestionSet]) -> list[dict[str, str]]:
    """Name and sha256 of each question set's file."""
    return [_fingerprint(item.path, item.sha256) for item in sets]


def file_fingerprints(paths: Sequence[Path]) -> list[dict[str, str]]:
    """Name and sha256 of each file."""
    return [_fingerprint(path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]


def _fingerprint(path: Path, sha256: str) -> dict[str, str]:
    return {"set": f"{path.parent.name}/{path.name}", "sha256": sha256}
