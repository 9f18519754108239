"""`citewise merges`: what was merged and why, and one record taken back for good."""

import json
from pathlib import Path

import pytest

from rag import wiring
from rag.core.domain import Paper
from rag.ingest.pipeline import plan, read_files, store
from rag.library.publishing import publish
from rag.library.store import Library
from tests.helpers.commands import citewise
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl

WORDS = "Bees make honey and dance to tell where flowers are, and how far away these flowers are from the hive."
PREPRINT = {"id": "pre", "title": "Honey bees dance", "abstract": WORDS, "doi": "10.1101/2024.01.01.1", "year": 2023}
ARTICLE = {"id": "art", "title": "Honey bees dance", "abstract": WORDS, "doi": "10.1000/b", "year": 2024}
THIRD = {"id": "third", "title": "Honey bees dance", "abstract": WORDS}


def _ingest(folder: Path, *records: dict[str, object]) -> None:
    with Library.open_for_writing(folder / "library", HashEmbedder().identity) as library:
        reading = read_files([file(folder, jsonl(*records), "bees.jsonl")])
        store(library, plan(library, reading.records), HashEmbedder)
        publish(library)


def _papers(folder: Path) -> list[Paper]:
    library = Library.open(folder / "library")
    found = library.papers()
    library.close()
    return found


@pytest.fixture
def bees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(wiring, "open_embedder", lambda settings, report=None: HashEmbedder())
    _ingest(tmp_path, PREPRINT, ARTICLE, THIRD)
    return tmp_path


def _merges(folder: Path, *flags: str) -> str:
    done = citewise("merges", *flags, "--library", str(folder / "library"))
    assert done.code == 0, done.err
    return done.out


def test_merged_papers_are_listed_with_the_place_and_the_reason_of_each_record(bees: Path) -> None:
    listed = _merges(bees)
    assert "pre  Honey bees dance" in listed
    assert "art (2024)  " in listed
    assert "bees.jsonl, line 2; the same title and abstract" in listed
    assert listed.endswith("1 paper was made of several records\n")
    [line] = _merges(bees, "--json").splitlines()
    assert [record["id"] for record in json.loads(line)["records"]] == ["pre", "art", "third"]


def test_a_list_can_be_narrowed_by_words_and_ids(bees: Path) -> None:
    assert "pre  Honey" in _merges(bees, "honey", "dance")
    assert "pre  Honey" in _merges(bees, "art")
    assert _merges(bees, "wasps") == "0 papers were made of several records\n"


def test_a_trial_of_undoing_changes_nothing(bees: Path) -> None:
    before = _papers(bees)
    assert "art would become a paper of its own; pre would keep 2 records" in _merges(
        bees, "--undo", "art", "--dry-run"
    )
    assert _papers(bees) == before


@pytest.mark.parametrize(("undone", "ids"), [("art", {"art", "pre"}), ("pre", {"pre", "art"})])
def test_a_record_taken_back_is_a_paper_of_its_own_and_stays_one(bees: Path, undone: str, ids: set[str]) -> None:
    _merges(bees, "--undo", undone)
    assert {paper.id for paper in _papers(bees)} == ids
    for change in ({}, {"venue": "Hive"}, {"abstract": WORDS + " They also sleep."}):
        _ingest(bees, *({**record, **change} for record in (PREPRINT, ARTICLE, THIRD)))
        assert {paper.id for paper in _papers(bees)} == ids, change
    library = Library.open(bees / "library")
    assert {variant.id for variant in library.variants((ids - {undone}).pop())} == {"pre", "art", "third"} - {undone}
    library.close()


def test_a_listing_has_the_versions_of_a_merged_paper_and_can_be_read_in_again(bees: Path) -> None:
    done = citewise("papers", "--json", "--library", str(bees / "library"))
    [paper] = map(json.loads, done.out.splitlines())
    assert [version["id"] for version in paper["versions"]] == ["pre", "art", "third"]
    assert paper["versions"][1] == {"id": "art", "year": 2024, "doi": "10.1000/b"}
    before = _papers(bees)
    _ingest(bees, paper)
    assert _papers(bees) == before
    [alone] = read_files([file(bees, jsonl({**paper, "arxiv_id": "2401.01234"}))]).records
    assert (alone.entry.version, alone.entry.notes) == (0, ())


def test_what_was_not_merged_cannot_be_undone(bees: Path) -> None:
    for name, problem in (
        ("wasp", "no paper and no record has the id 'wasp'"),
        ("10.1000/b", "no paper and no record"),
    ):
        done = citewise("merges", "--undo", name, "--library", str(bees / "library"))
        assert (done.code, problem in done.err) == (1, True), done.err
    assert citewise("merges", "--dry-run", "--library", str(bees / "library")).code == 2
