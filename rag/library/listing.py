"""The papers of one state of a library in the order of a column: what each is sorted by, and what a flag means.

Owns the orders, and that what is unknown is last in them. They are kept in memory: SQLite would read every record for each part of a
table, and knows the alphabet of ASCII alone. Knows nothing of filters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rag.core.domain import STATUSES
from rag.library.choices import folded, short_names
from rag.library.sqlite import Database

Column = Literal["title", "authors", "year", "venue", "source", "added", "flags"]
Flag = Literal["status", "bare", "merged", "versions"]
"""Something became of it, such as a retraction; it has no abstract; it was merged from records of several ids; it has several
versions."""
COLUMNS: tuple[Column, ...] = get_args(Column)
FLAGS: tuple[Flag, ...] = get_args(Flag)
_WEIGHTS: Mapping[Flag, int] = {"bare": 4, "merged": 2, "versions": 1}
_STATUS_WEIGHT = 8
_SIGNS = re.compile(r"^\W+")
_PAPERS = (
    "SELECT key, id, title, abstract = '', json_extract(details, '$.authors[0]'), json_extract(details, '$.year'), "
    "json_extract(details, '$.venue'), json_extract(details, '$.status') FROM papers ORDER BY key"
)
_ORIGINS = "SELECT paper, source, added FROM origins ORDER BY paper, added, source"
_RECORDS = (
    "SELECT paper, count(DISTINCT id), count(DISTINCT nullif(version, 0)) FROM records "
    "WHERE record IS NOT NULL GROUP BY paper"
)


@dataclass(slots=True)
class Known:
    """What a paper is sorted by; None is unknown."""

    key: int
    id: str
    title: str | None
    authors: str | None
    year: int | None
    venue: str | None
    status: int
    bare: bool
    sources: tuple[str, ...] = ()
    source: str | None = None
    added: str | None = None
    records: int = 1
    versions: int = 1
    flagged: tuple[Flag, ...] = ()

    @property
    def flags(self) -> int | None:
        """What it is sorted by: the gravest of all is the highest."""
        return _STATUS_WEIGHT * self.status + sum(_WEIGHTS[flag] for flag in self.flagged if flag in _WEIGHTS) or None

    def flag(self) -> None:
        """Find out its flags, once all else is known."""
        which = (self.status > 0, self.bare, self.records > 1, self.versions > 1)
        self.flagged = tuple(flag for flag, has in zip(FLAGS, which, strict=True) if has)


class Table:
    """All papers of one state of a library, and the orders that were asked for."""

    def __init__(self, known: Sequence[Known], revision: int, files: Mapping[str, str]) -> None:
        self.by_key = {one.key: one for one in known}
        self.by_id = {one.id: one for one in known}
        self.revision = revision
        self.files = files  # by the path of each the name that is shown
        self.known = frozenset(
            column for column in COLUMNS if any(getattr(one, column) is not None for one in self.by_key.values())
        )
        """The columns in which some paper has something."""
        self._orders: dict[tuple[Column, bool], list[Known]] = {}

    def order(self, column: Column, descending: bool) -> list[Known]:
        """All papers; of equal ones the one that came in first is first, and unknown ones are last, in either direction."""
        if (column, descending) not in self._orders:
            known: list[Known] = []
            unknown: list[Known] = []
            for one in self.by_key.values():
                (unknown if getattr(one, column) is None else known).append(one)
            known.sort(key=lambda one: getattr(one, column), reverse=descending)
            self._orders[column, descending] = known + unknown
        return self._orders[column, descending]


def read_table(database: Database, revision: int) -> Table:
    """The papers of a library, within a snapshot."""
    files = _files(database)
    return Table(_read(database, files), revision, files)


def _read(database: Database, files: Mapping[str, str]) -> list[Known]:
    """All papers, in the order in which they came in."""
    every = [
        Known(
            key,
            identifier,
            _sorted_by(title),
            _family(author) if author else None,
            year,
            _sorted_by(venue or ""),
            STATUSES.index(status) if status in STATUSES else 0,
            bool(bare),
        )
        for key, identifier, title, bare, author, year, venue, status in database.rows(_PAPERS)
    ]
    by_id = {one.id: one for one in every}
    if files:
        _add_origins(database, by_id, files)
    if database.has_table("records"):
        for paper, ids, versions in database.rows(_RECORDS):
            if paper in by_id:
                by_id[paper].records, by_id[paper].versions = ids, max(versions, 1)
    for one in every:
        one.flag()
    return every


def _files(database: Database) -> dict[str, str]:
    """The path of each file that brought papers, and the name that is shown of it. A library of an older schema knows none."""
    if not database.has_table("origins"):
        return {}
    return short_names([path for (path,) in database.rows("SELECT name FROM sources")])


def _add_origins(database: Database, by_id: Mapping[str, Known], files: Mapping[str, str]) -> None:
    names = {key: files[path] for key, path in database.rows("SELECT key, name FROM sources")}
    sort_keys = {name: _sorted_by(name) for name in names.values()}
    for paper, source, added in database.rows(_ORIGINS):
        one = by_id.get(paper)
        if one is not None and source in names:
            one.sources = (*one.sources, names[source])
            if one.added is None:
                one.added, one.source = added, sort_keys[names[source]]


def _sorted_by(text: str) -> str | None:
    """Without case, accents and what stands before the first letter or digit."""
    small = folded(text).strip()
    return _SIGNS.sub("", small) or small or None


def _family(author: str) -> str | None:
    """The name with the family's first, as far as that can be told of a name without a comma."""
    name = author.strip()
    if "," not in name:
        given, _, family = name.rpartition(" ")
        name = f"{family}, {given}"
    return _sorted_by(name)
