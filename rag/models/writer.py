"""What a writer is, whether it runs here or on a server: messages in, text out in pieces.

Owns: the interface, the limits, and the thread that a stream runs in. Knows nothing of papers or prompts. Every stream also gives empty
pieces while it waits, so that whoever reads it can stop at any moment. The writers are `local_writer` and `remote_writer`.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.core.domain import Message
from rag.core.errors import WriterFailed

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 0.05
"""How often a waiting stream gives an empty piece: the longest time until Stop is noticed."""
THINKING_TOKENS = 2_048
"""What a model that thinks before it answers may write besides the answer, in tokens."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one answer: seconds, counted from when its turn comes, and tokens; of a server also the seconds until its first word, and
    between two words. `thinking`: tokens of a model that thinks, besides the answer's."""

    seconds: float = 60.0
    tokens: int = 320
    first_seconds: float = 45.0
    pause_seconds: float = 20.0
    thinking: int = THINKING_TOKENS


@dataclass(frozen=True, slots=True)
class Forget:
    """In a stream: all text before this was thinking, and the answer begins here."""


@dataclass(frozen=True, slots=True)
class Cut:
    """In a stream, as its last piece: the text was cut off by `limit`, such as "the limit of 320 tokens"."""

    limit: str


Piece = str | Forget | Cut
"""What a stream gives."""


class Writer(Protocol):
    """What writes. `name` is the model, `place` the device or server it runs on."""

    name: str
    place: str

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        """The answer's text in pieces, some of them empty. Closing the iterator stops the work.

        Raises:
            WriterFailed: at any piece; the message says why and what to do.
        """

    def close(self) -> None:
        """Let go of the model or the connection."""


Emit = Callable[[Piece], None]


def in_thread(
    work: Callable[[Emit, threading.Event], None],
    abort: Callable[[], None],
    within: float | None = None,
    *,
    to_the_end: bool = False,
    is_overdue: Callable[[], bool] = lambda: False,
) -> Iterator[Piece]:
    """What `work` emits in a thread of its own, with empty pieces while there is nothing; closing tells it to stop.

    Args:
        work: gets what takes its pieces, and an event that is set when it should stop.
        abort: ends what `work` waits for.
        within: seconds after which it is given up, whatever it does; None where it keeps its limit by itself.
        to_the_end: whether closing waits until `work` has stopped.
        is_overdue: asked now and then; given up where it says so.

    Raises:
        WriterFailed: as `work` raised it, or in words where `work` failed in another way; the log has the traceback then.
    """
    pieces: queue.SimpleQueue[Piece | BaseException | None] = queue.SimpleQueue()
    stopped = threading.Event()
    end = None if within is None else time.monotonic() + within

    def run() -> None:
        try:
            work(pieces.put, stopped)
            pieces.put(None)
        except BaseException as error:  # noqa: BLE001 - carried to the reader, who raises it
            pieces.put(error)

    thread = threading.Thread(target=run, name="writer", daemon=True)
    thread.start()
    try:
        while True:
            try:
                piece = pieces.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                if is_overdue() or (end is not None and time.monotonic() > end):
                    raise WriterFailed(NOT_IN_TIME) from None
                yield ""
                continue
            if piece is None:
                return
            if isinstance(piece, WriterFailed):
                raise piece
            if isinstance(piece, BaseException):
                log.error("the writer failed", exc_info=piece)
                raise WriterFailed(UNEXPECTED) from piece
            yield piece
    finally:
        stopped.set()
        with contextlib.suppress(Exception):
            abort()
        if to_the_end:
            thread.join()


NOT_IN_TIME = "the writer did not end in its time; ask again"
UNEXPECTED = "the writer failed in an unexpected way; the log of this program tells how"
"""The reason where an error is none of those that were thought of."""


def described(writer: Writer | None) -> Mapping[str, str]:
    """Name and place of what writes, for people and run files; empty where nothing does."""
    return {} if writer is None else {"writer": writer.name, "writer_place": writer.place}
