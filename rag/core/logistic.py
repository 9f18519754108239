"""Fitted models, kept as data in `fitted/NAME.json`: made by `python -m evals fit-…`, never edited by hand.

Owns: the files' form and the arithmetic of a logistic model. Knows nothing of what the features mean.
Whoever uses a model gets it handed in (`rag.wiring` loads it).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from rag.core.errors import FittedModelError

_MOST_DEVIATIONS = 3.0
_MOST_LOG_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class Feature:
    """One input: its name, the mean and standard deviation it had where the model was fitted, and its weight there."""

    name: str
    mean: float
    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """`features`, `intercept`, the `threshold` (0..1) of the decision, and `fitted_on`: sets, models and numbers.

    `sure` (0..1) is the second threshold of a decision of three: no, perhaps, and from here on yes. It is 0 where there are two.
    """

    features: tuple[Feature, ...]
    intercept: float
    threshold: float
    fitted_on: Mapping[str, Any]
    sure: float = 0.0

    def probability(self, values: Mapping[str, float]) -> float:
        """0..1; see `log_odds`."""
        return odds_as_probability(self.log_odds(values))

    def log_odds(self, values: Mapping[str, float]) -> float:
        """A feature further than three standard deviations out counts as three: nothing was learned beyond."""
        total = self.intercept
        for feature in self.features:
            deviations = (values[feature.name] - feature.mean) / feature.scale
            total += feature.weight * max(-_MOST_DEVIATIONS, min(_MOST_DEVIATIONS, deviations))
        return total

    def json(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def odds_as_probability(log_odds: float) -> float:
    """0..1, the same for all log odds beyond 30: nothing is as sure as that."""
    return 1 / (1 + math.exp(-max(-_MOST_LOG_ODDS, min(_MOST_LOG_ODDS, log_odds))))


def load_logistic(name: str) -> Logistic:
    """The logistic model in `fitted/NAME.json`.

    Raises:
        FittedModelError: the file is missing or not of the form that `Logistic.json` writes.
    """
    try:
        stored = load_stored(name)
        features = tuple(Feature(**feature) for feature in stored.pop("features"))
        return Logistic(features, **stored)
    except (TypeError, KeyError) as error:
        raise unusable(name, error) from error


def load_weights(name: str) -> Mapping[str, float]:
    """The weights of signals in `fitted/NAME.json`: {"weights": {signal: weight}, "fitted_on": {…}}.

    Raises:
        FittedModelError: the file is missing or not of that form.
    """
    try:
        return {str(signal): float(weight) for signal, weight in load_stored(name)["weights"].items()}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise unusable(name, error) from error


def load_stored(name: str) -> dict[str, Any]:
    """The object in `fitted/NAME.json`.

    Raises:
        FittedModelError: the file is missing or holds no object.
    """
    try:
        stored = json.loads(files("rag.core").joinpath(f"fitted/{name}.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise unusable(name, error) from error
    if not isinstance(stored, dict):
        raise unusable(name, TypeError("it holds no object"))
    return stored


def unusable(name: str, error: Exception) -> FittedModelError:
    """The error of a file that is not as it should be."""
    return FittedModelError(
        f"rag/core/fitted/{name}.json cannot be used: {error}. Install citewise again, or make it anew: "
        "python -m evals --help lists the commands that fit"
    )
