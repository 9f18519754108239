"""What papers can be chosen by: names with how many papers each has, and how many papers a filter means."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.core.paper_filter import PaperFilter
from rag.ingest.formats.record import make_paper
from rag.library.choices import Choices, Names
from rag.library.files import database_file
from rag.library.store import Library
from tests.conftest import add

PAPERS = [
    make_paper(id=f"p{n}", title=f"Paper {n}", abstract="Bees dance.", authors=authors, venue=venue, year=2018 + n)
    for n, (authors, venue) in enumerate(
        [
            (("Ada Müller", "Ben Chen"), "Bee Letters"),
            (("Ada Müller",), "Bee Letters"),
            (("Ben Chen",), ""),
            ((), "Ants"),
        ]
    )
]
FILES = {1: "/home/ada/new/refs.ris", 2: "/home/ada/old/refs.ris", 3: "zotero.bib"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add(tmp_path, PAPERS)
    with closing(sqlite3.connect(database_file(tmp_path))) as connection, connection:
        connection.executemany("INSERT INTO sources VALUES (?, ?, '', '', '{}')", FILES.items())
        origins = [("p0", 1), ("p1", 1), ("p1", 2), ("p2", 3)]
        connection.executemany("INSERT INTO origins VALUES (?, ?, '2026-11-01T00:00:00+00:00')", origins)
    return tmp_path


@pytest.fixture
def choices(folder: Path) -> Choices:
    return Choices(Library.open(folder))


def test_names_come_with_their_papers_those_of_the_most_first(choices: Choices) -> None:
    assert choices.names("authors", "", 9) == Names((("Ada Müller", 2), ("Ben Chen", 2)), 2, 2)
    assert choices.names("venues", "", 9) == Names((("Bee Letters", 2), ("Ants", 1)), 2, 2)


def test_names_are_found_by_beginnings_of_words_without_case_and_accents(choices: Choices) -> None:
    assert choices.names("authors", "MULL a", 9).first == (("Ada Müller", 2),)
    assert choices.names("venues", "let bee", 9).first == (("Bee Letters", 2),)
    assert choices.names("venues", "moths", 9) == Names((), 0, 2)
    assert choices.names("authors", "", 1) == Names((("Ada Müller", 2),), 2, 2)


def test_files_are_named_by_as_much_of_their_path_as_tells_them_apart(choices: Choices) -> None:
    named = choices.names("sources", "", 9).first
    assert dict(named) == {"new/refs.ris": 2, "old/refs.ris": 1, "zotero.bib": 1}
    assert {name: choices.count(PaperFilter(sources=(name,))) for name, _ in named} == dict(named)


def test_papers_are_counted_as_the_library_chooses_them(choices: Choices) -> None:
    assert choices.count(PaperFilter()) == 4
    assert choices.count(PaperFilter(authors=("müller",))) == 2
    assert choices.count(PaperFilter(authors=("müller",), from_year=2019)) == 1
    assert choices.count(PaperFilter(authors=("müller",), venues=("Ants",))) == 0
    assert choices.count(PaperFilter(added_since=datetime(2026, 10, 1, tzinfo=UTC))) == 3


def test_what_changed_in_the_library_is_counted_anew(choices: Choices, folder: Path) -> None:
    assert choices.names("venues", "", 9).every == 2 and choices.count(PaperFilter(venues=("Moths",))) == 0
    add(folder, [*PAPERS, make_paper(id="p9", title="Paper 9", abstract="Moths fly.", venue="Moths")])
    assert choices.names("venues", "", 9).every == 3 and choices.count(PaperFilter(venues=("Moths",))) == 1


def test_a_library_that_does_not_know_its_files_has_none_to_choose(choices: Choices, folder: Path) -> None:
    with closing(sqlite3.connect(database_file(folder))) as connection, connection:
        connection.executescript("DROP TABLE tokens; DROP TABLE origins; DROP TABLE sources; PRAGMA user_version = 3;")
    assert choices.names("sources", "", 9) == Names()
    assert choices.count(PaperFilter(sources=("refs.ris",))) == 0
