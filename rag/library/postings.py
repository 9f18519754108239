"""Which papers hold each stem and how often, as arrays: BM25 as FTS5 computes it, to the last bit, and many times as fast.

Owns: how the arrays are laid out, and the scores (Robertson and Zaragoza 2009, with FTS5's constants). Pure; knows nothing of files or
of SQLite. FTS5 goes through the positions of every word in every paper for each question; here that was done once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Scores

Ints = npt.NDArray[Any]
Phrase = tuple[bytes, ...]
"""The stems of a word as it was typed: one as a rule, none of a sign, two of "word_embedding"."""
_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6


@dataclass(frozen=True)
class Postings:
    """The stems of n papers; arrays may be of a mapped file.

    `keys` (n,) are the papers' keys, ascending; `marks` (n,) tell one text of a paper from another; `lengths` (n,) count the words of
    title and abstract. `stems` are all stems in one text, ascending, that of number i up to `ends[i]`. What holds stem i stands from
    `starts[i]` to `starts[i + 1]`: in `papers` as places in `keys`, ascending, and in `counts` how often, in the title counted double.
    """

    keys: Ints
    marks: Ints
    lengths: Ints
    stems: npt.NDArray[np.uint8]
    ends: Ints
    starts: Ints
    papers: Ints
    counts: Ints

    @cached_property
    def _norms(self) -> Scores:
        """(n,) what the length of a paper adds below the line."""
        total = int(self.lengths.sum(dtype=np.int64))
        average = total / len(self.keys) if total else 1.0
        norms: Scores = _K1 * (1 - _B + _B * self.lengths.astype(float) / average)
        return norms

    def __len__(self) -> int:
        return len(self.keys)

    def scores(self, phrases: Sequence[Phrase]) -> Scores:
        """(n,) the BM25 of each paper; 0 where it holds none of the words. Each has one stem at most."""
        scores = np.zeros(len(self))
        for stem in (phrase[0] for phrase in phrases if phrase):
            papers, counts = self._of(stem)
            if len(papers):
                often = counts.astype(float)
                idf = max(math.log((len(self) - len(papers) + 0.5) / (len(papers) + 0.5)), 0.0) or _LEAST_IDF
                scores[papers] += idf * ((often * (_K1 + 1)) / (often + self._norms[papers]))
        return scores

    def holding(self, phrase: Phrase) -> Ints:
        """The places of the papers that hold this word, which has one stem at most."""
        return self._of(phrase[0])[0] if phrase else self.papers[:0]

    def places(self, keys: Sequence[int]) -> Ints:
        """The places of the papers with these keys; keys that are not there are left out."""
        wanted = np.array(sorted(keys), np.int64)
        places = np.searchsorted(self.keys, wanted)
        there = places < len(self)
        there[there] = self.keys[places[there]] == wanted[there]
        found: Ints = places[there]
        return found

    def vocabulary(self) -> list[bytes]:
        """All stems, ascending."""
        text, ends = self.stems.tobytes(), self.ends.tolist()
        return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def _of(self, stem: bytes) -> tuple[Ints, Ints]:
        n = self._number(stem)
        start, end = (0, 0) if n is None else (int(self.starts[n]), int(self.starts[n + 1]))
        return self.papers[start:end], self.counts[start:end]

    def _number(self, stem: bytes) -> int | None:
        low, high = 0, len(self.ends)
        while low < high:
            middle = (low + high) // 2
            if self._stem(middle) < stem:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.ends) and self._stem(low) == stem else None

    def _stem(self, n: int) -> bytes:
        return self.stems[int(self.ends[n - 1]) if n else 0 : int(self.ends[n])].tobytes()


@dataclass(frozen=True, slots=True)
class Occurrences:
    """What texts hold, before it is laid out: `stems` ascending; for each a place in `keys` and how often, as rows (stem, place, count)
    in the order of stems and then of places; `lengths` are words by place."""

    keys: Ints
    lengths: Ints
    stems: list[bytes]
    of_stem: Ints
    papers: Ints
    counts: Ints


def laid_out(some: Occurrences, marks: Ints) -> Postings:
    """The postings of these texts."""
    return Postings(
        some.keys.astype(np.int64),
        marks.astype(np.int64),
        some.lengths.astype(np.int32),
        np.frombuffer(b"".join(some.stems), np.uint8),
        np.cumsum([len(stem) for stem in some.stems], dtype=np.int64),
        np.searchsorted(some.of_stem, np.arange(len(some.stems) + 1)).astype(np.int64),
        some.papers.astype(np.int32),
        some.counts.astype(np.min_scalar_type(int(some.counts.max(initial=0)))),
    )


def changed(before: Postings, stays: npt.NDArray[np.bool_], new: Occurrences, marks: Ints) -> Postings:
    """The postings of those papers of `before` that stay (n,), and behind them of new ones with greater keys and these marks."""
    place = np.cumsum(stays) - 1
    kept = stays[before.papers]
    of_stem = np.repeat(np.arange(len(before.ends)), np.diff(before.starts))[kept]
    old_stems = before.vocabulary()
    still = np.bincount(of_stem, minlength=len(old_stems)) > 0
    every = sorted({stem for stem, there in zip(old_stems, still.tolist(), strict=True) if there} | set(new.stems))
    number = {stem: n for n, stem in enumerate(every)}
    renumbered = np.array([number.get(stem, 0) for stem in old_stems], np.int64)[of_stem]
    added = np.array([number[stem] for stem in new.stems], np.int64)[new.of_stem]
    numbers = np.concatenate((renumbered, added))
    order = np.argsort(numbers, kind="stable")
    both = Occurrences(
        np.concatenate((before.keys[stays], new.keys)),
        np.concatenate((before.lengths[stays], new.lengths)),
        every,
        numbers[order],
        np.concatenate((place[before.papers[kept]], new.papers + int(stays.sum())))[order],
        np.concatenate((before.counts[kept], new.counts))[order],
    )
    return laid_out(both, np.concatenate((before.marks[stays], marks)))
