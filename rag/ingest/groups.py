"""Records of several files -> groups of records of one paper, and the records whose id another paper has.

Owns finding who belongs together, in time that grows with the number of records.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag.core.domain import Paper
from rag.ingest.formats.record import Entry
from rag.ingest.identity import text_hash
from rag.ingest.merging import ALIKE, Key, are_apart, keys_of, likeness, why_same
from rag.ingest.titles import are_told_apart, title_key

_MOST_COMPARED = 20
"""As many papers of one title ("Editorial") a record is compared with; beyond them only records of the same text are found."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record and the file it stands in."""

    file: Path
    entry: Entry

    @property
    def paper(self) -> Paper:
        """The record's paper."""
        return self.entry.paper


@dataclass(slots=True)
class Group:
    """Records of one paper in the order in which they came, each with why it belongs here (the first: "")."""

    members: list[Found] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, found: Found, reason: str) -> None:
        """One more record."""
        self.members.append(found)
        self.reasons.append(reason)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record whose id stands for another text, and the record that has it."""

    found: Found
    holder: Found


def grouped(
    records: Iterable[Found], there: Mapping[str, Found], apart: Collection[tuple[str, str]] = ()
) -> tuple[list[Group], list[Conflict]]:
    """The papers among the records, and the records that cannot be one because their id is another paper's.

    Args:
        there: records of the same files, by id, that the library has taken in before.
        apart: pairs of ids of records that are never of one paper, the lesser id first.
    """
    groups: list[Group] = []
    conflicts: list[Conflict] = []
    of_id: dict[str, int] = {}
    known: dict[Key, list[tuple[int, Paper]]] = defaultdict(list)
    for found in records:
        holder = there.get(found.paper.id)
        if holder and not _same_id(found, holder):
            conflicts.append(Conflict(found, holder))
            continue
        place, reason = _place(found, groups, of_id, known, apart)
        if place is None and found.paper.id in of_id:
            conflicts.append(Conflict(found, groups[of_id[found.paper.id]].members[0]))
            continue
        if place is None:
            place = len(groups)
            groups.append(Group())
        groups[place].add(found, reason)
        of_id.setdefault(found.paper.id, place)
        for key in _keys(found.paper):
            if len(known[key]) < _MOST_COMPARED:
                known[key].append((place, found.paper))
    return groups, conflicts


def _place(
    found: Found,
    groups: list[Group],
    of_id: dict[str, int],
    known: dict[Key, list[tuple[int, Paper]]],
    apart: Collection[tuple[str, str]],
) -> tuple[int | None, str]:
    """The group that a record belongs to, and why."""
    paper = found.paper
    if (place := of_id.get(paper.id)) is not None:
        holder = next(member for member in groups[place].members if member.paper.id == paper.id)
        return (place, reason) if (reason := _same_id(found, holder)) else (None, "")
    for key in _keys(paper):
        for place, other in known[key]:
            if (reason := why_same(paper, other)) and _may_join(paper, groups[place], apart):
                return place, reason
    return None, ""


def _may_join(paper: Paper, group: Group, apart: Collection[tuple[str, str]]) -> bool:
    """Whether nothing says that a record is another paper than one of a group: two articles are not one because a third record, which
    has no DOI, looks like both."""
    return not any(
        pair(paper.id, member.paper.id) in apart or are_apart(paper, member.paper)
        for member in group.members[:_MOST_COMPARED]
    )


def pair(one: str, other: str) -> tuple[str, str]:
    """Two ids of records, the lesser first."""
    return (one, other) if one < other else (other, one)


def _same_id(found: Found, holder: Found) -> str | None:
    """Why two records of one id are of one paper; within a file an id stands for one text."""
    one, other = found.paper, holder.paper
    if text_hash(one.title, one.abstract) == text_hash(other.title, other.abstract):
        return f"the same id {one.id}"
    if reason := why_same(one, other):
        return reason
    if not (one.abstract and other.abstract) and one.title and title_key(one.title) == title_key(other.title):
        return f"the same id {one.id} and title"
    if found.file != holder.file and is_revision(one, other):
        return f"the same id {one.id}; the later file's text is kept"
    return None


def is_revision(one: Paper, other: Paper) -> bool:
    """Whether of two texts of one id one can be a revision of the other: the same title, or much of the same abstract; never two parts
    of a work, or a notice and its article, which may have one DOI."""
    if one.title and other.title and are_told_apart(one.title, other.title):
        return False
    same_title = bool(one.title) and title_key(one.title) == title_key(other.title)
    return same_title or likeness(one.abstract, other.abstract) >= ALIKE


def _keys(paper: Paper) -> list[tuple[str, str]]:
    return [*keys_of(paper), ("whole", text_hash(title_key(paper.title), paper.abstract))]
