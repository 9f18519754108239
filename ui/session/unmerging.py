"""Merges that visitors undo: one at a time, in a thread of its own, since it embeds two papers and writes the index.

Owns how far each is, and what is said of it. The change itself is `rag.wiring.undo_merge`. Nobody waits for it: the page asks.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.core.errors import CitewiseError, NoSuchMerge, RequestRefused
from rag.core.settings import Settings
from rag.library.merges import Split
from ui.session.loading import UNEXPECTED
from ui.views.words import sentence

logger = logging.getLogger(__name__)

Undo = Callable[[Settings, str, Callable[[str], None]], Split]
_KEPT = 50
"""Of so many the end is remembered."""
_GONE = (
    "This merge is not there any more: it was undone already, or the paper was changed or removed. What is shown now is the library "
    "as it is."
)


@dataclass(slots=True)
class _Work:
    record: str
    state: Literal["running", "done", "failed"] = "running"
    note: str = "Beginning"
    began: float = field(default_factory=time.monotonic)
    papers: tuple[str, ...] = ()


def _undo(settings: Settings, record_id: str, progress: Callable[[str], None]) -> Split:
    from rag.wiring import undo_merge

    return undo_merge(settings, record_id, progress=progress)


class Unmerging:
    """The merges of one library that are being undone. Any thread may call it."""

    def __init__(self, settings: Settings, undo: Undo = _undo) -> None:
        self._settings = settings
        self._undo = undo
        self._lock = threading.Lock()
        self._works: dict[str, _Work] = {}

    def begin(self, record_id: str) -> dict[str, Any]:
        """Begin, unless this one is on its way, and say how far it is.

        Raises:
            RequestRefused: another one is on its way.
        """
        with self._lock:
            running = next((work for work in self._works.values() if work.state == "running"), None)
            if running is not None and running.record != record_id:
                raise RequestRefused("another merge is being undone; wait until that is done, then try again")
            if running is None:
                self._works.pop(record_id, None)
                work = self._works[record_id] = _Work(record_id)
                while len(self._works) > _KEPT:
                    del self._works[next(iter(self._works))]
                threading.Thread(target=self._run, args=(work,), name="citewise-undo-merge", daemon=True).start()
        return self.state(record_id)

    def running(self, record_ids: Iterable[str]) -> str:
        """Which of these records is being taken out of its paper; "" for none."""
        with self._lock:
            works = (self._works.get(one) for one in record_ids)
            return next((work.record for work in works if work is not None and work.state == "running"), "")

    def state(self, record_id: str) -> dict[str, Any]:
        """How far one is: its `state` (running, done, failed, or unknown), a `note` for people, the ids of the two `papers`."""
        with self._lock:
            work = self._works.get(record_id)
            if work is None:
                return {"state": "unknown", "note": "", "papers": [], "seconds": 0.0}
            seconds = round(time.monotonic() - work.began, 1)
            return {"state": work.state, "note": work.note, "papers": list(work.papers), "seconds": seconds}

    def _run(self, work: _Work) -> None:
        def progress(note: str) -> None:
            work.note = note

        try:
            split = self._undo(self._settings, work.record, progress)
        except NoSuchMerge:
            self._end(work, "failed", _GONE)
        except CitewiseError as error:
            self._end(work, "failed", sentence(str(error)))
        except Exception:
            # The edge of this thread: an error that left it would leave the page waiting for ever.
            logger.exception("a merge could not be undone")
            self._end(work, "failed", UNEXPECTED.format(doing="undoing the merge"))
        else:
            note = "The record is a paper of its own now. The two are not merged again."
            self._end(work, "done", note, (split.alone.id, split.rest.id))

    def _end(self, work: _Work, state: Literal["done", "failed"], note: str, papers: tuple[str, ...] = ()) -> None:
        with self._lock:
            work.note, work.papers, work.state = note, papers, state
