"""A packed copy of titles and abstracts beside a vector index: what a rescue reads where the library's own file is broken.

Owns that file. It lies in the folder of the index, is brought up to date with it, and is written by the same one process.
"""

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

from rag.library.checksums import TEXTS_FILE as _FILE
from rag.library.rows import open_damaged, readable_rows
from rag.library.store import Library

_TABLE = "CREATE TABLE IF NOT EXISTS texts (window INTEGER PRIMARY KEY, packed BLOB NOT NULL)"
_MOST_IN_MEMORY = 1_000
Text = tuple[str, str, str]
"""Id, title and abstract of a paper."""


def is_there(folder: Path) -> bool:
    """Whether the index in this folder has a copy; one of an older citewise has not, and keeps the texts within Chroma."""
    return (folder / _FILE).is_file()


def bring_up_to_date(folder: Path, library: Library) -> None:
    """Delete the papers that the library no longer has, and add those that are new.

    A paper is known by the least number of its windows, which no other text ever has.

    Raises:
        OSError, sqlite3.Error: the file cannot be written.
    """
    with closing(sqlite3.connect(folder / _FILE)) as copy, copy:
        copy.execute(_TABLE)
        there = {row[0] for row in copy.execute("SELECT window FROM texts")}
        wanted = library.a_window_each()
        copy.executemany("DELETE FROM texts WHERE window = ?", [(gone,) for gone in there - wanted.keys()])
        new = [number for number in wanted if number not in there]
        for start in range(0, len(new), _MOST_IN_MEMORY):
            some = {wanted[number]: number for number in new[start : start + _MOST_IN_MEMORY]}
            copy.executemany(
                "INSERT OR REPLACE INTO texts VALUES (?, ?)",
                [
                    (some[paper.id], zlib.compress(json.dumps([paper.id, paper.title, paper.abstract]).encode(), 9))
                    for paper in library.papers(some)
                ],
            )


def texts(folder: Path) -> list[Text]:
    """The papers that can be read of a file that may be broken anywhere.

    Raises:
        sqlite3.Error: nothing of it can be read.
    """
    with closing(open_damaged(folder / _FILE)) as copy:
        read = [_text(row[0]) for row in readable_rows(copy, "texts", "packed", "window")]
    return [text for text in read if text is not None]


def _text(packed: object) -> Text | None:
    try:
        identifier, title, abstract = json.loads(zlib.decompress(packed))  # type: ignore[arg-type]
    except (ValueError, TypeError, zlib.error):
        return None
    return (identifier, title, abstract) if all(isinstance(one, str) for one in (identifier, title, abstract)) else None
