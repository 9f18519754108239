"""How long each stage of an answer takes."""

import time
from collections.abc import Callable


class Clock:
    """Milliseconds of each stage, and from the start."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._start = self._last = now()
        self._stages: dict[str, float] = {}
        self._first: float | None = None

    def mark(self, stage: str) -> None:
        """The stage ends now."""
        moment = self._now()
        self._stages[stage] = round((moment - self._last) * 1_000, 1)
        self._last = moment

    def first_text(self) -> None:
        """Something of the answer is there to be shown; only the first time counts."""
        if self._first is None:
            self._first = round((self._now() - self._start) * 1_000, 1)

    def times(self) -> dict[str, float]:
        """Of the stages so far, of the first text, and in total."""
        total = round((self._now() - self._start) * 1_000, 1)
        return {**self._stages, "first_text": total if self._first is None else self._first, "total": total}
