"""Each side of a benchmark in a process of its own, so that its peak memory is its own. Knows nothing of what a side does."""

import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from evals.bench.sides import SIDES, Job, Sample
from evals.errors import EvalError
from rag.core.errors import CitewiseError

_PATIENCE_S = 10.0
"""How long a side may take to end by itself."""


class Worker:
    """A side that is loaded and warmed up and waits to be measured. Use it as a context manager, which ends its process.

    Raises:
        EvalError: the process ended early.
        CitewiseError: whatever the side raised on purpose.
    """

    def __init__(self, part: str, side: str, job: Job) -> None:
        self._name = f"{part}, {side}"
        # Spawned, not forked: a forked process would start with the memory of this one.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, part, side, job), daemon=True)
        self._process.start()
        # Only the child may hold this end, else its death would not be seen here.
        theirs.close()
        self.ready_s = 0.0

    def __enter__(self) -> Self:
        try:
            self.ready_s = float(self._received())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def measure(self, item: int) -> Sample:
        """One sample of an item."""
        sample: Sample = self._request(item)
        return sample

    def peak_mb(self) -> float | None:
        """The most memory that the process ever held, in MB; None where the system does not tell."""
        peak: float | None = self._request("peak")
        return peak

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.join(_PATIENCE_S)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def _request(self, what: int | str) -> Any:
        try:
            self._connection.send(what)
        except BrokenPipeError as error:
            raise self._ended() from error
        return self._received()

    def _received(self) -> Any:
        try:
            kind, value = self._connection.recv()
        except (EOFError, ConnectionResetError) as error:
            raise self._ended() from error
        if kind == "error":
            raise value
        return value

    def _ended(self) -> EvalError:
        self._process.join(_PATIENCE_S)
        return EvalError(
            f"the benchmark ({self._name}) ended early with exit code {self._process.exitcode}; its own message stands above"
        )


def _serve(connection: Connection, part: str, side: str, job: Job) -> None:
    """The child: load, warm up, then answer requests until the other end closes."""
    try:
        started = time.perf_counter()
        bench_side = SIDES[part][side](job)
        bench_side.warm()
        connection.send(("ready", time.perf_counter() - started))
        while True:
            request = connection.recv()
            connection.send(("done", peak_memory() if request == "peak" else bench_side.measure(request)))
    except CitewiseError as error:
        connection.send(("error", error))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass


def peak_memory() -> float | None:
    """Peak resident memory of this process in MB; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Not getrusage: on Linux its peak survives exec and so may be that of the process that started this one.
        line = next(
            (line for line in status.read_text("ascii", "replace").splitlines() if line.startswith("VmHWM:")), None
        )
        return int(line.split()[1]) * 1_024 / 1e6 if line else None
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1_024 / 1e6
