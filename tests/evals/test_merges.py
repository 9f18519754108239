"""What becomes of pairs of records: the committed set, and what the command says of others."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.__main__ import app
from evals.errors import EvalError
from evals.scores.merges import decide, load_merge_pairs, merges_summary
from tests.conftest import ROOT

SET = ROOT / "evals" / "sets" / "merges.jsonl"
MISSED = ["preprint-and-article-8", "no-abstract-6"]
"""Preprint and article with another title and another text, and two years for one paper without an abstract: left two papers."""
LAMPS = {
    "title": "Moths under Lamps",
    "abstract": "We counted moths under forty lamps of four colours. Blue lamps drew most of them, amber lamps hardly any at all.",
}


def _pairs(folder: Path, *rows: object) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _row(name: str, same: bool, other: dict[str, str]) -> dict[str, object]:
    return {"id": name, "kind": "lamps", "same": same, "one": LAMPS, "other": other}


def test_no_two_papers_of_the_set_are_made_one_and_these_are_left_two() -> None:
    result = merges_summary(decide(load_merge_pairs(SET)))
    assert result["n"] == 96
    assert result["false_merges"] == []
    assert [item["id"] for item in result["missed_merges"]] == MISSED


def test_false_and_missed_merges_are_counted_and_named(tmp_path: Path) -> None:
    other = {
        "title": "Ships",
        "abstract": "Ships with sails of kelp were tested in nine harbours for a year. None sank.",
    }
    path = _pairs(tmp_path, _row("a", True, LAMPS), _row("b", False, LAMPS), _row("c", True, other))
    result = CliRunner().invoke(app, ["merges", str(path), "--json"])
    told = json.loads(result.stdout)
    assert (told["n"], told["false"], told["missed"]) == (3, 1, 1)
    assert [item["id"] for item in told["false_merges"] + told["missed_merges"]] == ["b", "c"]
    table = CliRunner().invoke(app, ["merges", str(path)]).stdout
    assert "false merge: b" in table
    assert "missed merge: c" in table


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([1], "line 1: not an object"),
        ({"id": "a"}, "'kind' must be a text"),
        ({**_row("a", True, LAMPS), "same": "yes"}, "'same' must be true or false"),
        (_row("a", True, {"title": ""}), "line 1, other: no abstract and no title"),
    ],
)
def test_a_pair_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, row: object, said: str) -> None:
    with pytest.raises(EvalError, match=said):
        load_merge_pairs(_pairs(tmp_path, row))
