"""Rows of a SQLite file that may be broken anywhere: those that can be read. Changes nothing, and knows nothing of what is in them."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.library.sqlite import has_table

_MOST_FAILURES = 5_000
"""Reads of a table that may fail before the rest is given up: about 60 for each broken page."""
_LEAST, _MOST = -(1 << 62), 1 << 62


def readable_rows(connection: sqlite3.Connection, table: str, columns: str, key: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a table that can be read, around the places where it is broken, or where text is no UTF-8.

    A range of keys that cannot be read to its end is halved, and each half tried again, the widest ranges first.
    """
    if not _is_there(connection, table):
        return  # of an older library
    ranges = deque([(_LEAST, _MOST)])
    failures = 0
    while ranges and failures < _MOST_FAILURES:
        low, high = ranges.popleft()
        try:
            statement = f"SELECT {key}, {columns} FROM {table} NOT INDEXED WHERE {key} BETWEEN ? AND ? ORDER BY {key}"
            for row in connection.execute(statement, (low, high)):
                low = row[0] + 1
                yield row[1:]
        except (sqlite3.Error, UnicodeDecodeError):
            failures += 1
            if low < high:
                middle = (low + high) // 2
                ranges += [(low, middle), (middle + 1, high)]


def _is_there(connection: sqlite3.Connection, table: str) -> bool:
    try:
        return has_table(connection, table)
    except (sqlite3.Error, UnicodeDecodeError):
        return True


def open_damaged(file: Path) -> sqlite3.Connection:
    """A connection to a file that may be broken anywhere. It changes nothing.

    Raises:
        sqlite3.Error: nothing of it can be read.
    """
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    except UnicodeDecodeError as error:  # SQLite repeats a broken word in its own message
        connection.close()
        raise sqlite3.DatabaseError("the names of its tables are no text") from error
    return connection
