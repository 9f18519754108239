"""The report of an ingest as people and programs get it."""

import json
from pathlib import Path

import pytest

from rag.core.domain import Note, Rejected
from rag.ingest.report import FileNote, FileRejected, IngestReport, Merged
from rag.output.ingested import MOST_LINES, print_report, report_json
from tests.helpers.commands import citewise

FILE = Path("p.jsonl")
REPORT = IngestReport(
    added=("a",),
    unchanged=("u",),
    rejected=tuple(FileRejected(FILE, Rejected(line, "no abstract\x1b[31m")) for line in range(1, 31)),
    merged=tuple(Merged(FILE, line, "b", "a", "the same DOI 10.1/a") for line in range(31, 71)),
    notes=(FileNote(FILE, Note(71, "year left out: no year in 'n.d.'", "Bees")),),
)


def test_what_was_refused_is_named_line_by_line_and_the_rest_in_a_bounded_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_report(REPORT, Path("lib"))
    shown = capsys.readouterr()
    assert shown.out == "1 added, 0 updated, 1 unchanged, 30 rejected, 40 merged: lib\n"
    lines = shown.err.splitlines()
    assert lines[0] == "  rejected p.jsonl:1: no abstract[31m"
    assert sum("rejected p.jsonl" in line for line in lines) == 30
    assert sum("merged p.jsonl" in line for line in lines) == MOST_LINES
    assert "  … and 20 more merged records; --json has all" in lines
    assert lines[-1] == "  note p.jsonl:71: year left out: no year in 'n.d.'"


def test_json_has_every_line_with_its_file() -> None:
    value = json.loads(json.dumps(report_json(REPORT)))
    assert [len(value[name]) for name in ("added", "rejected", "merged", "notes")] == [1, 30, 40, 1]
    assert value["merged"][0] == {
        "file": "p.jsonl",
        "line": 31,
        "id": "b",
        "paper": "a",
        "reason": "the same DOI 10.1/a",
    }
    assert value["notes"] == [
        {"file": "p.jsonl", "line": 71, "title": "Bees", "note": "year left out: no year in 'n.d.'"}
    ]


def test_a_file_of_which_nothing_went_in_ends_with_1_and_makes_no_library(tmp_path: Path) -> None:
    source, library = tmp_path / "papers.jsonl", tmp_path / "library"
    source.write_text('{"title": "half \\ud800 pair", "count": 2}\n', "utf-8")
    done = citewise("ingest", str(source), "--library", str(library), "--json")
    assert done.code == 1
    [rejected] = json.loads(done.out)["rejected"]
    assert (rejected["file"], rejected["line"], rejected["title"]) == (str(source), 1, "half pair")
    assert rejected["reason"].startswith("no abstract, ")
    assert done.err == f"citewise: nothing of {source} went in; the lines above say why\n"
    assert not library.exists()


def test_json_with_half_a_surrogate_pair_can_be_printed(tmp_path: Path) -> None:
    source = tmp_path / "pap\udcffers.jsonl"
    source.write_text('{"title": "T", "count": 2}\n', "utf-8")
    done = citewise("ingest", str(source), "--library", str(tmp_path / "library"), "--json")
    assert "pap?ers.jsonl" in json.loads(done.out)["rejected"][0]["file"]
