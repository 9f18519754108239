"""Zotero's own database (zotero.sqlite), read only: papers with their creators, what is in the bin left out.

The tables: https://github.com/zotero/zotero, resource/schema. It is opened `immutable`: nothing is written beside it and no lock is
taken, so it can be read while Zotero runs; what Zotero has not written into the file itself is not seen then. How an item's fields are
understood is in `zotero_items`.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rag.core.domain import Note, Rejected
from rag.core.errors import SourceError
from rag.core.escaping import counted
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.zotero_items import NO_PAPERS

_MAGIC = b"SQLite format 3\x00"
_NEEDED = frozenset("items itemTypes itemData itemDataValues creators itemCreators creatorTypes".split())
_OWN = frozenset(("papers", "windows"))
_DATES = frozenset(("date", "dateDecided", "dateEnacted", "issueDate", "filingDate"))
_BATCH = 500
_UNREADABLE = "{path} is a database that cannot be read as Zotero's: {error}. Is it a whole copy?"
_MARKS = {
    "deletedItems": "deleted item",
    "feedItems": "item of a feed",
}
"""Tables of items that are not in the library, and what they are called."""

_ITEMS = """
SELECT items.itemID, itemTypes.typeName, items.key FROM items JOIN {types} AS itemTypes USING (itemTypeID) ORDER BY items.itemID
"""
_DATA = """
SELECT itemData.itemID, fields.fieldName, itemDataValues.value
FROM itemData JOIN {fields} AS fields USING (fieldID) JOIN itemDataValues USING (valueID)
WHERE itemData.itemID BETWEEN ? AND ?
"""
_CREATORS = """
SELECT itemCreators.itemID, creatorTypes.creatorType, {names}
FROM itemCreators JOIN creators USING (creatorID) {joined} JOIN creatorTypes USING (creatorTypeID)
WHERE itemCreators.itemID BETWEEN ? AND ? ORDER BY itemCreators.itemID, itemCreators.orderIndex
"""


def recognises(head: bytes) -> bool:
    """Whether a file is a database of SQLite; which one, its tables tell."""
    return head.startswith(_MAGIC)


def read(path: Path) -> Iterator[Entry | Rejected | Note]:
    """The papers of a database by the order in which they were added; their line is the number that Zotero gives them.

    Raises:
        SourceError: it is another database, or damaged.
    """
    left_out: Counter[str] = Counter()
    try:
        with closing(_opened(path)) as database:
            if path.with_name(f"{path.name}-wal").exists() or path.with_name(f"{path.name}-journal").exists():
                yield Note(
                    0, "Zotero seems to be running: the newest items may be missing. Close it and read the file again"
                )
            tables = _tables(database)
            items = database.execute(_ITEMS.format(types=_of_all(database, tables, "itemTypes"))).fetchall()
            elsewhere = {number: name for table, name in _MARKS.items() for number in _numbers(database, tables, table)}
            retracted = frozenset(_numbers(database, tables, "retractedItems"))
            for start in range(0, len(items), _BATCH):
                batch = items[start : start + _BATCH]
                fields = _fields(database, tables, batch[0][0], batch[-1][0])
                for number, kind, key in batch:
                    if what := elsewhere.get(number) or NO_PAPERS.get(kind):
                        left_out[what] += 1
                        continue
                    record = {"itemType": kind, "key": key, **fields.get(number, {})}
                    if number in retracted:
                        record["is_retracted"] = True
                    record.setdefault("creators", [])
                    yield entry_of(record, number, raw=json.dumps(record, ensure_ascii=False))
    except sqlite3.Error as error:
        raise SourceError(_UNREADABLE.format(path=path, error=error)) from error
    if left_out:
        named = ", ".join(counted(number, kind) for kind, number in sorted(left_out.items()))
        yield Note(0, f"left out, as no papers: {named}")


def count(path: Path) -> int:
    """How many items there are that are papers and not in the bin.

    Raises:
        SourceError: as `read`.
    """
    kinds = ", ".join(f"'{name}'" for name in NO_PAPERS)
    try:
        with closing(_opened(path)) as database:
            tables = _tables(database)
            query = f"SELECT count(*) FROM items WHERE itemTypeID NOT IN (SELECT itemTypeID FROM itemTypes WHERE typeName IN ({kinds}))"
            for table in tables & _MARKS.keys():
                query += f" AND itemID NOT IN (SELECT itemID FROM {table})"
            return int(database.execute(query).fetchone()[0])
    except sqlite3.Error as error:
        raise SourceError(_UNREADABLE.format(path=path, error=error)) from error


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    tables = _tables(database)
    if tables >= _NEEDED:
        return database
    database.close()
    if tables >= _OWN:
        raise SourceError(
            f"{path} is a library of citewise, not a file of papers. Write its papers out with `citewise papers --json`"
        )
    raise SourceError(f"{path} is a database, and not Zotero's. Export its papers as RIS, BibTeX or CSV")


def _tables(database: sqlite3.Connection) -> frozenset[str]:
    return frozenset(
        name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    )


def _numbers(database: sqlite3.Connection, tables: frozenset[str], table: str) -> Iterator[int]:
    """The items that a table names."""
    if table in tables:
        yield from (number for (number,) in database.execute(f"SELECT itemID FROM {table}"))


def _fields(database: sqlite3.Connection, tables: frozenset[str], first: int, last: int) -> dict[int, dict[str, Any]]:
    """{number: fields with creators} of the items between two numbers."""
    found: dict[int, dict[str, Any]] = {}
    query = _DATA.format(fields=_of_all(database, tables, "fields"))
    for number, name, value in database.execute(query, (first, last)):
        # Dates stand in the order of their parts, and as they were written: "2019-03-00 March 2019".
        found.setdefault(number, {})[name] = str(value).partition(" ")[0] if name in _DATES else value
    old = "creatorData" in tables and "firstName" not in _columns(database, "creators")
    query = _CREATORS.format(
        names="creatorData.firstName, creatorData.lastName, creatorData.fieldMode"
        if old
        else "firstName, lastName, fieldMode",
        joined="JOIN creatorData USING (creatorDataID)" if old else "",
    )
    for number, kind, given, family, mode in database.execute(query, (first, last)):
        person = {"name": family} if mode == 1 or not given else {"firstName": given, "lastName": family}
        found.setdefault(number, {}).setdefault("creators", []).append({"creatorType": kind, **person})
    return found


def _of_all(database: sqlite3.Connection, tables: frozenset[str], name: str) -> str:
    """The table that also has what people have defined of their own, where it is filled; else the one with what Zotero defines."""
    combined = f"{name}Combined"
    is_filled = combined in tables and database.execute(f"SELECT 1 FROM {combined} LIMIT 1").fetchone() is not None
    return combined if is_filled else name


def _columns(database: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(row[1] for row in database.execute(f"PRAGMA table_info({table})"))
