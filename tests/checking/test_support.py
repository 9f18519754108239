"""The fitted model of support: a line and trees that count the same, and files that are not as they should be."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from rag.checking.support import SupportModel, load_support
from rag.core import logistic
from rag.core.errors import FittedModelError
from rag.core.logistic import Feature, Logistic
from rag.core.trees import Tree, Trees

LINE = Logistic((Feature("new", 0.0, 1.0, 2.0),), 0.0, 0.4, {})
STUMP = Tree(
    np.array([0, -1, -1]), np.array([0.5, 0, 0]), np.array([1, 0, 0]), np.array([2, 0, 0]), np.array([0, -4.0, 6.0])
)


@pytest.mark.parametrize(("new", "log_odds"), [(0.0, (0 - 4) / 2), (1.0, (2 + 6) / 2), (0.5, (1 - 4) / 2)])
def test_the_line_and_the_trees_count_the_same(new: float, log_odds: float) -> None:
    model = SupportModel(LINE, Trees(("new",), 0.0, (STUMP,), {}))
    assert model.probability({"new": new}) == pytest.approx(1 / (1 + np.exp(-log_odds)))
    assert model.threshold == 0.4


def test_the_shipped_models_are_of_one_fit() -> None:
    model = load_support()
    assert model.line.fitted_on["sets"] == model.trees.fitted_on["sets"]
    assert 0 < model.threshold < 1


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("support", None, r"fitted/support\.json cannot be used"),
        ("support_trees", None, r"fitted/support_trees\.json cannot be used"),
        ("support_trees", {"trees": [{"feature": [7]}]}, r"fitted/support_trees\.json cannot be used"),
        (
            "support",
            {"features": []},
            r"support_trees\.json cannot be used: its signals are not those of support\.json",
        ),
    ],
)
def test_a_damaged_or_missing_file_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, name: str, change: Mapping[str, Any] | None, says: str
) -> None:
    shipped = logistic.load_stored

    def stored(asked: str) -> dict[str, Any]:
        if asked != name:
            return shipped(asked)
        if change is None:
            return _missing(asked)
        return {**json.loads(json.dumps(shipped(asked))), **change}

    monkeypatch.setattr("rag.core.logistic.load_stored", stored)
    monkeypatch.setattr("rag.core.trees.load_stored", stored)
    with pytest.raises(FittedModelError, match=says):
        load_support()


def _missing(name: str) -> dict[str, Any]:
    raise logistic.unusable(name, FileNotFoundError("no such file"))
