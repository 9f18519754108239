"""Papers taken out of a library so that they can be put back as they were: text, embeddings, versions, merges, files, dates.

They are gone from the library at once, and what was kept of them lies in a file of its own, outside it. So nothing has to be finished
later: a crash, a second process or a second window finds a library without these papers, and all that a lost file costs is the way
back. (Hiding them first and removing them afterwards would have to be known to every reader, and a crash in between would bring back
what somebody was told is gone.) Putting back embeds nothing. Owns the form of that file.
"""

import json
import secrets
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.core.errors import EditRefused
from rag.library.chroma_server import ChromaServer
from rag.library.indexes import publish
from rag.library.removal import Removal, take_away, writing
from rag.library.sqlite import has_table

Title = tuple[str, str]
"""A paper's id and title; of a paper without one, how the abstract begins."""
_AMONG = "IN (SELECT value FROM json_each(?))"
_KEPT = {
    "papers": f"SELECT * FROM papers WHERE id {_AMONG} ORDER BY key",
    "sentences": f"SELECT * FROM sentences WHERE paper IN (SELECT key FROM papers WHERE id {_AMONG}) ORDER BY rowid",
    "windows": f"SELECT * FROM windows WHERE paper IN (SELECT key FROM papers WHERE id {_AMONG}) ORDER BY rowid",
    "tokens": f"SELECT * FROM tokens WHERE paper IN (SELECT key FROM papers WHERE id {_AMONG}) ORDER BY paper",
    "records": f"SELECT * FROM records WHERE paper {_AMONG}",
    "origins": f"SELECT * FROM origins WHERE paper {_AMONG}",
    "sources": f"SELECT * FROM sources WHERE key IN (SELECT source FROM origins WHERE paper {_AMONG})",
}
"""What belongs to papers, by table: those of a list of ids."""
_BYTES = (
    f"SELECT coalesce(sum(length(title) + length(abstract) + length(details)), 0) FROM papers WHERE id {_AMONG}",
    f"SELECT coalesce(sum(length(embedding) + 32), 0) FROM sentences WHERE paper IN (SELECT key FROM papers WHERE id {_AMONG})",
    f"SELECT coalesce(sum(length(embedding) + 32), 0) FROM windows WHERE paper IN (SELECT key FROM papers WHERE id {_AMONG})",
)
_TOKEN_BYTES = (
    f"SELECT coalesce(sum(length(codes)), 0) FROM tokens WHERE paper IN (SELECT key FROM papers WHERE id {_AMONG})"
)


@dataclass(frozen=True, slots=True)
class TakenOut:
    """The papers that were taken out, and the ids that no paper has."""

    papers: tuple[Title, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """The papers that are back, and those that were left out since the library has them again."""

    papers: tuple[Title, ...]
    there_again: tuple[Title, ...]


def titles_of(connection: sqlite3.Connection, ids: Sequence[str]) -> tuple[Title, ...]:
    """The papers of exactly these ids that are there, in the order in which they came in."""
    statement = f"SELECT id, title, substr(abstract, 1, 100) FROM papers WHERE id {_AMONG} ORDER BY key"
    return tuple((row[0], row[1] or row[2]) for row in connection.execute(statement, (_json(ids),)))


def size_of(connection: sqlite3.Connection, ids: Sequence[str]) -> int:
    """About how many bytes these papers take with their embeddings."""
    statements = (*_BYTES, _TOKEN_BYTES) if has_table(connection, "tokens") else _BYTES
    return sum(int(connection.execute(statement, (_json(ids),)).fetchone()[0]) for statement in statements)


def take_out(folder: Path, ids: Sequence[str], file: Path | None, server: ChromaServer | None = None) -> TakenOut:
    """Take the papers of exactly these ids out of a library, all or none of them, and publish the vector index without them.

    Args:
        folder: of the library.
        ids: of papers; those that no paper has are told.
        file: where to keep them, a file that is not there yet; None where they need not come back.
        server: where the library's vectors are; None for those beside it.

    Raises:
        LibraryError: it cannot be written, or `file` cannot; nothing was changed.
        VectorIndexError: the papers are gone, but the index could not be made; it is at the next question.
    """
    with writing(folder) as library:
        there = library.hashes(ids).keys()
        absent = tuple(name for name in dict.fromkeys(ids) if name not in there)
        if not there:
            return TakenOut((), absent)
        with library.changing() as connection:
            papers = titles_of(connection, ids)
            if file is not None:
                _keep(connection, [name for name, _ in papers], file)
            take_away(connection, Removal(papers))
        publish(library, server)
    return TakenOut(papers, absent)


def put_back(folder: Path, file: Path, server: ChromaServer | None = None) -> BroughtBack:
    """Put papers back that were taken out into this file; one that came in again by other means meanwhile is left as it is.

    Raises:
        EditRefused: the library in this folder is embedded by another model now.
        LibraryError: it cannot be written; nothing was changed.
        VectorIndexError: the papers are back, but the index could not be made; it is at the next question.
    """
    with closing(sqlite3.connect(file)) as kept, writing(folder) as library:
        with library.changing() as connection:
            if _embedder(connection) not in (None, _embedder(kept)):
                raise EditRefused("the library is another one by now, and these papers cannot be put back into it")
            every = titles_of(kept, [row[0] for row in kept.execute("SELECT id FROM papers")])
            there = _there_again(connection, kept)
            _restore(connection, kept, there)
        publish(library, server)
    return BroughtBack(
        tuple(one for one in every if one[0] not in there), tuple(one for one in every if one[0] in there)
    )


def _keep(connection: sqlite3.Connection, ids: Sequence[str], file: Path) -> None:
    with closing(sqlite3.connect(file)) as kept, kept:
        for table, statement in {**_KEPT, "meta": "SELECT * FROM meta WHERE key = 'embedder'"}.items():
            rows = connection.execute(statement, (_json(ids),) if "?" in statement else ())
            columns = ", ".join(column[0] for column in rows.description)
            kept.execute(f"CREATE TABLE {table} ({columns})")
            kept.executemany(f"INSERT INTO {table} VALUES ({_marks(rows)})", rows)


def _there_again(connection: sqlite3.Connection, kept: sqlite3.Connection) -> set[str]:
    """The ids of the kept papers that the library has again, or of which it has a record in another paper."""
    ids = _json([row[0] for row in kept.execute("SELECT id FROM papers")])
    there = {row[0] for row in connection.execute(f"SELECT id FROM papers WHERE id {_AMONG}", (ids,))}
    there |= {row[0] for row in connection.execute(f"SELECT id FROM records WHERE id {_AMONG}", (ids,))}
    records = kept.execute("SELECT id, record_hash, paper FROM records")
    again = "SELECT 1 FROM records WHERE id = ?1 AND record_hash = ?2 UNION ALL SELECT 1 FROM papers WHERE id = ?1"
    return there | {paper for name, digest, paper in records if connection.execute(again, (name, digest)).fetchone()}


def _restore(connection: sqlite3.Connection, kept: sqlite3.Connection, without: Collection[str]) -> None:
    """Write the kept rows of all papers but these, inside a transaction."""
    keys: dict[int, int] = {}
    for row in kept.execute("SELECT * FROM papers ORDER BY key"):
        if row[1] not in without:
            # Its place among the others comes back with its key, which is free unless a backup was restored meanwhile.
            key = None if _taken(connection, "papers", "key", row[0]) else row[0]
            keys[row[0]] = int(_insert(connection, "papers", (key, *row[1:])) or 0)
    for row in kept.execute("SELECT * FROM sentences ORDER BY rowid"):
        if row[0] in keys:
            _insert(connection, "sentences", (keys[row[0]], *row[1:]))
    for row in kept.execute("SELECT * FROM windows ORDER BY rowid"):
        if row[1] in keys:
            number = secrets.randbits(62) if _taken(connection, "windows", "id", row[0]) else row[0]
            _insert(connection, "windows", (number, keys[row[1]], *row[2:]))
    for row in kept.execute("SELECT * FROM tokens") if has_table(kept, "tokens") else ():
        if row[0] in keys:
            _insert(connection, "tokens", (keys[row[0]], *row[1:]))
    for row in kept.execute("SELECT * FROM records"):
        if row[2] not in without:
            _insert(connection, "records", row)
    _restore_sources(connection, kept, without)


def _restore_sources(connection: sqlite3.Connection, kept: sqlite3.Connection, without: Collection[str]) -> None:
    """Which files brought the papers and when. A file that was not read again since counts as read again."""
    same: dict[int, int] = {}
    for key, name, sha256, read_at, told in kept.execute("SELECT key, name, sha256, read_at, told FROM sources"):
        row = connection.execute("SELECT key, sha256, read_at, told FROM sources WHERE name = ?", (name,)).fetchone()
        if row is None:
            new = None if _taken(connection, "sources", "key", key) else key
            same[key] = int(_insert(connection, "sources", (new, name, sha256, read_at, told)) or 0)
            continue
        same[key] = row[0]
        if row[1:] == ("", read_at, told):
            connection.execute("UPDATE sources SET sha256 = ? WHERE key = ?", (sha256, row[0]))
    for paper, source, added in kept.execute("SELECT paper, source, added FROM origins"):
        if paper not in without:
            connection.execute("INSERT OR IGNORE INTO origins VALUES (?, ?, ?)", (paper, same[source], added))


def _insert(connection: sqlite3.Connection, table: str, row: Sequence[Any]) -> int | None:
    return connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row).lastrowid


def _taken(connection: sqlite3.Connection, table: str, column: str, value: int) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (value,)).fetchone() is not None


def _embedder(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone()
    return None if row is None else str(row[0])


def _marks(rows: sqlite3.Cursor) -> str:
    return ",".join("?" * len(rows.description))


def _json(values: Collection[str]) -> str:
    return json.dumps(list(values))
