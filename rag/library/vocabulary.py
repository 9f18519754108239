"""The words of a library as its keyword index holds them: stems, and the texts that have one. Read beside the open library."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from rag.library.files import database_file
from rag.library.sqlite import mapped_errors

_MOST = 300_000
"""Stems that are read, the ones of the most papers first."""


def stems(folder: Path, shortest: int, longest: int) -> list[tuple[str, int]]:
    """Stems of so many characters, with the number of papers that have each. At 70,000 papers it takes less than a second.

    Raises:
        LibraryError: the file cannot be read.
    """
    statement = "SELECT term, doc FROM temp.terms WHERE length(term) BETWEEN ? AND ? ORDER BY doc DESC LIMIT ?"
    with _beside(folder) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'papers_fts', 'row')")
        return [(str(term), int(papers)) for term, papers in connection.execute(statement, (shortest, longest, _MOST))]


def texts_with(folder: Path, wanted: Sequence[str], most: int) -> dict[str, list[str]]:
    """Of each of these stems the titles with the abstracts of up to `most` papers that have it.

    A stem cannot be looked up as a word: it would be stemmed once more.

    Raises:
        LibraryError: the file cannot be read.
    """
    statement = (
        "SELECT title || ' ' || abstract FROM papers WHERE key IN "
        "(SELECT DISTINCT doc FROM temp.places WHERE term = ? LIMIT ?)"
    )
    with _beside(folder) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.places USING fts5vocab('main', 'papers_fts', 'instance')")
        return {stem: [str(row[0]) for row in connection.execute(statement, (stem, most))] for stem in wanted}


@contextmanager
def _beside(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own: the tables that list an index's terms are made in memory, which the library's connection refuses."""
    address = f"file:{quote(str(database_file(folder).absolute()))}?mode=ro"
    with mapped_errors(folder), closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        yield connection
