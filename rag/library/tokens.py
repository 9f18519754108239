"""The token vectors of papers as a library keeps them: read, checked, and made where they are missing.

Owns the table `tokens`. A library that was written before there was one has none; it is read as if the table were empty. What is
damaged, or of another text than the paper's, is read as if it were not there.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence

from rag.core.domain import Paper
from rag.core.sentences import embedded_text
from rag.ingest.chunks import embed_papers
from rag.library import token_codes
from rag.library.sqlite import Database, has_table
from rag.library.token_codes import StoredTokens
from rag.models.embedder import Embedder
from rag.models.spans import TokenVectors

log = logging.getLogger(__name__)
_BATCH = 64
"""Papers of which tokens are made and stored at once."""
_WITHOUT = "FROM papers p LEFT JOIN tokens t ON t.paper = p.key WHERE t.paper IS NULL AND p.key > ?"


def of_papers(database: Database, papers: Sequence[Paper], dimension: int) -> dict[str, StoredTokens]:
    """By id the tokens that are kept of papers with exactly these texts."""
    found: dict[str, StoredTokens] = {}
    with database.snapshot():
        if not database.has_table("tokens"):
            return found
        statement = "SELECT p.id, t.codes FROM papers p JOIN tokens t ON t.paper = p.key WHERE p.id IN ({})"
        blobs = dict(database.rows_for(statement, [paper.id for paper in papers]))
    for paper in papers:
        if paper.id not in blobs:
            continue
        tokens = token_codes.read(blobs[paper.id], dimension, paper.title, paper.abstract)
        if tokens is None:  # damaged, or the paper was changed since it was found
            log.warning("the token vectors that are kept of the paper %s are not of its text; making them", paper.id)
        else:
            found[paper.id] = tokens
    return found


def missing(database: Database) -> int:
    """Of how many papers none are kept."""
    if not database.has_table("tokens"):
        return int(database.rows("SELECT count(*) FROM papers")[0][0])
    return int(database.rows(f"SELECT count(*) {_WITHOUT}", (-1,))[0][0])


def fill(
    database: Database, embedder: Embedder, report: Callable[[int, int], None] | None = None, *, apart: bool = False
) -> int:
    """Make those that are missing, a transaction a batch, and say of how many papers; `report` gets (done, total). With `apart` as of
    papers whose windows are read apart (`rag.ingest.chunks.embed_papers`).

    Only the holder of the writer lock calls this, on a library with the present schema that this embedder has embedded. Texts stay as
    they are, and so does the revision; similarities change by what the codes round off.
    """
    total, done, last = missing(database), 0, -1
    while rows := database.rows(f"SELECT p.key, p.title, p.abstract {_WITHOUT} ORDER BY p.key LIMIT {_BATCH}", (last,)):
        made = _made([Paper(str(key), title, abstract) for key, title, abstract in rows], embedder, apart)
        with database.transaction():
            database.connection.executemany(
                "INSERT INTO tokens VALUES (?, ?)",
                [
                    (key, token_codes.written(token_codes.coded(tokens, title, abstract), title, abstract))
                    for (key, title, abstract), tokens in zip(rows, made, strict=True)
                ],
            )
        done, last = done + len(rows), rows[-1][0]
        if report:
            report(done, total)
    return done


def _made(papers: Sequence[Paper], embedder: Embedder, apart: bool) -> list[TokenVectors]:
    if apart:  # the tokens alone, without reading the windows
        return embedder.embed_tokens([embedded_text(paper.title, paper.abstract) for paper in papers])
    return [item.tokens for item in embed_papers(papers, embedder) if item.tokens is not None]


def wrong(connection: sqlite3.Connection, dimension: int) -> Iterator[int]:
    """The keys of the papers whose kept tokens are damaged or of another text, and of those that no paper has; all are read.

    Raises:
        sqlite3.Error: something cannot be read at all.
    """
    if not has_table(connection, "tokens"):
        return
    statement = "SELECT t.paper, t.codes, p.title, p.abstract FROM tokens t LEFT JOIN papers p ON p.key = t.paper"
    for key, codes, title, abstract in connection.execute(statement):
        if title is None or token_codes.read(codes, dimension, title, abstract) is None:
            yield key
