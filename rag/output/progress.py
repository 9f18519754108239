"""How far an ingest is, on stderr: what is done of each stage, how fast, and the time that is left. A terminal gets a bar a stage, a
file a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_IN_BYTES = {"reading"}
_SECONDS = 30.0
"""Between two lines of a file; what takes less has none."""


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Bars a stage on a terminal's stderr; lines where it goes to a file, as of a process in the background."""
    if not sys.stderr.isatty():
        yield Lines(lambda line: print(line, file=sys.stderr, flush=True)).show
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


class Lines:
    """A line at most every `_SECONDS`: "embedding 12,800 of 70,000, 900/min, 1:03:33 left"."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._stage = ""
        self._told = clock()
        self._began, self._first = self._told, 0

    def show(self, stage: str, done: int, total: int) -> None:
        """A step of the work, as `rag.ingest.reading.Progress`."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._began, self._first = stage, now, done
        if now - self._told < _SECONDS:
            return
        self._told = now
        speed = (done - self._first) / (now - self._began) if now > self._began and done > self._first else None
        left = f", {_clock((total - done) / speed)} left" if speed and total else ""
        self._write(f"{stage} {told(stage, done, total, speed)}{left}")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


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
