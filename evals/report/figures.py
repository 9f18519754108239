"""Which numbers of a run are drawn, and how: each figure of the report. Knows nothing of how charts are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.report.charts import SHARE, Axis, Chart, Dots, Interval, Lines, Series, Trend, number, rounded_axis
from evals.runs.run import Run
from evals.scores.measures import Line, recall_at
from evals.scores.reliability import reliability
from evals.scores.statistics import estimate
from evals.scores.summary import MAIN, answerable

BY_TYPE = ("hit@1", "recall@5", "facts", "citation_precision")
DEPTH = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its heading and what is said below it."""

    heading: str
    chart: Chart
    caption: str


def figures(run: Run, scores: dict[str, Any]) -> list[Figure]:
    """All figures of one run; those that it has no numbers for are left out."""
    good = [line for line in run.lines if not line.get("error")]
    candidates = (
        *(by_type(scores, name) for name in BY_TYPE),
        recall_curve(good),
        abstention(good, scores),
        calibration(good),
        stages(scores),
        total_time(good, scores),
    )
    return [figure for figure in candidates if figure]


def by_type(scores: dict[str, Any], name: str) -> Figure | None:
    """A measure for each type of question, with its interval."""
    rows = []
    for kind, measures in scores["by_type"].items():
        item = measures.get(name, {})
        if item.get("mean") is not None:
            rows.append(Interval(kind, item["mean"], item["lo"], item["hi"], f"{item['n']} questions"))
    if not rows:
        return None
    overall = scores["measures"][name]
    rows.append(Interval("all", overall["mean"], overall["lo"], overall["hi"], f"{overall['n']} questions"))
    return Figure(
        f"{name} by type",
        Dots(f"{name} by type of question, with 95 % intervals", rows),
        f"{overall['n']} questions, 95 % intervals.",
    )


def recall_curve(good: Sequence[Line]) -> Figure | None:
    """How much of what is relevant is among the first k papers."""
    means = [estimate([recall_at(k)(line) for line in good]) for k in range(1, DEPTH + 1)]
    if not means[0].n:
        return None
    points = [(float(k), mean.mean) for k, mean in enumerate(means, start=1)]
    curve = Series("recall@k", points, [mean.lo for mean in means], [mean.hi for mean in means])
    x = Axis(1, DEPTH, range(1, DEPTH + 1), "k, papers looked at", 0)
    caption = f"Share of the relevant papers among the first k; {means[0].n} questions, 95 % band."
    return Figure("Retrieval", Lines("Recall at k for k from 1 to 10", [curve], x), caption)


def abstention(good: Sequence[Line], scores: dict[str, Any]) -> Figure | None:
    """What declining would catch, and how much of it would be right, at each threshold."""
    items = [(line["p_answerable"], answerable(line)) for line in good if line.get("p_answerable") is not None]
    unanswerable = sum(not able for _, able in items)
    if not unanswerable:
        return None
    thresholds = [step / 100 for step in range(101)]
    precision, recall = [], []
    for threshold in thresholds:
        right = sum(p < threshold and not able for p, able in items)
        declined = sum(p < threshold for p, _ in items)
        precision.append((threshold, right / declined if declined else None))
        recall.append((threshold, right / unanswerable))
    x = Axis(0.0, 1.0, SHARE.ticks, "threshold: declined where p_answerable is below", 2)
    series = [Series("precision", precision, steps=True), Series("recall", recall, steps=True)]
    measures = scores["measures"]
    as_run = ", ".join(
        f"{word} {number(measures[name]['mean'], 2)}"
        for word, name in (("precision", "declined_precision"), ("recall", "declined_recall"))
    )
    caption = f"{unanswerable} of {len(items)} questions are not answered by the library. As it was run: {as_run}."
    return Figure("Declining", Lines("Precision and recall of declining by threshold", series, x), caption)


def calibration(good: Sequence[Line]) -> Figure | None:
    """How often answers of a probability hold what was asked for; on the diagonal it is what it says."""
    found = reliability(good)
    if found is None:
        return None
    observed = Series(
        "holds the answer",
        [(item.p, item.held) for item in found.bins],
        [item.lo for item in found.bins],
        [item.hi for item in found.bins],
    )
    diagonal = Series("as it says", [(0.0, 0.0), (1.0, 1.0)])
    x = Axis(0.0, 1.0, SHARE.ticks, "p_answerable", 2)
    counts = ", ".join(f"{item.n} near {item.p:.2f}" for item in found.bins)
    caption = f"{found.n} questions ({counts}), 95 % band. Brier {found.brier:.3f}, expected calibration error {found.ece:.3f}."
    return Figure(
        "Reliability", Lines("Share of answers that hold what was asked for", [observed, diagonal], x), caption
    )


def stages(scores: dict[str, Any]) -> Figure | None:
    """How long each stage takes: median, and what 95 % stay within."""
    latency = scores["latency_ms"]
    if not latency:
        return None
    rows = [Interval(name, latency[name]["p50"], latency[name]["p50"], latency[name]["p95"]) for name in latency]
    axis = rounded_axis((row.hi or 0.0 for row in rows), "milliseconds")
    caption = "; ".join(
        f"{row.label} {row.value or 0:,.0f} ms, 95 % within {row.hi or 0:,.0f} ms" for row in rows if row.hi
    )
    return Figure("Time by stage", Dots("Time by stage: median and 95th percentile", rows, axis), f"{caption}.")


def total_time(good: Sequence[Line], scores: dict[str, Any]) -> Figure | None:
    """Which share of the questions is done within a time."""
    times = sorted(line["timings_ms"]["total"] for line in good if "total" in (line.get("timings_ms") or {}))
    if not times:
        return None
    points = [(0.0, 0.0), *((time, (place + 1) / len(times)) for place, time in enumerate(times))]
    x = rounded_axis(times, "milliseconds until the answer is complete")
    p50, p95 = (scores["latency_ms"]["total"][name] for name in ("p50", "p95"))
    markers = [(f"p50 {p50:,.0f}", p50), (f"p95 {p95:,.0f}", p95)]
    chart = Lines(
        "Share of the questions answered within a time", [Series("done", points, steps=True)], x, SHARE, markers
    )
    return Figure("Time to the answer", chart, f"Share of {len(times)} questions that are done within a time.")


def trends(runs: Sequence[Run], scores: Sequence[dict[str, Any]]) -> list[Figure]:
    """The main measures over the runs, oldest first."""
    labels = [f"{place}. {run.path.name}" for place, run in enumerate(runs, start=1)]
    of_measures = []
    for name in MAIN:
        values = [item["measures"].get(name, {}).get("mean") for item in scores]
        numbers = [value for value in values if value is not None]
        if numbers:
            axis = SHARE if max(numbers) <= 1 else rounded_axis(numbers)
            of_measures.append(Figure(name, Trend(name, values, labels, axis), f"0 to {axis.high:g}"))
    return of_measures
