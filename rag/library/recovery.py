"""What can still be read of a damaged library file: rows of a broken table, and texts from the vector index.

Reads only; what becomes of it is decided in `rag.library.repair`.
"""

import sqlite3
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.core.domain import Paper, Span
from rag.library import private
from rag.library.vector_index import Manifest, VectorIndex, chroma_exceptions

_MOST_FAILURES = 5_000
"""Reads of a table that may fail before the rest is given up: about 60 for each broken page."""
_LEAST, _MOST = -(1 << 62), 1 << 62

Texts = Mapping[str, tuple[str, str]]
"""Title and abstract by paper id."""


def readable_rows(connection: sqlite3.Connection, table: str, columns: str, key: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a table that can be read, around the places where it is broken, or where text is no UTF-8.

    A range of keys that cannot be read to its end is halved, and each half tried again, the widest ranges first.
    """
    ranges = deque([(_LEAST, _MOST)])
    failures = 0
    while ranges and failures < _MOST_FAILURES:
        low, high = ranges.popleft()
        try:
            statement = f"SELECT {key}, {columns} FROM {table} NOT INDEXED WHERE {key} BETWEEN ? AND ? ORDER BY {key}"
            for row in connection.execute(statement, (low, high)):
                low = row[0] + 1
                yield row[1:]
        except sqlite3.Error:
            failures += 1
            if low < high:
                middle = (low + high) // 2
                ranges += [(low, middle), (middle + 1, high)]


def open_damaged(file: Path) -> sqlite3.Connection:
    """A connection to a file that may be broken anywhere. It changes nothing.

    Raises:
        sqlite3.Error: nothing of it can be read.
    """
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def is_whole(paper: Paper, sentences: Sequence[Span], windows: Sequence[Span]) -> bool:
    """Whether nothing but white space of the abstract is outside its sentences, nor outside its windows, and it has any."""
    return bool(windows) and all(_covers(spans, paper.abstract) for spans in (sentences, windows))


def _covers(spans: Sequence[Span], abstract: str) -> bool:
    if any(not 0 <= span.start <= span.end <= len(abstract) for span in spans):
        return False
    end = 0
    for span in sorted(spans, key=lambda span: span.start):
        if abstract[end : span.start].strip():
            return False
        end = max(end, span.end)
    return not abstract[end:].strip()


def texts_in_index(root: Path, manifest: Manifest) -> tuple[Texts, frozenset[str]]:
    """Papers put together from the passages that a vector index keeps, and the ids of those that it does not hold as a whole.

    The index is read through a private copy, since Chroma writes while it opens.
    """
    try:
        copy = private.copy_of(root / manifest.folder)
    except OSError:
        return {}, frozenset()
    try:
        index = VectorIndex(copy, manifest, temporary=True)
    except chroma_exceptions():
        private.remove(copy)
        return {}, frozenset()
    try:
        passages = index.passages()
    except chroma_exceptions():
        passages = []
    finally:
        index.close()
    of_paper: dict[str, list[tuple[int, str]]] = defaultdict(list)
    titles: dict[str, str] = {}
    for text, about in passages:
        of_paper[about["paper_id"]].append((about["start"], text))
        titles[about["paper_id"]] = about["title"]
    joined = {paper_id: _joined(sorted(pieces)) for paper_id, pieces in of_paper.items()}
    texts = {paper_id: (titles[paper_id], abstract) for paper_id, abstract in joined.items() if abstract is not None}
    return texts, frozenset(joined.keys() - texts.keys())


def _joined(pieces: list[tuple[int, str]]) -> str | None:
    """The abstract that overlapping passages are of; None where one is missing between others or they contradict each other.

    Between passages that do not overlap there was a single space: ingestion folds white space.
    """
    abstract = ""
    for start, text in pieces:
        if start == len(abstract) + 1 and abstract:
            abstract += " "
        known = abstract[start : start + len(text)]
        if start > len(abstract) or not text.startswith(known):
            return None
        abstract = abstract[:start] + text + abstract[start + len(text) :]
    return abstract
