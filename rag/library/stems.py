"""Text -> stems, cut by SQLite's own tokenizer: what the index of words in a library's file holds, and words as it looks for them.

Owns: reading the index of words whole, and cutting other texts in memory exactly as it does.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

import numpy as np

from rag.library.postings import Occurrences, Phrase

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""As the library's tables say it."""
_PLACES = "CREATE VIRTUAL TABLE temp.places USING fts5vocab('main', 'papers_fts', 'instance')"
_BY_STEM = "SELECT term, group_concat(2 * doc + (col = 'title')) FROM temp.places GROUP BY term"
"""Of a stem a number for each place in which it stands, in the order of papers: the paper, and whether it is the title."""
_WORDS_KEPT = 20_000


def in_library(connection: sqlite3.Connection) -> Occurrences:
    """What the index of words of a library holds, read on a connection that may make temporary tables."""
    connection.execute(_PLACES)
    try:
        return _occurrences(connection)
    finally:
        connection.execute("DROP TABLE temp.places")


def in_texts(texts: Iterable[tuple[int, str, str]]) -> Occurrences:
    """What these (key, title, abstract) hold; keys ascend."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            f"CREATE VIRTUAL TABLE papers_fts USING fts5(title, abstract, content='', tokenize='{TOKENIZER}')"
        )
        connection.executemany("INSERT INTO papers_fts (rowid, title, abstract) VALUES (?, ?, ?)", texts)
        return in_library(connection)


def _occurrences(connection: sqlite3.Connection) -> Occurrences:
    stems: list[bytes] = []
    keys, counts, sizes, words = [], [], [], []
    for stem, places in connection.execute(_BY_STEM):
        of_paper, in_title = np.divmod(np.fromstring(places, np.int64, sep=","), 2)
        first = np.flatnonzero(np.diff(of_paper, prepend=-1))
        stems.append(stem.encode())
        keys.append(of_paper[first])
        counts.append(np.add.reduceat(in_title + 1, first))
        words.append(np.diff(first, append=len(of_paper)))
        sizes.append(len(first))
    of_paper = np.concatenate(keys) if keys else np.empty(0, np.int64)
    every = np.array([key for (key,) in connection.execute("SELECT id FROM papers_fts_docsize ORDER BY id")], np.int64)
    papers = np.searchsorted(every, of_paper)
    lengths = np.bincount(papers, np.concatenate(words) if words else None, len(every)).astype(np.int64)
    return Occurrences(
        every,
        lengths,
        stems,
        np.repeat(np.arange(len(stems)), sizes),
        papers,
        np.concatenate(counts) if counts else np.empty(0, np.int64),
    )


class Cutter:
    """Cuts words into stems as a query of the index does. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Phrase] = OrderedDict()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute(f"CREATE VIRTUAL TABLE words USING fts5(word, content='', tokenize='{TOKENIZER}')")
        self._connection.execute("CREATE VIRTUAL TABLE places USING fts5vocab('words', 'instance')")

    def phrases(self, words: Sequence[str]) -> list[Phrase]:
        """The stems of each word."""
        with self._lock:
            new = [word for word in dict.fromkeys(words) if word not in self._known]
            if new:
                self._known.update(self._cut(new))
            found = [self._known[word] for word in words]
            while len(self._known) > _WORDS_KEPT:
                self._known.popitem(last=False)
        return found

    def _cut(self, words: Sequence[str]) -> Iterator[tuple[str, Phrase]]:
        with self._emptied():
            self._connection.executemany("INSERT INTO words (rowid, word) VALUES (?, ?)", enumerate(words))
            places = self._connection.execute("SELECT doc, offset, term FROM places").fetchall()
        stems: list[list[bytes]] = [[] for _ in words]
        for n, _, stem in sorted(places):
            stems[n].append(stem.encode())
        return zip(words, map(tuple, stems), strict=True)

    @contextmanager
    def _emptied(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")
