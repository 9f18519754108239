"""Vectors of parts of a text from those of smaller parts: of a sentence from its tokens, of a window from its sentences and the title.

Owns: pieces of a text that is longer than the network reads, put together again; the means. Knows nothing of networks or papers.
Late chunking (Günther et al. 2024, arXiv:2409.04701) pools all of them from one reading of the whole text instead. Sentences that
know their neighbours found the right paper less often here; windows lose next to nothing by either way (docs/scale.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Matrix
from rag.core.domain import Span

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class States:
    """The tokens of a text, or of a piece of it: `rows` (n, dimension) float32, as the network leaves them; `starts` and `ends` (n,)
    character offsets into the text; `marks` (m, dimension), the states of the marks before and behind it."""

    rows: Matrix
    starts: Offsets
    ends: Offsets
    marks: Matrix

    @classmethod
    def of(cls, rows: Matrix, offsets: Offsets, is_mark: npt.NDArray[np.bool_]) -> "States":
        """Of all that was read (n, dimension), with offsets (n, 2) and which of it are marks (n,)."""
        words = ~is_mark
        return cls(rows[words], offsets[words, 0], offsets[words, 1], rows[is_mark])


def unit(rows: npt.NDArray[Any]) -> Matrix:
    """The rows at unit length, float32."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def mean(states: States) -> Matrix:
    """(dimension,) unit length: the mean over all tokens and marks."""
    row: Matrix = unit(np.concatenate([states.marks, states.rows]).mean(0, keepdims=True))[0]
    return row


def windows(spans: Sequence[Span], sentences: Sequence[Span], rows: Matrix, title: tuple[int, Matrix] | None) -> Matrix:
    """(spans, dimension), unit length: the mean of the vectors of the title and of the sentences in each span, by their lengths.

    Args:
        spans: windows over sentences.
        sentences, rows: the sentences and (sentences, dimension) their vectors.
        title: the characters of the title and its vector; without one, a span holds sentences.
    """
    dimension = title[1].shape[-1] if title else rows.shape[-1]
    sums = np.zeros((len(spans), dimension), np.float32)
    for place, span in enumerate(spans):
        for sentence, row in zip(sentences, rows, strict=True):
            if sentence.start < span.end and sentence.end > span.start:
                sums[place] += (sentence.end - sentence.start) * row
        if title:
            sums[place] += title[0] * title[1]
    return unit(sums)


def dealt(rows: Matrix, counts: Sequence[int]) -> list[Matrix]:
    """The rows of all texts, dealt out to each."""
    return np.split(rows, np.cumsum(counts)[:-1]) if counts else []


def joined(pieces: Sequence[States]) -> States:
    """Overlapping pieces of a text, in their order, as one: each token from the piece in which more stands around it. The marks are
    those of the first piece."""
    if len(pieces) == 1:
        return pieces[0]
    kept: list[States] = []
    begin = -1
    for place, piece in enumerate(pieces):
        following = pieces[place + 1] if place + 1 < len(pieces) else None
        end = np.inf
        if following is not None and len(following.starts) and len(piece.ends):
            end = (int(following.starts[0]) + int(piece.ends[-1])) / 2
        inside = (piece.starts >= begin) & (piece.starts < end)
        kept.append(States(piece.rows[inside], piece.starts[inside], piece.ends[inside], piece.marks))
        begin = int(np.ceil(end)) if following is not None and np.isfinite(end) else begin
    return States(
        np.concatenate([piece.rows for piece in kept]),
        np.concatenate([piece.starts for piece in kept]),
        np.concatenate([piece.ends for piece in kept]),
        pieces[0].marks,
    )
