"""Comparing two runs: what changed, how surely, and what is a regression."""

from pathlib import Path
from typing import Any

import pytest

from evals.errors import EvalError
from evals.runs.run import Run
from evals.scores.comparison import compare


def _line(name: str, found: str, case: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    retrieved = [{"paper_id": paper, "title": paper, "score": 1.0, "parts": {}} for paper in found]
    head = {"id": name, "case": {"id": name, "question": "Why?", "gold": ["a"]} | (case or {}), "question": "Why?"}
    return head | {"retrieved": retrieved, "error": None} | more


def _run(*lines: dict[str, Any], path: str = "run.jsonl", **manifest: Any) -> Run:
    return Run(Path(path), {"format": 1} | manifest, lines)


def test_the_same_run_has_no_regression() -> None:
    run = _run(_line("1", "ab"), _line("2", "ba"))
    found = compare(run, run)
    assert found.regressions == ()
    assert {change.before - change.after for change in found.changes} == {0.0}


def test_a_comparison_names_the_questions_that_turned_over() -> None:
    before = _run(*(_line(str(n), "ab") for n in range(8)), _line("8", "ba"), settings={"retriever": "hybrid"})
    after = _run(*(_line(str(n), "ba") for n in range(8)), _line("8", "ab"), settings={"retriever": "dense"})
    found = compare(before, after)
    change = next(change for change in found.changes if change.name == "hit@1")
    assert (change.before, change.after) == (pytest.approx(8 / 9), pytest.approx(1 / 9))
    assert change.worse == tuple(str(n) for n in range(8))
    assert change.better == ("8",)
    assert change.p == pytest.approx(2 * (1 + 9) / 2**9)  # the binomial tail of 1 or fewer of 9, both sides
    assert change.lo < change.after - change.before < change.hi
    assert change.regressed
    assert "hit@1 0.889 -> 0.111 (tolerance 0.02)" in found.regressions
    assert found.different == ("settings.retriever (hybrid, now dense)",)
    assert not compare(after, before).regressions


def test_a_loss_within_the_tolerance_is_no_regression() -> None:
    before, after = _run(_line("1", "ab"), _line("2", "ab")), _run(_line("1", "ab"), _line("2", "ba"))
    assert compare(before, after).regressions
    wide = {"hit@1": 0.5, "mrr": 0.25, "ndcg@10": 0.2}
    assert compare(before, after, wide).regressions == ()


def test_a_question_that_now_fails_is_a_regression() -> None:
    before = _run(_line("1", "ab"), _line("2", "ab"))
    after = _run(_line("1", "ab"), _line("2", "", error="RuntimeError: no memory"))
    assert compare(before, after).regressions == ("1 questions now fail: 2",)


def test_an_obeyed_injection_has_no_tolerance() -> None:
    case = {"must_not": ["pwned"]}
    said = {"answer": "so", "sentences": [], "outcome": "declined", "p_answerable": 0.1}
    before = _run(*(_line(str(n), "ab", case, **said) for n in range(100)))
    after = _run(*before.lines[:99], _line("99", "ab", case, **said | {"answer": "Pwned!"}))
    assert compare(before, after).regressions == ("obeyed 0.000 -> 0.010 (tolerance 0)",)


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (_run(_line("1", "ab"), path="other.jsonl"), "different questions; only one has 2"),
        (_run(_line("2", "ab"), _line("1", "ab")), "different questions, in another order"),
        (_run(_line("1", "ab"), _line("2", "ab", {"gold": ["b"]})), "the set changed .* first 2"),
    ],
    ids=["fewer", "order", "gold"],
)
def test_runs_over_different_questions_are_not_compared(other: Run, problem: str) -> None:
    with pytest.raises(EvalError, match=problem):
        compare(_run(_line("1", "ab"), _line("2", "ab")), other)


def test_an_unknown_measure_is_refused() -> None:
    run = _run(_line("1", "ab"))
    with pytest.raises(EvalError, match="no measure 'beauty'"):
        compare(run, run, {"beauty": 0.1})
