"""The library as it will be: what is stored, and over it what the rounds of this ingest have planned so far.

Owns looking up papers, their records and what they can be recognised by, so that a round finds what the rounds before it planned.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from pathlib import Path

from rag.core.domain import Paper
from rag.ingest.fates import Told
from rag.ingest.formats.record import Entry
from rag.ingest.groups import Found
from rag.ingest.identity import record_hash, text_hash
from rag.ingest.merging import Outline, Record, TakenIn, keys_of
from rag.ingest.planning import Plan, Stored
from rag.ingest.spool import Spool, packed, unpacked

_MOST_OF_A_KEY = 20
"""As many papers of one key are looked at, the first ones."""
_FIELDS = [field.name for field in fields(Outline)]
_values_of_paper = attrgetter(*(field.name for field in fields(Paper)))
_values_of_entry = attrgetter(*(field.name for field in fields(Entry) if field.name != "paper"))

TABLES = """
    CREATE TABLE found (n INTEGER PRIMARY KEY, id TEXT NOT NULL, found BLOB NOT NULL);
    CREATE TABLE papers (
        n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, is_new INTEGER, is_text INTEGER, head BLOB, paper BLOB
    );
    CREATE TABLE taken (paper TEXT PRIMARY KEY, taken BLOB);
    CREATE TABLE records (id TEXT, hash TEXT, paper TEXT, PRIMARY KEY (id, hash)) WITHOUT ROWID;
    CREATE INDEX records_of ON records (paper);
    CREATE TABLE keys (key INTEGER, paper TEXT, n INTEGER, PRIMARY KEY (key, paper)) WITHOUT ROWID;
"""


class NoLibrary:
    """The library where there is none yet."""

    def hashes(self, ids: Iterable[str] | None = None) -> dict[str, tuple[str, str]]:
        """None."""
        return {}

    def taken_in(self, ids: Iterable[str] | None = None) -> dict[tuple[str, str], str]:
        """None."""
        return {}

    def records_of(self, paper: Paper) -> list[Record]:
        """The paper itself."""
        return [Record(paper)]

    def outlines(self, wanted: Collection[tuple[str, str]] | None = None) -> Iterator[Outline]:
        """None."""
        return iter(())

    def papers(self, ids: Iterable[str] | None = None) -> list[Paper]:
        """None."""
        return []

    def apart(self) -> Collection[tuple[str, str]]:
        """None."""
        return ()


class Coming:
    """The library as it will be. `start` is the number of the first record of the round that is being planned."""

    def __init__(self, library: Stored, spool: Spool) -> None:
        self._library, self._spool = library, spool
        self._stored_keys = False
        self.start = 0

    # --- as a library ---------------------------------------------------------------------------------------------

    def hashes(self, ids: Iterable[str] | None = None) -> dict[str, tuple[str, str]]:
        """Per paper id its record hash and its text hash, of those of these ids."""
        every = list(ids or ())
        found = self._library.hashes(every)
        if self.start:
            for paper in self._planned(every):
                found[paper.id] = (record_hash(paper), text_hash(paper.title, paper.abstract))
        return found

    def taken_in(self, ids: Iterable[str] | None = None) -> dict[tuple[str, str], str]:
        """{(id, record hash): paper id} of the records of these ids."""
        every = list(ids or ())
        found = self._library.taken_in(every)
        if self.start:
            statement = "SELECT paper FROM taken WHERE paper IN ({})"
            replaced = {row[0] for row in self._spool.rows_for(statement, set(found.values()))}
            found = {key: paper for key, paper in found.items() if paper not in replaced}
            statement = "SELECT id, hash, paper FROM records WHERE id IN ({})"
            found |= {(row[0], row[1]): row[2] for row in self._spool.rows_for(statement, every)}
        return found

    def records_of(self, paper: Paper) -> list[Record]:
        """The records that a paper is made of, in the order in which they came."""
        if self.start:
            for (blob,) in self._spool.rows("SELECT taken FROM taken WHERE paper = ?", (paper.id,)):
                taken: TakenIn = unpacked(blob)
                every = [record for record, _ in taken.records]
                return every if len(every) > 1 else [Record(paper, every[0].version, every[0].place)]
        return self._library.records_of(paper)

    def apart(self) -> Collection[tuple[str, str]]:
        """Pairs of ids of records that are never of one paper."""
        return self._library.apart()

    def outlines(self, wanted: Collection[tuple[str, str]] | None = None) -> Iterator[Outline]:
        """What papers can be recognised by: of those that have one of these keys, and maybe of others."""
        if not self._stored_keys:
            yield from self._library.outlines(wanted)
        if self.start:
            names: dict[str, None] = {}
            for key in wanted or ():
                statement = "SELECT paper FROM keys WHERE key = ? ORDER BY n LIMIT ?"
                names |= dict.fromkeys(row[0] for row in self._spool.rows(statement, (_hash(key), _MOST_OF_A_KEY)))
            for paper in self.papers(names):
                yield Outline(**{name: getattr(paper, name) for name in _FIELDS})

    def papers(self, ids: Iterable[str] | None = None) -> list[Paper]:
        """The papers of these ids."""
        every = list(ids or ())
        found = {paper.id: paper for paper in self._library.papers(every)}
        if self.start:
            found |= {paper.id: paper for paper in self._planned(every)}
        return list(found.values())

    def _planned(self, ids: Iterable[str]) -> list[Paper]:
        rows = self._spool.rows_for("SELECT paper FROM papers WHERE id IN ({}) ORDER BY n", ids)
        return [unpacked_paper(row[0]) for row in rows]

    # --- what was planned before ----------------------------------------------------------------------------------

    def firsts(self, ids: Iterable[str]) -> dict[str, Found]:
        """Of each id the first record that had it in an earlier round."""
        if not self.start:
            return {}
        statement = f"SELECT min(n) FROM found WHERE id IN ({{}}) AND n < {int(self.start)} GROUP BY id"
        places = [row[0] for row in self._spool.rows_for(statement, ids)]
        every = (
            unpacked_found(row[0]) for row in self._spool.rows_for("SELECT found FROM found WHERE n IN ({})", places)
        )
        return {found.paper.id: found for found in every}

    def brings(self, paper_id: str) -> bool:
        """Whether an earlier round adds or changes the paper."""
        return bool(self.start and self._spool.rows("SELECT 1 FROM papers WHERE id = ?", (paper_id,)))

    def is_stored(self, identifier: str, digest: str) -> bool:
        """Whether the library itself has taken in the record of this id and hash."""
        here = self._library.hashes([identifier]).get(identifier, ("",))[0] == digest
        return here or (identifier, digest) in self._library.taken_in([identifier])

    # --- planning ahead -------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make ready for several rounds: what the library's papers can be recognised by is looked up once for all."""
        self._spool.connection.execute("CREATE INDEX found_by_id ON found (id)")
        for number, outline in enumerate(self._library.outlines()):
            paper = Paper(**{"abstract": "", **{name: getattr(outline, name) for name in _FIELDS}})
            self._add_keys(paper, number)
        self._stored_keys = True

    def add(self, work: Plan) -> None:
        """Take in what a round has planned."""
        new = set(work.report.added)
        heads = {told.paper_id: told for told in work.fates if told.fate in ("new", "updated", "without abstract")}
        for papers, is_text in ((work.texts, True), (work.details, False)):
            for paper in papers:
                self._add_paper(paper, paper.id in new, is_text, heads.get(paper.id))
        for item in work.taken.values():
            self._spool.connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?)", (item.paper_id, packed(item)))
            self._spool.connection.execute("DELETE FROM records WHERE paper = ?", (item.paper_id,))
            rows = [(record.paper.id, digest, item.paper_id) for record, digest in item.records]
            self._spool.connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)

    def _add_paper(self, paper: Paper, is_new: bool, is_text: bool, head: Told | None) -> None:
        self._spool.connection.execute(
            "INSERT INTO papers (id, is_new, is_text, head, paper) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET paper = excluded.paper, is_text = max(is_text, excluded.is_text), "
            "head = coalesce(head, excluded.head)",
            (paper.id, is_new, is_text, packed(head) if head else None, packed_paper(paper)),
        )
        if self._stored_keys:
            self._add_keys(paper, 1 << 40)

    def _add_keys(self, paper: Paper, number: int) -> None:
        self._spool.connection.executemany(
            "INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", [(_hash(key), paper.id, number) for key in keys_of(paper)]
        )


def packed_paper(paper: Paper) -> bytes:
    """A paper as it lies in the spool: its values alone, which takes a fifth of the time of packing the record."""
    return packed(_values_of_paper(paper))


def unpacked_paper(data: bytes) -> Paper:
    """A paper that was packed."""
    return Paper(*unpacked(data))


def packed_found(found: Found) -> bytes:
    """A record as it lies in the spool."""
    return packed((str(found.file), _values_of_paper(found.paper), _values_of_entry(found.entry)))


def unpacked_found(data: bytes) -> Found:
    """A record that was packed."""
    file, paper, entry = unpacked(data)
    return Found(_path(file), Entry(Paper(*paper), *entry))


@lru_cache(1_000)
def _path(file: str) -> Path:
    return Path(file)


def _hash(key: tuple[str, str]) -> int:
    """64 bits of a key, signed, as SQLite has numbers."""
    return int.from_bytes(
        hashlib.blake2b("\0".join(key).encode("utf-8", "replace"), digest_size=8).digest(), signed=True
    )
