"""Who may work now, of many who want to: so many at a time, first come first served. Knows nothing of what they do."""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator

from rag.models.writer import HEARTBEAT_SECONDS


class Turns:
    """So many `places` at a time, one by default. Whoever stops waiting loses nothing but its place."""

    def __init__(self, places: int = 1) -> None:
        self._places = places
        self._queue: deque[object] = deque()
        """Those whose turn it is come first, then those who wait."""
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def mine(self, stopped: threading.Event) -> Iterator[bool]:
        """Waits for its turn, and gives True; False where `stopped` is set before."""
        with self.place() as place:
            while not place.wait(HEARTBEAT_SECONDS) and not stopped.is_set():
                pass
            yield not stopped.is_set()

    @contextlib.contextmanager
    def place(self) -> "Iterator[Place]":
        """A place in the line, which is left with the context."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            yield Place(self, ticket)
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _wait(self, ticket: object, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: ticket in list(self._queue)[: self._places], seconds)


class Place:
    """A place in a line of `Turns`."""

    def __init__(self, turns: Turns, ticket: object) -> None:
        self._turns = turns
        self._ticket = ticket

    def wait(self, seconds: float) -> bool:
        """Whether its turn has come, within so many seconds."""
        return self._turns._wait(self._ticket, seconds)
