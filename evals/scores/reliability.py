"""Is a probability what it says? In bins of `p_answerable`: how often the words shown hold the answer.

Owns the bins, Brier's score and the expected calibration error. A question counts where a model gave its probability and it is known
whether the answer holds what was asked for: one that was declined shows no words, so it counts only where the library does not answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.scores.holding import holds_answer
from evals.scores.measures import Line
from evals.scores.statistics import estimate

BINS = 5


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions whose probabilities are near each other: the mean of these, the share that holds the answer, its 95 % interval, and how
    many they are."""

    p: float
    held: float
    lo: float | None
    hi: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins that have questions, in order, and two errors of which 0 is the best. `brier`: the mean squared distance of probability
    and truth (Brier 1950); `ece`: how far the bins are from what they say, weighted by their questions (Naeini et al. 2015)."""

    bins: tuple[Bin, ...]
    brier: float
    ece: float
    n: int


def reliability(lines: Sequence[Line]) -> Reliability | None:
    """How the probabilities of a run compare with what its answers hold; None where no question tells."""
    known = [(line["p_answerable"], held) for line in lines if (held := _held(line)) is not None]
    if not known:
        return None
    p, truth = np.array([item[0] for item in known]), np.array([item[1] for item in known], dtype=float)
    of_bin = np.minimum((p * BINS).astype(int), BINS - 1)
    bins = []
    for number in range(BINS):
        inside = of_bin == number
        if inside.any():
            share = estimate(truth[inside].tolist())
            bins.append(
                Bin(float(p[inside].mean()), float(truth[inside].mean()), share.lo, share.hi, int(inside.sum()))
            )
    ece = sum(item.n * abs(item.p - item.held) for item in bins) / len(p)
    return Reliability(tuple(bins), float(((p - truth) ** 2).mean()), float(ece), len(p))


def _held(line: Line) -> bool | None:
    p = line.get("p_answerable")
    # 0 and 1 are no probabilities: something was looked up.
    if p is None or not 0 < p < 1 or line.get("origin", "abstracts") != "abstracts":
        return None
    if not line["case"].get("answerable", True):
        return False
    return holds_answer(line) if line.get("sentences") else None
