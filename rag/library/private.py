"""Private copies of a vector index in the temporary folder, for where the library's own folder cannot be written.

Owns: where they are, and that none is left behind. A copy is removed when it is closed, when the process ends, and at SIGTERM; one of
a process that was killed by the next process that makes a copy.
"""

import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.core import leftovers

_PREFIX = "citewise-"
_LOCK = "in-use"
_YOUNG_SECONDS = 60
"""A folder this young may belong to a process that is about to take its lock."""
_HELD: dict[Path, FileLock] = {}


def new_folder() -> Path:
    """Where an index may be put; nothing is there yet. `remove` takes it away.

    Raises:
        OSError: the temporary folder cannot be written.
    """
    _remove_abandoned()
    outer = Path(tempfile.mkdtemp(prefix=_PREFIX))
    leftovers.remove_at_end(outer)
    lock = FileLock(outer / _LOCK)
    lock.acquire()  # The operating system frees it when this process ends, however it ends.
    _HELD[outer] = lock
    return outer / "index"


def copy_of(folder: Path) -> Path:
    """A copy of an index that may be written.

    Raises:
        OSError: the temporary folder cannot be written, or is full; nothing is left there.
    """
    copy = new_folder()
    try:
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
    except BaseException:
        remove(copy)
        raise
    return copy


def remove(index: Path) -> None:
    """Remove what `new_folder` or `copy_of` gave."""
    lock = _HELD.pop(index.parent, None)
    if lock:
        lock.release()
    leftovers.remove(index.parent)


def _remove_abandoned() -> None:
    """Remove copies of processes that were killed."""
    for marker in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError, Timeout):
            if time.time() - marker.stat().st_mtime < _YOUNG_SECONDS or marker.parent in _HELD:
                continue
            with FileLock(marker, timeout=0):
                shutil.rmtree(marker.parent, ignore_errors=True)
