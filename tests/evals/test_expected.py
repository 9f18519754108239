"""Whether an answer is of the kind expected: what each key means, and how a set that gets it wrong is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases.question_set import load_set
from evals.errors import EvalError
from evals.runs.run import FORMAT, Run
from evals.scores.expected import as_expected, unmet
from evals.scores.summary import score
from evals.scores.tables import print_unmet


def _line(expect: dict[str, Any], *, quotes: tuple[tuple[str, int, str], ...] = (), **fields: Any) -> dict[str, Any]:
    """A line of a run whose answer quotes each (paper, start, words)."""
    sentences = [
        {"text": words, "citations": [{"n": 1, "paper_id": paper, "title": paper.upper(), "start": start}]}
        for paper, start, words in quotes
    ]
    case = {"expect": expect, "type": "definition", "gold": ["a", "B"], "also_ok": ["c"]}
    text = " ".join(words for *_, words in quotes)
    shown = {"id": "q1", "question": "What is A?", "outcome": "answered", "answer": text, "sentences": sentences}
    return {"case": case, "resolved": {"a": "a", "B": "b", "c": "c"}, **shown, **fields}


@pytest.mark.parametrize(
    ("expect", "fields", "problem"),
    [
        ({"outcome": ["nearest", "declined"]}, {}, "outcome is answered, not nearest or declined"),
        ({"origin": "records"}, {}, "origin is abstracts, not records"),
        ({"about": ["B"]}, {"about": ["a"]}, "about a, not B"),
        ({"about": []}, {"about": ["a"]}, "about a, not no paper"),
        ({"first": [["skips steps"]]}, {}, "the first sentence does not hold 'skips steps'"),
        ({"says": [["left out: a"]]}, {"notice": "Left out: B."}, "it does not say 'left out: a'"),
        ({"not_says": ["It Skips"]}, {}, "it says 'It Skips'"),
        ({"only": True}, {"case_gold": ["b"]}, "it cites 'A'"),
        ({"all": True}, {"case_gold": ["a", "b"]}, "it does not cite B"),
        ({"order": True}, {"starts": (9, 2)}, "the quotes of A do not stand in the abstract's order"),
    ],
)
def test_what_is_expected_and_does_not_hold_is_said(
    expect: dict[str, Any], fields: dict[str, Any], problem: str
) -> None:
    first, second = fields.pop("starts", (2, 9))
    gold = fields.pop("case_gold", None)
    line = _line(expect, quotes=(("a", first, "A is fast."), ("a", second, "It skips steps.")), **fields)
    if gold:
        line["case"]["gold"] = gold
    assert unmet(line) == [problem]
    assert as_expected(line) == 0.0


def test_an_answer_for_which_everything_holds_is_as_expected() -> None:
    expect = {
        "outcome": ["answered", "partial"],
        "origin": "abstracts",
        "about": ["B"],
        "first": [["quick", "fast"]],
        "says": [["skips"], ["searched all"]],
        "not_says": ["slow"],
        "only": True,
        "all": True,
        "order": True,
    }
    quotes = (("a", 2, "A is fast."), ("b", 0, "B."), ("c", 5, "C."), ("a", 9, "It skips."))
    line = _line(expect, quotes=quotes, about=["b"], notice="Searched all.")
    assert unmet(line) == []
    assert as_expected(line) == 1.0


def test_nothing_is_measured_where_nothing_is_expected_or_no_answer_was_asked_for() -> None:
    assert as_expected(_line({})) is None
    only_papers = _line({"outcome": ["answered"]})
    del only_papers["answer"]
    assert as_expected(only_papers) is None


def test_the_share_is_given_over_all_and_for_each_type(tmp_path: Path) -> None:
    lines = [_line({"outcome": ["answered"]}), _line({"outcome": ["declined"]})]
    lines[1]["case"]["type"] = "talk"
    scores = score(Run(tmp_path, {"format": FORMAT}, tuple(lines)))
    assert scores["measures"]["as_expected"]["mean"] == 0.5  # 1 of 2
    assert scores["by_type"]["definition"]["as_expected"]["mean"] == 1.0
    assert scores["by_type"]["talk"]["as_expected"]["mean"] == 0.0


def test_the_list_of_failures_has_only_the_answers_that_are_not_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    print_unmet([_line({"outcome": ["answered"]}), _line({"outcome": ["declined"]}, id="q2")])
    shown = capsys.readouterr().out
    assert "q2 (definition): What is A?" in shown and "q1" not in shown
    assert "\n  not as expected: outcome is answered, not declined\n" in shown


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        (["answered"], "expect is not an object"),
        ({"outcomes": ["answered"]}, "expect has no key 'outcomes'; known are outcome, origin"),
        ({"outcome": ["refused"]}, "outcome of expect is not a list of some of answered, partial"),
        ({"outcome": "answered"}, "outcome of expect is not a list of some of"),
        ({"origin": "talk"}, "origin of expect is not one of abstracts, records, guide"),
        ({"first": ["skips"]}, "first of expect is not a list of non-empty lists"),
        ({"not_says": [" "]}, "not_says of expect is not a list of non-empty strings"),
        ({"only": False}, "only of expect is not true; leave it out"),
    ],
)
def test_an_expectation_of_the_wrong_form_is_refused_with_what_it_may_hold(
    tmp_path: Path, expect: Any, problem: str
) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({"id": "q", "question": "What?", "expect": expect}), "utf-8")
    with pytest.raises(EvalError, match=problem):
        load_set(path)
