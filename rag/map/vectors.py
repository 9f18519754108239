"""One vector a paper, of the embeddings that a library keeps. Reads only.

A paper is as many windows of sentences as its abstract needs, each embedded with the title; its vector is their mean, of length 1. The
first window alone would leave out what an abstract finds, which stands at its end.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.core.arrays import Matrix
from rag.core.errors import LibraryDamaged
from rag.library.sqlite import Database
from rag.library.store import Library
from rag.library.tables import matrix_of

_AT_ONCE = 4_096
_SOME = "SELECT key, id FROM papers WHERE key % ? = 0 ORDER BY key LIMIT ?"
_WINDOWS = "SELECT paper, embedding FROM windows WHERE paper % ? = 0 ORDER BY paper, start"
_STATE = "SELECT p.id, w.id FROM papers p LEFT JOIN windows w ON w.paper = p.key ORDER BY p.key, w.id"
_TITLES = "SELECT iif(title = '', substr(abstract, 1, 200), title) FROM papers WHERE key IN ({}) ORDER BY key"


@dataclass(frozen=True, slots=True)
class PaperVectors:
    """The papers that have embeddings, in the order in which they came in: `ids`, their `titles` (of a paper without one how its
    abstract begins), and `rows` (n, dimension) float32 of length 1. `papers` is how many the library holds, `bare` how many of those
    that were looked at have no embedding, `state` names all of it."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    rows: Matrix
    papers: int
    bare: int
    state: str


def paper_vectors(library: Library, most: int) -> PaperVectors:
    """The vectors of all papers, or of at most so many, spread over the library.

    Raises:
        LibraryDamaged: embeddings cannot be read, or are of different lengths.
    """
    with library.beside() as database, database.snapshot():
        papers = int(database.rows("SELECT count(*) FROM papers")[0][0])
        step = max(1, -(-papers // most))
        some = database.rows(_SOME, (step, most))
        rows = _means(database, step, {key: n for n, (key, _) in enumerate(some)})
        lengths = np.linalg.norm(rows, axis=1)
        there = np.flatnonzero(lengths > 0)
        keys = [some[n][0] for n in there]
        titles = tuple(row[0] for row in database.rows_for(_TITLES, keys))
        ids = tuple(some[n][1] for n in there)
        unit = rows[there] / lengths[there, None]
        return PaperVectors(ids, titles, unit, papers, len(some) - len(there), _state(database))


def state_of(library: Library) -> str:
    """What names the embeddings that a library keeps now: another text of a paper has others, other details have not."""
    with library.beside() as database, database.snapshot():
        return _state(database)


def _state(database: Database) -> str:
    digest = hashlib.sha256()
    for paper, window in database.connection.execute(_STATE):
        digest.update(f"{paper}\n{window}\n".encode())
    return digest.hexdigest()[:16]


def _means(database: Database, step: int, at: dict[int, int]) -> Matrix:
    """(n, dimension) sums of the windows of each paper; zeros where it has none."""
    sums: Matrix = np.zeros((len(at), 0), np.float32)
    windows = database.connection.execute(_WINDOWS, (step,))
    while batch := windows.fetchmany(_AT_ONCE):
        known = [row for row in batch if row[0] in at]
        if not known:
            continue
        vectors = matrix_of([row[1] for row in known], "<f4")
        if not sums.shape[1]:
            sums = np.zeros((len(at), vectors.shape[1]), np.float32)
        if vectors.shape[1] != sums.shape[1]:
            raise LibraryDamaged("embeddings of different lengths in the library; ingest it anew")
        _add(sums, [at[row[0]] for row in known], vectors)
    return sums


def _add(sums: Matrix, at: Sequence[int], vectors: Any) -> None:
    """Add each vector to the row of its paper. Those of one paper follow each other."""
    places = np.asarray(at)
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    sums[places[starts]] += np.add.reduceat(vectors, starts, axis=0)
