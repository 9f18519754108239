"""Scores -> tables in the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

_BY_TYPE = ("hit@1", "recall@5", "facts", "citation_precision", "citation_recall", "declined_recall", "words_median")


def print_scores(scores: dict[str, Any]) -> None:
    """Overall with intervals, then the main measures by type, then latencies."""
    console = Console(highlight=False, width=120)
    console.print(f"{scores['n']} questions, {scores['failed']} failed")
    overall = Table("measure", "mean", "95 % interval", "n", "skipped")
    for name, item in scores["measures"].items():
        if item["mean"] is not None:
            interval = f"{item['lo']:.3f} to {item['hi']:.3f}"
            overall.add_row(name, f"{item['mean']:.3f}", interval, str(item["n"]), str(item["skipped"]))
    console.print(overall)
    by_type = Table("type", *_BY_TYPE)
    for kind, measures in scores["by_type"].items():
        cells = ["–" if measures[name]["mean"] is None else f"{measures[name]['mean']:.3f}" for name in _BY_TYPE]
        by_type.add_row(kind, *cells)
    console.print(by_type)
    if scores["latency_ms"]:
        latency = Table("stage", "p50 ms", "p95 ms")
        for stage, item in scores["latency_ms"].items():
            latency.add_row(stage, f"{item['p50']:.0f}", f"{item['p95']:.0f}")
        console.print(latency)
