"""The papers of a library as a table: a part of it at a time, and one paper with all that is kept of it.

The orders are in `listing`, made once for each state of the library; which papers a filter means says `choices`.
"""

import re
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.core.domain import Paper
from rag.core.errors import LibraryDamaged
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.core.text import clean
from rag.ingest.merging import Record
from rag.library import queries, records
from rag.library.choices import Choices, state_of
from rag.library.filtering import words_in
from rag.library.listing import Column, Flag, Known, Table, read_table
from rag.library.sqlite import Database, way_out
from rag.library.store import Library
from rag.library.tables import stored_paper

_TRIES = 3
_ORIGINS_OF = (
    "SELECT s.name, o.added FROM origins o JOIN sources s ON s.key = o.source WHERE o.paper = ? ORDER BY o.added, s.key"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which papers, and in which order: those that a filter means, hold all of the words, and have the flag where one is given."""

    chosen: PaperFilter = EVERY_PAPER
    words: str = ""
    flag: Flag | None = None
    column: Column = "added"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A paper with the names of the files that brought it, the first one first, when it came in (UTC, ISO 8601; "": not known), and of
    how many records and versions it was merged (1: of one)."""

    paper: Paper
    sources: tuple[str, ...] = ()
    added: str = ""
    records: int = 1
    versions: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table from row `start` on. `found` counts all papers that are wanted, `left` those that filter and words leave,
    `chosen` those that the filter leaves, `every` those of the library, `flags` of those that are left the ones with each flag; `place`
    is the row of the paper that was asked for, None where it is not among them. `known` are the columns in which some paper here has
    something, `revision` is the library's."""

    rows: tuple[Row, ...]
    start: int
    found: int
    left: int
    chosen: int
    every: int
    flags: Mapping[Flag, int]
    place: int | None
    known: frozenset[Column]
    revision: int


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is kept of a paper: its row, the records that it was merged from (its own alone where there is one), and which files
    brought it when, as names and UTC times in ISO 8601."""

    row: Row
    records: tuple[Record, ...]
    origins: tuple[tuple[str, str], ...] = ()


class Catalogue:
    """The table of a library, made anew where the library has changed. Any thread may ask."""

    def __init__(self, library: Library, choices: Choices) -> None:
        self._library = library
        self._choices = choices
        self._lock = threading.Lock()
        self._of: tuple[int, int] | None = None
        self._kept = Table((), 0, {})

    def part(self, wanted: Wanted, start: int, limit: int, near: str = "") -> Part:
        """At most `limit` rows from row `start` on (0-based); `near` is the id of a paper whose row is asked for.

        Raises:
            LibraryError: the library cannot be read.
        """
        table, found, left, chosen = self._found(wanted)
        place = next((n for n, one in enumerate(found) if one.id == near), None) if near else None
        with self._library.beside() as database, database.snapshot():
            rows = self._rows(database, found[start : start + limit])
        flags = Counter(flag for one in left if one.flagged for flag in one.flagged)
        return Part(
            rows, start, len(found), len(left), chosen, len(table.by_key), flags, place, table.known, table.revision
        )

    def ids(self, wanted: Wanted, start: int = 0, stop: int | None = None) -> list[str]:
        """The ids of the papers of these rows."""
        return [one.id for one in self._found(wanted)[1][start:stop]]

    def there(self, ids: Collection[str]) -> list[str]:
        """Those of the ids that are a paper's now."""
        known = self._table().by_id
        return [one for one in ids if one in known]

    def papers(self, wanted: Wanted, most: int) -> tuple[int, list[Paper]]:
        """How many papers are wanted, and the first ones of them in order."""
        found = self._found(wanted)[1]
        with self._library.beside() as database, database.snapshot():
            return len(found), [row.paper for row in self._rows(database, found[:most])]

    def entry(self, paper_id: str) -> Entry | None:
        """A paper with all that is kept of it; an id given up in a merge leads to its paper. None where there is none."""
        paper = next(iter(self._library.papers([paper_id])), None)
        table = self._table()
        known = table.by_id.get(paper.id) if paper else None
        if paper is None or known is None:
            return None
        with self._library.beside() as database, database.snapshot():
            kept = records.records_of(database, paper)
            origins = database.rows(_ORIGINS_OF, (paper.id,)) if table.files else []
        named = tuple(replace(record, place=_shown(record.place, table.files)) for record in kept)
        return Entry(_row(paper, known), named, tuple((table.files.get(path, path), added) for path, added in origins))

    @property
    def state(self) -> tuple[int, int]:
        """The library's revision, and how many papers it holds."""
        table = self._table()
        return table.revision, len(table.by_key)

    def _found(self, wanted: Wanted) -> tuple[Table, list[Known], list[Known], int]:
        """The table, what is wanted of it in order, what is left of it without the flag, and how many papers the filter means."""
        for _ in range(_TRIES):  # the library may change between the two
            table, of = self._table(), self._of
            chosen = None if wanted.chosen.is_empty else self._choices.keys(wanted.chosen)
            keys = chosen
            if words_in(wanted.words):
                holding = self._choices.keys(PaperFilter(text=clean(wanted.words)))
                keys = holding if chosen is None else holding & chosen
            if of == state_of(self._library):
                break
        order = table.order(wanted.column, wanted.descending)
        left = order if keys is None else [one for one in order if one.key in keys]
        found = left if wanted.flag is None else [one for one in left if wanted.flag in one.flagged]
        return table, found, left, len(table.by_key) if chosen is None else len(chosen)

    def _table(self) -> Table:
        with self._lock:
            of = state_of(self._library)
            if self._of != of:
                with self._library.beside() as database, database.snapshot():
                    self._kept = read_table(database, of[0])
                self._of = of
            return self._kept

    def _rows(self, database: Database, some: Sequence[Known]) -> tuple[Row, ...]:
        """Those of the papers that are still there."""
        there = {
            row[0]: row for row in database.rows_for(f"{queries.PAPERS} WHERE id IN ({{}})", [one.id for one in some])
        }
        return tuple(_row(self._paper(there[one.id]), one) for one in some if one.id in there)

    def _paper(self, row: Sequence[str]) -> Paper:
        try:
            return stored_paper(*row)
        except LibraryDamaged as error:
            folder = self._library.folder
            raise LibraryDamaged(f"the library {folder}: {error}; {way_out(folder)}") from error


def _row(paper: Paper, known: Known) -> Row:
    return Row(paper, known.sources, known.added or "", known.records, known.versions)


def _shown(place: str, files: Mapping[str, str]) -> str:
    """The place of a record with the name of its file alone: where a file lies is nobody's business."""
    path, line, number = place.rpartition(", line ")
    path = path if line else place
    return files.get(path, re.split(r"[\\/]", path)[-1]) + (line + number if line else "")
