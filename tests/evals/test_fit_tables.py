"""Fitting from training tables: which lines teach something, what they weigh, and trees beside weights."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals.errors import EvalError
from evals.fit.from_table import WEIGHT, read_table, table_askings, table_rankings, weights_of
from evals.fit.ranking import Ranking, fit_ranking, fit_ranking_trees, orders
from evals.fit.regression import Group, fit_pairwise

Row = dict[str, Any]


def sentence(holds: bool | None, own: bool = True, quoted: bool = False, dense: float = 0.1) -> Row:
    return {"holds": holds, "own": own, "quoted": quoted, "score": 1.0, "parts": {"dense": dense, "number": 0.0}}


def line(kind: str, *sentences: Row, question: str = "q", **rest: Any) -> Row:
    return {
        "source": "s",
        "id": f"s:{question}:{kind}",
        "kind": kind,
        "split": "fit",
        "answerable": kind == "own",
        "p_answerable": 0.5,
        "signals": {"late": 0.5},
        "sentences": list(sentences),
        **rest,
    }


YES, NO, OTHER = sentence(True, quoted=True, dense=0.9), sentence(False), sentence(False, own=False)


def test_a_question_teaches_where_some_sentences_answer_it_and_some_do_not() -> None:
    rows = [
        line("own", YES, NO, OTHER, sentence(None)),
        line("own", NO, OTHER, question="none answers"),
        line("left_out", OTHER),
        line("own", YES, NO, question="kept out", split="test"),
        line("own", question="failed", error="it failed"),
    ]
    (ranking,) = table_rankings(rows, "fit", {})
    assert (ranking.truth, ranking.weight, ranking.source) == ((True, False, False), WEIGHT, "s")
    assert [item.truth for item in table_rankings(rows, "test", {"s": 0.7})] == [(True, False)]
    assert table_rankings(rows, "fit", {"s": 0}) == []


def test_where_nothing_read_answers_what_was_read_near_its_papers_is_taken() -> None:
    near = line("own", NO, OTHER, near={"sentences": [NO, YES]})
    assert [item.truth for item in table_rankings([near], "fit", {})] == [(False, True)]
    both = line("own", YES, NO, OTHER, near={"sentences": [NO, YES]})
    assert [item.truth for item in table_rankings([both], "fit", {})] == [(True, False, False)]


def test_a_question_whose_paper_is_not_read_says_nothing_of_answerability() -> None:
    rows = [
        line("own", YES, NO),
        line("left_out", OTHER),
        line("own", OTHER, question="lost"),
        line("left_out", OTHER, question="lost"),
        line("no_answer", NO, question="other"),
        line("own", NO, sentence(None, quoted=True), question="marked nowhere"),
        line("own", YES, NO, question="looked up", p_answerable=1.0),
        line("own", YES, NO, question="no signals", signals={}),
    ]
    asked = table_askings(rows, "fit", {})
    assert [(item.id, item.answerable, item.holds) for item in asked] == [
        ("s:q:own", True, True),
        ("s:q:left_out", False, False),
        ("s:other:no_answer", False, False),
        ("s:marked nowhere:own", True, True),
    ]
    assert {item.weight for item in asked} == {WEIGHT}
    assert table_askings(rows, "fit", {"s": 0}) == []


def test_a_table_that_still_grows_is_read_up_to_its_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(json.dumps({"table": {}}) + "\n" + json.dumps(line("own", YES)) + '\n{"id": "half', "utf-8")
    assert [row["id"] for row in read_table(path)] == ["s:q:own"]


@pytest.mark.parametrize("text", ["", '{"id": "q"}\n', "[]\n", '{"table": {}}\nno json\n', '{"table": {}}\n[1]\n'])
def test_what_is_no_table_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.jsonl").write_text(text, "utf-8")
    with pytest.raises(EvalError, match=r"bad\.jsonl is (no training table|damaged)"):
        read_table(tmp_path / "bad.jsonl")
    with pytest.raises(EvalError, match="cannot read the table"):
        read_table(tmp_path / "missing.jsonl")


def test_weights_are_read_by_source_and_bad_ones_are_named() -> None:
    assert weights_of(["qasper-dev=0.5", "a=b=0"]) == {"qasper-dev": 0.5, "a=b": 0.0}
    for word in ("qasper-dev", "=1", "a=", "a=-1", "a=nan", "a=inf"):
        with pytest.raises(EvalError, match=f"{word} is no weight"):
            weights_of([word])


def test_a_table_of_other_signals_is_refused_by_their_names() -> None:
    ours = Ranking([{"dense": 0.1, "place": 1.0}, {"dense": 0.2, "place": 2.0}], (True, False), (1.0, 2.0))
    theirs = Ranking([{"dense": 0.1}, {"dense": 0.2}], (True, False), (1.0, 2.0))
    with pytest.raises(EvalError, match="some sentences have the signals place and some do not"):
        fit_ranking([ours] * 5 + [theirs], {})


def test_questions_count_by_their_weight_and_what_is_left_out_is_judged_by_those_that_count_fully() -> None:
    generator = np.random.default_rng(3)
    truth = np.array([True, False, False])

    def groups(column: int) -> list[Group]:
        values = generator.normal(size=(40, 3, 2))
        values[:, :, column] += 3 * truth
        return [Group(of_group, truth) for of_group in values]

    mixed, light = [*groups(0), *groups(1)], [1.0] * 40 + [0.01] * 40
    even, mostly_first = fit_pairwise(mixed), fit_pairwise(mixed, light)
    assert abs(even.weights[0] - even.weights[1]) < 0.5 * even.weights.max()
    assert mostly_first.weights[0] > 5 * abs(mostly_first.weights[1])
    assert mostly_first.left_out > even.left_out


def _either_or(count: int) -> list[Ranking]:
    """Questions whose answer stands where exactly one of two signals is high, which no weights can tell."""
    generator = np.random.default_rng(4)
    items = []
    for _ in range(count):
        values = generator.normal(size=(8, 2))
        truth = tuple(((values[:, 0] > 0) ^ (values[:, 1] > 0)).tolist())
        signals = [{"one": float(a), "other": float(b)} for a, b in values]
        if len(set(truth)) == 2:
            items.append(Ranking(signals, truth, tuple(values[:, 0].tolist())))
    return items


@pytest.mark.slow
def test_trees_order_what_no_weights_can_and_are_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.fit.trees._COUNTS", (25,))  # of all sizes it takes seconds
    monkeypatch.setattr("evals.fit.trees._LEAVES", (4,))
    items, fresh = _either_or(80), _either_or(110)[80:]
    trees, linear = fit_ranking_trees(items, {"split": "fit"}), fit_ranking(items, {})
    assert orders(fresh, trees)["pairs"] > 0.8 > 0.6 > orders(fresh, linear)["pairs"]
    assert orders(fresh, trees)["in_best_1"] > orders(fresh)["in_best_1"]
    assert fit_ranking_trees(items[:20], {}).json() == fit_ranking_trees(items[:20], {}).json()
    assert trees.fitted_on["pairs_right_left_out"] > 0.8
    with pytest.raises(EvalError, match="at least 5"):
        fit_ranking_trees(items[:4], {})


def test_the_share_of_questions_with_a_fact_in_the_best_sentences_grows_with_their_number() -> None:
    def item(place: int) -> Ranking:
        return Ranking([{}] * 4, tuple(n == place for n in range(4)), (4.0, 3.0, 2.0, 1.0))

    values = orders([item(0), item(1), item(2), item(3)])
    assert values == {"pairs": 0.5, "in_best_1": 0.25, "in_best_2": 0.5, "in_best_3": 0.75}
