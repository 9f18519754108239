"""What it means that an answer holds what was asked for."""

from typing import Any

import pytest

from evals.report.figures import calibration
from evals.scores.holding import holds_answer
from evals.scores.reliability import reliability


def _line(text: str, cited: str = "a", **case: Any) -> dict[str, Any]:
    citation = {"n": 1, "paper_id": cited, "title": cited.upper(), "start": 0, "end": len(text), "quote": text}
    return {
        "case": case,
        "resolved": {"a": "a"},
        "answer": text,
        "sentences": [{"text": text, "citations": [citation]}],
    }


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (_line("It skips steps.", nuggets=[["skips"], ["25"]]), True),  # 1 of 2
        (_line("It skips steps.", nuggets=[["skips"], ["25"], ["30"]]), False),  # 1 of 3
        (_line("It skips steps.", "b", nuggets=[["skips"]], gold=["a"]), True),  # facts, wherever they stand
        (_line("It skips steps.", gold=["a"]), True),
        (_line("It skips steps.", "b", gold=["a"]), False),
        (_line("It skips steps.", gold=["a"], answerable=False), False),
        (_line("It skips steps.", nuggets=[["skips"]], gold=["a"]) | {"outcome": "nearest"}, True),
    ],
)
def test_an_answer_holds_half_of_the_facts_or_cites_a_right_paper(line: dict[str, Any], holds: bool) -> None:
    assert holds_answer(line) is holds


def test_where_no_answer_was_asked_for_nothing_is_said() -> None:
    line = _line("", gold=["a"])
    del line["answer"]
    assert holds_answer(line) is None


def test_a_probability_is_compared_with_what_the_answers_hold() -> None:
    right = _line("It skips steps.", nuggets=[["skips"]]) | {"p_answerable": 0.9, "outcome": "answered"}
    wrong = _line("It skips steps.", nuggets=[["25"]]) | {"p_answerable": 0.7, "outcome": "answered"}
    none = _line("", answerable=False) | {"p_answerable": 0.1, "outcome": "declined", "sentences": []}
    found = reliability([right, wrong, none])
    assert found is not None
    assert [(item.p, item.held, item.n) for item in found.bins] == [(0.1, 0.0, 1), (0.7, 0.0, 1), (0.9, 1.0, 1)]
    assert found.brier == pytest.approx((0.1**2 + 0.7**2 + 0.1**2) / 3)
    assert found.ece == pytest.approx((0.1 + 0.7 + 0.1) / 3)
    figure = calibration([right, wrong, none])
    assert figure is not None and "3 questions (1 near 0.10, 1 near 0.70, 1 near 0.90)" in figure.caption


def test_what_is_looked_up_or_declined_without_being_known_says_nothing_of_the_probability() -> None:
    looked_up = _line("Ada.", gold=["a"]) | {"p_answerable": 1.0, "outcome": "answered"}
    declined = _line("", gold=["a"]) | {"p_answerable": 0.1, "outcome": "declined", "sentences": []}
    assert reliability([looked_up, declined]) is None
    assert calibration([looked_up, declined]) is None
