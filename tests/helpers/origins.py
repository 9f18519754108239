"""Where papers came from, written into a library's file as an ingestion does it."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path


def brought(folder: Path, files: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    """Note of each file when it brought which papers: {file: (time, ids)}."""
    with closing(sqlite3.connect(folder / "library.sqlite3")) as connection, connection:
        for name, (time, ids) in files.items():
            row = connection.execute(
                "INSERT INTO sources (name, sha256, read_at, told) VALUES (?, 'abc', ?, '{}') RETURNING key",
                (name, time),
            ).fetchone()
            connection.executemany("INSERT INTO origins VALUES (?, ?, ?)", [(one, row[0], time) for one in ids])


def hashes(folder: Path) -> dict[str, str]:
    """Which files would not be read again: {file: hash}, with "" for those that would."""
    with closing(sqlite3.connect(folder / "library.sqlite3")) as connection:
        return dict(connection.execute("SELECT name, sha256 FROM sources"))
