"""What became of each record of a file, and whether as many are told of as the file holds. Plain records; pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.core.domain import Paper, Rejected

READER_VERSION = 1
"""Raised whenever readers take more, or something else, from files: files are then read again although they did not change."""

Fate = Literal["new", "updated", "unchanged", "merged", "rejected", "without abstract"]
FATES: tuple[Fate, ...] = ("new", "updated", "unchanged", "merged", "rejected", "without abstract")
"""A record has exactly one: it made a paper, gave its paper another text or details, was there already, went into the paper of another
record, was refused, or made a paper of which only the title is known."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one record, and why. `paper_id` is the paper that it went into, "" where it was refused; `raw` is the beginning of
    what stands in the file."""

    file: Path
    line: int
    fate: Fate
    id: str = ""
    title: str = ""
    reason: str = ""
    paper_id: str = ""
    notes: tuple[str, ...] = ()
    raw: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to say about it."""
        return self.fate in ("new", "updated", "unchanged") and not self.notes


@dataclass(frozen=True, slots=True)
class FileCount:
    """A file, how many records it holds by an independent count (None: it cannot be counted), and how many had which fate.

    `since` is when it was read where it has not changed since then (UTC, ISO 8601); `problem` is why it cannot be read, or not to its
    end.
    """

    file: Path
    counted: int | None
    fates: Mapping[Fate, int]
    since: str = ""
    problem: str = ""

    @property
    def told(self) -> int:
        """How many of its records have a fate."""
        return sum(self.fates.values())

    @property
    def difference(self) -> int:
        """How many records more were counted than have a fate; below 0 where there are fewer; 0 where it cannot be counted."""
        return 0 if self.counted is None else self.counted - self.told

    @property
    def is_fruitless(self) -> bool:
        """Whether none of its records is in the library."""
        return self.told == self.fates.get("rejected", 0)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What a library knows of a file that it has taken in: its name then, when that was (UTC, ISO 8601), how many records it held by an
    independent count, how many had which fate, and the ids of the papers that it brought."""

    name: str
    read_at: str
    counted: int | None
    fates: Mapping[Fate, int]
    papers: Sequence[str] = ()


def fate_of(paper: Paper, *, is_new: bool) -> Fate:
    """The fate of the record that a paper is made of, or that gave it another text or details."""
    return "without abstract" if not paper.abstract else "new" if is_new else "updated"


def is_record(item: Rejected) -> bool:
    """Whether what was rejected is a record, and not the file as a whole."""
    return bool(item.line or item.title or item.raw)


def unchanged(file: Path, known: KnownFile) -> FileCount:
    """The count of a file that has not changed since it was read: what went in then is unchanged now."""
    refused = known.fates.get("rejected", 0)
    kept = sum(known.fates.values()) - refused
    return FileCount(file, known.counted, {"unchanged": kept, "rejected": refused}, known.read_at)
