"""Scores of a saved run: offline, without models or library. Owns which means are taken, overall and by type.

A measure that does not apply to a question is skipped there, never counted as 0; a question that failed is counted as failed.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.runs.run import Run
from evals.scores.expected import as_expected
from evals.scores.measures import MEASURES as OF_CONTENT
from evals.scores.measures import Line, Measure, answer_words
from evals.scores.statistics import Mean, auroc, estimate

if TYPE_CHECKING:
    from pandas import DataFrame

STAGES = ("rewrite", "retrieve", "read", "first_text", "total")
MEASURES: Mapping[str, Measure] = {**OF_CONTENT, "as_expected": as_expected}
"""Of one question: what it holds, and whether it is of the kind expected."""
MAIN = (
    "hit@1",
    "recall@5",
    "facts",
    "citation_precision",
    "citation_recall",
    "declined_recall",
    "as_expected",
    "words_median",
)
"""What is shown of each type, where there is no room for all."""
OUTCOMES = ("answered", "partial", "nearest", "declined")
DECLINED = ("nearest", "declined")
"""Outcomes that claim no answer."""


def score(run: Run) -> dict[str, Any]:
    """All measures of a run: overall and by type, what was answered and declined, and the latencies of the stages."""
    types = sorted({kind_of(line) for line in run.lines})
    return {
        "n": len(run.lines),
        "failed": sum(map(_failed, run.lines)),
        "measures": _measures(run.lines),
        "by_type": {kind: _measures([line for line in run.lines if kind_of(line) == kind]) for kind in types},
        "confusion": _confusion(run.lines),
        "latency_ms": _latencies(run.lines),
    }


def frame(run: Run) -> "DataFrame":
    """One row a question: id, type, question, outcome, p_answerable, error, and every measure (NaN where it does not apply)."""
    import pandas

    rows = []
    for line in run.lines:
        row = {name: line.get(name) for name in ("id", "question", "outcome", "p_answerable", "error")}
        values = {name: None if _failed(line) else measure(line) for name, measure in MEASURES.items()}
        rows.append(row | {"type": kind_of(line)} | values)
    return pandas.DataFrame(rows).astype(dict.fromkeys(MEASURES, float))


def kind_of(line: Line) -> str:
    """The group that a question is scored in."""
    return str(line["case"].get("type", "all"))


def answerable(line: Line) -> bool:
    """Whether the library answers the question, by the set."""
    return bool(line["case"].get("answerable", True))


def _failed(line: Line) -> bool:
    return bool(line.get("error"))


def _measures(lines: Sequence[Line]) -> dict[str, dict[str, Any]]:
    good = [line for line in lines if not _failed(line)]
    failed = len(lines) - len(good)
    means = {name: estimate([measure(line) for line in good], failed) for name, measure in MEASURES.items()}
    means["words_median"] = estimate([answer_words(line) for line in good], failed, np.median)
    means |= _abstention(good, failed)
    return {name: mean.json() for name, mean in means.items()}


def _abstention(lines: Sequence[Line], failed: int) -> dict[str, Mean]:
    return {
        "declined_precision": estimate([declined_precision(line) for line in lines], failed),
        "declined_recall": estimate([declined_recall(line) for line in lines], failed),
        "auroc_answerable": auroc_answerable(lines, failed),
    }


def declined_precision(line: Line) -> float | None:
    """For a question that was declined or given the nearest words only, whether the library does not answer it."""
    return float(not answerable(line)) if line.get("outcome") in DECLINED else None


def declined_recall(line: Line) -> float | None:
    """For a question that the library does not answer: 1 where no answer was claimed, a half where it was answered in part."""
    if "outcome" not in line or answerable(line):
        return None
    return {"declined": 1.0, "nearest": 1.0, "partial": 0.5}.get(line["outcome"], 0.0)


def auroc_answerable(lines: Sequence[Line], failed: int = 0) -> Mean:
    """Probability that a question that the library answers gets the higher `p_answerable`; ties count half."""
    rated = [line for line in lines if line.get("p_answerable") is not None]
    yes = [line["p_answerable"] for line in rated if answerable(line)]
    no = [line["p_answerable"] for line in rated if not answerable(line)]
    return auroc(yes, no, len(lines) - len(rated), failed)


def _confusion(lines: Sequence[Line]) -> dict[str, dict[str, int]]:
    answers = [line for line in lines if not _failed(line) and "outcome" in line]
    return {
        name: {
            outcome: sum(line["outcome"] == outcome and answerable(line) == truth for line in answers)
            for outcome in OUTCOMES
        }
        for name, truth in (("answerable", True), ("unanswerable", False))
    }


def _latencies(lines: Sequence[Line]) -> dict[str, dict[str, float]]:
    stages: dict[str, dict[str, float]] = {}
    for stage in STAGES:
        times = [line["timings_ms"][stage] for line in lines if stage in line.get("timings_ms", {})]
        if times:
            p50, p95 = np.percentile(times, (50, 95))
            stages[stage] = {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}
    return stages
