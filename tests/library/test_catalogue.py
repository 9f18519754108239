"""The papers of a library as a table: its orders, what is listed, and one paper with all that is kept of it."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from rag.core.domain import Paper, Span
from rag.core.paper_filter import PaperFilter
from rag.ingest.chunks import EmbeddedPaper
from rag.ingest.pipeline import plan, read_files, store
from rag.library.catalogue import Catalogue, Wanted
from rag.library.choices import Choices
from rag.library.files import database_file
from rag.library.listing import Column
from rag.library.store import Library
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl

PAPERS = [
    Paper("a", "zebra finches", "Finches sing.", ("Zoe Adams",), year=2020, venue="Birds"),
    Paper("b", "Ökologie der Ameisen", "Ants carry leaves.", ("Adams, Zoe", "Ben Chen"), year=2018),
    Paper("c", "«An aside» on ants", "", ("Émile Zola",), venue="ants", status="retracted"),
    Paper("d", "", "Nothing but an abstract of bees.", year=2020, venue="Birds"),
    Paper("e", "Moths", "Moths fly.", ("Ada Ångström",), year=1999, status="corrected"),
]
ARRIVALS = [
    ("a", 1, "2026-11-02T08:00:00+00:00"),
    ("a", 2, "2026-11-03T08:00:00+00:00"),
    ("b", 2, "2026-11-03T08:00:00+00:00"),
    ("c", 1, "2026-11-02T08:00:00+00:00"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add(tmp_path, PAPERS)
    with closing(sqlite3.connect(database_file(tmp_path))) as connection, connection:
        connection.executemany(
            "INSERT INTO sources VALUES (?, ?, '', '', '{}')", [(1, "/x/Old.ris"), (2, "/x/new.bib")]
        )
        connection.executemany("INSERT INTO origins VALUES (?, ?, ?)", ARRIVALS)
    return tmp_path


def opened(folder: Path) -> Catalogue:
    library = Library.open(folder)
    return Catalogue(library, Choices(library))


@pytest.fixture
def catalogue(folder: Path) -> Catalogue:
    return opened(folder)


@pytest.mark.parametrize(
    ("column", "ascending", "descending"),
    [
        ("title", "c e b a d", "a b e c d"),  # signs before a title, case and accents do not count
        ("authors", "a b e c d", "c e a b d"),  # by the first one's family name; "Adams" twice: as they came in
        ("year", "e b a d c", "a d b e c"),
        ("venue", "c a d b e", "a d c b e"),
        ("source", "b a c d e", "a c b d e"),
        ("added", "a c b d e", "b a c d e"),
        ("flags", "e c a b d", "c e a b d"),
    ],
)
def test_each_column_sorts_both_ways_ties_as_they_came_in_and_unknown_ones_last(
    catalogue: Catalogue, column: Column, ascending: str, descending: str
) -> None:
    assert catalogue.ids(Wanted(column=column, descending=False)) == ascending.split()
    assert catalogue.ids(Wanted(column=column, descending=True)) == descending.split()


def test_a_part_tells_how_much_there_is_and_where_a_paper_stands(catalogue: Catalogue) -> None:
    wanted = Wanted(column="title", descending=False)
    part = catalogue.part(wanted, 1, 2, near="a")
    assert [row.paper.id for row in part.rows] == ["e", "b"]
    assert (part.start, part.found, part.left, part.chosen, part.every, part.place) == (1, 5, 5, 5, 5, 3)
    assert part.flags == {"status": 2, "bare": 1}
    assert part.known == {"title", "authors", "year", "venue", "source", "added", "flags"}
    assert catalogue.part(wanted, 99, 2).rows == () and catalogue.part(wanted, 0, 2, near="zz").place is None


def test_a_row_tells_its_files_and_when_it_came_in_first(catalogue: Catalogue) -> None:
    first, *_ = catalogue.part(Wanted(column="title", descending=True), 0, 1).rows
    assert (first.sources, first.added, first.records, first.versions) == (("Old.ris", "new.bib"), ARRIVALS[0][2], 1, 1)


def test_words_filter_and_flag_all_hold(catalogue: Catalogue) -> None:
    birds = PaperFilter(venues=("Birds",))
    assert catalogue.ids(Wanted(birds)) == ["a", "d"]
    assert catalogue.ids(Wanted(birds, "bees")) == ["d"]
    assert catalogue.ids(Wanted(words="ants")) == ["b", "c"]
    part = catalogue.part(Wanted(words="ants", flag="status"), 0, 9)
    assert [row.paper.id for row in part.rows] == ["c"] and (part.found, part.left, part.chosen) == (1, 2, 5)
    assert catalogue.part(Wanted(birds, flag="status"), 0, 9).found == 0
    assert catalogue.ids(Wanted(words='"')) == catalogue.ids(Wanted())  # a sign alone is no word
    assert catalogue.ids(Wanted(PaperFilter(text="ants"), "leaves")) == ["b"]


def test_papers_to_export_come_in_the_order_of_the_table_and_rows_by_their_numbers(catalogue: Catalogue) -> None:
    wanted = Wanted(column="year", descending=False)
    count, papers = catalogue.papers(wanted, 2)
    assert (count, [paper.id for paper in papers]) == (5, ["e", "b"])
    assert catalogue.ids(wanted, 1, 3) == ["b", "a"]
    assert catalogue.there(["a", "gone", "e"]) == ["a", "e"]


def test_a_change_of_the_library_is_taken_over(catalogue: Catalogue, folder: Path) -> None:
    revision, papers = catalogue.state
    assert papers == 5
    add(folder, [Paper("f", "A new one", "It is new.", year=2030)])
    assert catalogue.state > (revision, 5)
    assert catalogue.ids(Wanted(column="year"))[0] == "f"
    assert catalogue.part(Wanted(), 0, 1).every == 6


def test_an_empty_library_has_an_empty_table(tmp_path: Path) -> None:
    with Library.open_for_writing(tmp_path, HashEmbedder().identity):
        pass
    part = opened(tmp_path).part(Wanted(words="ants"), 0, 9, near="a")
    assert (part.rows, part.found, part.every, part.flags, part.known) == ((), 0, 0, {}, frozenset())


def test_a_library_that_does_not_know_its_files_has_a_table_too(folder: Path) -> None:
    with closing(sqlite3.connect(database_file(folder))) as connection, connection:
        connection.executescript(
            "DROP TABLE tokens; DROP TABLE origins; DROP TABLE sources; DROP TABLE records; PRAGMA user_version = 2;"
        )
    catalogue = opened(folder)
    assert catalogue.ids(Wanted()) == ["a", "b", "c", "d", "e"]
    entry = catalogue.entry("a")
    assert entry and entry.origins == () and [record.paper.id for record in entry.records] == ["a"]


WORDS = "Bees make honey and dance to tell where flowers are, and how far away these flowers are from the hive."
RECORDS = [
    {"id": "pre", "title": "Honey bees dance", "abstract": WORDS, "doi": "10.1101/2024.01.01.1", "year": 2023},
    {"id": "art", "title": "Honey bees dance", "abstract": WORDS + " Indeed.", "doi": "10.1000/b", "year": 2024},
    {"title": "Deep caches of features", "abstract": WORDS.replace("Bees", "Caches"), "arxiv_id": "2401.00001v1"},
    {"title": "Deep caches of features", "abstract": WORDS.replace("Bees", "More"), "arxiv_id": "2401.00001v2"},
]


@pytest.fixture
def merged(tmp_path: Path) -> Catalogue:
    with Library.open_for_writing(tmp_path / "library", HashEmbedder().identity) as library:
        source = file(tmp_path, jsonl(*RECORDS), "bees.jsonl")
        reading = read_files([source])
        store(library, plan(library, reading.records), HashEmbedder)
        [key] = library.sources.begin([str(source)])
        library.sources.add([("pre", key)])
    return opened(tmp_path / "library")


def test_merged_papers_and_versions_are_flagged(merged: Catalogue) -> None:
    assert merged.part(Wanted(), 0, 9).flags == {"merged": 1, "versions": 1}
    [row] = merged.part(Wanted(flag="merged"), 0, 9).rows
    assert (row.paper.id, row.records, row.versions) == ("pre", 2, 1)
    [row] = merged.part(Wanted(flag="versions"), 0, 9).rows
    assert (row.paper.id, row.records, row.versions) == ("2401.00001", 1, 2)


def test_an_entry_has_all_records_with_reasons_and_places_without_folders(merged: Catalogue) -> None:
    entry = merged.entry("art")  # an id given up in the merge
    assert entry and entry.row.paper.id == "pre"
    assert [(one.paper.id, one.place) for one in entry.records] == [
        ("pre", "bees.jsonl, line 1"),
        ("art", "bees.jsonl, line 2"),
    ]
    assert entry.records[1].reason == "the same title and nearly the same abstract"
    assert [name for name, _ in entry.origins] == ["bees.jsonl"]
    assert merged.entry("nobody") is None and merged.entry("") is None


@pytest.mark.slow
def test_twenty_thousand_papers_are_listed_sorted_and_searched_at_once(tmp_path: Path) -> None:
    """A part of any order is there within a fraction of the 100 ms that a person notices; the median, since the machine may be busy."""
    unit = np.zeros((1, 8), np.float32)
    unit[0, 0] = 1
    words = "cache bees dance diffusion ants sugar model deep leaf hive".split()
    papers = [
        Paper(
            f"p{n}",
            f"{words[n % 10].title()} number {n * 7919 % 20_000}",
            f"We study {words[n * 3 % 10]} and {words[n * 7 % 10]}. " + "It is long. " * 80,
            (f"Ada Name{n % 300}", "Ben Other"),
            year=1990 + n % 35 if n % 9 else None,
            venue=f"Venue {n % 50}",
        )
        for n in range(20_000)
    ]
    with Library.open_for_writing(tmp_path, HashEmbedder(8).identity) as library:
        library.put([EmbeddedPaper(one, (Span(0, 8),), unit, (Span(0, 8),), unit) for one in papers])
    catalogue = opened(tmp_path)
    catalogue.part(Wanted(words="bees"), 0, 1)
    times = []
    for n, column in enumerate(("title", "authors", "year", "venue", "added") * 3):
        wanted = Wanted(words="" if n % 2 else words[n % 10], column=column, descending=n % 3 == 0)
        catalogue.ids(wanted, 0, 1)
        start = time.perf_counter()
        part = catalogue.part(wanted, 900, 100, near="p77")
        times.append(time.perf_counter() - start)
        assert len(part.rows) == 100
    assert median(times) < 0.1, times
