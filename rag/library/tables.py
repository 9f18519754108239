"""The library's tables: the ordered steps that build them, and records to rows and back.

Step n brings a database from version n to n + 1 (`PRAGMA user_version`); a new database is version 0 and takes all of
them, an older library takes the rest. A step is never edited once released: a change is a new step.
"""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from rag.core.arrays import Matrix
from rag.core.domain import NEW_FIELDS, Paper, Span, Window
from rag.core.errors import LibraryDamaged
from rag.ingest.chunks import EmbeddedPaper
from rag.ingest.identity import record_hash
from rag.library import token_codes

STEPS = (
    # 0 -> 1: papers, their sentences and windows as offsets, with the embeddings of both.
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE papers (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        abstract TEXT NOT NULL,
        details TEXT NOT NULL,          -- JSON: authors, url, year, doi, arxiv_id, pmid, venue, links
        record_hash TEXT NOT NULL       -- of every field, to tell an unchanged record from an updated one
    );
    CREATE TABLE sentences (
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        embedding BLOB NOT NULL         -- float16, little-endian, unit length
    );
    CREATE INDEX sentences_of_paper ON sentences (paper);
    CREATE TABLE windows (
        id INTEGER PRIMARY KEY,         -- random: never given twice, not even after a backup was restored, so that the
                                        -- vector index can be brought up to date by ids alone
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        embedding BLOB NOT NULL         -- float32, little-endian, unit length
    );
    CREATE INDEX windows_of_paper ON windows (paper);
    """,
    # 1 -> 2: the lexical index, stemmed, kept in step with the papers by triggers.
    """
    CREATE VIRTUAL TABLE papers_fts USING fts5(
        title, abstract, content='papers', content_rowid='key', tokenize='porter unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER papers_fts_insert AFTER INSERT ON papers BEGIN
        INSERT INTO papers_fts (rowid, title, abstract) VALUES (new.key, new.title, new.abstract);
    END;
    CREATE TRIGGER papers_fts_delete AFTER DELETE ON papers BEGIN
        INSERT INTO papers_fts (papers_fts, rowid, title, abstract)
        VALUES ('delete', old.key, old.title, old.abstract);
    END;
    CREATE TRIGGER papers_fts_update AFTER UPDATE OF title, abstract ON papers BEGIN
        INSERT INTO papers_fts (papers_fts, rowid, title, abstract)
        VALUES ('delete', old.key, old.title, old.abstract);
        INSERT INTO papers_fts (rowid, title, abstract) VALUES (new.key, new.title, new.abstract);
    END;
    INSERT INTO papers_fts (papers_fts) VALUES ('rebuild');
    """,
    # 2 -> 3: the records that a paper was merged from, so that none is taken for a new paper when it comes again.
    """
    CREATE TABLE records (
        id TEXT NOT NULL,               -- of the record; it leads to the paper
        record_hash TEXT NOT NULL,      -- of the record as it was read
        paper TEXT NOT NULL,            -- id of the paper
        version INTEGER NOT NULL,       -- of the paper's text; 0: not said
        record TEXT,                    -- JSON: title, abstract, details; null where the paper has this record alone
        PRIMARY KEY (id, record_hash)
    ) WITHOUT ROWID;
    CREATE INDEX records_of_paper ON records (paper);
    """,
    # 3 -> 4: where each paper came from and when, which records of it were merged why, and which are never to be merged again.
    """
    ALTER TABLE records ADD COLUMN reason TEXT NOT NULL DEFAULT '';  -- why it belongs to the paper; '' for the first record
    ALTER TABLE records ADD COLUMN place TEXT NOT NULL DEFAULT '';   -- file and line it was read from
    CREATE TABLE apart (
        one TEXT NOT NULL,              -- ids of two records that are of two papers, whatever they look like; one < other
        other TEXT NOT NULL,
        PRIMARY KEY (one, other)
    ) WITHOUT ROWID;
    CREATE TABLE sources (
        key INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,      -- of the file as it was named; of a member of an archive with the archive before it
        sha256 TEXT NOT NULL,           -- of its bytes when all of it was taken in; '' where it must be read again
        read_at TEXT NOT NULL,          -- UTC, ISO 8601
        told TEXT NOT NULL              -- JSON: how many of its records had which fate
    );
    CREATE TABLE origins (
        paper TEXT NOT NULL,            -- id of the paper
        source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
        added TEXT NOT NULL,            -- UTC, ISO 8601: when the source first brought the paper
        PRIMARY KEY (paper, source)
    ) WITHOUT ROWID;
    CREATE INDEX origins_of_source ON origins (source);
    """,
    # 4 -> 5: the token vectors of papers; one without a row has them made when it is found.
    """
    CREATE TABLE tokens (
        paper INTEGER PRIMARY KEY REFERENCES papers ON DELETE CASCADE,
        codes BLOB NOT NULL             -- five dimensions a byte, with a checksum over them and the text: rag.library.token_codes
    );
    """,
)

VERSION = len(STEPS)
READABLE = 2
"""A library of this version or a newer one can be read as it is; writing brings it up to date."""

NUMBERS = {"sentences": ("<f2", 2), "windows": ("<f4", 4)}
"""By table the kind of the numbers of its embeddings, and the bytes of each."""


def bring_up_to_date(connection: sqlite3.Connection, version: int) -> None:
    """Take the steps from this version to the last, each whole or not at all."""
    for step in range(version, VERSION):
        connection.executescript(f"BEGIN; {STEPS[step]} PRAGMA user_version = {step + 1}; COMMIT;")


def details_of(paper: Paper) -> str:
    apart = ("id", "title", "abstract")
    return json.dumps(
        {
            name: value
            for name, value in asdict(paper).items()
            if name not in apart and (value or name not in NEW_FIELDS)
        }
    )


def paper_of(identifier: str, title: str, abstract: str, details: str) -> Paper:
    fields = json.loads(details)
    for name in ("authors", "links", "aliases"):
        fields[name] = tuple(fields.get(name, ()))
    return Paper(id=identifier, title=title, abstract=abstract, **fields)


def stored_paper(identifier: str, title: str, abstract: str, details: str, digest: str) -> Paper:
    """A paper of a row, which is as it was stored.

    Raises:
        LibraryDamaged: it is another one than was stored, though SQLite sees nothing wrong in the file.
    """
    try:
        paper = paper_of(identifier, title, abstract, details)
    except (ValueError, TypeError, LookupError):
        paper = None
    if paper is None or record_hash(paper) != digest:
        raise LibraryDamaged(f"the record of the paper {identifier!r} is not as it was stored")
    return paper


def windows_of(rows: Sequence[Any]) -> tuple[list[Window], Matrix]:
    windows = [Window(row[0], row[1], Span(row[2], row[3])) for row in rows]
    return windows, matrix_of([row[4] for row in rows], "<f4")


def embedded_rows(key: int | None, spans: Sequence[Span], embeddings: Matrix, kind: str) -> list[tuple[Any, ...]]:
    return [
        (key, span.start, span.end, np.asarray(row, kind).tobytes())
        for span, row in zip(spans, embeddings, strict=True)
    ]


def is_unit(blob: bytes, kind: str) -> bool:
    """Whether the numbers of an embedding are those of a vector of length 1."""
    return abs(float(np.linalg.norm(np.frombuffer(blob, kind).astype(np.float32))) - 1) < 0.01


def matrix_of(blobs: Sequence[bytes], kind: str) -> Matrix:
    if not blobs:
        return np.empty((0, 0), np.float32)
    try:
        matrix: Matrix = np.frombuffer(b"".join(blobs), kind).reshape(len(blobs), -1).astype(np.float32)
    except ValueError as error:
        raise LibraryDamaged(f"embeddings of different lengths in the library: {error}; ingest it anew") from error
    return matrix


def insert(connection: sqlite3.Connection, item: EmbeddedPaper) -> None:
    """Add a paper that is not there, with its sentences and windows, inside a transaction."""
    paper = item.paper
    key = connection.execute(
        "INSERT INTO papers (id, title, abstract, details, record_hash) VALUES (?, ?, ?, ?, ?)",
        (paper.id, paper.title, paper.abstract, details_of(paper), record_hash(paper)),
    ).lastrowid
    # Half precision halves the file; it moves a cosine by less than 0.001. The windows keep full precision, because
    # the vector index is rebuilt from them.
    connection.executemany(
        "INSERT INTO sentences VALUES (?, ?, ?, ?)",
        embedded_rows(key, item.sentences, item.sentence_embeddings, "<f2"),
    )
    connection.executemany(
        "INSERT INTO windows VALUES (?, ?, ?, ?, ?)",
        [(secrets.randbits(62), *row) for row in embedded_rows(key, item.windows, item.window_embeddings, "<f4")],
    )
    if item.tokens is not None:
        codes = token_codes.coded(item.tokens, paper.title, paper.abstract)
        connection.execute(
            "INSERT INTO tokens VALUES (?, ?)", (key, token_codes.written(codes, paper.title, paper.abstract))
        )
