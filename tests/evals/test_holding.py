"""What it means that an answer holds what was asked for."""

from typing import Any

import pytest

from evals.scores.holding import holds_answer


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
