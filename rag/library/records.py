"""The records that papers were merged from: which have been taken in, and to which paper an id given up leads.

Owns the table `records`. A library that was written before there was one has none; it is read as if the table were empty.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rag.core.domain import Paper
from rag.ingest.merging import OPENING_CHARS, Outline, Record, TakenIn
from rag.library.sqlite import Database
from rag.library.tables import details_of, paper_of

_NAMES = ("doi", "arxiv_id", "pmid", "pmcid", "acl_id", "isbn")


def taken_in(database: Database, ids: Iterable[str] | None = None) -> dict[tuple[str, str], str]:
    """{(id, record hash): paper id} of all records, or of those of these ids."""
    if not database.has_table("records"):
        return {}
    statement = "SELECT id, record_hash, paper FROM records"
    rows = database.rows(statement) if ids is None else database.rows_for(f"{statement} WHERE id IN ({{}})", ids)
    return {(row[0], row[1]): row[2] for row in rows}


def leads_to(database: Database, identifiers: Iterable[str]) -> list[str]:
    """The ids of the papers that took in records of these ids."""
    if not database.has_table("records"):
        return []
    rows = database.rows_for("SELECT DISTINCT paper FROM records WHERE id IN ({})", identifiers)
    return list(dict.fromkeys(row[0] for row in rows))


def records_of(database: Database, paper: Paper) -> list[Record]:
    """The records that a paper was merged from, in the order in which they came; the paper itself where it has one alone."""
    rows = _rows_of(database, paper.id)
    merged = [Record(_paper(row[0], row[2]), row[1], row[3], row[4]) for row in rows if row[2]]
    return merged or [Record(paper, *(rows[0][1], rows[0][3]) if rows else (0,))]


def write(database: Database, taken: Sequence[TakenIn]) -> None:
    """Replace what is known of the papers' records, inside a transaction."""
    connection = database.connection
    connection.executemany("DELETE FROM records WHERE paper = ?", [(item.paper_id,) for item in taken])
    connection.executemany(
        "INSERT OR REPLACE INTO records (id, record_hash, paper, version, record, place, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                record.paper.id,
                digest,
                item.paper_id,
                record.version,
                _json(number, record.paper) if len(item.records) > 1 else None,
                record.place,
                record.reason,
            )
            for item in taken
            for number, (record, digest) in enumerate(item.records)
        ],
    )


def outlines(database: Database) -> Iterator[Outline]:
    """What each paper can be recognised by."""
    for identifier, title, abstract, text in database.rows(
        f"SELECT id, title, substr(abstract, 1, {OPENING_CHARS}), details FROM papers"
    ):
        details = json.loads(text)
        names = {name: details.get(name) for name in _NAMES}
        yield Outline(identifier, title, abstract, **names, aliases=tuple(details.get("aliases", ())))


def apart(database: Database) -> frozenset[tuple[str, str]]:
    """Pairs of ids of records that are never of one paper, the lesser id first."""
    if not database.has_table("apart"):
        return frozenset()
    return frozenset((row[0], row[1]) for row in database.rows("SELECT one, other FROM apart"))


def _rows_of(database: Database, paper_id: str) -> list[Any]:
    if not database.has_table("records"):
        return []
    further = "place, reason" if database.has_table("apart") else "'', ''"
    rows = database.rows(f"SELECT id, version, record, {further} FROM records WHERE paper = ?", (paper_id,))
    return sorted(rows, key=lambda row: json.loads(row[2])["number"] if row[2] else 0)


def _json(number: int, paper: Paper) -> str:
    kept = {"number": number, "title": paper.title, "abstract": paper.abstract, "details": details_of(paper)}
    return json.dumps(kept, ensure_ascii=False)


def _paper(identifier: str, record: str) -> Paper:
    kept = json.loads(record)
    return paper_of(identifier, kept["title"], kept["abstract"], kept["details"])
