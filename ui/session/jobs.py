"""Long work in the background of the server: one piece at a time in the process, each with its progress and a way to stop it.

Owns the order and the counting. Knows nothing of what the work is.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from rag.core.errors import CitewiseError, EditRefused, IngestStopped

logger = logging.getLogger(__name__)
State = Literal["waiting", "running", "done", "failed", "stopped"]
MOST_WAITING = 8
UNEXPECTED = "Something went wrong. Try again; whoever runs citewise finds the reason in its log."
_LEAST_SECONDS = 1.0
"""Before that a speed says nothing."""


@dataclass(eq=False)
class Job:
    """A piece of work and how far it is. `kind` says what it is, `subject` whatever belongs to it; `result` is what it gave."""

    kind: str
    work: Callable[["Job"], Any]
    subject: Any = None
    clock: Callable[[], float] = time.monotonic
    state: State = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    note: str = ""
    result: Any = None
    started: float = 0.0
    ended: float = 0.0
    _asked_to_stop: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state not in ("waiting", "running")

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not yet."""
        return self._asked_to_stop.is_set() and not self.is_over

    def stop(self) -> None:
        """Ask it to stop; it does at its next step."""
        self._asked_to_stop.set()

    def progress(self, stage: str, done: int, total: int) -> None:
        """A step of the work, as `rag.ingest.reading.Progress`.

        Raises:
            IngestStopped: it was asked to stop, and may between these steps.
        """
        if stage != self.stage:
            self.started = self.clock()
        self.stage, self.done, self.total = stage, done, total
        if self._asked_to_stop.is_set() and stage != "indexing":
            raise IngestStopped("stopped")

    @property
    def speed(self) -> float | None:
        """Units of the stage a second; None where it is not known yet."""
        seconds = self.clock() - self.started
        return self.done / seconds if self.done and seconds >= _LEAST_SECONDS else None

    @property
    def left(self) -> float | None:
        """Seconds until the stage ends; None where that is not known."""
        return (self.total - self.done) / self.speed if self.speed and self.total else None


class Jobs:
    """The jobs of a process, in the order in which they came. Safe to use from any thread."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._queue: list[Job] = []

    def start(self, job: Job) -> None:
        """Begin it as soon as those before it are over.

        Raises:
            EditRefused: too many wait.
        """
        with self._lock:
            if len(self._queue) > MOST_WAITING:
                raise EditRefused("too many others wait to add papers. Try again in a few minutes")
            self._queue.append(job)
        threading.Thread(target=self._run, args=(job,), name="citewise-job", daemon=True).start()

    def before(self, job: Job) -> list[Job]:
        """Those that run or wait before this one."""
        with self._lock:
            return self._queue[: self._queue.index(job)] if job in self._queue else []

    def now(self) -> Job | None:
        """The one that runs."""
        with self._lock:
            return next((job for job in self._queue if job.state == "running"), None)

    def _run(self, job: Job) -> None:
        try:
            while self.before(job):
                if job._asked_to_stop.wait(0.2):
                    job.state = "stopped"
                    return
            with self._turn:
                self._carry_out(job)
        finally:
            with self._lock:
                self._queue.remove(job)

    def _carry_out(self, job: Job) -> None:
        job.started = job.clock()
        job.state = "running"
        try:
            job.result = job.work(job)
            state: State = "done"
        except IngestStopped:
            state = "stopped"
        except CitewiseError as error:
            job.note, state = str(error), "failed"
        except Exception:
            # The edge of this thread: an error that left it would leave the page waiting for ever.
            logger.exception("a job of the window failed")
            job.note, state = UNEXPECTED, "failed"
        job.ended = job.clock()
        job.state = state


@cache
def jobs_of_process() -> Jobs:
    """Those of this process: whatever window they come from, they share its processors."""
    return Jobs()
