"""The memory of a process that answers in many threads for days, kept from growing. On glibc (Linux); elsewhere nothing is done.

Each question needs hundreds of megabytes for a moment. Left alone, three things keep what is no longer used:

- glibc gives up to eight arenas a core to the threads of a process, and each keeps what was once freed in it;
- it takes ever larger blocks from the arenas, once it has seen them come and go, and keeps up to twice their size at the top;
- oneDNN, which multiplies matrices on the CPU, keeps up to 1,024 prepared operations, one for each shape, and each length is a new
  one.
"""

import ctypes
import os
import sys
import threading
import time

_OF_MALLOC_H = {"M_ARENA_MAX": -8, "M_MMAP_THRESHOLD": -3, "M_TRIM_THRESHOLD": -1}
_BOUNDS = {"M_ARENA_MAX": 2, "M_MMAP_THRESHOLD": 4 << 20, "M_TRIM_THRESHOLD": 32 << 20}
"""Blocks of 4 MB and more go back to the system at once. Smaller thresholds cost time."""
_OPERATIONS_KEPT = 64
"""About nine for each shape of a batch: what a question has in its batches."""
_SECONDS_BETWEEN = 10.0
_lock = threading.Lock()
_given_back = float("-inf")


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
    except OSError:  # such as on musl
        return None


_LIBRARY = _glibc()


def set_bounds() -> None:
    """Set the bounds, for threads that begin later; a variable that the user has set stays. Call it before torch and Chroma start
    theirs."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(_OPERATIONS_KEPT))
    if _LIBRARY:
        for name, value in _BOUNDS.items():
            _LIBRARY.mallopt(_OF_MALLOC_H[name], value)


def give_back() -> None:
    """Give freed memory between used one back to the system, at most once in `_SECONDS_BETWEEN`."""
    global _given_back
    if _LIBRARY is None or not _lock.acquire(blocking=False):
        return
    try:
        now = time.monotonic()
        if now - _given_back >= _SECONDS_BETWEEN:
            _given_back = now
            _LIBRARY.malloc_trim(0)
    finally:
        _lock.release()
