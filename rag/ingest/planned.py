"""What an ingest is going to do, planned in rounds and kept in a spool, so that its size is no matter: also what a dry run shows.

Owns the records that were read, what has been planned of them, and the count of each file. Writes nothing but the spool.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rag.core.domain import Paper, Rejected
from rag.ingest.coming import TABLES, Coming, packed_found, unpacked_found, unpacked_paper
from rag.ingest.fates import Fate, FileCount, Told, unchanged
from rag.ingest.groups import Found
from rag.ingest.merging import TakenIn
from rag.ingest.planning import Stored, plan
from rag.ingest.reading import FileRead, Item, Progress, notes_of, told_of
from rag.ingest.report import FileNote, FileRejected, IngestReport, Merged
from rag.ingest.spool import Rows, Spool, packed, unpacked

ROUND_RECORDS, ROUND_BYTES = 20_000, 8 << 20
"""What is planned at once: as many records, and hardly more than these bytes in the spool."""
_CHUNK = 500
_KEPT = """
    CREATE TABLE brought (paper TEXT, file INTEGER, PRIMARY KEY (paper, file)) WITHOUT ROWID;
    CREATE TABLE unchanged (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    CREATE TABLE kept (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, paper TEXT, item BLOB NOT NULL);
    CREATE INDEX kept_by_kind ON kept (kind);
"""


class Planned:
    """What an ingest is going to do. First `read`, then `plan`; then its papers can be stored, and `report` tells of it."""

    def __init__(self) -> None:
        self._spool = Spool(TABLES + _KEPT)
        self._files: dict[Path, FileRead] = {}
        self._numbers: dict[Path, int] = {}
        self._fates: dict[Path, Counter[Fate]] = {}
        self._unsettled: set[Path] = set()
        self.records = 0

    def close(self) -> None:
        """Give back the space; a report of it can no longer be looked at."""
        self._spool.close()

    # --- reading --------------------------------------------------------------------------------------------------

    def read(self, items: Iterable[Item]) -> None:
        """Keep what is read; nothing is planned yet."""
        for item in items:
            if isinstance(item, Found):
                row = (item.paper.id, packed_found(item))
                self._spool.connection.execute("INSERT INTO found (id, found) VALUES (?, ?)", row)
                self.records += 1
                for note in notes_of(item):
                    self._keep("note", note)
            elif isinstance(item, FileRejected):
                if told := told_of(item):
                    self._tell(told)
                else:
                    self._keep("file", item)
            elif isinstance(item, FileNote):
                self._keep("note", item)
            else:
                self._add_file(item)

    def _add_file(self, read: FileRead) -> None:
        name = read.source.shown
        before = self._files.get(name)
        if before:  # Two files of one name, as an archive can have them.
            both = (before.counted, read.counted)
            number = None if None in both else sum(filter(None, both))
            read = replace(read, counted=number, sha256="", known=None)
        self._files[name] = read
        if read.known:
            rows = [(paper,) for paper in read.known.papers]
            self._spool.connection.executemany("INSERT OR IGNORE INTO unchanged (id) VALUES (?)", rows)
            if read.known.name != stored_name(name):
                self._bring((paper, name) for paper in read.known.papers)

    # --- planning -------------------------------------------------------------------------------------------------

    def plan(self, library: Stored, progress: Progress | None = None) -> None:
        """Compare what was read with the library, a round at a time."""
        coming = Coming(library, self._spool)
        rounds = self._rounds()
        done = 0
        for number, (start, records) in enumerate(rounds):
            if number == 0 and len(records) < self.records:
                coming.prepare()
            coming.start = start if number else 0
            work = plan(coming, records, earlier=coming)
            coming.add(work)
            for note in work.report.notes:
                self._keep("note", note)
            self._spool.connection.executemany(
                "INSERT OR IGNORE INTO unchanged (id) VALUES (?)", [(name,) for name in work.report.unchanged]
            )
            for told in work.fates:
                self._tell(told)
            self._bring((told.paper_id, told.file) for told in work.fates if told.paper_id)
            self._unsettled |= work.unsettled
            done += len(records)
            if progress:
                progress("planning", done, self.records)

    def _rounds(self) -> Iterator[tuple[int, list[Found]]]:
        """The records in the order in which they were read, with the number of the first of each round."""
        start, last, size, records = 1, 0, 0, list[Found]()
        while rows := self._spool.rows("SELECT n, found FROM found WHERE n > ? ORDER BY n LIMIT ?", (last, _CHUNK)):
            for number, blob in rows:
                if records and (len(records) >= ROUND_RECORDS or size + len(blob) > ROUND_BYTES):
                    yield start, records
                    start, size, records = number, 0, []
                records.append(unpacked_found(blob))
                size += len(blob)
                last = number
        if records:
            yield start, records

    # --- what became of each record -------------------------------------------------------------------------------

    def _tell(self, told: Told) -> None:
        self._fates.setdefault(told.file, Counter())[told.fate] += 1
        if not told.is_plain:
            self._keep(told.fate, told, told.paper_id)

    def _bring(self, brought: Iterable[tuple[str, Path]]) -> None:
        rows = [(paper, self._numbers.setdefault(file, len(self._numbers))) for paper, file in brought]
        self._spool.connection.executemany("INSERT OR IGNORE INTO brought VALUES (?, ?)", rows)

    def _keep(self, kind: str, item: object, paper: str = "") -> None:
        row = (kind, paper, packed(item))
        self._spool.connection.execute("INSERT INTO kept (kind, paper, item) VALUES (?, ?, ?)", row)

    def fail(self, paper_id: str, reason: str) -> None:
        """A paper cannot be stored after all: the records that would have gone into it are refused."""
        rows = self._spool.rows("SELECT head FROM papers WHERE id = ? AND head IS NOT NULL", (paper_id,))
        heads: list[Told] = [unpacked(row[0]) for row in rows]
        rows = self._spool.rows("SELECT item FROM kept WHERE paper = ? AND kind = 'merged'", (paper_id,))
        for told in (*heads, *(unpacked(row[0]) for row in rows)):
            self._fates[told.file][told.fate] -= 1
            self._unsettled.add(told.file)
            self._tell(replace(told, fate="rejected", reason=reason, paper_id=""))
        self._spool.connection.execute("DELETE FROM kept WHERE paper = ?", (paper_id,))
        self._spool.connection.execute("DELETE FROM papers WHERE id = ?", (paper_id,))
        self._spool.connection.execute("DELETE FROM brought WHERE paper = ?", (paper_id,))

    # --- what there is to store -----------------------------------------------------------------------------------

    @property
    def texts(self) -> Sequence[Paper]:
        """The papers to embed and store, in the order in which they came."""
        return Rows(self._spool, "SELECT paper FROM papers WHERE is_text ORDER BY n", read=unpacked_paper)

    @property
    def details(self) -> Sequence[Paper]:
        """The papers of which only details changed."""
        return Rows(self._spool, "SELECT paper FROM papers WHERE NOT is_text ORDER BY n", read=unpacked_paper)

    def taken(self, papers: Sequence[Paper]) -> list[TakenIn]:
        """The records of these papers, of those that have several or a version."""
        statement = "SELECT taken FROM taken WHERE paper IN ({})"
        return [unpacked(row[0]) for row in self._spool.rows_for(statement, [paper.id for paper in papers])]

    def brought(self, papers: Sequence[Paper]) -> list[tuple[str, Path]]:
        """These papers with each file that brought them."""
        statement = "SELECT paper, file FROM brought WHERE paper IN ({})"
        names = list(self._numbers)
        return [(row[0], names[row[1]]) for row in self._spool.rows_for(statement, [paper.id for paper in papers])]

    def brought_before(self) -> Iterator[list[tuple[str, Path]]]:
        """Papers that are stored already and stay as they are, with each file that brought them, some at a time."""
        names, last = list(self._numbers), ("", -1)
        statement = (
            "SELECT paper, file FROM brought WHERE (paper, file) > (?, ?) AND paper NOT IN (SELECT id FROM papers) "
            "ORDER BY paper, file LIMIT 10000"
        )
        while rows := self._spool.rows(statement, last):
            last = rows[-1]
            yield [(row[0], names[row[1]]) for row in rows]

    # --- what is told ---------------------------------------------------------------------------------------------

    @property
    def is_nothing(self) -> bool:
        """Whether no file was read that holds a record, and each known one has the name by which it is known."""
        return not self.records and not self.to_note()

    def to_note(self) -> list[Path]:
        """The files that the library is to keep as sources: those that were read, and known ones of another name."""
        return [name for name in self._files if name in self._numbers]

    def taken_whole(self) -> dict[Path, tuple[str, FileCount]]:
        """Of those files the ones of which nothing is missing, with their sha256."""
        counts = {count.file: count for count in self.counts()}
        return {
            name: (self._files[name].sha256, counts[name])
            for name in self.to_note()
            if name not in self._unsettled and not self._files[name].problem and not counts[name].is_fruitless
        }

    def counts(self) -> list[FileCount]:
        """How many records of each file had which fate."""
        return [
            unchanged(name, read.known)
            if read.known
            else FileCount(name, read.counted, dict(self._fates.get(name, {})), problem=read.problem)
            for name, read in self._files.items()
        ]

    def report(self) -> IngestReport:
        """What is done, or would be done; its lists lie in the spool."""
        spool = self._spool
        counts = self.counts()
        return IngestReport(
            Rows(spool, "SELECT id FROM papers WHERE is_new ORDER BY n", read=str),
            Rows(spool, "SELECT id FROM papers WHERE NOT is_new ORDER BY n", read=str),
            Rows(spool, "SELECT id FROM unchanged WHERE id NOT IN (SELECT id FROM papers) ORDER BY n", read=str),
            Rows(spool, "SELECT item FROM kept WHERE kind IN ('file', 'rejected') ORDER BY n", read=_rejected),
            Rows(spool, "SELECT item FROM kept WHERE kind = 'merged' ORDER BY n", read=_merged),
            Rows(spool, "SELECT item FROM kept WHERE kind = 'note' ORDER BY n"),
            self._fruitless(counts),
            tuple(counts),
            Rows(spool, "SELECT item FROM kept WHERE kind NOT IN ('file', 'note') ORDER BY n"),
        )

    def _fruitless(self, counts: Sequence[FileCount]) -> tuple[Path, ...]:
        """What was named and of which no record is in the library."""
        given = {name: read.source.given for name, read in self._files.items()}
        fruitful = {given[count.file] for count in counts if not count.is_fruitless}
        return tuple(name for name in dict.fromkeys(given.values()) if name not in fruitful)


def stored_name(file: Path) -> str:
    """A file's name as a library keeps it: half surrogate pairs, which names can hold, are no text."""
    return str(file).encode("utf-8", "replace").decode("utf-8")


def _rejected(blob: bytes) -> FileRejected:
    item: FileRejected | Told = unpacked(blob)
    if isinstance(item, FileRejected):
        return item
    return FileRejected(item.file, Rejected(item.line, item.reason, item.title, item.raw))


def _merged(blob: bytes) -> Merged:
    told: Told = unpacked(blob)
    return Merged(told.file, told.line, told.id, told.paper_id, told.reason)
