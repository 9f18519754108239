"""Who may read the files that are made here: their owner alone, until the owner opens them to others.

Owns the rule that a mode which somebody has changed is not changed back: what is made anew beside such a file gets its permissions, as
SQLite does for its journal. Knows nothing of what is in the files. Windows has no such modes, and nothing happens there.
"""

import os
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
_ANYBODY_READS = 0o444


def owner_only(path: str, flags: int) -> int:
    """An `opener` for `open`: a file that is made is readable by its owner alone; the mode of one that is there stays."""
    return os.open(path, flags, OWNER_ONLY)


def make_for_owner(path: Path) -> None:
    """Make an empty file that its owner alone may read, for a library that opens files by their names.

    Raises:
        OSError: it cannot be made, or is there already.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))


def mode_like(file: Path) -> int:
    """The mode of a file that is made beside another one: who may read or write that one, and always the owner."""
    try:
        return (file.stat().st_mode & 0o666) | OWNER_ONLY
    except OSError:
        return OWNER_ONLY


def set_like(path: Path, file: Path) -> None:
    """Give a new file, or a new folder with all that is in it, the permissions of a file that is there.

    A file system that has none is left as it is.
    """
    mode = mode_like(file)
    into = mode | (mode & _ANYBODY_READS) >> 2  # a folder is read by whoever may go into it
    for one in (path, *(path.rglob("*") if path.is_dir() else ())):
        with suppress(OSError):
            one.chmod(into if one.is_dir() else mode)
