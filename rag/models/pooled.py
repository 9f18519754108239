"""The vectors of parts of a text, pooled from the token states of one reading of all of it (late chunking, Günther et al. 2024,
arXiv:2409.04701).

Owns: pieces of a text that is longer than the network reads, put together again; which tokens are of which part; their means. Knows
nothing of networks or papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


def unit(rows: Matrix) -> Matrix:
    """The rows at unit length."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def windows(states: States, begin: int, spans: Sequence[Span]) -> Matrix:
    """(spans, dimension), unit length: the mean over the marks, all tokens before character `begin` of what was read, and those of the
    span, whose offsets count from there. So each window holds the title, as if it had been read behind it alone."""
    shared = np.concatenate([states.marks, states.rows[states.starts < begin]])
    inside = _inside(states, begin, spans)
    sums = inside @ states.rows + shared.sum(0)
    return unit(sums / np.maximum(inside.sum(1, keepdims=True) + len(shared), 1))


def sentences(states: States, begin: int, spans: Sequence[Span]) -> Matrix:
    """(spans, dimension), unit length: the mean over the marks and the tokens of the span."""
    inside = _inside(states, begin, spans)
    sums = inside @ states.rows + states.marks.sum(0)
    return unit(sums / np.maximum(inside.sum(1, keepdims=True) + len(states.marks), 1))


def _inside(states: States, begin: int, spans: Sequence[Span]) -> Matrix:
    """(spans, tokens): 1 for the tokens of which a character is in the span, else 0."""
    first = np.array([span.start for span in spans], np.int64)[:, None] + begin
    last = np.array([span.end for span in spans], np.int64)[:, None] + begin
    matrix: Matrix = ((states.starts < last) & (states.ends > first)).astype(np.float32)
    return matrix


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
