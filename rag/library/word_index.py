"""The index of words of a large library as arrays: which are of its present state, and making them.

Owns: when there is one. Below `FEWEST` papers FTS5 is quick enough. A writer makes the file at its end; a reader that finds none of the
library's present state makes it in the background, and FTS5 answers meanwhile, with the same scores. What is there is taken over: only
the papers that came or went are cut into words. Derived; where it is gone or damaged it is made anew from the library.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

import numpy as np

from rag.core import permissions
from rag.core.errors import LibraryError
from rag.library import stems, word_file
from rag.library.files import database_file
from rag.library.postings import Ints, Phrase, Postings, changed, laid_out
from rag.library.sqlite import Identity, file_identity, mapped_errors

log = logging.getLogger(__name__)
FEWEST = 1_000
"""Papers of a library that has such arrays: FTS5 takes 2 ms a question below that."""
_MOST_CHANGED = 0.1
"""Share of the papers that came or went, above which all is read anew: that takes 6 s of 70,000 papers."""
_REST = 10
"""How many times as long as it took is waited before it is made once more: a library that is being filled changes at every batch."""

State = tuple[Identity | None, int]
"""Of a library: which file it is, and the revision in it. A file that takes the place of another may have the same revision."""


def word_index_file(folder: Path) -> Path:
    """Where a library keeps its words as arrays."""
    return folder / "words.index"


def publish(folder: Path) -> None:
    """Bring the file up to date with the library. Only the holder of the writer lock calls this.

    Where it cannot be written that is logged: it is derived, and readers make their own.
    """
    file = word_index_file(folder)
    try:
        word_file.clear(file)
        _, postings, is_new = _present(folder, word_file.read(file))
        if postings is None:
            file.unlink(missing_ok=True)
        elif is_new:
            word_file.write(postings, file, permissions.mode_like(database_file(folder)))
    except (OSError, LibraryError) as error:
        log.warning("the words of %s were not written beside it, searching makes up for that: %s", folder, error)


class WordIndex:
    """The words of a library's present state, as arrays. Any thread may ask."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: tuple[State, Postings | None] | None = None
        self._maker: threading.Thread | None = None
        self._not_before = 0.0

    def now(self, state: State, papers: Callable[[], int]) -> Postings | None:
        """Those of a state, which is the library's present one, with so many papers; None where there are none (yet)."""
        kept = self._kept
        if kept is not None and kept[0] == state:
            return kept[1]
        if papers() < FEWEST:
            self._kept = (state, None)
            return None
        with self._lock:
            if self._maker is None and time.monotonic() >= self._not_before:
                self._maker = threading.Thread(target=self._make, name="words of a library", daemon=True)
                self._maker.start()
        return None

    def wait(self) -> None:
        """Until what is being made is there."""
        maker = self._maker
        if maker is not None:
            maker.join()

    def _make(self) -> None:
        started = time.monotonic()
        file = word_index_file(self._folder)
        before = self._kept[1] if self._kept else None
        try:
            state, postings, is_new = _present(self._folder, before or word_file.read(file))
            self._kept = (state, postings)
            if postings is not None and is_new:
                word_file.write(postings, file, permissions.mode_like(database_file(self._folder)))
        except OSError as error:  # a read-only folder: they are kept in memory
            log.info("the words of %s are not written beside it: %s", self._folder, error)
        except (LibraryError, ValueError, MemoryError) as error:
            log.warning("the words of %s cannot be laid out, searching goes on without that: %s", self._folder, error)
        finally:
            with self._lock:
                self._maker = None
                self._not_before = time.monotonic() + _REST * (time.monotonic() - started)


@cache
def _cutter() -> stems.Cutter:
    return stems.Cutter()


def phrases(words: list[str]) -> list[Phrase]:
    """The stems of each word as the index of words cuts it."""
    return _cutter().phrases(words)


def _present(folder: Path, before: Postings | None) -> tuple[State, Postings | None, bool]:
    """The library's state, its postings (None where it is small), and whether they are others than `before`."""
    # Before it is opened: of a file that is replaced in between, what is made counts for the old one, and is made once more.
    identity = file_identity(database_file(folder))
    with _reading(folder) as connection:
        row = connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()
        state = (identity, int(row[0]) if row else 0)
        keys, marks = _marks(connection)
        if len(keys) < FEWEST:
            return state, None, True
        if before is not None and np.array_equal(before.keys, keys) and np.array_equal(before.marks, marks):
            return state, before, False
        made = _updated(connection, before, keys, marks) if before is not None else None
        if made is None:
            some = stems.in_library(connection)
            made = laid_out(some, marks[np.searchsorted(keys, some.keys)])
        return state, made, True


def _updated(connection: sqlite3.Connection, before: Postings, keys: Ints, marks: Ints) -> Postings | None:
    """`before` without the papers that went and with those that came; None where that is not worth it."""
    place = np.minimum(np.searchsorted(keys, before.keys), len(keys) - 1)
    stays = (keys[place] == before.keys) & (marks[place] == before.marks)
    is_new = np.ones(len(keys), bool)
    is_new[place[stays]] = False
    new = keys[is_new]
    if len(new) + int((~stays).sum()) > _MOST_CHANGED * len(keys):
        return None
    if len(new) and stays.any() and new[0] < before.keys[stays][-1]:  # of another library that stood here
        return None
    texts = (
        connection.execute("SELECT key, title, abstract FROM papers WHERE key = ?", (key,)).fetchone()
        for key in new.tolist()
    )
    return changed(before, stays, stems.in_texts(texts), marks[is_new])


def _marks(connection: sqlite3.Connection) -> tuple[Ints, Ints]:
    """The keys of all papers, ascending, and of each the number of its first window: no text ever has that of another."""
    keys = np.array(sorted(key for (key,) in connection.execute("SELECT key FROM papers")), np.int64)
    of_windows = connection.execute("SELECT paper, min(id) FROM windows GROUP BY paper").fetchall()
    papers, first = np.array(of_windows, np.int64).reshape(-1, 2).T
    marks = np.zeros(len(keys), np.int64)
    marks[np.searchsorted(keys, papers)] = first
    return keys, marks


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A snapshot on a connection of its own, which may make temporary tables."""
    address = f"file:{quote(str(database_file(folder).absolute()))}?mode=ro"
    with mapped_errors(folder), closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN")
        yield connection
