"""Taking papers out of the library in the window, and putting them back.

They are gone from the library at once; what putting back needs lies in this process's private temporary folder (see
`rag.library.setting_aside`, which says why). It goes when it has been used, after twelve hours, when there is too much of it, and with
the process. A removal is known by a random word that only the page has which made it.
"""

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from rag.core.errors import EditRefused, NothingToUndo, VectorIndexError
from rag.core.settings import Settings
from rag.library import private, setting_aside
from rag.library.chroma_server import server_of
from rag.library.setting_aside import BroughtBack, TakenOut, Title
from rag.library.store import Library
from ui.session.jobs import Jobs, jobs_of_process

logger = logging.getLogger(__name__)
MOST_KEPT = 50
"""Removals that can be undone."""
MOST_BYTES = 500_000_000
"""Of all that is kept; a removal that is larger alone cannot be undone."""
KEEP_SECONDS = 12 * 3_600.0


@dataclass(frozen=True, slots=True)
class Removable:
    """What a removal would take: papers by id and title, how many of the ids no paper has, and whether it can be undone."""

    papers: tuple[Title, ...]
    absent: int
    undoable: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    file: Path
    size: int
    at: float


class Removing:
    """The removals from one library. Safe to use from any thread.

    Args:
        settings: of the library.
        changed: called when papers went or came back.
        jobs: of the process unless a test has its own.
        clock: seconds.
    """

    def __init__(
        self,
        settings: Settings,
        changed: Callable[[], None],
        jobs: Jobs | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._server, self._changed = settings.library, server_of(settings), changed
        self._jobs, self._clock = jobs or jobs_of_process(), clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._place: Path | None = None

    def planned(self, ids: Sequence[str]) -> Removable:
        """What would go.

        Raises:
            LibraryError: the library cannot be read.
        """
        with closing(Library.open(self._folder)) as library, library.beside() as database, database.snapshot():
            papers = setting_aside.titles_of(database.connection, ids)
            size = setting_aside.size_of(database.connection, ids)
        return Removable(papers, len(set(ids)) - len(papers), size <= MOST_BYTES)

    def remove(self, ids: Sequence[str]) -> tuple[TakenOut, str]:
        """Take papers out: which those were, and the word by which they can be put back; "" where they cannot.

        Raises:
            EditRefused: papers are being added just now.
            LibraryError: nothing was changed.
        """
        plan = self.planned(ids)
        with self._lock:
            self._wait_for_none()
            file = self._new_file() if plan.undoable else None
            try:
                out = setting_aside.take_out(self._folder, ids, file, self._server)
            except VectorIndexError as error:
                logger.warning("papers were removed, and the index is made anew at the next question: %s", error)
                out = TakenOut(plan.papers, ())
            except BaseException:
                self._discard(file)
                raise
            self._changed()
            if file is None or not out.papers:
                self._discard(file)
                return out, ""
            return out, self._keep(file)

    def undo(self, token: str) -> BroughtBack:
        """Put the papers of a removal back.

        Raises:
            NothingToUndo: it was undone already, or is kept no longer.
            EditRefused: papers are being added just now.
            LibraryError: nothing was changed.
        """
        with self._lock:
            self._sweep()
            kept = self._kept.get(token)
            if kept is None:
                raise NothingToUndo(
                    "this removal was undone already, or can no longer be: it is kept for twelve hours, and until the server ends. "
                    "Adding the papers' file again brings them back"
                )
            self._wait_for_none()
            back = setting_aside.put_back(self._folder, kept.file, self._server)
            self._changed()
            self._drop(token)
        return back

    def _wait_for_none(self) -> None:
        job = self._jobs.now()
        if job and job.kind == "add":
            how_far = f" ({job.done:,} of {job.total:,} papers)" if job.stage == "embedding" and job.total else ""
            raise EditRefused(
                f"papers are being added just now{how_far}, and nothing can be removed or put back until that is done. Try again then"
            )

    def _new_file(self) -> Path | None:
        """A place for what is taken out; None where there is none: then it cannot be put back."""
        try:
            if self._place is None or not self._place.is_dir():
                self._place = private.new_folder()
                self._place.mkdir(mode=0o700)
        except OSError:
            return None
        file = self._place / f"{secrets.token_hex(8)}.sqlite3"
        file.touch(mode=0o600)
        return file

    def _keep(self, file: Path) -> str:
        token = secrets.token_urlsafe(18)
        self._kept[token] = _Kept(file, file.stat().st_size, self._clock())
        self._sweep()
        return token

    def _sweep(self) -> None:
        before = self._clock() - KEEP_SECONDS
        for token, kept in list(self._kept.items()):
            total = sum(one.size for one in self._kept.values())
            if kept.at <= before or len(self._kept) > MOST_KEPT or (total > MOST_BYTES and len(self._kept) > 1):
                self._drop(token)

    def _drop(self, token: str) -> None:
        self._discard(self._kept.pop(token).file)

    def _discard(self, file: Path | None) -> None:
        with suppress(OSError):
            if file is not None:
                file.unlink()
