"""Whether a server that writes is worth asking now: after failures in a row nobody waits for it, until a try shows that it works again.

Owns: what counts how much, how long it is left alone, and that it is tried again by itself. Knows nothing of requests.
"""

import logging
import random
import threading
import time
from collections.abc import Callable

from rag.core.errors import ServerFailed
from rag.models import server_words as words

log = logging.getLogger(__name__)
ENOUGH = 3
"""Failures in a row; one that took long counts twice."""
LONG_SECONDS = 10.0
FIRST_PAUSE = 15.0
LONGEST_PAUSE = 300.0


class Health:
    """Of one server. `probe` asks it for next to nothing, and raises ServerFailed where it does not work. Any thread may call."""

    def __init__(self, probe: Callable[[], None]) -> None:
        self._probe = probe
        self._failures = 0
        self._weight = 0
        self._pause = 0.0
        self._until: float | None = None
        """When it is tried again; None while it is asked as usual."""
        self._reason = ""
        self._timer: threading.Timer | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def away(self) -> str:
        """Why it is not asked now; "" where it is."""
        with self._lock:
            if self._until is None:
                return ""
            return words.away(self._failures, self._reason, self._until - time.monotonic())

    def worked(self) -> None:
        """It answered."""
        with self._lock:
            if self._until is not None:
                log.warning("the server that writes works again")
            self._failures, self._weight, self._pause, self._until = 0, 0, 0.0, None
            if self._timer:
                self._timer.cancel()

    def failed(self, error: ServerFailed, seconds: float) -> None:
        """It did not answer a question that waited for so long."""
        with self._lock:
            self._failures += 1
            self._weight += 2 if seconds >= LONG_SECONDS else 1
            self._reason = str(error)
            if self._weight >= ENOUGH and self._until is None:
                log.warning("the server that writes is left alone for now, after %s", error)
                self._leave_alone(error.wait)

    def leave_alone(self, error: ServerFailed) -> None:
        """It is known to be away."""
        with self._lock:
            self._failures, self._weight, self._reason = self._failures + 1, ENOUGH, str(error)
            self._leave_alone(error.wait)

    def close(self) -> None:
        """Try no more."""
        with self._lock:
            self._is_closed = True
            if self._timer:
                self._timer.cancel()

    def _leave_alone(self, asked: float | None) -> None:
        self._pause = min(LONGEST_PAUSE, self._pause * 2 or FIRST_PAUSE)
        # Many windows before one server should not all come back in the same moment.
        pause = max(self._pause * random.uniform(0.8, 1.2), min(asked or 0.0, LONGEST_PAUSE))
        self._until = time.monotonic() + pause
        log.info("the server that writes is tried again in %.0f s, after %s", pause, self._reason)
        if not self._is_closed:
            self._timer = threading.Timer(pause, self._try)
            self._timer.daemon = True
            self._timer.start()

    def _try(self) -> None:
        try:
            self._probe()
        except ServerFailed as error:
            with self._lock:
                if self._until is not None and not self._is_closed:
                    self._reason = str(error)
                    self._leave_alone(error.wait)
        else:
            self.worked()
