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
from rag.library.bearings import Bearings, Keys
from rag.library.choosing import keys_of
from rag.library.files import database_file
from rag.library.filtering import words_in
from rag.library.sqlite import Database, mapped_errors
from rag.library.store import Library

Kind = Literal["authors", "venues", "sources"]
_OF_SOURCES = (
    "SELECT s.name, count(*) FROM origins o JOIN sources s ON s.key = o.source "
    "JOIN papers p ON p.id = o.paper GROUP BY s.key"
)
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
        self._keys = Kept[PaperFilter, Keys](_KEPT)
        self._bearings: Bearings | None = None

    def names(self, kind: Kind, words: str, limit: int) -> Names:
        """The first `limit` names that hold all of these words, or their beginnings, without regard to case and accents."""
        with self._lock, self._newest():
            if kind not in self._names:
                with self._library.beside() as database, database.snapshot():
                    self._names[kind] = _in_order(_counted(self._known(database), database, kind))
            every = self._names[kind]
        wanted = folded(words).split()
        found = [one for one in every if all(word in one.folded for word in wanted)]
        return Names(tuple((one.name, one.papers) for one in found[:limit]), len(found), len(every))

    def count(self, chosen: PaperFilter) -> int:
        """How many papers a filter means."""
        return self._library.count() if chosen.is_empty else len(self.keys(chosen))

    def keys(self, chosen: PaperFilter) -> Keys:
        """The keys of the papers that a filter means, which is not the empty one. Each kind of what it holds is looked up once, so that
        changing another one is quick."""
        with self._lock, self._newest():
            found = sorted((self._any_of(part) for part in chosen.parts), key=len)
        return found[0].intersection(*found[1:])

    def _any_of(self, part: PaperFilter) -> Keys:
        """The papers that a filter of one kind means; each of its names and words is remembered by itself."""
        if part.authors:
            return Keys().union(*(self._keys.get(PaperFilter(authors=(one,)), self._keys_of) for one in part.authors))
        if part.venues:
            return Keys().union(*(self._keys.get(PaperFilter(venues=(one,)), self._keys_of) for one in part.venues))
        if part.text and (words := words_in(part.text)):
            first, *others = (self._keys.get(PaperFilter(text=word), self._keys_of) for word in words)
            return first.intersection(*others)
        return self._keys.get(part, self._keys_of)

    def _keys_of(self, part: PaperFilter) -> Keys:
        """The papers that a filter of one value means."""
        with self._library.beside() as database, database.snapshot():
            if part.authors:
                return self._known(database).by(part.authors[0])
            if part.venues:
                return self._known(database).published_in(part.venues[0])
            if words_in(part.text):
                return self._known(database).holding(part.text, database)
            if (part.from_year, part.to_year) != (None, None):
                return self._known(database).of_years(part.from_year, part.to_year)
            return frozenset(keys_of(database.connection, part))

    def _known(self, database: Database) -> Bearings:
        if self._bearings is None:
            self._bearings = Bearings.of(database)
        return self._bearings

    @contextmanager
    def _newest(self) -> Iterator[None]:
        """What was counted before the file changed is forgotten. Where papers came from can change without a new revision."""
        of = state_of(self._library)
        if self._of != of:
            self._of = of
            self._names, self._keys, self._bearings = {}, Kept(_KEPT), None
        yield


def state_of(library: Library) -> tuple[int, int]:
    """What changes with the library: its revision, and when its file was written last. The second sees also what has no revision."""
    with mapped_errors(library.folder):
        return library.revision, database_file(library.folder).stat().st_mtime_ns


def _counted(known: Bearings, database: Database, kind: Kind) -> Mapping[str, int]:
    """Per name how many papers there are."""
    if kind != "sources":
        names = known.authors if kind == "authors" else known.venues
        return {name: len(papers) for name, papers in names.papers.items()}
    # A library of an older schema does not know where its papers came from.
    if not database.has_table("origins"):
        return {}
    counted = dict(database.rows(_OF_SOURCES))
    short = short_names(list(counted))
    return {short[name]: papers for name, papers in counted.items()}


def _in_order(counted: Mapping[str, int]) -> tuple[_Name, ...]:
    names = [_Name(name, papers, folded(name)) for name, papers in counted.items() if name]
    return tuple(sorted(names, key=lambda one: (-one.papers, one.folded)))


def short_names(paths: Sequence[str]) -> dict[str, str]:
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
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))
