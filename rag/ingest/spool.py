"""Rows that do not fit into memory: a temporary SQLite file, which nobody else can open and which goes when it is closed.

Owns putting things there and getting them back. Knows nothing of papers.
"""

import pickle
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from rag.core.errors import SourceError

T = TypeVar("T")
_CACHE_KIB = 12_000
"""What is kept in memory; the rest goes to the temporary folder."""
_MOST_KEYS = 30_000
"""Below SQLite's limit of 32,766 variables in one statement."""
_STATEMENTS = 32
"""As many are kept ready. One with thousands of variables takes a megabyte."""


class Spool:
    """A temporary database."""

    def __init__(self, tables: str) -> None:
        """Make it with these tables (SQL)."""
        self.connection = sqlite3.connect(
            "", isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
        )
        self.connection.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{_CACHE_KIB}; {tables}; BEGIN"
        )

    def close(self) -> None:
        """Give back its space."""
        self.connection.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a statement."""
        return self.connection.execute(statement, values).fetchall()

    def rows_for(self, statement: str, keys: Iterable[Any]) -> Iterator[Any]:
        """Rows of a statement with `{}` where the list of `?` goes, for any number of keys."""
        every = list(keys)
        for start in range(0, len(every), _MOST_KEYS):
            some = every[start : start + _MOST_KEYS]
            # Filled up with NULL, which equals nothing: a statement for each number of keys would fill the memory.
            some += [None] * (min(1 << (len(some) - 1).bit_length(), _MOST_KEYS) - len(some))
            yield from self.rows(statement.format(",".join("?" * len(some))), some)


class Rows(Sequence[T]):
    """A sequence that lies in a spool: read again from there each time it is gone through."""

    def __init__(
        self, spool: Spool, select: str, values: Sequence[Any] = (), read: Callable[[Any], T] | None = None
    ) -> None:
        """`select` gives one column, ordered; `read` makes the item of it (else it is unpickled)."""
        self._spool, self._select, self._values = spool, select, tuple(values)
        self._read: Callable[[Any], T] = read or pickle.loads

    def __len__(self) -> int:
        return int(self._spool.rows(f"SELECT count(*) FROM ({self._select})", self._values)[0][0])

    def __iter__(self) -> Iterator[T]:
        for row in self._spool.connection.execute(self._select, self._values):
            yield self._read(row[0])

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        number = place if place >= 0 else len(self) + place
        rows = self._spool.rows(f"{self._select} LIMIT 1 OFFSET {int(number)}", self._values) if number >= 0 else []
        if not rows:
            raise IndexError(place)
        return self._read(rows[0][0])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return repr(tuple(self))


def packed(item: Any) -> bytes:
    """An item as it lies in a spool."""
    return pickle.dumps(item, pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Any:
    """An item that was packed by this process."""
    return pickle.loads(data)


@contextmanager
def enough_space() -> Iterator[None]:
    """An error of the spool inside says where space is wanting.

    Raises:
        SourceError: the temporary folder is full.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise SourceError(
            f"the temporary folder {tempfile.gettempdir()} cannot hold what is read ({error}); nothing more was stored. Free some "
            "space there, or set TMPDIR to a folder that has some"
        ) from error
