"""An alarm that rings once, at a time that may be moved while it waits. Knows nothing of servers."""

import threading
import time
from collections.abc import Callable


class Alarm:
    """Calls `ring` in a thread of its own when its time has come.

    Moving the time is cheap, since it happens with every word of an answer: the thread looks at the time when it wakes, and is only
    woken where the new time is before the one it sleeps until.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._at: float | None = None
        self._sleeps_until = 0.0
        self._is_over = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def set(self, at: float) -> None:
        """Ring at this moment of `time.monotonic`, whatever was said before; once it has rung or is off, nothing happens."""
        with self._changed:
            self._at = at
            if self._thread is None and not self._is_over:
                self._thread = threading.Thread(target=self._run, name="writer-alarm", daemon=True)
                self._thread.start()
            elif at < self._sleeps_until:
                self._changed.notify()

    def off(self) -> None:
        """Never ring."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._is_over:
                assert self._at is not None
                left = self._at - time.monotonic()
                if left <= 0:
                    self._is_over = True
                    break
                self._sleeps_until = self._at
                self._changed.wait(left)
            else:
                return
        self._ring()
