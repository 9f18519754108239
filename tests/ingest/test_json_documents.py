"""Records that do not stand a line each: lists, single objects, answers of web services, tables by columns."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Rejected
from rag.core.errors import SourceError
from rag.ingest.formats import read_records
from rag.ingest.formats.record import Entry
from tests.helpers.sources import file, jsonl

BEES = {"title": "Bees", "abstract": "Bees dance."}
ANTS = {"title": "Ants", "abstract": "Ants walk."}


def _titles(folder: Path, content: str | bytes) -> list[str]:
    return [item.paper.title for item in read_records(file(folder, content, "papers.json")) if isinstance(item, Entry)]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "value",
    [
        [BEES, ANTS],
        {"papers": [BEES, ANTS]},
        {"results": [BEES, ANTS], "meta": {"count": 2}},
        {"message": {"items": [BEES, ANTS], "total-results": 2}, "status": "ok"},
        {"hits": {"total": 2, "hits": [{"_source": BEES}, {"_source": ANTS}]}},
        {"data": [{"attributes": BEES}, {"attributes": ANTS}]},
        {"resultList": {"result": [BEES, ANTS]}},
        {"rows": [{"row_idx": 0, "row": BEES}, {"row_idx": 1, "row": ANTS}]},
        {"1": BEES, "2": ANTS},
        {"title": ["Bees", "Ants"], "abstract": ["Bees dance.", "Ants walk."]},
        {"title": {"0": "Bees", "1": "Ants"}, "abstract": {"0": "Bees dance.", "1": "Ants walk."}},
    ],
    ids=[
        "list",
        "papers",
        "results",
        "Crossref",
        "Elasticsearch",
        "DataCite",
        "Europe PMC",
        "dataset viewer",
        "by id",
        "columns",
        "pandas",
    ],
)
def test_records_are_found_wherever_they_stand(tmp_path: Path, value: Any, indent: int | None) -> None:
    assert _titles(tmp_path, json.dumps(value, indent=indent)) == ["Bees", "Ants"]


@pytest.mark.parametrize("indent", [None, 4])
def test_one_object_is_one_paper(tmp_path: Path, indent: int | None) -> None:
    assert _titles(tmp_path, json.dumps(BEES, indent=indent)) == ["Bees"]
    assert _titles(tmp_path, json.dumps({"message": BEES}, indent=indent)) == ["Bees"]


def test_records_by_id_have_that_id(tmp_path: Path) -> None:
    path = file(tmp_path, json.dumps({"b1": BEES, "a1": ANTS}), "papers.json")
    assert [item.paper.id for item in read_records(path) if isinstance(item, Entry)] == ["b1", "a1"]


@pytest.mark.parametrize(
    "value",
    [
        [BEES, {"title": "A header", "count": 2}, ANTS],
        {"items": [BEES, {"title": "A header", "count": 2}, ANTS]},
    ],
)
def test_a_bad_record_of_a_list_is_named_with_its_line(tmp_path: Path, value: Any) -> None:
    text = json.dumps(value, indent=2)
    path = file(tmp_path, text, "papers.json")
    [bad] = [item for item in read_records(path) if isinstance(item, Rejected)]
    line = next(number for number, line in enumerate(text.splitlines(), start=1) if "A header" in line)
    assert (bad.line, bad.title) == (line - 1, "A header")
    assert bad.reason.startswith("no abstract, and nothing else that a paper has")
    assert _titles(tmp_path, text) == ["Bees", "Ants"]


@pytest.mark.parametrize("indent", [None, 2])
def test_damage_in_a_list_costs_its_record(tmp_path: Path, indent: int | None) -> None:
    authors = {"authors": [{"name": "A"}, {"name": "B"}]}
    text = json.dumps([BEES | authors, {"title": "Lost", "abstract": "x"} | authors, ANTS], indent=indent)
    assert _titles(tmp_path, text.replace('"Lost"', '"Lost" oops')) == ["Bees", "Ants"]
    assert _titles(tmp_path, text[:-20]) == ["Bees", "Lost"]
    damaged = text.encode().replace(b"Lost", b"Lo\xffst")
    assert _titles(tmp_path, damaged) == ["Bees", "Ants"]
    lines = [item.line for item in read_records(file(tmp_path, damaged, "papers.json")) if isinstance(item, Rejected)]
    assert lines == ([1] if indent is None else [14])


def test_a_header_or_garbage_before_the_lines_costs_only_itself(tmp_path: Path) -> None:
    for first in (
        '{"format": 1, "made": "today"}',
        "garbage",
        '{"id": 1}',
        "\x1b[0m",
        "{",
        "[",
        "\n\n% comment\n// comment\n",
    ):
        assert _titles(tmp_path, jsonl(first, BEES, ANTS)) == ["Bees", "Ants"], first


def test_lines_of_a_list_are_read_where_the_list_is_damaged(tmp_path: Path) -> None:
    assert _titles(tmp_path, f"{{\n{json.dumps(BEES)},\n{json.dumps(ANTS)}\n]") == ["Bees", "Ants"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(BEES, indent=1) + "\n" + json.dumps(ANTS, indent=1),
        json.dumps(BEES) + json.dumps(ANTS),
        json.dumps([BEES]) + "\n" + json.dumps([ANTS]),
        json.dumps([BEES], indent=1) + json.dumps([ANTS], indent=1),
        '{"meta": 1}\n' + json.dumps([BEES, ANTS]),
        json.dumps([[BEES], [ANTS]]),
        "[\n" + json.dumps(BEES) + ",\n" + json.dumps(ANTS) + ",\n]",
        json.dumps({"columns": ["title", "abstract"], "data": [["Bees", "Bees dance."], ["Ants", "Ants walk."]]}),
    ],
    ids=[
        "objects",
        "objects in a line",
        "lists in lines",
        "lists",
        "a header and a list",
        "nested",
        "comma at the end",
        "split table",
    ],
)
def test_values_one_behind_the_other_are_all_read(tmp_path: Path, text: str) -> None:
    assert _titles(tmp_path, text) == ["Bees", "Ants"]


def test_a_list_of_nothing_holds_no_records(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"papers.json holds no records; nothing was read"):
        list(read_records(file(tmp_path, " [ ]\n", "papers.json")))
