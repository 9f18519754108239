"""A fitted logistic model, kept as data: `fitted/NAME.json`. Made by `python -m evals fit-decline`; never edited by hand.

Owns: the file's form and the arithmetic. Knows nothing of what the features mean.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from rag.core.errors import FittedModelError


@dataclass(frozen=True, slots=True)
class Feature:
    """One input: its name, the mean and standard deviation it had where the model was fitted, and its weight there."""

    name: str
    mean: float
    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """`features`, `intercept`, the `threshold` (0..1) of the decision, and `fitted_on`: sets, models and numbers."""

    features: tuple[Feature, ...]
    intercept: float
    threshold: float
    fitted_on: Mapping[str, Any]

    def probability(self, values: Mapping[str, float]) -> float:
        """0..1. A feature further than three standard deviations out counts as three: nothing was learned beyond."""
        total = self.intercept
        for feature in self.features:
            total += feature.weight * max(-3.0, min(3.0, (values[feature.name] - feature.mean) / feature.scale))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def json(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


@cache
def load(name: str) -> Logistic:
    """The model in `fitted/NAME.json`.

    Raises:
        FittedModelError: the file is missing or not of the form that `Logistic.json` writes.
    """
    try:
        stored = json.loads(files("rag.core").joinpath(f"fitted/{name}.json").read_text("utf-8"))
        features = tuple(Feature(**feature) for feature in stored.pop("features"))
        return Logistic(features, **stored)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise FittedModelError(
            f"rag/core/fitted/{name}.json cannot be used: {error}. Install citewise again, or make it anew: "
            "python -m evals fit-decline evals/sets/seeds-dev.jsonl"
        ) from error
