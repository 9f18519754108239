"""Means, medians and differences with their 95 % intervals. Owns the statistics; knows nothing of what is measured."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

RESAMPLES = 2_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean (or median, or area) with its 95 % interval, and how many questions were scored, skipped and failed."""

    mean: float | None
    lo: float | None
    hi: float | None
    n: int
    skipped: int
    failed: int = 0

    def json(self) -> dict[str, Any]:
        """Rounded, so that two machines print the same."""
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


def estimate(values: Sequence[float | None], failed: int = 0, statistic: Callable[..., Any] = np.mean) -> Mean:
    """The statistic over the values that are there.

    Intervals: Wilson's for yes/no values, which is right at the ends too (Wilson 1927), else the percentile bootstrap over
    questions with a fixed seed (Efron and Tibshirani 1993, chapter 13). One value alone has no interval.
    """
    scored: Any = np.array([value for value in values if value is not None], dtype=float)
    skipped = len(values) - len(scored)
    if not len(scored):
        return Mean(None, None, None, 0, skipped, failed)
    mean = float(statistic(scored))
    lo, hi = _interval(scored, statistic)
    return Mean(mean, lo, hi, len(scored), skipped, failed)


def _interval(scored: Any, statistic: Callable[..., Any]) -> tuple[float | None, float | None]:
    if len(scored) < 2:
        return None, None
    if statistic is np.mean and set(scored.tolist()) <= {0.0, 1.0}:
        interval = stats.binomtest(int(scored.sum()), len(scored)).proportion_ci(method="wilson")
        return float(interval.low), float(interval.high)
    return bootstrap((scored,), statistic)


def bootstrap(samples: tuple[Any, ...], statistic: Callable[..., Any], paired: bool = False) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic; always the same for the same samples."""
    if all((sample == sample[0]).all() for sample in samples):
        same = float(statistic(*samples))
        return same, same
    interval = stats.bootstrap(
        samples,
        statistic,
        paired=paired,
        n_resamples=RESAMPLES,
        method="percentile",
        vectorized=False if paired else None,
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(interval.low), float(interval.high)


def auroc(yes: ArrayLike, no: ArrayLike, skipped: int = 0, failed: int = 0) -> Mean:
    """The area under the ROC curve: the probability that one of `yes` is greater than one of `no`, ties counting half.

    The interval is Hanley and McNeil's (1982). None where there is no `yes` or no `no`.
    """
    higher, lower = np.asarray(yes, dtype=float), np.asarray(no, dtype=float)
    m, n = len(higher), len(lower)
    if not m or not n:
        return Mean(None, None, None, 0, skipped + m + n, failed)
    # The method is that of the p-value, which is not asked for.
    area = float(stats.mannwhitneyu(higher, lower, method="asymptotic").statistic) / (m * n)
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    variance = area * (1 - area) + (m - 1) * (q1 - area * area) + (n - 1) * (q2 - area * area)
    half = 1.96 * math.sqrt(max(variance, 0.0) / (m * n))
    return Mean(area, max(0.0, area - half), min(1.0, area + half), m + n, skipped, failed)


def mcnemar(better: int, worse: int) -> float:
    """Two-sided exact p-value of McNemar's test: how surprising this split of the questions that changed is (McNemar 1947)."""
    return float(stats.binomtest(better, better + worse).pvalue) if better + worse else 1.0
