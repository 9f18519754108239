"""Which papers were merged from which records, and one record taken out of its paper for good.

Owns reading the merges of the table `records`, and the one change that undoes a merge. Knows nothing of when records are one paper.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.core.domain import Paper
from rag.ingest.chunks import EmbeddedPaper
from rag.ingest.merging import Record, TakenIn
from rag.library import records
from rag.library.sqlite import Database
from rag.library.tables import insert


@dataclass(frozen=True, slots=True)
class Variant:
    """A record of a paper that has several: its id, and what tells its version."""

    id: str
    year: int | None
    venue: str | None
    doi: str | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Split:
    """A paper to be made two: its id, the two papers with their records, and the pairs of records that are never merged again."""

    paper_id: str
    alone: Paper
    rest: Paper
    taken: tuple[TakenIn, TakenIn]
    apart: tuple[tuple[str, str], ...]


def merged_papers(database: Database) -> Iterator[tuple[str, list[Record]]]:
    """The id of each paper that was merged from several records, with these, in the order in which the papers came in."""
    if not database.has_table("records"):
        return
    statement = (
        "SELECT DISTINCT papers.key, papers.id FROM records JOIN papers ON papers.id = records.paper "
        "WHERE record IS NOT NULL ORDER BY papers.key"
    )
    for _, paper_id in list(database.rows(statement)):
        yield paper_id, records.records_of(database, Paper(paper_id, "", ""))


def variants(database: Database, paper_id: str) -> list[Variant]:
    """The records that a paper was merged from; none where it has one alone."""
    found = records.records_of(database, Paper(paper_id, "", ""))
    if len(found) < 2:
        return []
    return [
        Variant(paper.id, paper.year, paper.venue, paper.doi, paper.version or record.version or None)
        for record in found
        for paper in (record.paper,)
    ]


def split(database: Database, work: Split, embedded: Sequence[EmbeddedPaper]) -> None:
    """Store two papers in the place of one, inside a transaction."""
    connection = database.connection
    origins = list(connection.execute("SELECT source, added FROM origins WHERE paper = ?", (work.paper_id,)))
    connection.execute("DELETE FROM papers WHERE id = ?", (work.paper_id,))
    connection.execute("DELETE FROM records WHERE paper = ?", (work.paper_id,))
    connection.execute("DELETE FROM origins WHERE paper = ?", (work.paper_id,))
    for item in embedded:
        insert(connection, item)
    records.write(database, work.taken)
    connection.executemany("INSERT OR IGNORE INTO apart VALUES (?, ?)", work.apart)
    names = dict(connection.execute("SELECT key, name FROM sources").fetchall())
    for one in work.taken:
        places = [record.place for record, _ in one.records]
        connection.executemany(
            "INSERT OR IGNORE INTO origins VALUES (?, ?, ?)",
            [(one.paper_id, *origin) for origin in origins if _may_come_from(names.get(origin[0], ""), places)],
        )


def _may_come_from(source: str, places: Iterable[str]) -> bool:
    """Whether a file brought one of the records, or may have where a place is not known."""
    return any(not place or place == source or place.startswith(f"{source}, line ") for place in places)
