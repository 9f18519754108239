"""The kinds of arrays that travel between parts, and scores made comparable. Knows nothing of what is scored."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]


def zscores(scores: Scores) -> Scores:
    """Scores in standard deviations from their mean; all 0 where they do not differ."""
    spread = float(scores.std()) if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros(len(scores))


def gathered(batches: Iterable[tuple[list[int], Scores]], count: int) -> Scores:
    """(count,) the scores that come as (indices, scores) of one batch after another, each in its place; 0 where none came."""
    scores = np.zeros(count)
    for indices, values in batches:
        scores[indices] = values
    return scores
