"""Records -> what there is to do: merge the records of one paper, and compare the papers with the library.

Owns: which papers are new, changed or unchanged, and which records go into which paper. Writes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from rag.core.domain import Note, Paper, Rejected
from rag.core.escaping import shorten
from rag.ingest.fates import Fate, Told, fate_of
from rag.ingest.formats.record import Entry
from rag.ingest.groups import Found, Group, grouped, is_revision, pair
from rag.ingest.identity import record_hash, text_hash
from rag.ingest.merging import OUTLINED, Outline, Record, TakenIn, are_apart, keys_of, likeness, why_same
from rag.ingest.report import FileNote, FileRejected, IngestReport, Merged
from rag.ingest.versions import merged


class Stored(Protocol):
    """What holds the papers that are there already; `rag.library.store.Library` is one."""

    def hashes(self, ids: Iterable[str] | None = None) -> dict[str, tuple[str, str]]:
        """Per paper id its record hash and its text hash; of all papers, or of those of these ids."""
        ...

    def taken_in(self, ids: Iterable[str] | None = None) -> dict[tuple[str, str], str]:
        """{(id, record hash): paper id} of the records that papers were merged from; of all, or of the records of these ids."""
        ...

    def records_of(self, paper: Paper) -> list[Record]:
        """The records that a paper was merged from, in the order in which they came."""
        ...

    def outlines(self, wanted: Collection[tuple[str, str]] | None = None) -> Iterator[Outline]:
        """What each paper can be recognised by; at least of those that have one of these keys."""
        ...

    def papers(self, ids: Iterable[str] | None = None) -> list[Paper]:
        """The papers of these ids."""
        ...

    def apart(self) -> Collection[tuple[str, str]]:
        """Pairs of ids of records that are never of one paper, the lesser id first."""
        ...


class Earlier(Protocol):
    """What the same ingest has planned before, where it is planned in rounds."""

    def firsts(self, ids: Iterable[str]) -> dict[str, Found]:
        """Of each id the first record that had it."""
        ...

    def brings(self, paper_id: str) -> bool:
        """Whether it adds or changes the paper."""
        ...

    def is_stored(self, identifier: str, digest: str) -> bool:
        """Whether the library itself has taken in the record of this id and hash."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do: papers to embed and store, papers of which only details changed, the records of each, where each paper
    stands, the report so far, what becomes of each record, and the files of which a record was refused for the sake of another file or
    of the library: read another time, it may be taken."""

    texts: tuple[Paper, ...]
    details: tuple[Paper, ...]
    report: IngestReport
    taken: dict[str, TakenIn] = field(default_factory=dict)
    origins: dict[str, Found] = field(default_factory=dict)
    fates: tuple[Told, ...] = ()
    unsettled: frozenset[Path] = frozenset()


def plan(
    library: Stored,
    records: Iterable[Found | Paper],
    rejected: Sequence[FileRejected] = (),
    notes: Sequence[FileNote] = (),
    earlier: Earlier | None = None,
) -> Plan:
    """Merge the records of one paper and compare the papers with the library; a record that was taken in before changes nothing.

    The report also has what was rejected and noted on reading. `earlier` is what the same ingest has planned before.
    """
    every = [Found(Path(), Entry(item)) if isinstance(item, Paper) else item for item in records]
    taken = library.taken_in({found.paper.id for found in every})
    hashes = library.hashes({*(found.paper.id for found in every), *taken.values()})
    unchanged: dict[str, None] = {}
    there = earlier.firsts({found.paper.id for found in every}) if earlier else {}
    new: list[Found] = []
    work = _Work(library, earlier)
    for found in every:
        key = (found.paper.id, record_hash(found.paper))
        paper = key[0] if hashes.get(key[0], ("",))[0] == key[1] else taken.get(key)
        if paper is None:
            new.append(found)
            continue
        there.setdefault(key[0], found)
        if earlier and earlier.brings(paper) and not earlier.is_stored(*key):
            work.merge(found, paper, f"the same id {key[0]}")
            continue
        unchanged[paper] = None
        work.fates.append(told(found, "unchanged", paper_id=paper))
    apart = library.apart()
    groups, conflicts = grouped(new, there, apart)
    refused = [FileRejected(item.found.file, _refused(item.found, item.holder)) for item in conflicts]
    for item, refusal in zip(conflicts, refused, strict=True):
        work.fates.append(told(item.found, "rejected", refusal.record.reason))
    aliases = {name: paper for (name, _), paper in taken.items()}
    stored = _stored(library, groups, hashes.keys(), aliases, apart)
    for group, before in zip(groups, stored, strict=True):
        work.take(group, before)
    report = IngestReport(
        tuple(work.added),
        tuple(work.updated),
        tuple(name for name in unchanged if name not in work.updated),
        (*rejected, *refused, *work.refused),
        tuple(work.merged),
        (*notes, *work.notes),
    )
    texts, details = tuple(work.texts.values()), tuple(work.details.values())
    others = {item.found.file for item in conflicts if item.found.file != item.holder.file}
    unsettled = frozenset(others | {item.file for item in work.refused})
    return Plan(texts, details, report, work.taken, work.origins, tuple(work.fates), unsettled)


def told(found: Found, fate: Fate, reason: str = "", paper_id: str = "", notes: Sequence[str] = ()) -> Told:
    """What became of a record."""
    entry, title = found.entry, shorten(found.paper.title, 200)
    every = (*entry.notes, *notes)
    return Told(found.file, entry.line, fate, found.paper.id, title, reason, paper_id, every, entry.raw)


def _refused(found: Found, holder: Found) -> Rejected:
    same = found.file == holder.file
    place = "in this file" if same else f"in {holder.file}"
    where = f"{place}, line {holder.entry.line}" if holder.entry.line else place
    reason = f"id {found.paper.id!r} is already used {where} for another text ({shorten(holder.paper.title, 60)!r})"
    return Rejected(found.entry.line, reason, shorten(found.paper.title, 200))


def _stored(
    library: Stored,
    groups: Sequence[Group],
    ids: Iterable[str],
    aliases: dict[str, str],
    apart: Collection[tuple[str, str]],
) -> list[tuple[Paper, str] | None]:
    """Per group the paper of the library that its records belong to, and why ("" by its id)."""
    known = set(ids)
    by_id = [
        next(
            (
                name
                for member in group.members
                for name in (member.paper.id, aliases.get(member.paper.id))
                if name in known
            ),
            None,
        )
        for group in groups
    ]
    keys = [
        {key for member in group.members for key in keys_of(member.paper)} if by_id[n] is None else set()
        for n, group in enumerate(groups)
    ]
    wanted = set().union(*keys) if keys else set()
    candidates: dict[tuple[str, str], list[str]] = {}
    if wanted:
        for outline in library.outlines(wanted):
            paper = Paper(**{name: getattr(outline, name) for name in OUTLINED})
            for key in keys_of(paper):
                if key in wanted and len(candidates.setdefault(key, [])) < 20:
                    candidates[key].append(outline.id)
    needed = {name for name in by_id if name} | {name for names in candidates.values() for name in names}
    papers = {paper.id: paper for paper in library.papers(needed)} if needed else {}
    return [
        (papers[name], "")
        if name
        else _match(group, [papers[one] for key in of_group for one in candidates.get(key, ())], apart)
        for group, name, of_group in zip(groups, by_id, keys, strict=True)
    ]


def _match(group: Group, candidates: Iterable[Paper], apart: Collection[tuple[str, str]]) -> tuple[Paper, str] | None:
    """The paper of the library that is most like the records of a group, and why."""
    best: tuple[float, Paper, str] | None = None
    for paper in dict.fromkeys(candidates):
        if any(_are_apart(member.paper, paper, apart) for member in group.members):
            continue
        for member in group.members:
            if reason := why_same(member.paper, paper):
                share = likeness(member.paper.abstract, paper.abstract)
                if best is None or share > best[0]:
                    best = share, paper, reason
                break
    return best[1:] if best else None


def _are_apart(record: Paper, paper: Paper, apart: Collection[tuple[str, str]]) -> bool:
    return are_apart(record, paper) or any(pair(record.id, name) in apart for name in (paper.id, *paper.aliases))


class _Work:
    """What there is to do, as it is collected group by group."""

    def __init__(self, library: Stored, earlier: Earlier | None) -> None:
        self.library, self.earlier = library, earlier
        self.added: dict[str, None] = {}
        self.updated: dict[str, None] = {}
        self.merged: list[Merged] = []
        self.notes: list[FileNote] = []
        self.refused: list[FileRejected] = []
        self.fates: list[Told] = []
        self.texts: dict[str, Paper] = {}
        self.details: dict[str, Paper] = {}
        self.taken: dict[str, TakenIn] = {}
        self.origins: dict[str, Found] = {}
        self._records: dict[str, list[Record]] = {}

    def take(self, group: Group, before: tuple[Paper, str] | None) -> None:
        """The paper of a group: a new one, or one of the library with these records added."""
        stored, why = before or (None, "")
        old: list[Record] = []
        if stored:
            old = self._records.get(stored.id) or self.library.records_of(stored)
        coming = self._fitting(group, old)
        if not coming:
            return
        first = coming[0][0]
        identifier = stored.id if stored else first.paper.id
        if stored and not why and self._has(identifier):
            why = _same_id(first.paper, old)
        records = _renewed(old, [(member, reason) for member, reason, _ in coming], why)
        paper = merged(records, identifier) if len(records) > 1 else replace(records[0].paper, id=identifier)
        self._records[identifier] = records
        self.origins.setdefault(identifier, first)
        if len(records) > 1 or records[0].version:
            self.taken[identifier] = TakenIn(
                identifier, tuple((record, record_hash(record.paper)) for record in records)
            )
        self._plan(paper, stored)
        for place, (member, reason, notes) in enumerate(coming):
            if place or why:
                self.merge(member, identifier, reason or why, notes)
            else:
                self.fates.append(told(member, fate_of(paper, is_new=stored is None), "", identifier, notes))

    def merge(self, found: Found, paper_id: str, reason: str, notes: Sequence[str] = ()) -> None:
        """Tell that a record goes into the paper of others."""
        self.merged.append(Merged(found.file, found.entry.line, found.paper.id, paper_id, reason))
        self.fates.append(told(found, "merged", reason, paper_id, notes))

    def _has(self, paper_id: str) -> bool:
        """Whether a record of this ingest has brought or changed the paper before."""
        here = paper_id in self.added or paper_id in self.updated
        return here or (self.earlier is not None and self.earlier.brings(paper_id))

    def _plan(self, paper: Paper, stored: Paper | None) -> None:
        if paper.id not in self.added:
            (self.updated if stored else self.added)[paper.id] = None
        is_text = stored is None or text_hash(stored.title, stored.abstract) != text_hash(paper.title, paper.abstract)
        wanted, other = (self.texts, self.details) if is_text else (self.details, self.texts)
        other.pop(paper.id, None)
        wanted[paper.id] = paper

    def _fitting(self, group: Group, old: Sequence[Record]) -> list[tuple[Found, str, tuple[str, ...]]]:
        """The members of a group with why they belong to it and what is to be noted, without those whose id stands for another text in
        the library.

        A paper of one record is replaced by another text of the id that its file gives it, which is said. A DOI does not do that:
        errata and chapters of a book are exported with the DOI of the article or the book.
        """
        of_id = {record.paper.id: record.paper for record in old}
        fitting: list[tuple[Found, str, tuple[str, ...]]] = []
        for member, reason in zip(group.members, group.reasons, strict=True):
            paper = of_id.get(member.paper.id)
            notes: tuple[str, ...] = ()
            if paper and not is_revision(member.paper, paper):
                shown = repr(shorten(paper.title or paper.abstract, 60))
                title = shorten(member.paper.title, 200)
                if len(old) > 1 or _is_identifier(member.paper):
                    leads = "a paper of several records with another text" if len(old) > 1 else "another paper"
                    text = f"id {paper.id!r} already leads to {leads} ({shown})"
                    self.refused.append(FileRejected(member.file, Rejected(member.entry.line, text, title)))
                    self.fates.append(told(member, "rejected", text))
                    continue
                text = f"id {paper.id!r} stood for another text ({shown}), which this one replaces"
                self.notes.append(FileNote(member.file, Note(member.entry.line, text, title)))
                notes = (text,)
            fitting.append((member, reason, notes))
        return fitting


def _is_identifier(paper: Paper) -> bool:
    """Whether a paper's id is its DOI or the like, not a name that its file gives it."""
    return paper.id in (paper.doi, paper.arxiv_id, paper.pmid)


def _same_id(paper: Paper, records: Sequence[Record]) -> str:
    """Why a record goes into a paper that has its id, brought by an earlier record of the same ingest."""
    known = {text_hash(record.paper.title, record.paper.abstract) for record in records}
    later = "" if text_hash(paper.title, paper.abstract) in known else "; the later file's text is kept"
    return f"the same id {paper.id}{later}"


def _renewed(old: Sequence[Record], coming: Sequence[tuple[Found, str]], why: str) -> list[Record]:
    """The records that a paper is made of from now on: one of a known id takes the place of the old one, unless its text is an older
    version; one that says the same again counts once."""
    new = [
        Record(member.paper, member.entry.version, place_of(member), reason or why if old or place else "")
        for place, (member, reason) in enumerate(coming)
    ]
    by_id = {record.paper.id: record for record in new}
    kept = [
        record for record in old if (other := by_id.get(record.paper.id)) is None or 0 < other.version < record.version
    ]
    return list({(record.paper.id, record_hash(record.paper)): record for record in (*kept, *new)}.values())


def place_of(found: Found) -> str:
    """File and line of a record, for people; "" where it did not come from a file."""
    if found.file == Path():
        return ""
    return f"{found.file}, line {found.entry.line}" if found.entry.line else str(found.file)
