"""What a writer is, whether it runs here or on a server: messages in, text out in pieces.

Owns: the interface, the limits, and the thread that a stream runs in. Knows nothing of papers or prompts. Every stream also gives empty
pieces while it waits, so that whoever reads it can stop at any moment. The writers are `local_writer` and `remote_writer`.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.core.domain import Message
from rag.core.errors import WriterFailed

HEARTBEAT_SECONDS = 0.05
"""How often a waiting stream gives an empty piece: the longest time until Stop is noticed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one answer: seconds, counted from when its turn comes, and tokens."""

    seconds: float = 60.0
    tokens: int = 320


class Writer(Protocol):
    """What writes. `name` is the model, `place` the device or server it runs on."""

    name: str
    place: str

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The answer's text in pieces, some of them empty. Closing the iterator stops the work.

        Raises:
            WriterFailed: at any piece; the message says why and what to do.
        """

    def close(self) -> None:
        """Let go of the model or the connection."""


Emit = Callable[[str], None]


def in_thread(work: Callable[[Emit, threading.Event], None], abort: Callable[[], None]) -> Iterator[str]:
    """What `work` emits in a thread of its own, with empty pieces while there is nothing; closing tells it to stop."""
    pieces: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
    stopped = threading.Event()

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
                yield ""
                continue
            if piece is None:
                return
            if isinstance(piece, WriterFailed):
                raise piece
            if isinstance(piece, BaseException):
                raise WriterFailed(
                    f"the writer failed ({type(piece).__name__}: {' '.join(str(piece).split())[:200]})"
                ) from piece
            yield piece
    finally:
        stopped.set()
        with contextlib.suppress(Exception):
            abort()


def described(writer: Writer | None) -> Mapping[str, str]:
    """Name and place of what writes, for people and run files; empty where nothing does."""
    return {} if writer is None else {"writer": writer.name, "writer_place": writer.place}
