"""Trees kept as data: they score as scikit-learn's do, and a damaged file is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from evals.fit.trees import exported
from rag.core import logistic
from rag.core.errors import FittedModelError
from rag.core.trees import Trees, load_trees

ROWS = np.random.default_rng(0).normal(size=(600, 3))
TRUTH = (ROWS[:, 0] > 0) ^ (ROWS[:, 1] > 0.3)


@pytest.fixture(scope="module")
def fitted() -> tuple[HistGradientBoostingClassifier, Trees]:
    model = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=7, early_stopping=False, random_state=0)
    model.fit(ROWS, TRUTH)
    return model, exported(model, ("a", "b", "c"), {"sets": []})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "fitted").mkdir()
    monkeypatch.setattr(logistic, "files", lambda _: tmp_path)
    return tmp_path / "fitted"


def test_trees_kept_as_data_score_as_those_that_were_fitted(
    fitted: tuple[HistGradientBoostingClassifier, Trees], folder: Path
) -> None:
    model, trees = fitted
    (folder / "some.json").write_text(trees.json(), "utf-8")
    loaded = load_trees("some")
    edges = np.concatenate([tree.threshold[tree.feature >= 0] for tree in trees.trees])
    on_edges = np.column_stack([edges, edges[::-1], edges])  # a value that is a threshold goes left
    for rows in (ROWS, 5 * ROWS[::-1], on_edges, ROWS[:1], ROWS[:0]):
        expected = model.decision_function(rows) if len(rows) else np.zeros(0)
        assert loaded.scores(rows) == pytest.approx(expected, abs=1e-6)
    assert (loaded.features, loaded.fitted_on) == (("a", "b", "c"), {"sets": []})
    assert ((loaded.scores(ROWS) > 0) == TRUTH).mean() > 0.9


def test_a_tree_of_one_leaf_gives_its_value_to_every_row() -> None:
    model = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=500, early_stopping=False).fit(ROWS, TRUTH)
    trees = exported(model, ("a", "b", "c"), {})
    assert trees.scores(ROWS) == pytest.approx(model.decision_function(ROWS), abs=1e-6)


def _damaged(stored: dict[str, Any], what: str) -> Any:
    damaged = copy.deepcopy(stored)
    tree = damaged["trees"][0]
    match what:
        case "no trees":
            del damaged["trees"]
        case "another feature":
            tree["feature"][0] = 3
        case "a loop":
            tree["left"][0] = 0
        case "out of the arrays":
            tree["right"][0] = 99
        case "a missing column":
            del tree["value"]
        case "columns of two lengths":
            tree["value"].pop()
        case "no node":
            damaged["trees"][0] = {name: [] for name in tree}
        case "words":
            tree["threshold"][0] = "high"
        case "not a number":
            tree["threshold"][0] = float("nan")
        case "an endless number":
            tree["left"][0] = float("inf")
        case "no features":
            damaged["features"] = []
        case "a list":
            return [damaged]
    return damaged


@pytest.mark.parametrize(
    "what",
    [
        "no trees",
        "another feature",
        "a loop",
        "out of the arrays",
        "a missing column",
        "columns of two lengths",
        "no node",
        "words",
        "not a number",
        "an endless number",
        "no features",
        "a list",
    ],
)
def test_damaged_trees_are_named_with_the_way_out(
    fitted: tuple[HistGradientBoostingClassifier, Trees], folder: Path, what: str
) -> None:
    (folder / "some.json").write_text(json.dumps(_damaged(json.loads(fitted[1].json()), what)), "utf-8")
    with pytest.raises(FittedModelError, match=r"fitted/some\.json cannot be used: .+ make it anew"):
        load_trees("some")


def test_trees_that_are_not_there_or_cut_off_are_named(
    fitted: tuple[HistGradientBoostingClassifier, Trees], folder: Path
) -> None:
    with pytest.raises(FittedModelError, match=r"some\.json"):
        load_trees("some")
    (folder / "some.json").write_text(fitted[1].json()[:-90], "utf-8")
    with pytest.raises(FittedModelError, match=r"some\.json"):
        load_trees("some")
