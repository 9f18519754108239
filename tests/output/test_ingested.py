"""The report of an ingest as people and programs get it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.core.domain import Note, Rejected
from rag.ingest.fates import FileCount, Told
from rag.ingest.report import FileNote, FileRejected, IngestReport, Merged
from rag.output.ingested import MOST_LINES, file_lines, print_report, report_json
from tests.helpers.commands import citewise

FILE = Path("p.jsonl")
COUNT = FileCount(FILE, 72, {"new": 1, "unchanged": 1, "merged": 40, "rejected": 30})
REPORT = IngestReport(
    added=("a",),
    unchanged=("u",),
    rejected=tuple(FileRejected(FILE, Rejected(line, "no abstract\x1b[31m")) for line in range(1, 31)),
    merged=tuple(Merged(FILE, line, "b", "a", "the same DOI 10.1/a") for line in range(31, 71)),
    notes=(FileNote(FILE, Note(71, "year left out: no year in 'n.d.'", "Bees")),),
    files=(COUNT,),
    told=(Told(FILE, 1, "rejected"),),
)


def test_the_counts_are_a_table_and_the_first_reasons_of_each_kind_follow(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(REPORT, Path("lib"))
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "file     counted  new  unchanged  merged  rejected",
        "p.jsonl       72    1          1      40        30",
        "1 paper added, 0 updated, 1 unchanged: lib",
    ]
    lines = shown.err.splitlines()
    assert lines[0] == "  rejected p.jsonl:1: no abstract[31m"
    assert sum("rejected p.jsonl" in line for line in lines) == MOST_LINES
    assert sum("merged p.jsonl" in line for line in lines) == MOST_LINES
    assert "  … and 30 more merged records" in lines
    assert "  note p.jsonl:71: year left out: no year in 'n.d.'" in lines


def test_a_sum_that_does_not_fit_is_told_in_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    lost = replace(REPORT, files=(replace(COUNT, counted=74), replace(COUNT, file=Path("q.ris"), counted=70)))
    print_report(lost, Path("lib"))
    warned = [line for line in capsys.readouterr().err.splitlines() if line.startswith("WARNING")]
    assert warned[0].startswith(
        "WARNING: p.jsonl holds 74 records by an independent count, but 72 were read: 2 may be lost."
    )
    assert warned[1].startswith("WARNING: q.ris holds 70 records by an independent count, but 72 were read, 2 more.")
    assert [count["difference"] for count in report_json(lost)["files"]] == [2, -2]
    assert len(report_json(lost)["warnings"]) == 2


@pytest.mark.parametrize("width", [30, 40, 60, 80])
def test_files_are_shown_within_the_width_of_the_terminal(width: int) -> None:
    long = replace(COUNT, file=Path("exports of the year 2026/from the library of medicine.nbib"), counted=1_234_567)
    every = {"updated": 12, "without abstract": 3}
    lines = file_lines((COUNT, replace(long, fates={**COUNT.fates, **every})), width)
    assert max(map(len, lines)) <= width
    assert any(" 72 " in line for line in lines)


def test_in_a_narrow_terminal_each_file_is_a_sum() -> None:
    assert file_lines((COUNT,), 44) == ["p.jsonl", "  72 counted = 1 new + 1 unchanged + 40", "  merged + 30 rejected"]


@pytest.mark.parametrize("width", [0, 40, 80])
def test_of_many_files_those_with_something_to_say_are_shown_and_the_total(width: int) -> None:
    plain = [FileCount(Path(f"{n}.ris"), 2, {"new": 2}) for n in range(300)]
    lines = file_lines([*plain, COUNT], width)
    assert len(lines) <= 8
    assert any("300 other files" in line for line in lines)
    assert any("672" in line for line in lines), "all records"


def test_json_has_every_line_with_its_file() -> None:
    value = json.loads(json.dumps(report_json(REPORT)))
    assert [len(value[name]) for name in ("added", "rejected", "merged", "notes")] == [1, 30, 40, 1]
    assert value["files"][0]["merged"] == 40
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
