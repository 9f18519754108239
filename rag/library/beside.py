"""What a library keeps beside its papers, taken over from a damaged file: merged records, and which files brought which papers."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

_KEPT_BESIDE = {
    "records": ("id, record_hash, paper, version, record, reason, place", "the records that papers were merged from"),
    "apart": ("one, other", "the merges that were taken back for good"),
    "sources": ("key, name, read_at", "the names of the files that papers came from"),
    "origins": ("paper, source, added", "which file brought which paper; it comes back when they are ingested"),
}


def copy_records(source: sqlite3.Connection, new: sqlite3.Connection, kept: set[str]) -> list[str]:
    """Copy what kept papers were merged from and where they came from, as far as it can be read; what is lost of it, as phrases.

    What a lost paper was merged from is left out: its records would count as taken in.

    The hashes of the sources are left out: each file is read again when it is named, so that what was lost comes back with it.
    """
    lost: list[str] = []
    known: set[int] = set()
    for table, (columns, what) in _KEPT_BESIDE.items():
        try:
            for row in _rows(source, table, columns.split(", ")):
                if table == "sources":
                    known.add(row["key"])
                    row = {**row, "sha256": "", "told": "{}"}
                if row.get("paper", "") in {*kept, ""} and row.get("source") in {*known, None} and _is_json(row):
                    _add(new, table, row)
        except sqlite3.Error:
            lost.append(f"some of {what}")
    return lost


def _is_json(row: dict[str, Any]) -> bool:
    try:
        return bool(json.loads(row.get("record") or "{}") or True)
    except (ValueError, TypeError):
        return False


def _rows(source: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of a table with those of the columns that it has; none where an older library lacks the table."""
    there = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
    found = [name for name in columns if name in there]
    for row in source.execute(f"SELECT {', '.join(found)} FROM {table}") if found else ():
        yield dict(zip(found, row, strict=True))


def _add(new: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    new.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
