"""How often one address may ask. Owns the counting; the error of a call too many says when to come back."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from rag.core.errors import TooManyRequests
from rag.core.space import is_space
from ui.session.fairness import Visitor

LOOKUPS_A_MINUTE = 600
"""Looking at papers, exporting and reopening cost little."""
_WINDOW_SECONDS = 60.0
_MOST_ADDRESSES = 10_000
_VISITORS = 10
"""How many times as often as one visitor of it an address may ask: a whole lecture hall may be behind it."""


class RateLimit:
    """At most so many calls of one address within any minute. Safe to use from any thread."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = a_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = {}

    def take(self, address: str) -> None:
        """Count one call.

        Raises:
            TooManyRequests: it is one too many; the message says when to come back.
        """
        now = self._clock()
        with self._lock:
            if len(self._calls) > _MOST_ADDRESSES:
                self._calls = {
                    who: times for who, times in self._calls.items() if times and now - times[-1] < _WINDOW_SECONDS
                }
            times = self._calls.setdefault(address, deque())
            while times and now - times[0] >= _WINDOW_SECONDS:
                times.popleft()
            if len(times) >= self._most:
                wait = _WINDOW_SECONDS - (now - times[0])
                raise TooManyRequests(
                    f"too many at once: {self._most} a minute are answered. Try again in {max(1.0, wait):.0f} s"
                )
            times.append(now)

    def release(self, address: str) -> None:
        """Take back the last call of this address: it was none that counts."""
        with self._lock:
            times = self._calls.get(address)
            if times:
                times.pop()


class QuestionRate:
    """How often questions may be asked: by each visitor of an address, and by all of them. Safe to use from any thread."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._visitors = RateLimit(a_minute, clock)
        self._addresses = RateLimit(a_minute * _VISITORS, clock)

    def take(self, visitor: Visitor) -> None:
        """Count one question.

        Raises:
            TooManyRequests: it is one too many; the message says when to come back.
        """
        self._addresses.take(visitor.address)
        try:
            self._visitors.take(visitor.key)
        except TooManyRequests:
            self._addresses.release(visitor.address)
            raise

    def release(self, visitor: Visitor) -> None:
        """Take back the last question of this visitor: it was none that counts."""
        self._visitors.release(visitor.key)
        self._addresses.release(visitor.address)


def caller(headers: Mapping[str, str], peer: str) -> str:
    """Who calls: the address of the connection, or on a Hugging Face Space, where that is always the proxy, the one that the
    proxy names last (what stands before it could be made up). Elsewhere the server puts in what a trusted proxy says."""
    if is_space():
        named = str(headers.get("x-forwarded-for", "")).rsplit(",", 1)[-1].strip()
        if named:
            return named
    return peer or "unknown"


def address_of(request: Any) -> str:
    """Who calls with this request of gradio's."""
    return caller(request.headers, str(getattr(getattr(request, "client", None), "host", "") or ""))
