"""SQLite files: opening, transactions, the writer lock, and errors as the library's. Knows nothing of what is in the files."""

import json
import logging
import os
import shlex
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from filelock import FileLock, Timeout

from rag.core import permissions
from rag.core.errors import LibraryBusy, LibraryDamaged, LibraryError, LibraryFull, LibraryReadOnly

log = logging.getLogger(__name__)
_FILE = "library.sqlite3"
_WAIT_SECONDS = 30
_MOST_KEYS = 30_000
"""Below SQLite's limit of 32,766 variables in one statement."""
_BY_CODE: dict[int, tuple[type[LibraryError], str]] = {
    sqlite3.SQLITE_FULL: (LibraryFull, "no space is left; nothing of the batch was stored. Free some and run it again"),
    sqlite3.SQLITE_IOERR_WRITE: (
        LibraryFull,
        "the file cannot grow: a quota or a limit is reached, or the disk fails; nothing of the batch was stored. Make room and run it "
        "again",
    ),
    sqlite3.SQLITE_IOERR: (
        LibraryError,
        "the disk does not answer as it should; nothing was changed. Look at the disk, and try again",
    ),
    sqlite3.SQLITE_READONLY: (LibraryReadOnly, "the folder or file is read-only; make it writable or use another one"),
    sqlite3.SQLITE_CANTOPEN: (LibraryReadOnly, "the file cannot be opened; check the folder's permissions"),
    sqlite3.SQLITE_BUSY: (LibraryBusy, f"it stayed locked for {_WAIT_SECONDS} s by another process; try again"),
    sqlite3.SQLITE_CORRUPT: (LibraryDamaged, "its file library.sqlite3 is damaged; {way_out}"),
    sqlite3.SQLITE_NOTADB: (LibraryDamaged, "its file library.sqlite3 is no SQLite database; {way_out}"),
}


def connect(file: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from several threads under the caller's lock.

    The rollback journal (SQLite's default) is kept on purpose: unlike WAL it needs no writable side files, so that a
    library on a read-only folder can be read. Without `create` the connection refuses to write.
    """
    writable = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    # A reader that may write opens read-write all the same: it can then roll back what a killed writer left half done.
    mode = "rwc" if create else "rw" if writable else "ro"
    connection = sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?mode={mode}",
        uri=True,
        timeout=_WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    if not create:
        connection.execute("PRAGMA query_only = ON")
    return connection


def has_table(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the file has this table, which older ones may not have."""
    found = connection.execute("SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None


Identity = tuple[int, int]
"""Device and inode."""


def file_identity(file: Path) -> Identity | None:
    """Which file has this name; None where there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def mapped_errors(folder: Path) -> Iterator[None]:
    """SQLite's and the file system's errors inside become library errors that name the folder and the way out."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        code = getattr(error, "sqlite_errorcode", None)
        other = (LibraryError, "SQLite cannot go on; nothing was changed")
        kind, advice = _BY_CODE.get(code or 0) or _BY_CODE.get((code or 0) & 0xFF, other)
        # The second where SQLite repeats a broken word in its own message.
        if code is None and ("decode to UTF-8" in str(error) or isinstance(error, UnicodeDecodeError)):
            kind, advice = _BY_CODE[sqlite3.SQLITE_CORRUPT]
        advice = advice.format(way_out=way_out(folder))
        raise kind(f"the library {folder}: {advice} (SQLite: {error})") from error
    except OSError as error:
        raise LibraryReadOnly(
            f"cannot use the library folder {folder}: {error.strerror or error}; check its permissions, or name another one "
            "with --library"
        ) from error


def way_out(folder: Path) -> str:
    """What to do about a damaged library."""
    return f"restore a backup of it, or run: citewise doctor --repair --library {shlex.quote(str(folder))}"


Check = Callable[[sqlite3.Connection], object]
"""Raises a LibraryError where a file is no library that can be read."""


class Database:
    """A connection with transactions, usable from several threads; its errors are the library's.

    One that only reads follows its file: where another file has its name by now, as when a newer copy of the library was moved there,
    the next snapshot opens that one. SQLite itself would read the old file, which has no name any more, for ever.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.replaced = 0
        """How many times another file was opened."""
        self._folder = folder
        self._lock = threading.RLock()
        self._depth = 0
        self.chosen: Sequence[int] | None = None
        """The keys of the papers that a snapshot sees, ascending; None where it sees all."""
        self._check: Check | None = None
        self._is: Identity | None = None

    @classmethod
    def following(cls, folder: Path, check: Check, *more: Any) -> Self:
        """One that only reads, and follows its file; `more` goes to the constructor.

        Raises:
            sqlite3.Error, OSError, LibraryError: the file cannot be opened, or is none that can be read.
        """
        file = folder / _FILE
        identity = file_identity(file)  # before it is opened: one that is replaced in between is then opened once more
        database = cls(folder, connect(file), *more)
        database._check, database._is = check, identity
        try:
            check(database.connection)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close the connection that is open now."""
        self._check = None
        self.connection.close()

    def has_table(self, name: str) -> bool:
        """See the function."""
        with self.snapshot():
            return has_table(self.connection, name)

    @property
    def identity(self) -> Identity | None:
        """Which file is read: device and inode; None where it has no name any more."""
        return self._is or file_identity(self._folder / _FILE)

    def _follow(self) -> None:
        """Open the file anew where another one has its name. Where none has, as while it is being moved, the old one is read on."""
        if self._check is None:
            return
        identity = file_identity(self._folder / _FILE)
        if identity in (None, self._is):
            return
        connection = connect(self._folder / _FILE)
        try:
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        self.connection.close()
        self.connection, self._is = connection, identity
        self.replaced += 1
        log.info("the file of the library %s was replaced by another one, which is read from now on", self._folder)
        self._reopened()

    def _reopened(self) -> None:
        """What is to be done where another file was opened, before a snapshot of it begins."""

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """One consistent view for all reads inside; nested calls join the outer one. Keep it short: writers wait."""
        with self._lock, mapped_errors(self._folder):
            if self._depth == 0:
                self._follow()
                self.connection.execute("BEGIN")
            self._depth += 1
            try:
                if self._depth == 1:
                    self._begun()
                yield
            finally:
                self._depth -= 1
                if self._depth == 0 and self.connection.in_transaction:
                    self.connection.execute(self._END)

    _END = "ROLLBACK"
    """Of a snapshot."""

    def _begun(self) -> None:
        """What is to be done at the beginning of a snapshot, before anything else is read."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside, or none."""
        with self._lock, mapped_errors(self._folder):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # SQLite itself rolls back on a full disk; a second ROLLBACK would hide that error.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def rows(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        """All rows of a statement, in a snapshot."""
        with self.snapshot():
            return self.connection.execute(statement, values).fetchall()

    def rows_for(self, statement: str, keys: Iterable[Any]) -> Iterator[Any]:
        """Rows of a statement with `{}` where the list of `?` goes, for any number of keys."""
        every = list(keys)
        for start in range(0, len(every), _MOST_KEYS):
            some = every[start : start + _MOST_KEYS]
            # Filled up with NULL, which equals nothing: Python keeps statements ready, and those of thousands of keys are large.
            some += [None] * (min(1 << (len(some) - 1).bit_length(), _MOST_KEYS) - len(some))
            yield from self.rows(statement.format(",".join("?" * len(some))), some)


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's exclusive lock; the operating system frees it when the process ends, however it ends.

    Raises:
        LibraryBusy: another process holds it; the message names that process.
        LibraryReadOnly: the lock file cannot be written.
    """
    mode = permissions.mode_like(folder / _FILE)
    lock = FileLock(folder / "writer.lock", timeout=0, mode=mode)
    holder = folder / "writer.json"
    try:
        lock.acquire()
    except Timeout:
        raise LibraryBusy(
            f"the library {folder} is being written by {_describe(holder)}. Wait until it is done, then try again"
        ) from None
    except OSError as error:
        raise LibraryReadOnly(
            f"cannot write to the library {folder}: {error.strerror or error}. "
            "Asking works; to add papers, make the folder writable or ingest into another one"
        ) from error
    try:
        with suppress(OSError):  # The note only serves the message above; the lock holds without it.
            holder.unlink(missing_ok=True)  # of a process that was killed
            holder.write_text(json.dumps(_self()), "utf-8")
            holder.chmod(mode)
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _self() -> dict[str, str | int]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        # The name alone: what follows it may hold a password, and everybody can read the note.
        "command": Path(sys.argv[0]).name[:200],
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _describe(holder: Path) -> str:
    try:
        who = json.loads(holder.read_text("utf-8"))
        return f"process {who['pid']} on {who['host']} ({who['command']}, since {who['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
