"""The records that papers were merged from: libraries of before, read-only ones, and papers that come back from a listing."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from rag.core.domain import Paper
from rag.ingest.formats import read_papers
from rag.library import tables
from rag.library.store import Library, database_file
from rag.output.to_json import paper_json
from tests.conftest import add
from tests.helpers.sources import file

WORDS = "Bees make honey and dance to tell where flowers are, and how far away these flowers are from the hive."


def _two(**details: Any) -> list[Paper]:
    first = Paper("a", "Honey bees", WORDS, doi="10.1101/2024.1")
    return [first, Paper("b", "Honey bees", WORDS, doi="10.1000/b", **details)]


def _of_before(folder: Path) -> None:
    """The library as citewise wrote it when there was no table of records."""
    connection = sqlite3.connect(database_file(folder))
    connection.executescript(
        "DROP TABLE tokens; DROP TABLE origins; DROP TABLE sources; DROP TABLE apart; DROP TABLE records; PRAGMA user_version = 2;"
    )
    connection.close()


def _version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "library.sqlite3")) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_library_of_before_is_read_as_it_is_and_brought_up_to_date_by_writing(
    tmp_path: Path, few_papers: list[Paper]
) -> None:
    folder = tmp_path / "library"
    add(folder, [*few_papers, _two()[0]])
    _of_before(folder)
    library = Library.open(folder)
    assert library.count() == 5
    assert library.papers(["gone"]) == []
    assert _version(folder) == 2, "a library on a read-only folder could not be read otherwise"
    library.close()
    report = add(folder, [_two()[1]])
    assert (report.updated, [item.id for item in report.merged]) == (("a",), ["b"])
    library = Library.open(folder)
    assert [paper.aliases for paper in library.papers(["b"])] == [("10.1101/2024.1", "b")]
    assert _version(folder) == tables.VERSION
    library.close()


def test_a_merged_paper_comes_back_from_a_listing_as_it_is(tmp_path: Path) -> None:
    add(tmp_path / "library", _two(year=2_024))
    library = Library.open(tmp_path / "library")
    [paper] = library.papers()
    library.close()
    assert (paper.id, paper.doi, paper.aliases) == ("a", "10.1000/b", ("10.1101/2024.1", "b"))
    listed = file(tmp_path, json.dumps(paper_json(paper)) + "\n")
    assert list(read_papers(listed)) == [paper]
    assert add(tmp_path / "library", [paper]).unchanged == ("a",)


def test_papers_without_aliases_keep_the_hash_that_libraries_hold(tmp_path: Path, few_papers: list[Paper]) -> None:
    add(tmp_path / "library", few_papers)
    with closing(sqlite3.connect(database_file(tmp_path / "library"))) as connection, connection:
        # As libraries were made before windows were put together from sentences.
        connection.execute("DELETE FROM meta WHERE key = 'windows'")
    library = Library.open(tmp_path / "library")
    assert library.fingerprint() == "a1e6af7c4fadc9f8"
    library.close()
