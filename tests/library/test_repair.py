"""`citewise doctor --repair`: what is sound stays, what can be read comes back, what is lost is told, nothing is deleted."""

import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from rag.core.domain import Paper, Span
from rag.core.errors import LibraryBusy, LibraryDamaged, LibraryMissing
from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import read_files
from rag.library import publishing, recovery
from rag.library.recovery import is_whole
from rag.library.repair import Repair, repair
from rag.library.sqlite import writer_lock
from rag.library.store import Library, database_file
from tests.conftest import add

NOW = datetime(2026, 1, 2, 3, 4, 5)
DATE = "20260102-030405"
ASIDE = f"library.sqlite3.damaged-{DATE}"


def _many() -> list[Paper]:
    return [
        make_paper(
            id=f"p{i}",
            title=f"Title {i}",
            abstract=" ".join(f"Word{i}x{j} stands by word{j}y{i} here." for j in range(30)),
            authors=["A. Author"],
            year=2020,
        )
        for i in range(16)
    ]


@pytest.fixture(scope="module")
def many_papers_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many") / "library"
    add(folder, _many())
    return folder


@pytest.fixture
def library_folder_of_many(many_papers_library: Path, tmp_path: Path) -> Path:
    shutil.copytree(many_papers_library, tmp_path / "library")
    return tmp_path / "library"


def _papers(folder: Path) -> dict[str, Paper]:
    library = Library.open(folder)
    try:
        assert library.problem() is None
        return {paper.id: paper for paper in library.papers()}
    finally:
        library.close()


def _saved(folder: Path) -> dict[str, Paper]:
    reading = read_files([folder / f"recovered-{DATE}.jsonl"])
    assert not reading.rejected
    return {record.paper.id: record.paper for record in reading.records}


def _without_details(paper: Paper) -> tuple[str, str, str]:
    return paper.id, paper.title, paper.abstract


def test_a_sound_library_is_left_as_it_is(small_library: Path) -> None:
    before = database_file(small_library).read_bytes()
    done = repair(small_library, NOW)
    assert done.lost == ()
    assert "are sound, nothing was to be done" in done.done[0]
    assert database_file(small_library).read_bytes() == before
    assert not list(small_library.glob("*.damaged-*"))


def test_a_damaged_index_is_made_anew(small_library: Path) -> None:
    shutil.rmtree(small_library / "vectors")
    assert repair(small_library, NOW) == Repair(("the vector index was made anew from the library: 4 passages",))
    library = Library.open(small_library)
    assert "sampled ones find themselves" in publishing.health(library)
    library.close()


@pytest.mark.parametrize("way", ["emptied", "lost", "no database"])
def test_of_a_file_without_anything_the_index_still_tells_the_texts(way: str, library_folder_of_many: Path) -> None:
    folder = library_folder_of_many
    file = database_file(folder)
    if way == "lost":
        file.unlink()
    else:
        file.write_bytes(b"" if way == "emptied" else b"nothing" * 1_000)

    done = repair(folder, NOW)

    assert {_without_details(paper) for paper in _saved(folder).values()} == set(map(_without_details, _many()))
    assert "authors, year, venue and links of 16 papers" in done.lost[0]
    assert f"citewise ingest {folder / f'recovered-{DATE}.jsonl'} --library {folder}" in " ".join(done.done)
    assert (folder / ASIDE).exists() == (way != "lost")
    assert (folder / f"vectors.damaged-{DATE}").is_dir()
    with pytest.raises(LibraryMissing):
        Library.open(folder)
    assert len(add(folder, list(_saved(folder).values())).added) == 16


def test_of_a_file_with_broken_pages_whole_papers_stay_and_the_others_texts_are_saved(
    library_folder_of_many: Path,
) -> None:
    folder = library_folder_of_many
    file = database_file(folder)
    _overwrite_pages(file, "sentences", 2)
    damaged = file.read_bytes()
    with pytest.raises(LibraryDamaged):
        _papers_with_sentences(folder)

    done = repair(folder, NOW)

    every = {paper.id: paper for paper in _many()}
    kept, saved = _papers(folder), _saved(folder)
    assert 0 < len(kept) < 16
    assert kept | saved == every, "with all their details"
    assert done.lost == ()
    assert (folder / ASIDE).read_bytes() == damaged
    library = Library.open(folder)
    assert "sampled ones find themselves" in publishing.health(library)
    assert library.lexical(["word1x1"], 5).keys() <= kept.keys()
    library.close()
    assert len(add(folder, list(saved.values())).added) == len(saved)
    assert _papers(folder) == every


def test_where_records_are_broken_the_index_fills_in_their_texts(library_folder_of_many: Path) -> None:
    folder = library_folder_of_many
    _overwrite_pages(database_file(folder), "papers", 1)

    done = repair(folder, NOW)

    kept, saved = _papers(folder), _saved(folder)
    assert kept.keys() | saved.keys() == {paper.id for paper in _many()}
    assert kept.keys().isdisjoint(saved)
    assert any("records of" in lost and "library.sqlite3" in lost for lost in done.lost)
    assert all(_without_details(saved[paper.id]) == _without_details(paper) for paper in _many() if paper.id in saved)


def test_a_paper_whose_text_is_broken_comes_back_from_the_index(small_library: Path, few_papers: list[Paper]) -> None:
    file = database_file(small_library)
    file.write_bytes(file.read_bytes().replace(b"Bees make honey", b"Bees make\xff\xfe\xfd\xfc\xfb\xfa"))
    repair(small_library, NOW)
    assert set(_papers(small_library)) == {"ants", "tea", "rust"}
    assert _saved(small_library) == {"bees": few_papers[0]}


def test_ids_given_up_still_lead_to_the_papers_that_stay(small_library: Path, few_papers: list[Paper]) -> None:
    bees, tea = few_papers[0], next(paper for paper in few_papers if paper.id == "tea")
    for suffix in ("", " again"):
        add(
            small_library,
            [
                make_paper(id=paper.id + suffix, title=paper.title, abstract=paper.abstract, doi=f"10.1/{paper.id}")
                for paper in (bees, tea)
            ],
        )
    file = database_file(small_library)
    file.write_bytes(file.read_bytes().replace(tea.abstract[:12].encode(), b"\xff" * 12))
    repair(small_library, NOW)
    library = Library.open(small_library)
    ids = [paper.id for paper in library.papers(["bees again", "tea again"])]
    library.close()
    assert ids == ["bees"]


def test_where_papers_came_from_is_kept_and_their_files_are_read_again(small_library: Path) -> None:
    file = database_file(small_library)
    connection = sqlite3.connect(file)
    connection.executescript(
        "INSERT INTO sources VALUES (7, 'more.ris', 'abc', '2026-01-01', '{}'); INSERT INTO apart VALUES ('a', 'b');"
        "INSERT INTO origins VALUES ('tea', 7, '2026-01-01'), ('bees', 7, '2026-01-01'), ('ants', 8, '2026-01-01');"
    )
    connection.close()
    file.write_bytes(file.read_bytes().replace(b"Bees make honey", b"Bees make\xff\xfe\xfd\xfc\xfb\xfa"))
    repair(small_library, NOW)
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT key, name, sha256 FROM sources").fetchall() == [(7, "more.ris", "")]
    assert connection.execute("SELECT paper, source FROM origins").fetchall() == [("tea", 7)]
    assert connection.execute("SELECT one, other FROM apart").fetchall() == [("a", "b")]
    connection.close()


def test_an_index_of_words_that_has_gone_astray_is_made_anew(small_library: Path, few_papers: list[Paper]) -> None:
    connection = sqlite3.connect(database_file(small_library))
    connection.execute(
        "INSERT INTO papers_fts (papers_fts, rowid, title, abstract) VALUES ('delete', 1, 'Other', 'Words')"
    )
    connection.commit()
    connection.close()
    assert repair(small_library, NOW).lost == ()
    assert list(_papers(small_library).values()) == few_papers


def test_it_waits_for_no_writer_and_finds_nothing_where_nothing_is(small_library: Path, tmp_path: Path) -> None:
    with writer_lock(small_library), pytest.raises(LibraryBusy):
        repair(small_library, NOW)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(LibraryMissing, match="nothing to repair"):
            repair(folder, NOW)
    assert not (tmp_path / "nowhere").exists()


def test_passages_are_joined_only_where_they_fit() -> None:
    assert recovery._joined([(0, "One. Two."), (5, "Two. Three."), (17, "Four.")]) == "One. Two. Three. Four."
    assert recovery._joined([(0, "One."), (9, "Three.")]) is None
    assert recovery._joined([(5, "Two.")]) is None
    assert recovery._joined([(0, "One. Two."), (5, "Six. Three.")]) is None


def test_a_paper_is_whole_where_all_its_words_are_in_sentences_and_passages() -> None:
    paper = Paper("a", "A", "One. Two.")
    both = [Span(0, 4), Span(5, 9)]
    assert recovery.is_whole(paper, both, [Span(0, 9)])
    assert not recovery.is_whole(paper, both[:1], [Span(0, 9)])
    assert not recovery.is_whole(paper, both, [Span(5, 9)])
    assert not recovery.is_whole(paper, [Span(0, 4), Span(5, 19)], [Span(0, 9)])


def _papers_with_sentences(folder: Path) -> None:
    library = Library.open(folder)
    try:
        library.sentences([paper.id for paper in library.papers()])
    finally:
        library.close()


def _overwrite_pages(file: Path, table: str, count: int) -> None:
    """Some leaf pages of a table become zeros."""
    connection = sqlite3.connect(file)
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    connection.close()
    content = bytearray(file.read_bytes())
    page = content[(root - 1) * size : root * size]
    assert page[0] == 5, "the root is no inner page: the table is too small for this test"
    cells = [int.from_bytes(page[12 + 2 * i : 14 + 2 * i], "big") for i in range(int.from_bytes(page[3:5], "big"))]
    for cell in cells[1 : 1 + count]:
        child = int.from_bytes(page[cell : cell + 4], "big")
        content[(child - 1) * size : child * size] = bytes(size)
    file.write_bytes(content)


@pytest.mark.parametrize("span", [Span(-1000, 19), Span(0, 20), Span(9, 3)])
def test_a_paper_with_a_span_that_is_not_in_its_abstract_is_not_whole(span: Span) -> None:
    paper = Paper("bees", "Bees", "Bees dance at noon.")
    whole = [Span(0, 19)]
    assert is_whole(paper, whole, whole)
    assert not is_whole(paper, whole, [*whole, span])
