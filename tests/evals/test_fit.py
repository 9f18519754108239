"""How the models that the package keeps as data are fitted."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from evals.cases.question_set import Case
from evals.errors import EvalError
from evals.fit.answerability import (
    NOT_FOUND,
    RIGHT,
    Asked,
    answered_from,
    fit_verdicts,
    load,
    not_found_below,
    save,
)
from evals.fit.listing import f1, listing_threshold
from evals.fit.ranking import Ranking, fit_ranking, orders, rankings
from evals.fit.regression import Examples, Group, examples_of, fit, fit_pairwise
from rag.answer.assistant import Assistant
from rag.core.domain import Evidence, Paper, Span


def _examples() -> Examples:
    generator = np.random.default_rng(0)
    truth = np.arange(200) % 2 == 0
    values = np.c_[generator.normal(truth * 3.0, 1.0), generator.normal(size=200)]
    return Examples(("tells", "noise"), values, truth, np.ones(200))


def test_fitting_finds_the_feature_that_tells_and_gives_the_same_each_time() -> None:
    model = fit(_examples(), listing_threshold, {"split": "fit"})
    weights = {feature.name: feature.weight for feature in model.features}
    assert weights["tells"] > 5 * abs(weights["noise"])
    assert model.fitted_on["auroc_left_out"] > 0.95
    assert model.json() == fit(_examples(), listing_threshold, {"split": "fit"}).json()


@pytest.mark.parametrize("truth", [[True] * 9, [False] * 9, [True] * 4 + [False] * 9, [True] * 9 + [False] * 4])
def test_too_few_examples_of_one_kind_are_refused_before_anything_is_fitted(truth: list[bool]) -> None:
    with pytest.raises(EvalError, match=rf"^{sum(truth)} examples are true .* needs 5 of each at least"):
        examples_of([{"a": 1.0}] * len(truth), truth, [1.0] * len(truth))
    enough = [True] * 5 + [False] * 5
    assert examples_of([{"a": 1.0}] * 10, enough, [1.0] * 10).truth.tolist() == enough
    with pytest.raises(EvalError, match="some examples have the signals b and some do not"):
        examples_of([{"a": 1.0}] * 9 + [{"a": 1.0, "b": 2.0}], enough, [1.0] * 10)


def test_few_answerable_questions_lie_below_the_first_threshold_and_nine_of_ten_above_the_second_hold_the_answer() -> (
    None
):
    left_out = np.linspace(0.01, 0.99, 99)
    examples = Examples(("a",), left_out[:, None], np.arange(99) >= 40, np.ones(99))
    low = not_found_below(left_out, examples.truth.tolist())
    assert (left_out[examples.truth] < low).mean() == pytest.approx(NOT_FOUND, abs=0.02)
    high = answered_from(left_out, examples)
    # 59 hold the answer; with the 6 next below them 59 of 65 do, with 7 fewer than nine of ten.
    assert (left_out >= high).sum() == 65
    assert examples.truth[left_out >= high].mean() >= RIGHT
    # 59 belong and 10 do not: 59 / 69 is 0.855; with one more it would be 0.843.
    assert listing_threshold(left_out, examples) == pytest.approx(0.31)


def test_what_weighs_less_counts_less_against_the_second_threshold() -> None:
    left_out, truth = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, True])
    assert answered_from(left_out, Examples(("a",), left_out[:, None], truth, np.ones(4))) == 0.9
    light = Examples(("a",), left_out[:, None], truth, np.array([1.0, 0.1, 1.0, 1.0]))
    assert answered_from(left_out, light) == 0.6  # 3 of 3.1
    assert answered_from(left_out, Examples(("a",), left_out[:, None], ~truth, np.ones(4))) == 1.0


def _asked(place: int) -> Asked:
    holds = place % 2 == 0
    return Asked(f"q{place}", {"a": place % 7 + 5.0 * holds, "b": place % 3}, holds or place % 5 == 0, holds, 1.0)


def test_signals_that_were_kept_give_the_same_model_without_asking_again(tmp_path: Path) -> None:
    items = [_asked(place) for place in range(60)]
    save(items, tmp_path / "kept" / "signals.jsonl", {"library": "abc"})
    kept, of = load(tmp_path / "kept" / "signals.jsonl")
    assert (kept, of) == (items, {"library": "abc"})
    model = fit_verdicts(kept, {})
    assert model == fit_verdicts(items, {})
    assert 0 < model.threshold <= model.sure <= 1
    assert model.fitted_on["positive"] == model.fitted_on["answerable"] == 36
    assert model.fitted_on["reached"]["kept"] >= model.fitted_on["aims"]["kept"]
    strict = fit_verdicts(kept, {}, right=1.0, kept=0.0)
    assert strict.sure > model.sure and strict.fitted_on["reached"]["right"] == 1.0
    (tmp_path / "bad.jsonl").write_text('{"id": "q"}', "utf-8")
    with pytest.raises(EvalError, match=r"bad\.jsonl holds no signals of questions"):
        load(tmp_path / "bad.jsonl")


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    listed, truth = np.array([True, False, False, False]), np.array([True, True, True, True])
    assert f1(listed, truth) == pytest.approx(2 * 1 * 0.25 / 1.25)
    assert f1(~truth, truth) == 0.0


# Sentence ranking.


def _groups(count: int = 20) -> list[Group]:
    """Of five things each, two are better: the first feature tells them apart, the second is noise."""
    generator = np.random.default_rng(1)
    truth = np.array([True, True, False, False, False])
    return [Group(np.c_[generator.normal(truth * 2.0, 1.0), generator.normal(size=5)], truth) for _ in range(count)]


def test_pairwise_weights_put_the_better_first_and_are_the_same_each_time() -> None:
    made = fit_pairwise(_groups())
    assert made.weights[0] > 3 * abs(made.weights[1])
    assert made.left_out > 0.8
    assert made.weights.tolist() == fit_pairwise(_groups()).weights.tolist()


def test_the_share_of_pairs_in_order_counts_ties_as_half() -> None:
    group = Group(np.zeros((4, 1)), np.array([True, True, False, False]))
    # Pairs: 3 > 2, 3 > 1 and 2 > 1 are right, 2 = 2 is half: 3.5 of 4.
    assert group.rightly_ordered(np.array([3.0, 2.0, 2.0, 1.0])) == 3.5 / 4


def test_too_few_questions_are_refused() -> None:
    with pytest.raises(EvalError, match="at least 5"):
        fit_pairwise(_groups(4))
    with pytest.raises(EvalError, match="nuggets"):
        fit_ranking([], {})


def _rankings() -> list[Ranking]:
    """Questions whose facts stand where `dense` is high and `number` is 1; in use is a score by `dense` alone."""
    generator = np.random.default_rng(2)
    made = []
    for _ in range(30):
        truth = (True, False, False, False)
        dense = generator.normal(size=4) + np.array(truth)
        signals = [
            {"dense": float(dense[i]), "number": float(truth[i] or i == 3), "match": float(dense[i])} for i in range(4)
        ]
        made.append(Ranking(signals, truth, tuple(10 * dense)))
    return made


def test_a_ranking_fit_weighs_flags_and_scores_and_orders_more_pairs_than_before() -> None:
    items = _rankings()
    model = fit_ranking(items, {"split": "fit"})
    assert set(model.weights) == {"dense", "number"}  # a match is not weighed: other signals hold it
    assert model.flags == {"number"}
    assert model.weights["dense"] > 0 < model.weights["number"]
    before, after = orders(items), orders(items, model)
    assert all(after[name] > before[name] for name in ("pairs", "in_best_1"))
    stored = json.loads(model.json())
    assert stored["weights"] == model.weights
    assert {"split", "questions", "pairs_right_left_out"} <= set(stored["fitted_on"])


def test_weights_keep_the_spread_of_the_scores_in_use() -> None:
    small = fit_ranking(_rankings(), {}).weights
    large = fit_ranking([Ranking(i.signals, i.truth, tuple(3 * s for s in i.scores)) for i in _rankings()], {}).weights
    assert large["dense"] == pytest.approx(3 * small["dense"], abs=0.02)


def _evidence(paper: Paper, start: int, end: int) -> Evidence:
    return Evidence(paper, Span(start, end), 1.0, {"dense": 0.5})


def test_sentences_that_were_taken_for_their_role_are_left_out() -> None:
    gold = Paper("gold", "Gold", "It is 2.3 times faster. It is simple.")
    told = [Evidence(gold, Span(*span), 1.0, {"method": 0.9, "result": 0.1}) for span in ((0, 23), (24, 37))]
    fake = SimpleNamespace(papers=lambda: [gold], ask=lambda question, history: SimpleNamespace(evidence=told))
    case = Case("a", "How fast?", (), {"gold": ["Gold"], "nuggets": [["2.3 times"]]})
    assert rankings(cast(Assistant, fake), [case], lambda: None) == []


def test_sentences_of_another_paper_that_hold_the_fact_are_left_out() -> None:
    gold = Paper("gold", "Gold", "It is 2.3 times faster. It is simple.")
    other = Paper("other", "Other", "It is 2.3 times slower. It is old.")
    evidence = [_evidence(paper, *span) for paper in (gold, other) for span in ((0, 23), (24, len(paper.abstract)))]
    fake = SimpleNamespace(
        papers=lambda: [gold, other], ask=lambda question, history: SimpleNamespace(evidence=evidence)
    )
    raw: dict[str, Any] = {"gold": ["Gold"], "nuggets": [["2.3 times"]]}
    cases = [
        Case("a", "How fast?", (), raw),
        Case("b", "How fast?", (), raw | {"answerable": False}),
        Case("c", "How fast?", (), raw | {"nuggets": [["not there"]]}),
    ]
    (ranking,) = rankings(cast(Assistant, fake), cases, lambda: None)
    assert ranking.truth == (True, False, False)


def test_every_fitting_command_explains_itself_and_names_a_split_without_questions(
    tmp_path: Path, seed_library: Path
) -> None:
    from typer.testing import CliRunner

    from evals.__main__ import app

    run = CliRunner()
    for command in ("fit-decline", "fit-lists", "fit-ranking", "fit-checker", "fit-roles", "fit-follow-ups"):
        assert run.invoke(app, [command, "--help"]).exit_code == 0
    questions = tmp_path / "set.jsonl"
    questions.write_text('{"id": "a", "question": "Why?", "split": "test"}', "utf-8")
    for command in ("fit-decline", "fit-lists", "fit-ranking"):
        done = run.invoke(app, [command, str(questions), "--library", str(seed_library), "--out", str(tmp_path / "to")])
        assert done.exit_code == 1
    assert not (tmp_path / "to").exists()
