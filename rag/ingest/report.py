"""What an ingest did, record by record. Plain records; knows nothing of how it is done or shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.core.domain import Note, Rejected
from rag.ingest.fates import FileCount, Told


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
    """What an ingest did, or would do: ids of papers; records that went into another record's paper; records that were refused, with
    the reason; what was left out of records that went in; what was named and of which nothing went in.

    `files` has the count of every file; `told` what became of each record about which there is something to say.
    """

    added: Sequence[str] = ()
    updated: Sequence[str] = ()
    unchanged: Sequence[str] = ()
    rejected: Sequence[FileRejected] = ()
    merged: Sequence[Merged] = ()
    notes: Sequence[FileNote] = ()
    fruitless: Sequence[Path] = ()
    files: Sequence[FileCount] = ()
    told: Sequence[Told] = ()

    @property
    def has_read(self) -> bool:
        """Whether any file was read: those that did not change are not."""
        return any(not item.since for item in self.files)
