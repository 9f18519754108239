"""The library: papers, sentences, windows with embeddings, and the lexical index, in one SQLite file. It is the truth.

Owns: storage, transactions, revisions, identity of the embedder, look-ups. Knows nothing of how text is split, embedded
or ranked; the vector index is derived from it elsewhere. One writer (holding the writer lock), any number of readers:
each reads inside `snapshot()`, so that one question sees one revision, and the next question sees the newest.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rag.core.arrays import Matrix
from rag.core.domain import EmbedderIdentity, Paper, Sentence, Span, Window
from rag.core.errors import LibraryDamaged
from rag.ingest.chunks import EmbeddedPaper
from rag.ingest.identity import record_hash, text_hash
from rag.ingest.merging import Outline, Record, TakenIn
from rag.library import header, queries, records, sources, tables, tokens
from rag.library import merges as merging
from rag.library.bibliography import Details
from rag.library.files import database_file, is_there, make_empty, missing, problem_in
from rag.library.filtering import papers_holding
from rag.library.header import Header, check_file, stored_version, version_of
from rag.library.lexical import Lexical
from rag.library.sqlite import Database, connect, mapped_errors, way_out, writer_lock
from rag.library.tables import details_of, insert, matrix_of, stored_paper, windows_of
from rag.library.token_codes import StoredTokens
from rag.library.word_index import WordIndex
from rag.models.embedder import Embedder


class Library(Header):
    """An open library. Build it with `Library.open` or `Library.open_for_writing`, and close it."""

    def __init__(self, folder: Path, database: Database) -> None:
        super().__init__(folder, database)
        self._words = WordIndex(folder)
        self._lexical = Lexical(database, self._words)

    @classmethod
    def open(cls, folder: Path) -> "Library":
        """Open an existing library for reading; works on a read-only folder and beside a writer.

        Raises:
            LibraryMissing, LibraryDamaged, SchemaTooNew: the message says what to do. An empty file is damage, and so is a missing
                one whose vector index is there.
            LibraryReadOnly, LibraryBusy: the schema is older and cannot be migrated now.
        """
        with mapped_errors(folder):
            if not is_there(folder):
                raise missing(folder)
            if stored_version(folder) < tables.READABLE:
                with writer_lock(folder):
                    cls.up_to_date(folder).close()
            return cls(folder, Database.following(folder, partial(check_file, folder)))

    @classmethod
    @contextmanager
    def open_for_writing(cls, folder: Path, embedder: EmbedderIdentity) -> Iterator["Library"]:
        """Open a library for writing, making it where there is none; holds the writer lock until the end.

        Raises:
            LibraryBusy: another process is writing.
            LibraryReadOnly: the folder cannot be written.
            LibraryDamaged: there is one, but it is broken; nothing is made in its place.
            EmbedderMismatch: its embeddings were made by other weights.
        """
        with mapped_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with writer_lock(folder):
            library = cls.up_to_date(folder)
            try:
                library._claim(embedder)
                yield library
            finally:
                library.close()

    @classmethod
    def up_to_date(cls, folder: Path) -> "Library":
        """The library with the present schema, made where there is none. Only the holder of the writer lock calls this."""
        with mapped_errors(folder):
            if not is_there(folder):
                make_empty(folder)
            library = cls(folder, Database(folder, connect(database_file(folder), create=True)))
            try:
                version = version_of(folder, library._database.connection)
            except BaseException:
                library.close()
                raise
            tables.bring_up_to_date(library._database.connection, version)
        return library

    def close(self) -> None:
        """Close the file; the library is not usable afterwards."""
        self._database.close()

    def problem(self) -> str | None:
        """What is wrong in the file, all of which is read: a phrase, or None where all is sound."""
        embedder = self.embedder
        with self.snapshot():
            return problem_in(self._database.connection, embedder.dimension if embedder else None)

    @contextmanager
    def beside(self) -> Iterator[Database]:
        """A connection of its own to the same papers, so that what takes long holds nobody up."""
        with mapped_errors(self.folder), closing(connect(database_file(self.folder))) as connection:
            yield Database(self.folder, connection)

    # --- writing ------------------------------------------------------------------------------------------------

    def hashes(self, ids: Iterable[str] | None = None) -> dict[str, tuple[str, str]]:
        """Per paper id its record hash and its text hash (title and abstract only); of all papers, or of those of these ids."""
        statement = "SELECT id, record_hash, title, abstract FROM papers"
        some = ids is not None
        rows = (
            self._database.rows_for(f"{statement} WHERE id IN ({{}})", ids or ())
            if some
            else self._database.rows(statement)
        )
        return {row[0]: (row[1], text_hash(row[2], row[3])) for row in rows}

    def taken_in(self, ids: Iterable[str] | None = None) -> dict[tuple[str, str], str]:
        """{(id, record hash): paper id} of the records that papers were merged from; of all, or of the records of these ids."""
        return records.taken_in(self._database, ids)

    def records_of(self, paper: Paper) -> list[Record]:
        """The records that a paper was merged from, in the order in which they came."""
        return records.records_of(self._database, paper)

    def outlines(self, wanted: Collection[tuple[str, str]] | None = None) -> Iterator[Outline]:
        """What each paper can be recognised by; of all papers, whatever keys are wanted."""
        return records.outlines(self._database)

    def apart(self) -> frozenset[tuple[str, str]]:
        """Pairs of ids of records that are never of one paper, the lesser id first."""
        return records.apart(self._database)

    def merges(self) -> Iterator[tuple[str, list[Record]]]:
        """The id of each paper that was merged from several records, with these."""
        return merging.merged_papers(self._database)

    def variants(self, paper_id: str) -> list[merging.Variant]:
        """The records that a paper was merged from, such as a preprint and its publication; none where it has one alone."""
        return merging.variants(self._database, paper_id)

    def split(self, work: merging.Split, embedded: Sequence[EmbeddedPaper]) -> None:
        """Store two papers in the place of one, in one transaction. Their records are never merged again."""
        with self._database.transaction():
            merging.split(self._database, work, embedded)
            self._set_meta("revision", str(self._revision_in_transaction() + 1))

    def put(
        self, batch: Sequence[EmbeddedPaper], taken: Sequence[TakenIn] = (), origins: Sequence[sources.Origin] = ()
    ) -> None:
        """Store papers, which records they were merged from and which files brought them, in one transaction; a paper of a known id
        replaces the old one. All or nothing.

        Raises:
            LibraryFull: no space left; nothing of the batch was stored.
        """
        with self._database.transaction():
            for item in batch:
                self._database.connection.execute("DELETE FROM papers WHERE id = ?", (item.paper.id,))
                insert(self._database.connection, item)
            records.write(self._database, taken)
            sources.write(self._database, origins)
            self._set_meta("revision", str(self._revision_in_transaction() + 1))

    def put_details(
        self, papers: Sequence[Paper], taken: Sequence[TakenIn] = (), origins: Sequence[sources.Origin] = ()
    ) -> None:
        """Store changed details of papers whose title and abstract did not change, the records that they were merged from, and which
        files brought them."""
        with self._database.transaction():
            self._database.connection.executemany(
                "UPDATE papers SET details = ?, record_hash = ? WHERE id = ?",
                [(details_of(paper), record_hash(paper), paper.id) for paper in papers],
            )
            records.write(self._database, taken)
            sources.write(self._database, origins)
            self._set_meta("revision", str(self._revision_in_transaction() + 1))

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """All changes of the papers that are made inside, or none; the revision grows."""
        with self._database.transaction():
            yield self._database.connection
            self._set_meta("revision", str(self._revision_in_transaction() + 1))

    @property
    def sources(self) -> sources.Sources:
        """The files that were read, and which papers each brought."""
        return sources.Sources(self._database)

    def _revision_in_transaction(self) -> int:
        row = self._database.connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()
        return int(row[0]) if row else 0

    # --- reading ------------------------------------------------------------------------------------------------

    def count_windows(self) -> int:
        """Number of windows, which is the number of vectors."""
        return int(self._database.rows("SELECT count(*) FROM windows")[0][0])

    def papers(self, ids: Iterable[str] | None = None) -> list[Paper]:
        """All papers in the order they came in, or those of the ids given; an id given up in a merge leads to its paper, unknown ids
        are left out."""
        if ids is None:
            return [self._paper(row) for row in self._database.rows(f"{queries.PAPERS} ORDER BY key")]
        wanted = list(dict.fromkeys(ids))
        with self.snapshot():
            statement = queries.PAPERS + " WHERE id IN ({}) ORDER BY key"
            rows = list(self._database.rows_for(statement, wanted))
            if len(rows) < len(wanted):
                found = {row[0] for row in rows}
                others = records.leads_to(self._database, [one for one in wanted if one not in found])
                rows += self._database.rows_for(statement, [one for one in others if one not in found])
        return [self._paper(row) for row in rows]

    def find_papers(self, words: str, limit: int) -> tuple[int, list[Paper]]:
        """How many papers hold all of these words, and the first ones of them in the order they came in; all papers where there is
        no word. A word may also be the beginning of one, or stand in an author's name, the year or the venue."""
        return self._page(*papers_holding(words), limit)

    def papers_without(self, words: Sequence[str], limit: int) -> tuple[int, list[Paper]]:
        """How many papers hold none of these words, stemmed, and the first ones of them in the order they came in."""
        return self._page(*queries.papers_without(words), limit)

    def without_abstract(self, limit: int) -> tuple[int, list[Paper]]:
        """How many papers have no abstract, and the first ones of them in the order they came in."""
        return self._page("abstract = ''", (), limit)

    def papers_of_status(self, statuses: Sequence[str], limit: int) -> tuple[int, list[Paper]]:
        """How many papers have one of these statuses, and the first ones of them in the order they came in."""
        marks = ",".join("?" * len(statuses))
        return self._page(f"json_extract(details, '$.status') IN ({marks})", tuple(statuses), limit)

    def _paper(self, row: Sequence[Any]) -> Paper:
        try:
            return stored_paper(*row)
        except LibraryDamaged as error:
            raise LibraryDamaged(f"the library {self.folder}: {error}; {way_out(self.folder)}") from error

    def _page(self, where: str, values: Sequence[Any] | Mapping[str, Any], limit: int) -> tuple[int, list[Paper]]:
        with self.snapshot():
            rows = self._database.rows(f"{queries.PAPERS} WHERE {where} ORDER BY key LIMIT {int(limit)}", values)
            count = len(rows)
            if count >= limit:  # else these are all, and they need not be looked for a second time
                count = int(self._database.rows(f"SELECT count(*) FROM papers WHERE {where}", values)[0][0])
        return count, [self._paper(row) for row in rows]

    def details(self) -> list[Details]:
        """Authors, year and venue of all papers, in the order they came in."""
        rows = self._database.rows(queries.DETAILS)
        return [Details(row[0], tuple(json.loads(row[1] or "[]")), row[2], row[3] or "") for row in rows]

    def papers_identified(self, identifiers: Sequence[str]) -> list[Paper]:
        """The papers whose id, DOI, arXiv id, PMID, address or link is one of these (lower case but for addresses)."""
        if not identifiers:
            return []
        statement, values = queries.papers_identified(identifiers)
        return [self._paper(row) for row in self._database.rows(statement, values)]

    def sentences(self, ids: Iterable[str]) -> tuple[list[Sentence], Matrix]:
        """The sentences of the papers with these ids, in the abstracts' order, and their embeddings as rows."""
        rows = list(self._database.rows_for(queries.SENTENCES_OF, ids))
        return [Sentence(row[0], Span(row[1], row[2])) for row in rows], matrix_of([row[3] for row in rows], "<f2")

    def sentence_vectors(self, ids: Iterable[str]) -> tuple[list[str], Matrix]:
        """The embeddings of the sentences of the papers with these ids as rows, in any order, and the paper of each."""
        rows = list(self._database.rows_for(queries.SENTENCE_VECTORS_OF, ids))
        return [row[0] for row in rows], matrix_of([row[1] for row in rows], "<f2")

    def windows(self, ids: Iterable[str]) -> tuple[list[Window], Matrix]:
        """The windows of the papers with these ids, and their embeddings as rows."""
        return windows_of(list(self._database.rows_for(queries.WINDOWS_OF, ids)))

    def stored_tokens(self, papers: Sequence[Paper]) -> dict[str, StoredTokens]:
        """By id the token vectors that are kept of papers with exactly these texts; not every paper has any."""
        embedder = self.embedder
        return tokens.of_papers(self._database, papers, embedder.dimension) if embedder else {}

    def without_tokens(self) -> int:
        """Of how many papers no token vectors are kept. They do not count in a library of so few papers that none are kept on purpose:
        those made once stay in memory, and are exact."""
        return tokens.missing(self._database) if self.count() >= header.MANY_PAPERS else 0

    def fill_tokens(self, embedder: Embedder, report: Callable[[int, int], None] | None = None) -> int:
        """Make the token vectors that are missing, of how many papers; `report` gets (done, total). A library that is open for writing.

        Raises:
            LibraryFull: no space left; what is stored by then stays.
        """
        return tokens.fill(self._database, embedder, report, apart=self.reads_apart)

    def windows_by_id(self, window_ids: Iterable[int]) -> tuple[list[Window], Matrix]:
        """The windows with these ids that still exist, and their embeddings as rows."""
        return windows_of(list(self._database.rows_for(queries.WINDOWS_BY_ID, window_ids)))

    def a_window_each(self) -> dict[int, str]:
        """One window id of each paper, the least, and the paper's id."""
        statement = "SELECT min(w.id), p.id FROM papers p JOIN windows w ON w.paper = p.key GROUP BY p.key"
        return {row[0]: row[1] for row in self._database.rows(statement)}

    def papers_of_windows(self, window_ids: Iterable[int]) -> set[str]:
        """The ids of the papers that the windows with these ids are of, as far as they still exist."""
        return {row[0] for row in self._database.rows_for(queries.PAPERS_OF_WINDOWS, window_ids)}

    def window_ids(self) -> list[int]:
        """All window ids, paper by paper."""
        return [row[0] for row in self._database.rows("SELECT id FROM windows ORDER BY paper")]

    def prepare_words(self) -> None:
        """Have what makes the look-ups below quick in a large library read or made in the background; until then they take longer."""
        self._lexical.prepare()

    def lexical(self, words: Sequence[str], limit: int) -> dict[str, float]:
        """BM25 of the best papers that hold any of the words, stemmed, the title counting double: {paper id: > 0}."""
        with self.snapshot():
            return self._lexical.best(words, limit)

    def lexical_of(self, words: Sequence[str], ids: Sequence[str]) -> dict[str, float]:
        """BM25 of the papers with these ids; papers without any of the words are left out."""
        with self.snapshot():
            return self._lexical.scores_of(words, ids)

    def holding(self, words: Iterable[str]) -> dict[str, int]:
        """Of how many papers each word is in the title or the abstract, stemmed; words that cannot be looked up are left out."""
        with self.snapshot():
            return self._lexical.holding(words)
