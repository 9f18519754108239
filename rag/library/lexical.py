"""Which papers hold words, stemmed, and how well: BM25 with the title counting double.

Owns: that a question is answered by arrays where a large library has them, and by FTS5 else, with the same scores. Knows nothing of how
either is made.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Scores
from rag.library import queries, word_index
from rag.library.postings import Phrase, Postings
from rag.library.sqlite import Database
from rag.library.word_index import WordIndex

Mask = npt.NDArray[np.bool_]
_HOLDING = "SELECT count(*) FROM papers_fts WHERE papers_fts MATCH ?"


class Lexical:
    """Searches by words in one library. Every call is made within a snapshot of it."""

    def __init__(self, database: Database, words: WordIndex) -> None:
        self._database = database
        self._words = words
        self._last: tuple[Postings, list[Phrase], Scores] | None = None
        self._mask: tuple[Postings, Sequence[int], Mask] | None = None

    def prepare(self) -> None:
        """Have the arrays made or read in the background, where the library is large enough for them."""
        with self._database.snapshot():
            self._postings()

    def best(self, words: Sequence[str], limit: int) -> dict[str, float]:
        """See `Library.lexical`."""
        scored = self._scored(words)
        if scored is None:
            return self._by_sql(queries.best_by_words(words, limit))
        postings, scores = scored
        among = self._among(postings)
        if among is not None:
            scores = np.where(among, scores, 0.0)
        found = np.flatnonzero(scores)
        if len(found) > limit:
            # All that score as much as the last one: which of them come first, their ids tell.
            least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
            found = np.flatnonzero(scores >= max(least, np.nextafter(0.0, 1.0)))
        ids = self._ids(postings, found)
        ranked = sorted((-float(scores[place]), ids[place]) for place in found.tolist() if place in ids)
        return {paper_id: -score for score, paper_id in ranked[:limit]}

    def scores_of(self, words: Sequence[str], ids: Sequence[str]) -> dict[str, float]:
        """See `Library.lexical_of`."""
        scored = self._scored(words)
        if scored is None:
            return self._by_sql(queries.scores_by_words(words, ids))
        postings, scores = scored
        rows = sorted(self._database.rows_for("SELECT key, id FROM papers WHERE id IN ({})", ids))
        keys = [row[0] for row in rows]
        found = np.searchsorted(postings.keys, keys)
        return {row[1]: float(scores[place]) for row, place in zip(rows, found.tolist(), strict=True) if scores[place]}

    def holding(self, words: Iterable[str]) -> dict[str, int]:
        """See `Library.holding`."""
        wanted = [word for word in dict.fromkeys(words) if '"' not in word]
        postings = self._postings()
        if postings is None:
            return {word: self._counted(word) for word in wanted}
        among = self._among(postings)
        counts: dict[str, int] = {}
        for word, phrase in zip(wanted, word_index.phrases(wanted), strict=True):
            if len(phrase) > 1:
                counts[word] = self._counted(word)
                continue
            papers = postings.holding(phrase)
            counts[word] = len(papers) if among is None else int(np.count_nonzero(among[papers]))
        return counts

    def _scored(self, words: Sequence[str]) -> tuple[Postings, Scores] | None:
        """The scores of all papers; None where FTS5 must be asked: there are no arrays, or a word is several words to it, whose order
        counts."""
        wanted = [word for word in dict.fromkeys(words) if '"' not in word]
        postings = self._postings()
        if postings is None or not wanted:
            return None
        cut = word_index.phrases(wanted)
        if any(len(phrase) > 1 for phrase in cut):
            return None
        last = self._last
        if last is not None and last[0] is postings and last[1] == cut:
            return postings, last[2]
        scores = postings.scores(cut)
        self._last = (postings, cut, scores)
        return postings, scores

    def _postings(self) -> Postings | None:
        """Those of the library's present state, where there are any."""
        revision = self._database.rows("SELECT value FROM meta WHERE key = 'revision'")
        return self._words.now((self._database.identity, int(revision[0][0]) if revision else 0), self._count)

    def _count(self) -> int:
        return int(self._database.rows("SELECT count(*) FROM main.papers")[0][0])

    def _among(self, postings: Postings) -> Mask | None:
        """(n,) which papers are meant; None where all are."""
        keys = self._database.chosen
        if keys is None:
            return None
        kept = self._mask
        if kept is None or kept[0] is not postings or kept[1] is not keys:
            mask = np.zeros(len(postings), bool)
            mask[postings.places(keys)] = True
            self._mask = kept = (postings, keys, mask)
        return kept[2]

    def _ids(self, postings: Postings, places: npt.NDArray[Any]) -> dict[int, str]:
        keys = postings.keys[places].tolist()
        rows = dict(self._database.rows_for("SELECT key, id FROM papers WHERE key IN ({})", keys))
        return {place: rows[key] for place, key in zip(places.tolist(), keys, strict=True) if key in rows}

    def _counted(self, word: str) -> int:
        return int(self._database.rows(_HOLDING, (f'"{word}"',))[0][0])

    def _by_sql(self, query: tuple[str, Sequence[Any]] | None) -> dict[str, float]:
        return {row[0]: float(row[1]) for row in self._database.rows(*query)} if query else {}
