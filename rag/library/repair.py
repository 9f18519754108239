"""Repairing a library: what is sound stays, what can be read of a damaged file goes into a new one, and nothing is deleted.

Owns what is done in which order. A damaged file is put aside under a name with the date, beside the new one. Papers of which only the
text can be read go into a file that can be ingested.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rag.core import permissions
from rag.core.domain import Paper, Span
from rag.core.errors import LibraryDamaged, LibraryMissing, VectorIndexError
from rag.core.escaping import counted
from rag.ingest.identity import record_hash
from rag.library import indexes, publishing, recovery, rows, tokens
from rag.library.beside import copy_records
from rag.library.chroma_server import ChromaServer
from rag.library.files import NEW, database_file, fill_new, is_there, side_files
from rag.library.sqlite import connect, mapped_errors, writer_lock
from rag.library.store import Library
from rag.library.tables import NUMBERS, is_unit, paper_of

_TABLES = {
    "papers": ("key, id, title, abstract, details, record_hash", "key"),
    "sentences": ("paper, start, end, embedding", "rowid"),
    "windows": ("id, paper, start, end, embedding", "id"),
    "tokens": ("paper, codes", "paper"),
}
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done, and what was lost: phrases for people."""

    done: tuple[str, ...]
    lost: tuple[str, ...] = ()


def repair(folder: Path, now: datetime, server: ChromaServer | None = None) -> Repair:
    """Bring a library into order, and its index, which is on the server where one is named; `now` goes into the names of what is put
    aside.

    Raises:
        LibraryMissing: there is nothing that could be repaired.
        LibraryBusy, LibraryReadOnly, LibraryFull, SchemaTooNew, VectorIndexError: it cannot be repaired now; nothing was lost.
    """
    nothing = LibraryMissing(f"there is no library in {folder.absolute()}, so there is nothing to repair")
    if not folder.is_dir():
        raise nothing
    with writer_lock(folder):
        try:
            if not is_there(folder):
                raise nothing
            _examine(folder)
        except LibraryDamaged as error:
            return _Rescue(folder, f"{now:%Y%m%d-%H%M%S}", server).run(error)
        return Repair((_sound_index(folder, server),))


def _examine(folder: Path) -> None:
    """Raise LibraryDamaged where anything in the file is wrong; all of it is read."""
    library = Library.up_to_date(folder)
    try:
        problem = library.problem()
    finally:
        library.close()
    if problem:
        raise LibraryDamaged(f"the library {folder}: its file library.sqlite3 is damaged ({problem})")
    with mapped_errors(folder):
        connection = connect(database_file(folder), create=True)
        try:
            connection.execute("INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)")
        finally:
            connection.close()


def _sound_index(folder: Path, server: ChromaServer | None, *, fresh: bool = False) -> str:
    """Make the vector index anew where it is not sound."""
    library = Library.open(folder)
    try:
        if not fresh:
            try:
                return f"the library and its vector index are sound, nothing was to be done: {indexes.health(library, server)}"
            except VectorIndexError:
                pass
        indexes.publish(library, server, fresh=True)
        return f"the vector index was made anew from the library: {counted(library.count_windows(), 'passage')}"
    finally:
        library.close()


class _Rescue:
    """One rescue of one damaged library. The caller holds the writer lock."""

    def __init__(self, folder: Path, date: str, server: ChromaServer | None) -> None:
        self._folder = folder
        self._server = server
        self._date = date
        self._done: list[str] = []
        self._lost: list[str] = []
        self._indexed: tuple[recovery.Texts, frozenset[str]] | None = None

    def run(self, problem: LibraryDamaged) -> Repair:
        """Put what can be read in the place of what is damaged."""
        self._done.append(f"found: {str(problem).split('; ', maxsplit=1)[0]}")
        file = database_file(self._folder)
        with mapped_errors(self._folder):
            kept, texts = self._read(file)
            self._read_index(kept, texts)
            self._write(texts)
            self._put_aside(file)
            if kept:
                if file.exists():
                    permissions.set_like(self._folder / NEW, file)
                (self._folder / NEW).replace(file)
                what = counted(len(kept), "paper")
                self._done.append(f"{what} could be read as a whole, and make up library.sqlite3 now")
            else:
                (self._folder / NEW).unlink()
                file.unlink(missing_ok=True)  # It has its other name.
        if kept:
            self._done.append(_sound_index(self._folder, self._server, fresh=True))
        elif (vectors := self._folder / "vectors").exists():
            aside = vectors.with_name(f"vectors.damaged-{self._date}")
            vectors.rename(aside)
            self._done.append(f"vectors was put aside as {aside.name}")
        return Repair(tuple(self._done), tuple(self._lost))

    def _read(self, file: Path) -> tuple[set[str], dict[str, Paper]]:
        """Fill a new file with what is whole: the ids of that, and the other papers whose text can be read."""
        new = fill_new(self._folder)
        try:
            source = rows.open_damaged(file)
        except sqlite3.Error:
            new.close()
            return set(), {}
        try:
            new.execute("PRAGMA foreign_keys = OFF")
            new.execute("BEGIN")
            _copy(source, new)
            unnamed = "FROM windows WHERE paper NOT IN (SELECT key FROM papers)"
            unknown = int(new.execute(f"SELECT count(DISTINCT paper) {unnamed}").fetchone()[0])
            if unknown:
                self._lost.append(f"the records of {counted(unknown, 'paper')} in library.sqlite3")
            kept, texts, changed = _sorted_out(new, self._texts_in_index)
            if changed:
                what = counted(len(changed), "paper")
                self._lost.append(f"how {what} read before some characters changed: {_named(changed)}")
            self._lost += copy_records(source, new, kept)
            new.execute(f"DELETE {unnamed}")
            new.execute(f"DELETE {unnamed.replace('windows', 'sentences')}")
            new.executemany(
                "DELETE FROM tokens WHERE paper = ?", [(key,) for key in tokens.wrong(new, _dimension(new))]
            )
            new.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
            new.execute("COMMIT")
            return kept, texts
        finally:
            source.close()
            new.close()

    def _read_index(self, kept: set[str], texts: dict[str, Paper]) -> None:
        """Add the papers that only the vector index still holds."""
        if publishing.current_manifest(self._folder / "vectors") is None:
            self._lost.append("whatever cannot be read of library.sqlite3: there is no vector index that would tell")
            return
        found, broken = self._index()
        new = [Paper(paper_id, *text) for paper_id, text in found.items() if paper_id not in kept | texts.keys()]
        texts |= {paper.id: paper for paper in new}
        if new:
            what = counted(len(new), "paper")
            self._lost.append(
                f"authors, year, venue and links of {what}, as the vector index holds titles and abstracts only"
            )
        gone = sorted(broken - kept - texts.keys())
        if gone:
            self._lost.append(f"{counted(len(gone), 'paper')} of which only parts can be read: {_named(gone)}")

    def _index(self) -> tuple[recovery.Texts, frozenset[str]]:
        if self._indexed is None:
            root = self._folder / "vectors"
            manifest = publishing.current_manifest(root)
            self._indexed = recovery.texts_in_index(root, manifest) if manifest else ({}, frozenset())
        return self._indexed

    def _texts_in_index(self) -> recovery.Texts:
        return self._index()[0]

    def _write(self, texts: dict[str, Paper]) -> None:
        if not texts:
            return
        file = self._folder / f"recovered-{self._date}.jsonl"
        with open(file, "x", encoding="utf-8", opener=permissions.owner_only) as stream:
            for paper in texts.values():
                fields = {name: value for name, value in asdict(paper).items() if value and name != "links"}
                stream.write(json.dumps(fields, ensure_ascii=False) + "\n")
        self._done.append(
            f"the text of {counted(len(texts), 'paper')} was saved in {file.name}; put it back by: "
            f"citewise ingest {file} --library {self._folder}"
        )

    def _put_aside(self, file: Path) -> None:
        """Give the damaged file its other name, so that the new one can take its place in one step."""
        if not file.exists():
            return
        aside = file.with_name(f"{file.name}.damaged-{self._date}")
        for side in side_files(file):
            side.rename(side.with_name(aside.name + side.name.removeprefix(file.name)))
        try:
            os.link(file, aside)
        except OSError:  # a file system without a second name for a file
            file.rename(aside)
        self._done.append(f"the damaged file was put aside as {aside.name}; nothing was deleted")


def _copy(source: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Every row that can be read; one that breaks a rule of its table is left out."""
    try:
        new.executemany("INSERT INTO meta VALUES (?, ?)", source.execute("SELECT key, value FROM meta").fetchall())
    except sqlite3.Error:  # without it no embedding can be used, and the texts are saved
        new.execute("DELETE FROM meta")
    for table, (columns, key) in _TABLES.items():
        marks = ",".join("?" * len(columns.split(",")))
        found = rows.readable_rows(source, table, columns, key)
        new.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", found)


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return ", ".join(ids[:_NAMED]) + more


def _sorted_out(
    new: sqlite3.Connection, in_index: Callable[[], recovery.Texts]
) -> tuple[set[str], dict[str, Paper], list[str]]:
    """Leave the papers that are whole in the file: their ids, the others' texts, and the ids of those that are not as they were stored.

    A paper whose text changed has it from the vector index, where that has it as it was.
    """
    dimension = _dimension(new)
    kept: set[str] = set()
    texts: dict[str, Paper] = {}
    changed: list[str] = []
    for key, *fields, digest in new.execute(
        "SELECT key, id, title, abstract, details, record_hash FROM papers"
    ).fetchall():
        paper, whole = _paper(fields)
        if paper and whole and record_hash(paper) != digest:
            title, abstract = in_index().get(paper.id, ("", ""))
            healed = replace(paper, title=title, abstract=abstract)
            if record_hash(healed) == digest:
                paper = healed
                new.execute("UPDATE papers SET title = ?, abstract = ? WHERE key = ?", (title, abstract, key))
            else:
                whole = False
                changed.append(paper.id)
        spans = [_spans(new, table, key, dimension) for table in NUMBERS]
        if paper and whole and dimension and recovery.is_whole(paper, *spans):
            kept.add(paper.id)
            continue
        new.execute("DELETE FROM papers WHERE key = ?", (key,))
        if paper:
            texts[paper.id] = paper
    return kept, texts, changed


def _dimension(new: sqlite3.Connection) -> int:
    """Of the embeddings; 0 where it is not known."""
    embedder = new.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone()
    return int(json.loads(embedder[0])["dimension"]) if embedder else 0


def _paper(fields: Sequence[Any]) -> tuple[Paper | None, bool]:
    """A paper, and whether its details can be read too."""
    if not all(isinstance(field, str) for field in fields[:3]):
        return None, False
    try:
        return paper_of(*fields), True
    except (ValueError, TypeError, LookupError):
        return Paper(*fields[:3]), False


def _spans(new: sqlite3.Connection, table: str, key: int, dimension: int) -> list[Span]:
    """Where the rows of a paper stand; none where the embedding of one is not sound, as others may overlap it."""
    kind, size = NUMBERS[table]
    stored = new.execute(f"SELECT start, end, embedding FROM {table} WHERE paper = ?", (key,)).fetchall()
    if not all(len(row[2]) == size * dimension and is_unit(row[2], kind) for row in stored):
        return []
    return [Span(start, end) for start, end, _ in stored]
