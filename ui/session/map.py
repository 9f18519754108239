"""The map of a library as the page asks for it: drawn in a thread of its own at the first look, kept, and drawn anew on wish.

Owns the state of that work, which every visitor shares. Questions go on while it runs: it has a connection of its own, and the thread
gives way to others.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from rag.core.errors import CitewiseError
from rag.core.settings import Settings
from rag.library.choosing import keys_of
from rag.library.store import Library
from rag.map import kept
from rag.map.drawing import draw
from rag.map.record import PaperMap
from rag.map.vectors import state_of
from ui.session.choosing import chosen_of
from ui.session.loading import UNEXPECTED
from ui.views.map import Told, card, changed, drawn

logger = logging.getLogger(__name__)

_NICE = 5
_ID_CHARS = 500
_WORDS_CHARS = 300
_PAPERS = "SELECT id, title, json_extract(details, '$.year') FROM papers"
Sent = dict[str, Any]


class _Stopped(Exception):
    """Somebody has stopped the drawing, or it is no longer wanted."""


@dataclass(slots=True)
class _Work:
    """One drawing, as far as it is: `doing` in words, `share` of it done. `end` is "" while it runs, then how it ended."""

    doing: str = "Reading the embeddings"
    share: float = 0.0
    end: str = ""
    note: str = ""
    stop: bool = False


@dataclass(frozen=True, slots=True)
class _Now:
    """What was found of the library at a revision, for the map that there was: the points, and whether they are of an earlier state."""

    of: tuple[int, str]
    points: Mapping[str, Any]
    stale: str


class Maps:
    """The map of one library. Any thread may call it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._map: PaperMap | None = None
        self._work: _Work | None = None
        self._now: _Now | None = None

    def works(self) -> list[Callable[[Sent], Sent]]:
        """As they are called from the page, by their names."""
        return [self.map, self.map_draw, self.map_stop, self.map_found, self.map_paper]

    def map(self, sent: Sent) -> Sent:
        """How the map is: `state` is "ready", "drawing", "stopped" or "failed". The points come where the page does not have them yet,
        told by the `key` that it sends as `have`. The first look begins the drawing.

        Raises:
            LibraryError: the library cannot be read.
        """
        with closing(Library.open(self._settings.library)) as library:
            with self._lock:
                if self._map is None and self._work is None:
                    self._map = kept.read(self._settings.library, self._settings.cache)
                    if self._map is None:
                        self._begin()
                one, work = self._map, self._work
            answer: Sent = {"state": "ready"}
            if work is not None:
                state = work.end or "drawing"
                answer = {"state": state, "doing": work.doing, "share": round(work.share, 2), "note": work.note}
            if one is None:
                return answer
            now = self._now_of(library, one)
        key = f"{now.of[0]}-{now.of[1]}"
        answer |= {"key": key, "stale": now.stale}
        return answer if sent.get("have") == key else answer | {"points": now.points}

    def map_draw(self, sent: Sent) -> Sent:
        """Draw the map anew, as the library is now, going on from the present one."""
        with self._lock:
            if self._work is None or self._work.end:
                self._begin()
        return self.map(sent)

    def map_stop(self, sent: Sent) -> Sent:
        """Stop the drawing; the map that was there stays."""
        with self._lock:
            if self._work is not None and not self._work.end:
                self._work.stop, self._work.end = True, "stopped"
        return self.map(sent)

    def map_found(self, sent: Sent) -> Sent:
        """The ids of the papers that a filter means.

        Raises:
            RequestRefused: it is no filter.
        """
        chosen = chosen_of(sent.get("filter"))
        with (
            closing(Library.open(self._settings.library)) as library,
            library.beside() as database,
            database.snapshot(),
        ):
            keys = keys_of(database.connection, chosen)
            rows = database.rows_for("SELECT id FROM papers WHERE key IN ({})", keys)
            return {"ids": [row[0] for row in rows]}

    def map_paper(self, sent: Sent) -> Sent:
        """The card of a paper; `html` is empty where it is no longer there."""
        paper, words = str(sent.get("paper") or "")[:_ID_CHARS], str(sent.get("words") or "")[:_WORDS_CHARS]
        with closing(Library.open(self._settings.library)) as library:
            found = library.papers([paper])
        return {"html": str(card(found[0], words)) if found else ""}

    def _now_of(self, library: Library, one: PaperMap) -> _Now:
        of = (library.revision, one.state)
        with self._lock:
            if self._now is not None and self._now.of == of:
                return self._now
        with library.beside() as database:
            papers: dict[str, Told] = {row[0]: (row[1], row[2]) for row in database.rows(_PAPERS)}
        stale = ""
        if state_of(library) != one.state:
            went = sum(paper not in papers for paper in one.ids)
            came = max(0, len(papers) - one.papers + went)
            stale = changed(came, went)
        now = _Now(of, drawn(one, papers), stale)
        with self._lock:
            self._now = now
        return now

    def _begin(self) -> None:
        work = self._work = _Work()
        threading.Thread(target=self._draw, args=(work, self._map), name="citewise-map", daemon=True).start()

    def _draw(self, work: _Work, before: PaperMap | None) -> None:
        def report(doing: str, share: float) -> None:
            if work.stop:
                raise _Stopped
            work.doing, work.share = doing, share

        _give_way()
        folder, cache = self._settings.library, self._settings.cache
        try:
            with closing(Library.open(folder)) as library:
                one = draw(library, before, report)
        except _Stopped:
            return
        except CitewiseError as error:
            self._fail(work, str(error))
            return
        except Exception:
            # The edge of this thread: an error that left it would leave the page waiting for ever.
            logger.exception("the map could not be drawn")
            self._fail(work, UNEXPECTED.format(doing="drawing the map"))
            return
        with self._lock:
            if work.stop:
                return
            self._map, self._work = one, None
        kept.write(one, folder, cache)

    def _fail(self, work: _Work, note: str) -> None:
        with self._lock:
            if not work.end:
                work.end, work.note = "failed", note


def _give_way() -> None:
    """On Linux a thread, and what it starts, can be told to run when others do not: an answer is waited for, a map is not."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
