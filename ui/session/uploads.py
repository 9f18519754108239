"""Files that visitors have sent and that wait to be taken into a library. Owns where they lie, how many may wait, and that they go.

They lie in a private folder among the temporary ones, under names of our own, readable by this user alone. Each goes when it has been
used, when its visitor takes it back, after an hour, and with the process; what a killed process leaves is removed by the next one.
A visitor is known by a word that only their browser has; files of another are not there for them.
"""

import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from rag.core.errors import UploadRefused, UploadTooLarge
from rag.core.escaping import printable, shorten
from rag.library import private

KEEP_SECONDS = 3_600.0
MOST_FILES = 200
"""Of one visitor, waiting."""
_TIMES = 10
"""All that waits may have so many times the bytes of the largest file."""
_NAME_CHARS = 200
_VISITOR = re.compile(r"[A-Za-z0-9_-]{20,80}")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that has come whole: its id, whose it is, what they call it, where it lies, its bytes, and when it came (seconds of the
    process's clock)."""

    id: str
    visitor: str
    name: str
    path: Path
    size: int
    came: float


class Uploads:
    """The waiting files of all visitors. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._files: dict[str, Waiting] = {}
        self._coming: dict[str, int] = {}
        self._folder: Path | None = None
        self._timer: threading.Timer | None = None

    def receive(self, visitor: str, name: str, most: int) -> "Coming":
        """A place for a file that is about to come.

        Args:
            visitor: whose it is.
            name: as it is called; nothing of it becomes a path.
            most: largest size in bytes.

        Raises:
            UploadRefused: too much waits already, or there is no temporary folder; the message says what to do.
        """
        check_visitor(visitor)
        self.sweep()
        with self._lock:
            mine = sum(one.visitor == visitor for one in self._files.values())
            if mine >= MOST_FILES:
                raise UploadRefused(
                    f"{MOST_FILES} files wait already, and no more are taken at once. Add these first, or put the files into an archive"
                )
            held = sum(one.size for one in self._files.values()) + sum(self._coming.values())
            if held >= _TIMES * most:
                raise UploadRefused(
                    "the server holds as many uploaded files as it may until they are added. Try again later"
                )
            folder = self._place()
        return Coming(self, visitor, _shown(name), folder / uuid.uuid4().hex, most)

    def of(self, visitor: str, ids: Iterable[str] | None = None) -> list[Waiting]:
        """The waiting files of a visitor in the order in which they came, those with these ids alone where some are given.

        Raises:
            UploadRefused: one of them is not there (any more).
        """
        self.sweep()
        with self._lock:
            mine = {one.id: one for one in self._files.values() if one.visitor == visitor}
        if ids is None:
            return list(mine.values())
        wanted = list(dict.fromkeys(ids))
        if not all(one in mine for one in wanted):
            raise UploadRefused("a file is no longer on the server, which keeps them for an hour. Choose it again")
        return [mine[one] for one in wanted]

    def remove(self, files: Iterable[Waiting]) -> None:
        """Take files away, those that are gone already too."""
        for one in files:
            with self._lock:
                self._files.pop(one.id, None)
            with suppress(OSError):
                one.path.unlink()

    def sweep(self) -> None:
        """Take away what has waited too long."""
        before = self._clock() - KEEP_SECONDS
        with self._lock:
            old = [one for one in self._files.values() if one.came <= before]
        self.remove(old)

    def _place(self) -> Path:
        """The folder, made when it is first needed. Called with the lock held."""
        if self._folder is None or not self._folder.is_dir():
            try:
                folder = private.new_folder()
                folder.mkdir(mode=0o700)
            except OSError as error:
                raise UploadRefused(
                    f"the server has no temporary folder that can be written ({error.strerror or error}), so no file can be taken"
                ) from error
            self._folder = folder
        return self._folder

    def _grow(self, key: str, size: int) -> None:
        with self._lock:
            self._coming[key] = size

    def _end(self, key: str) -> None:
        with self._lock:
            self._coming.pop(key, None)

    def _keep(self, waiting: Waiting) -> None:
        with self._lock:
            self._files[waiting.id] = waiting
            if self._timer is None:
                self._timer = threading.Timer(KEEP_SECONDS + 1, self._swept)
                self._timer.daemon = True
                self._timer.start()

    def _swept(self) -> None:
        self.sweep()
        with self._lock:
            self._timer = None
            left = bool(self._files)
        if left:
            with self._lock:
                self._timer = threading.Timer(KEEP_SECONDS, self._swept)
                self._timer.daemon = True
                self._timer.start()


class Coming:
    """A file while it comes. Use it in a `with` block: what is not finished in it leaves nothing."""

    def __init__(self, uploads: Uploads, visitor: str, name: str, path: Path, most: int) -> None:
        self._uploads, self._visitor, self._name, self._path, self._most = uploads, visitor, name, path, most
        self._file: BinaryIO | None = None
        self._size = 0

    def __enter__(self) -> "Coming":
        return self

    def write(self, data: bytes) -> None:
        """The next bytes.

        Raises:
            UploadRefused: the file is too large by now, or cannot be written.
        """
        self._size += len(data)
        if self._size > self._most:
            raise too_large(self._size, self._most, so_far=True)
        try:
            if self._file is None:
                handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                self._file = os.fdopen(handle, "wb")
            self._file.write(data)
        except OSError as error:
            raise UploadRefused(
                f"the server cannot keep the file in its temporary folder: {error.strerror or error}"
            ) from error
        self._uploads._grow(self._path.name, self._size)

    def finish(self) -> Waiting:
        """All has come.

        Raises:
            UploadRefused: it cannot be written.
        """
        self.write(b"")
        try:
            assert self._file is not None
            self._file.close()
        except OSError as error:
            raise UploadRefused(
                f"the server cannot keep the file in its temporary folder: {error.strerror or error}"
            ) from error
        waiting = Waiting(self._path.name, self._visitor, self._name, self._path, self._size, self._uploads._clock())
        self._uploads._keep(waiting)
        self._file = None
        return waiting

    def __exit__(self, *_: object) -> None:
        self._uploads._end(self._path.name)
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._path.unlink()


@cache
def uploads_of_process() -> Uploads:
    """Those of this process, whose windows share one temporary folder and its limits."""
    return Uploads()


def check_visitor(visitor: object) -> str:
    """The word by which a visitor is known.

    Raises:
        UploadRefused: it is none.
    """
    if not isinstance(visitor, str) or not _VISITOR.fullmatch(visitor):
        raise UploadRefused("the page did not say who sends this. Load it again")
    return visitor


def too_large(size: int, most: int, *, so_far: bool = False) -> UploadTooLarge:
    """The error that names the limit."""
    has = f"it has more than {most / 1e6:,.0f} MB" if so_far else f"it has {size / 1e6:,.0f} MB"
    return UploadTooLarge(
        f"the file is too large: {has}, and at most {most / 1e6:,.0f} MB are taken here. Ingest it on the computer that has the "
        "library (citewise ingest FILE), or start the window with a larger --max-upload-mb"
    )


def _shown(name: str) -> str:
    """What a file is called before people: the last part of a path, on one line."""
    last = re.split(r"[/\\]", name)[-1]
    return shorten(printable(last).strip(), _NAME_CHARS) or "file"
