"""What a library's file says of itself: its tables' version, its revision, its name on a server, and how its papers were embedded.

Owns the table `meta`. What is in the other tables is `rag.library.store`'s.
"""

import hashlib
import json
import secrets
import sqlite3
from contextlib import AbstractContextManager, closing
from dataclasses import asdict
from pathlib import Path

from rag.core.domain import EmbedderIdentity
from rag.core.errors import EmbedderMismatch, LibraryReadOnly, SchemaTooNew
from rag.library import tables
from rag.library.files import database_file, refuse_foreign
from rag.library.sqlite import Database, connect, mapped_errors

MANY_PAPERS = 300
"""From as many on a new library puts windows together from sentences: read by themselves they take a minute more on one core."""
_IDENTITY = "identity"
_MOST_REVISIONS = 10**9
"""Of one file: what is counted on where another file has taken its place, whose number may be the same."""


class Header:
    """The part of an open library that is about all of it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._database = database

    def snapshot(self) -> AbstractContextManager[None]:
        """One consistent view for all reads inside; nested calls join the outer one. Keep it short: writers wait."""
        return self._database.snapshot()

    def _meta(self, key: str) -> str | None:
        rows = self._database.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def _set_meta(self, key: str, value: str) -> None:
        self._database.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def revision(self) -> int:
        """Grows with every committed change of the papers, and where another file has taken the place of the one that was opened."""
        with self.snapshot():
            return self.stored_revision + self._database.replaced * _MOST_REVISIONS

    @property
    def stored_revision(self) -> int:
        """The revision that is in the file: equal for every copy of it."""
        return int(self._meta("revision") or 0)

    @property
    def state(self) -> tuple[int, int]:
        """Another one with each change of the file, also one that leaves the papers as they are: the revision, and SQLite's count of
        what others have committed."""
        with self.snapshot():
            return self.revision, int(self._database.rows("PRAGMA data_version")[0][0])

    @property
    def identity(self) -> str | None:
        """What this library and the copies of its file are called on a server; None where it has never been on one."""
        return self._meta(_IDENTITY)

    def name_anew(self) -> str:
        """Give the library another identity. Only the holder of the writer lock calls this, outside transactions."""
        identity = secrets.token_hex(8)
        with mapped_errors(self.folder), closing(connect(database_file(self.folder), create=True)) as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_IDENTITY, identity))
        return identity

    def windows_digest(self) -> str:
        """16 hexadecimal digits over the ids of all windows: equal where the vectors are."""
        statement = "SELECT count(*), coalesce(sum(id & 2147483647), 0), coalesce(sum(id >> 31), 0) FROM windows"
        [numbers] = self._database.rows(statement)
        return hashlib.sha256(" ".join(map(str, numbers)).encode()).hexdigest()[:16]

    @property
    def replaced(self) -> int:
        """How many times another file has taken the place of the one that was opened."""
        with self.snapshot():
            return self._database.replaced

    @property
    def embedder(self) -> EmbedderIdentity | None:
        """The weights that made the embeddings; None while the library has never been written to."""
        stored = self._meta("embedder")
        return EmbedderIdentity(**json.loads(stored)) if stored else None

    def check_embedder(self, embedder: EmbedderIdentity) -> None:
        """Raise EmbedderMismatch where the library was embedded by other weights."""
        stored = self.embedder
        if stored and (stored.sha256, stored.dimension) != (embedder.sha256, embedder.dimension):
            told = f"{stored.sha256[:12]}…, {stored.dimension} dimensions"
            if stored.name == embedder.name:
                raise EmbedderMismatch(
                    f"the library {self.folder} was embedded by {stored.name} with other weights, or another prefix before its "
                    f"passages ({told}). Set CITEWISE_PASSAGE_PREFIX as it was, or ingest the sources anew with another --library"
                )
            raise EmbedderMismatch(
                f"the library {self.folder} was embedded by {stored.name} (weights {told}), not by {embedder.name}. "
                f"Use CITEWISE_EMBEDDER={stored.name}, or ingest the sources into another folder with --library"
            )

    def _claim(self, embedder: EmbedderIdentity) -> None:
        self.check_embedder(embedder)
        if self.embedder is None:
            with self._database.transaction():
                self._set_meta("embedder", json.dumps(asdict(embedder)))

    def count(self) -> int:
        """Number of papers."""
        return int(self._database.rows("SELECT count(*) FROM papers")[0][0])

    @property
    def reads_apart(self) -> bool:
        """Whether windows are embedded by themselves, as they all were before they could be put together from sentences. Similarities
        are compared among papers, so new ones go in like those that are there."""
        return self._meta("windows") != "of sentences"

    def choose_reading(self, coming: int) -> None:
        """Choose how all papers of an empty library are embedded, by the number of those that come first: windows by themselves, and
        tokens that are exact instead of kept in codes, keep a few more answers and cost four times the time, which many papers feel."""
        if self._meta("windows") is None and not self.count():
            with self._database.transaction():
                self._set_meta("windows", "of sentences" if coming >= MANY_PAPERS else "apart")

    def fingerprint(self) -> str:
        """16 hexadecimal digits over all records and the embedder: equal libraries answer equally."""
        made = f"{self.embedder.sha256 if self.embedder else ''}{'' if self.reads_apart else ' of sentences'}"
        digest = hashlib.sha256(made.encode())
        for identifier, stored in self._database.rows("SELECT id, record_hash FROM papers ORDER BY id"):
            digest.update(f"{identifier}\n{stored}\n".encode())
        return digest.hexdigest()[:16]


def version_of(folder: Path, connection: sqlite3.Connection) -> int:
    """The version of the tables in a library's file.

    Raises:
        LibraryDamaged, SchemaTooNew: it is none of ours, or of a newer citewise.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    refuse_foreign(connection, folder)
    if version > tables.VERSION:
        raise SchemaTooNew(
            f"the library {folder} has schema {version}, written by a newer citewise; this one reads up to "
            f"{tables.VERSION}. Upgrade citewise, or ingest the sources into another folder"
        )
    return version


def stored_version(folder: Path) -> int:
    """The version of the tables of the library in a folder, as `version_of`."""
    with closing(connect(database_file(folder))) as connection:
        return version_of(folder, connection)


def check_file(folder: Path, connection: sqlite3.Connection) -> None:
    """Raise a LibraryError where a file cannot be read as a library as it is."""
    if version_of(folder, connection) < tables.READABLE:
        raise LibraryReadOnly(
            f"the library {folder} was replaced by one of a much older citewise, which has to be brought up to date first; start again"
        )
