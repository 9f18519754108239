"""The rubric that answers are marked by."""

from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.marking.rubric import load_rubric
from tests.conftest import ROOT


def test_the_shipped_rubric_asks_for_five_marks_and_whether_to_send() -> None:
    rubric = load_rubric(ROOT / "evals" / "marking" / "rubric.md")
    assert [(criterion.name, criterion.allowed) for criterion in rubric] == [
        ("Answers first", ("0", "1", "2")),
        ("In order", ("0", "1", "2")),
        ("Stands alone", ("0", "1", "2")),
        ("Nothing needless", ("0", "1", "2")),
        ("Cites where the eye wants it", ("0", "1", "2")),
        ("Would you send it to a colleague", ("no", "yes")),
    ]
    for criterion in rubric:
        assert criterion.meaning
        assert [example.split(":")[0] for example in criterion.examples] == (
            [] if criterion.overall else ["Good", "Bad"]
        )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# Nothing\n", "exactly one with yes and no"),
        ("## A\n- 2: x\n- 1: x\n- 0: x\n", "exactly one with yes and no"),
        ("## A\n- yes: x\n- no: x\n", "sections with levels 0, 1 and 2"),
        ("## A\n- 2: x\n- 0: x\n## B\n- yes: x\n- no: x\n", "section 'A' needs"),
        ("## A\n- 2: x\n- 1: x\n- 0: x\n- yes: x\n", "section 'A' needs"),
        ("## A\n- 2: x\n- 2: x\n- 1: x\n- 0: x\n", "section 'A' needs"),
        ("## A\n- 2: x\n- 1: x\n- 0: x\n## A\n- yes: x\n- no: x\n", "two sections of the same name"),
    ],
)
def test_a_rubric_that_cannot_be_asked_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "rubric.md"
    path.write_text(text, "utf-8")
    with pytest.raises(EvalError, match=problem):
        load_rubric(path)


def test_a_rubric_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot read the rubric"):
        load_rubric(tmp_path / "rubric.md")
