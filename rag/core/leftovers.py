"""Folders that must be gone when the process has ended, however it ends: at its end, or at SIGTERM.

Knows nothing of what is in them. What a kill leaves behind is found by whoever makes such folders (`rag.library.private`).
"""

import atexit
import os
import shutil
import signal
import threading
from pathlib import Path

_FOLDERS: set[Path] = set()


def remove_at_end(folder: Path) -> None:
    """Remove this folder when the process ends, unless `remove` did so before."""
    _FOLDERS.add(folder)


def remove(folder: Path) -> None:
    """Remove a folder now."""
    shutil.rmtree(folder, ignore_errors=True)
    _FOLDERS.discard(folder)


@atexit.register
def remove_all() -> None:
    """Remove every folder that is still there."""
    for folder in tuple(_FOLDERS):
        remove(folder)


def end_cleanly_on_sigterm() -> None:
    """Let SIGTERM end this process as it does, but without leaving folders behind; a handler that is there already stays."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)


def _end(number: int, _: object) -> None:
    remove_all()
    # Not by the signal itself: the first process of a container would not be ended by it.
    os._exit(128 + number)
