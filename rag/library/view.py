"""A library as far as a filter means it: it answers like one that holds these papers alone.

Owns the trick for that: on a connection of its own, temporary views with the names of the tables hide the tables, so that every
statement finds the chosen papers only. The file is not written to. How rare a word is in BM25 is still told by the whole library.
Which papers are meant is decided in `rag.library.choosing`, anew at the beginning of a snapshot where the file has changed.
"""

import json
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from rag.core.escaping import counted
from rag.core.paper_filter import PaperFilter
from rag.library.choosing import keys_of
from rag.library.files import database_file, is_there, missing
from rag.library.header import check_file
from rag.library.lexical import Lexical
from rag.library.sqlite import Database, connect, has_table, mapped_errors
from rag.library.store import Library

_COLUMNS = {
    "papers": ("papers.key", "id, title, abstract, details, record_hash"),
    "sentences": ("paper", "start, end, embedding"),
    "windows": ("paper", "id, start, end, embedding"),
}
_FEW = 0.2
"""Of a larger share of the papers it is faster to go through all than to look each one up."""
_NAMED_SOURCES = 5


class View(Library):
    """The chosen papers of a library. Build it with `View.of`; it is closed by itself where it is no longer used."""

    def __init__(self, folder: Path, chosen: PaperFilter) -> None:
        with mapped_errors(folder):
            if not is_there(folder):
                raise missing(folder)
            database = _Chosen.following(folder, partial(check_file, folder), chosen)
        super().__init__(folder, database)
        self.chosen = chosen
        self._chooser = database
        weakref.finalize(self, database.close)

    @classmethod
    def of(cls, library: Library, chosen: PaperFilter) -> "View":
        """A view of an open library, which is not needed for it afterwards.

        Raises:
            LibraryError: the file cannot be read.
        """
        view = cls(library.folder, chosen)
        view._words = library._words
        view._lexical = Lexical(view._database, view._words)
        view.count()
        return view

    @property
    def revision(self) -> int:
        """Grows with every committed change of the library's papers, and of which are chosen."""
        with self.snapshot():
            return super().revision + self._chooser.changes

    def count(self) -> int:
        """See `Library.count`; no table is gone through for it."""
        with self.snapshot():
            return len(self._chooser.chosen or ())

    @property
    def total(self) -> int:
        """Number of papers in the whole library."""
        return int(self._database.rows("SELECT count(*) FROM main.papers")[0][0])

    @contextmanager
    def beside(self) -> Iterator[Database]:
        """See `Library.beside`."""
        with mapped_errors(self.folder), closing(connect(database_file(self.folder))) as connection:
            yield _Chosen(self.folder, connection, self.chosen)

    def notice(self) -> str:
        """Of how many papers is asked, in a sentence."""
        with self.snapshot():
            return f"Asked of {self.count():,} of {counted(self.total, 'paper')}: {self.chosen.label}."

    def why_none(self) -> str:
        """Why no paper is chosen, in sentences: what was asked for, and which part of it leaves nothing."""
        with self.snapshot():
            connection = self._database.connection
            alone = [(part, len(keys_of(connection, part))) for part in self.chosen.parts]
            text = f"No paper of this library matches: {self.chosen.label}."
            empty = [part for part, count in alone if not count]
            if empty and len(alone) > 1:
                text += f" There is none at all for: {'; '.join(part.label for part in empty)}."
            elif len(alone) > 1:
                each = ", ".join(f"{part.label}: {count:,}" for part, count in alone)
                text += f" Each alone leaves some ({each}), but not together."
            if any(part.sources for part in empty):
                text += f" {_sources(connection)}"
            elif any(part.added_since for part in empty) and not has_table(connection, "origins"):
                text += " The library does not know when its papers came in: they came in before this was kept."
            return text


class _Chosen(Database):
    """A connection whose snapshots see the chosen papers only."""

    # A rollback would take the temporary rows back with it.
    _END = "COMMIT"

    def __init__(self, folder: Path, connection: sqlite3.Connection, chosen: PaperFilter) -> None:
        super().__init__(folder, connection)
        self._chosen = chosen
        self._seen: int | None = None
        self._keys: list[int] = []
        self.changes = 0
        with mapped_errors(folder):
            connection.execute("PRAGMA temp_store = MEMORY")

    def _reopened(self) -> None:
        # The temporary views went with the connection, and the numbers of its versions begin anew.
        self._seen = None
        self.connection.execute("PRAGMA temp_store = MEMORY")

    def _begun(self) -> None:
        version = int(self.connection.execute("PRAGMA main.data_version").fetchone()[0])
        if version == self._seen:
            return
        keys = keys_of(self.connection, self._chosen)
        if self._seen is None or keys != self._keys:
            # The connection refuses to write, which is meant for the library's file.
            self.connection.execute("PRAGMA query_only = OFF")
            try:
                self._hide(keys)
            finally:
                self.connection.execute("PRAGMA query_only = ON")
            self.changes += self._seen is not None
        if keys != self._keys or self.chosen is None:
            self.chosen = keys
        self._seen, self._keys = version, keys

    def _hide(self, keys: list[int]) -> None:
        execute = self.connection.execute
        execute("CREATE TEMP TABLE IF NOT EXISTS chosen (key INTEGER PRIMARY KEY)")
        execute("DELETE FROM temp.chosen")
        execute("INSERT INTO temp.chosen SELECT value FROM json_each(?)", (json.dumps(keys),))
        execute("ANALYZE temp.chosen")  # SQLite then knows how few they are
        among = "IN (SELECT key FROM temp.chosen)"
        total = execute("SELECT count(*) FROM main.papers").fetchone()[0]
        few = len(keys) <= _FEW * total
        views = {
            table: f"SELECT {key}, {rest} FROM temp.chosen AS chosen_key JOIN main.{table} ON {key} = chosen_key.key"
            if few
            # With the plus it goes through the table and looks whether a row is chosen.
            else f"SELECT {key}, {rest} FROM main.{table} WHERE +{key} {among}"
            for table, (key, rest) in _COLUMNS.items()
        }
        views["papers_fts"] = (
            f"SELECT rowid AS rowid, title, abstract, papers_fts AS papers_fts FROM main.papers_fts WHERE +rowid {among}"
        )
        for name, statement in views.items():
            execute(f"DROP VIEW IF EXISTS temp.{name}")
            execute(f"CREATE TEMP VIEW {name} AS {statement}")


def _sources(connection: sqlite3.Connection) -> str:
    """Which source files there are."""
    names = (
        [row[0] for row in connection.execute("SELECT name FROM main.sources ORDER BY read_at DESC")]
        if has_table(connection, "sources")
        else []
    )
    if not names:
        return "The library does not know from which files its papers came: they came in before this was kept."
    more = f" and {len(names) - _NAMED_SOURCES:,} more" if len(names) > _NAMED_SOURCES else ""
    return f"Its papers came from {', '.join(names[:_NAMED_SOURCES])}{more}."
