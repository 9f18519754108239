"""How the signals of the checker become a probability: by two models of one fit, a line and trees.

Owns: that they count the same. A line (logistic regression) knows little and errs little; trees (Friedman 2001, Greedy Function
Approximation: A Gradient Boosting Machine) see what a signal means beside another, as a new word at the end of a sentence that is long
beside its evidence. Their mean catches more than either. Knows nothing of what the signals mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rag.core.logistic import Logistic, load_logistic, odds_as_probability, unusable
from rag.core.trees import Trees, load_trees

LINE, TREES = "support", "support_trees"
"""The names of the fitted files."""


@dataclass(frozen=True, slots=True)
class SupportModel:
    """Both models, of the same signals. The threshold of the decision stands in the line's file."""

    line: Logistic
    trees: Trees

    @property
    def threshold(self) -> float:
        """0..1: the probability from which a sentence counts as supported."""
        return self.line.threshold

    @property
    def signals(self) -> tuple[str, ...]:
        """The names of the signals, in the order of their weights."""
        return tuple(feature.name for feature in self.line.features)

    def probability(self, signals: Mapping[str, float]) -> float:
        """0..1: that what has these signals is supported."""
        row = np.array([[signals[name] for name in self.trees.features]])
        return odds_as_probability((self.line.log_odds(signals) + float(self.trees.scores(row)[0])) / 2)


def load_support() -> SupportModel:
    """The shipped models.

    Raises:
        FittedModelError: a file is missing or damaged, or the two are not of one fit.
    """
    model = SupportModel(load_logistic(LINE), load_trees(TREES))
    if set(model.signals) != set(model.trees.features):
        raise unusable(TREES, ValueError(f"its signals are not those of {LINE}.json"))
    return model
