"""The files that were read into a library, and which papers each brought when. Owns writing the tables `sources` and `origins`.

A library that was written before there were such tables has none; it is read as if they were empty.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rag.ingest.fates import READER_VERSION, FileCount, KnownFile
from rag.library.sqlite import Database

Origin = tuple[str, int]
"""The id of a paper, and the key of a file that brought it."""


class Sources:
    """The files that a library was filled from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unchanged(self, sha256: str) -> KnownFile | None:
        """What is known of a file with these bytes, where all of it was taken in by the present readers and each paper that it brought
        is still there; else None."""
        if not self._database.has_table("sources") or not sha256:
            return None
        with self._database.snapshot():
            rows = self._database.rows(
                "SELECT key, name, read_at, told FROM sources WHERE sha256 = ? ORDER BY read_at DESC", (sha256,)
            )
            return next(filter(None, (self._known(*row) for row in rows)), None)

    def _known(self, key: int, name: str, read_at: str, told: str) -> KnownFile | None:
        try:
            said = json.loads(told)
        except ValueError:  # damaged: the file is read again
            return None
        if said.get("reader") != READER_VERSION:
            return None
        statement = (
            "SELECT papers.id FROM origins JOIN papers ON papers.id = paper WHERE source = ? ORDER BY papers.key"
        )
        papers = [row[0] for row in self._database.rows(statement, (key,))]
        if said.get("papers") != len(papers):
            return None
        return KnownFile(name, read_at, said.get("counted"), said.get("fates", {}), papers)

    def begin(self, names: Sequence[str]) -> list[int]:
        """The keys of files that are about to be taken in, under which their papers are written; until `finish` none of them counts as
        read."""
        now = _now()
        with self._database.transaction():
            connection = self._database.connection
            for name in names:
                connection.execute(
                    "INSERT INTO sources (name, sha256, read_at, told) VALUES (?, '', ?, '{}') "
                    "ON CONFLICT (name) DO UPDATE SET sha256 = ''",
                    (name, now),
                )
            every = "SELECT key FROM sources WHERE name = ?"
            return [int(connection.execute(every, (name,)).fetchone()[0]) for name in names]

    def add(self, origins: Sequence[Origin]) -> None:
        """Write which files brought papers that are there already."""
        with self._database.transaction():
            write(self._database, origins)

    def finish(self, read: Mapping[int, tuple[str, FileCount]]) -> None:
        """From now on these files count as read: by the key of each its sha256 and its count."""
        now = _now()
        with self._database.transaction():
            for key, (sha256, count) in read.items():
                papers = self._database.connection.execute("SELECT count(*) FROM origins WHERE source = ?", (key,))
                said = {
                    "reader": READER_VERSION,
                    "counted": count.counted,
                    "fates": dict(count.fates),
                    "papers": papers.fetchone()[0],
                }
                self._database.connection.execute(
                    "UPDATE sources SET sha256 = ?, read_at = ?, told = ? WHERE key = ?",
                    (sha256, now, json.dumps(said), key),
                )


def write(database: Database, origins: Sequence[Origin]) -> None:
    """Write which files brought papers, inside a transaction; when one first did so stays."""
    now = _now()
    database.connection.executemany(
        "INSERT OR IGNORE INTO origins (paper, source, added) VALUES (?, ?, ?)", [(*item, now) for item in origins]
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
