"""The kinds of arrays that travel between parts, and scores made comparable. Knows nothing of what is scored."""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]


def zscores(scores: Scores) -> Scores:
    """Scores in standard deviations from their mean; all 0 where they do not differ."""
    spread = float(scores.std()) if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros(len(scores))
