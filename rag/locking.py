"""The library's writer lock: one writer at a time, and a message that names who it is. Readers never take it."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LibraryBusy, LibraryReadOnly


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's exclusive lock; the operating system frees it when the process ends, however it ends.

    Raises:
        LibraryBusy: another process holds it; the message names that process.
        LibraryReadOnly: the lock file cannot be written.
    """
    lock = FileLock(folder / "writer.lock", timeout=0)
    holder = folder / "writer.json"
    try:
        lock.acquire()
    except Timeout:
        raise LibraryBusy(
            f"the library {folder} is being written by {_describe(holder)}. Wait until it is done, then try again"
        ) from None
    except OSError as error:
        raise LibraryReadOnly(
            f"cannot write to the library {folder}: {error.strerror or error}. "
            "Asking works; to add papers, make the folder writable or ingest into another one"
        ) from error
    try:
        with suppress(OSError):  # The note only serves the message above; the lock holds without it.
            holder.write_text(json.dumps(_self()), "utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _self() -> dict[str, str | int]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200],
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _describe(holder: Path) -> str:
    try:
        who = json.loads(holder.read_text("utf-8"))
        return f"process {who['pid']} on {who['host']} ({who['command']}, since {who['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
