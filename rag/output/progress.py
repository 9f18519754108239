"""How far an ingest is, on a terminal's stderr: a line a stage with what is done, how fast, and the time that is left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_IN_BYTES = {"reading"}


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Bars a stage on a terminal's stderr; nothing where stderr goes to a file."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), expand=False) as bars:
        stages: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total or None, told="")
            bars.update(stages[stage], completed=done, total=total or None)
            speed = next(task.speed for task in bars.tasks if task.id == stages[stage])
            bars.update(stages[stage], told=told(stage, done, total, speed))

        yield show


def told(stage: str, done: int, total: int, speed: float | None) -> str:
    """Such as "12 of 340 MB, 5.1 MB/s" or "128 of 5,000, 240/min"; `speed` is a second's, None where it is not known yet."""
    if stage in _IN_BYTES:
        rate = f", {_megabytes(speed)} MB/s" if speed else ""
        return f"{_megabytes(done)} of {_megabytes(total)} MB{rate}"
    rate = f", {speed * 60:,.0f}/min" if speed else ""
    return f"{done:,} of {total:,}{rate}" if total else f"{done:,}{rate}"


def _megabytes(count: float) -> str:
    value = count / 1e6
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
