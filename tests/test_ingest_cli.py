"""`citewise ingest` as a person and a program meet it; only the embedder is a stand-in."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commands import citewise
from tests.helpers.fakes import HashEmbedder
from tests.helpers.ingests import use_hash_embedder
from tests.helpers.sources import file, jsonl

BEES = {"id": "bees", "title": "Bees", "abstract": "Bees make honey."}
ANTS = {"id": "ants", "title": "Ants", "abstract": "Ants follow scent trails."}


@pytest.fixture(autouse=True)
def embedder(monkeypatch: pytest.MonkeyPatch) -> HashEmbedder:
    return use_hash_embedder(monkeypatch)


def test_a_dry_run_says_so_and_leaves_nothing_behind(tmp_path: Path, embedder: HashEmbedder) -> None:
    source, library = file(tmp_path, jsonl(BEES, ANTS, "not json")), tmp_path / "library"
    done = citewise("ingest", str(source), "--library", str(library), "--dry-run")
    assert done.code == 0
    assert (
        done.out.splitlines()[-1] == f"2 papers added, 0 updated, 0 unchanged (dry run: nothing was written): {library}"
    )
    assert f"rejected {source}:3: not JSON" in done.err
    assert "--json has every record." in done.err
    assert (library.exists(), embedder.embedded) == (False, 0)


def test_a_dry_run_of_nothing_that_can_be_read_ends_with_1(tmp_path: Path) -> None:
    source = file(tmp_path, "not json\n{\n")
    done = citewise("ingest", str(source), "--library", str(tmp_path / "library"), "--dry-run")
    assert (done.code, (tmp_path / "library").exists()) == (1, False)
    done = citewise("ingest", str(tmp_path / "gone.ris"), "--library", str(tmp_path / "library"), "--dry-run")
    assert done.code == 1
    assert "there is no file" in done.err


def test_a_dry_run_works_on_a_library_that_cannot_be_written(unprivileged: Callable[[], Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        library, source = root / "library", file(root, jsonl(BEES))
        citewise("ingest", str(source), "--library", str(library))
        more = file(root, jsonl(BEES, ANTS), "more.jsonl")
        paths = [library, *library.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with unprivileged():
            done = citewise("ingest", str(more), "--library", str(library), "--dry-run", "--json")
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert (done.code, json.loads(done.out)["added"]) == (0, ["ants"])


def test_rejected_records_are_a_warning_and_exit_0_and_the_report_has_their_text(tmp_path: Path) -> None:
    source, library = file(tmp_path, jsonl(BEES, "{broken", ANTS)), tmp_path / "library"
    done = citewise("ingest", str(source), "--library", str(library))
    assert done.code == 0
    assert f"rejected {source}:2: not JSON" in done.err
    assert (
        done.err.splitlines()[-1]
        == f"Every record that did not go in as it is, with its reason: {library}/ingest-report.jsonl"
    )
    head, line = [json.loads(text) for text in (library / "ingest-report.jsonl").read_text("utf-8").splitlines()]
    assert (head["files"][0]["new"], head["files"][0]["rejected"]) == (2, 1)
    assert (line["file"], line["line"], line["fate"]) == (str(source), 2, "rejected")


def test_a_sum_that_does_not_fit_is_said_and_the_exit_code_stays_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ingest.reading.counted", lambda _: 5)
    source, library = file(tmp_path, jsonl(BEES, ANTS)), tmp_path / "library"
    done = citewise("ingest", str(source), "--library", str(library))
    assert done.code == 0
    assert done.err.startswith(
        f"WARNING: {source} holds 5 records by an independent count, but 2 were read: 3 may be lost."
    )
    told = json.loads(citewise("ingest", str(source), "--library", str(library), "--json").out)
    assert (told["files"][0]["difference"], len(told["warnings"])) == (3, 1), "also where the file is not read again"


def test_an_unchanged_file_is_said_to_be_unchanged(tmp_path: Path, embedder: HashEmbedder) -> None:
    source, library = file(tmp_path, jsonl(BEES, ANTS)), tmp_path / "library"
    citewise("ingest", str(source), "--library", str(library))
    embedder.embedded = 0
    done = citewise("ingest", str(source), "--library", str(library))
    assert done.out.splitlines()[0].split()[-1] == "unchanged"
    assert done.out.splitlines()[-1] == f"0 papers added, 0 updated, 2 unchanged: {library}"
    assert "It has not changed since" in done.err
    assert embedder.embedded == 0


def test_a_folder_and_standard_input_are_told_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file(tmp_path / "in", jsonl(BEES), "a.jsonl")
    file(tmp_path / "in", jsonl(BEES, ANTS), "b.jsonl")
    library = tmp_path / "library"
    done = citewise("ingest", str(tmp_path / "in"), "--library", str(library), "--json")
    counts = [(Path(count["file"]).name, count["new"], count["merged"]) for count in json.loads(done.out)["files"]]
    assert counts == [("a.jsonl", 1, 0), ("b.jsonl", 1, 1)]


def test_a_full_temporary_folder_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("rag.ingest.planned.Planned.read", full)
    done = citewise("ingest", str(file(tmp_path, jsonl(BEES))), "--library", str(tmp_path / "library"))
    assert done.code == 1
    assert done.err.startswith("citewise: the temporary folder ")
    assert "TMPDIR" in done.err
    assert not (tmp_path / "library").exists()
