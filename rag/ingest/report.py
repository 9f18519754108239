"""What an ingest did, record by record. Plain records; knows nothing of how it is done or shown."""

from dataclasses import dataclass
from pathlib import Path

from rag.core.domain import Note, Rejected


@dataclass(frozen=True, slots=True)
class FileRejected:
    """A rejected record and the file it stands in."""

    file: Path
    record: Rejected


@dataclass(frozen=True, slots=True)
class FileNote:
    """What was left out of a record or guessed, and the file it stands in."""

    file: Path
    note: Note


@dataclass(frozen=True, slots=True)
class Merged:
    """A record that went into a paper together with others: where it stands, its id, the paper's id, and why."""

    file: Path
    line: int
    id: str
    paper_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did: ids of papers; records that went into another record's paper; records that were refused, with the reason;
    what was left out of records that went in; files of which nothing did."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    rejected: tuple[FileRejected, ...] = ()
    merged: tuple[Merged, ...] = ()
    notes: tuple[FileNote, ...] = ()
    fruitless: tuple[Path, ...] = ()
