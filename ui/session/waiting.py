"""How long those who wait will wait, by how long answers took lately. Pure but for the clock; any thread may ask."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LATELY = 20
"""Answers that count."""


class Pace:
    """How long turns take: those that were had lately, and those that are being had."""

    def __init__(self, at_once: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._clock = clock
        self._lock = threading.Lock()
        self._took: deque[float] = deque(maxlen=_LATELY)
        self._since: dict[object, float] = {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn, from its begin to its end."""
        key = object()
        with self._lock:
            begun = self._since[key] = self._clock()
        try:
            yield
        finally:
            with self._lock:
                del self._since[key]
                self._took.append(self._clock() - begun)

    def seconds(self, before: int) -> float | None:
        """How long it takes until one begins that has so many before it which have not begun; None where no turn has ended yet."""
        with self._lock:
            if not self._took:
                return None
            # Waiting times add up, so it is the mean that tells.
            mean = sum(self._took) / len(self._took)
            now = self._clock()
            left = sum(max(0.0, mean - (now - begun)) for begun in self._since.values())
        return (before * mean + left) / self._at_once
