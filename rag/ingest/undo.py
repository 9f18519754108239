"""A merge undone: which two papers a record and the others of its paper make. Pure but for reading; writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from rag.core.domain import Paper
from rag.core.errors import NoSuchMerge
from rag.ingest.groups import pair
from rag.ingest.identity import record_hash
from rag.ingest.merging import Record, TakenIn
from rag.ingest.versions import merged


class Merged(Protocol):
    """What holds papers and their records; `rag.library.store.Library` is one."""

    def papers(self, ids: Iterable[str] | None = None) -> list[Paper]:
        """The papers of these ids; an id given up in a merge leads to its paper."""
        ...

    def records_of(self, paper: Paper) -> list[Record]:
        """The records that a paper was merged from, in the order in which they came."""
        ...


Halves = tuple[str, tuple[Paper, TakenIn], tuple[Paper, TakenIn], tuple[tuple[str, str], ...]]


def halves(library: Merged, record_id: str) -> Halves:
    """The id of the paper that has a record, the paper of this record alone, that of the others, each with its records, and which pairs
    of records are apart from now on. The others keep the paper's id, or take that of their first record where it was this record's.

    Raises:
        NoSuchMerge: no paper was merged from this record and others.
    """
    paper = next(iter(library.papers([record_id])), None)
    if paper is None:
        raise NoSuchMerge(
            f"no paper and no record has the id {record_id!r}; `citewise merges` lists those that were merged"
        )
    records = library.records_of(paper)
    out = [record for record in records if record.paper.id == record_id]
    rest = [record for record in records if record.paper.id != record_id]
    if not out:
        names = ", ".join(dict.fromkeys(record.paper.id for record in records))
        raise NoSuchMerge(f"{record_id!r} is no record's id; the records of this paper are: {names}")
    if not rest:
        raise NoSuchMerge(f"the paper {paper.id!r} was not merged with another record; there is nothing to undo")
    kept = paper.id if paper.id != record_id else rest[0].paper.id
    apart = tuple(dict.fromkeys(pair(record_id, record.paper.id) for record in rest))
    return paper.id, _made(out, record_id), _made(rest, kept), apart


def _made(records: Sequence[Record], identifier: str) -> tuple[Paper, TakenIn]:
    first = replace(records[0], reason="")
    every = (first, *records[1:])
    paper = merged(every, identifier) if len(every) > 1 else replace(first.paper, id=identifier)
    return paper, TakenIn(identifier, tuple((record, record_hash(record.paper)) for record in every))
