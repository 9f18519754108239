"""What a filter of papers can be chosen from: the authors, venues and files that a library has, each with how many papers it has.

Owns the counting, also of how many papers a filter means, and what is kept of it. It has connections of its own, so that no question
waits for it.
"""

import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from rag.core.kept import Kept
from rag.core.paper_filter import PaperFilter
from rag.library.choosing import has_table, keys_of
from rag.library.files import database_file
from rag.library.sqlite import Database, mapped_errors
from rag.library.store import Library

Kind = Literal["authors", "venues", "sources"]
_COUNTED: Mapping[Kind, str] = {
    "authors": "SELECT value AS name, count(DISTINCT key) FROM ("
    "SELECT p.key AS key, a.value AS value FROM papers p, json_each(p.details, '$.authors') a) GROUP BY name",
    "venues": "SELECT json_extract(details, '$.venue') AS name, count(*) FROM papers GROUP BY name",
    "sources": "SELECT s.name, count(*) FROM origins o JOIN sources s ON s.key = o.source "
    "JOIN papers p ON p.id = o.paper GROUP BY s.key",
}
_KEPT = 24
"""Parts of filters whose papers are remembered, the latest ones."""


@dataclass(frozen=True, slots=True)
class Names:
    """The first names of a kind that were looked for, those of the most papers first, each with how many papers it has; `found` counts
    all that hold the words, `every` all that the library has."""

    first: tuple[tuple[str, int], ...] = ()
    found: int = 0
    every: int = 0


@dataclass(frozen=True, slots=True)
class _Name:
    name: str
    papers: int
    folded: str


class Choices:
    """The names of a library and how many papers filters mean, counted anew where it has changed. Any thread may ask."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._of: tuple[int, int] | None = None
        self._names: dict[Kind, tuple[_Name, ...]] = {}
        self._keys = Kept[PaperFilter, frozenset[int]](_KEPT)

    def names(self, kind: Kind, words: str, limit: int) -> Names:
        """The first `limit` names that hold all of these words, or their beginnings, without regard to case and accents."""
        with self._lock, self._newest():
            if kind not in self._names:
                with self._library.beside() as database, database.snapshot():
                    self._names[kind] = _counted(database, kind)
            every = self._names[kind]
        wanted = folded(words).split()
        found = [one for one in every if all(word in one.folded for word in wanted)]
        return Names(tuple((one.name, one.papers) for one in found[:limit]), len(found), len(every))

    def count(self, chosen: PaperFilter) -> int:
        """How many papers a filter means. Each kind of what it holds is looked up once, so that changing another one is quick."""
        with self._lock, self._newest():
            if chosen.is_empty:
                return self._library.count()
            found = sorted((self._keys.get(part, self._keys_of) for part in chosen.parts), key=len)
        return len(found[0].intersection(*found[1:]))

    def _keys_of(self, part: PaperFilter) -> frozenset[int]:
        with self._library.beside() as database, database.snapshot():
            return frozenset(keys_of(database.connection, part))

    @contextmanager
    def _newest(self) -> Iterator[None]:
        """What was counted before the file changed is forgotten. Where papers came from can change without a new revision."""
        with mapped_errors(self._library.folder):
            changed = database_file(self._library.folder).stat().st_mtime_ns
        of = (self._library.revision, changed)
        if self._of != of:
            self._of = of
            self._names, self._keys = {}, Kept(_KEPT)
        yield


def _counted(database: Database, kind: Kind) -> tuple[_Name, ...]:
    # A library of an older schema does not know where its papers came from.
    if kind == "sources" and not has_table(database.connection, "origins"):
        return ()
    rows = [(str(name), int(papers)) for name, papers in database.rows(_COUNTED[kind]) if name]
    if kind == "sources":
        short = _ends([name for name, _ in rows])
        rows = [(short[name], papers) for name, papers in rows]
    names = [_Name(name, papers, folded(name)) for name, papers in rows]
    return tuple(sorted(names, key=lambda one: (-one.papers, one.folded)))


def _ends(paths: Sequence[str]) -> dict[str, str]:
    """The shortest end of each path that no other path has: where a file lies is nobody's business."""
    parts = {path: [part for part in path.replace("\\", "/").split("/") if part] for path in paths}
    ends: dict[str, str] = {}
    shared = Counter("/".join(some[-n:]).casefold() for some in parts.values() for n in range(1, len(some) + 1))
    for path, some in parts.items():
        every = ["/".join(some[-n:]) for n in range(1, len(some) + 1)]
        ends[path] = next((end for end in every if shared[end.casefold()] == 1), path)
    return ends


def folded(text: str) -> str:
    """The text in small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))
