"""The libraries of one window or server: each opened when it is first asked for, with the models of those that are open.

Owns which of them are open. Of many only the last used ones stay so, since each holds an index in memory; one that is in use is never
closed.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any

from rag.answer.kept_answers import KeptAnswers
from rag.core.errors import EmbedderMismatch, LibraryMissing
from rag.core.settings import Settings
from rag.library.several import shelves_of, unknown
from ui.session.loading import Answerer, Loader, Open

logger = logging.getLogger(__name__)

MOST_OPEN = 4
Progress = Callable[[str], None] | None


def open_assistant(settings: Settings, progress: Progress = None) -> Answerer:
    """The real assistant. Imported when it is called, in the loader's thread: that alone takes seconds.

    Where there is no library yet and papers may be added, it is one over an empty library, until there is one.
    """
    from rag.wiring import open_assistant as open_

    try:
        return open_(settings, progress)
    except LibraryMissing:
        if settings.edit != "on" or settings.library.is_file():
            raise
    from ui.session.standing_in import over_nothing

    return open_(over_nothing(settings), progress)


def open_beside(first: Answerer, settings: Settings, progress: Progress = None) -> Answerer | None:
    """The models of an open assistant over the library of these settings; None where it has none to lend.

    Raises:
        EmbedderMismatch: the library was embedded by another model.
    """
    from rag.answer.assistant import Assistant
    from rag.wiring import open_beside as open_

    if not isinstance(first, Assistant):
        return None
    if progress is not None:
        progress("Opening the library")
    return open_(first, settings)


class Shelves:
    """The libraries that the settings name, by their names, the first one first. Safe to use from any thread."""

    def __init__(self, settings: Settings, open_: Open = open_assistant, most_open: int = MOST_OPEN) -> None:
        self._open = open_
        self._most = most_open
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self.kept = KeptAnswers(settings.answer_cache)
        """Answers that are there for the same question again, of all libraries."""
        self._settings: dict[str, Settings] = {}
        self._loaders: dict[str, Loader] = {}
        self._made: dict[str, Answerer] = {}
        self._latest: OrderedDict[str, None] = OrderedDict()
        shelves = shelves_of(settings)
        for shelf in shelves:
            own = settings.model_copy(update={"library": shelf.folder, "libraries": None})
            self._settings[shelf.name] = own
            opens = open_ if len(shelves) == 1 else partial(self._open_one, shelf.name)
            self._loaders[shelf.name] = Loader(own, opens, self.kept)

    @property
    def names(self) -> tuple[str, ...]:
        """What the libraries are called."""
        return tuple(self._loaders)

    @property
    def several(self) -> bool:
        """Whether there is one to choose."""
        return len(self._loaders) > 1

    @property
    def first(self) -> Loader:
        """The library that is meant where none is named."""
        return self._loaders[self.names[0]]

    def name(self, sent: Any) -> str:
        """The name of the library that was sent, or of the first one where nothing was.

        Raises:
            UnknownLibrary: there is none of this name; the message names those there are.
        """
        if sent is None or sent == "":
            return self.names[0]
        if not isinstance(sent, str) or sent not in self._loaders:
            raise unknown(str(sent)[:1_000], self.names)
        return sent

    def loader(self, name: str | None = None) -> Loader:
        """The library of this name, or the first one, as it is: open or not.

        Raises:
            UnknownLibrary: there is none of this name.
        """
        return self._loaders[self.name(name)]

    def settings(self, name: str | None = None) -> Settings:
        """The settings of this library alone.

        Raises:
            UnknownLibrary: there is none of this name.
        """
        return self._settings[self.name(name)]

    @contextmanager
    def using(self, name: Any = None) -> Iterator[Loader]:
        """The library of this name, or the first one; its opening has begun, and it stays open until the block is left.

        Raises:
            UnknownLibrary: there is none of this name.
        """
        named = self.name(name)
        loader = self._loaders[named]
        with loader.used():
            if loader.opened is None and loader.loading.state != "failed":
                loader.start()
            self._close_others(named)
            yield loader

    def _close_others(self, named: str) -> None:
        """Close those that were not used for longest, beyond as many as may be open."""
        with self._lock:
            self._latest[named] = None
            self._latest.move_to_end(named)
            # Those in use stay open, and are looked at again the next time.
            for name in list(self._latest)[: max(0, len(self._latest) - self._most)]:
                if self._loaders[name].rest():
                    del self._latest[name]
                    self._made.pop(name, None)

    def _open_one(self, name: str, settings: Settings, progress: Progress) -> Answerer:
        """Open a library with the models that are there already; where it needs other ones, with its own."""
        if progress is not None and self._opening.locked():
            progress("Waiting for another library, which is being opened")
        with self._opening:  # one after the other, so that the models are loaded once
            self._made.pop(name, None)
            self._made[name] = self._lent(name, settings, progress) or self._with_models(settings, progress)
            return self._made[name]

    def _lent(self, name: str, settings: Settings, progress: Progress) -> Answerer | None:
        """Opened with the models of another library that is open; None where none has what it needs."""
        for other, loader in self._loaders.items():
            if other == name:
                continue
            with loader.used(), suppress(EmbedderMismatch):
                # One that has just been opened is not told by its loader yet.
                lender = self._made.get(other) if loader.is_opening else loader.opened
                if lender is not None and (lent := open_beside(lender, settings, progress)) is not None:
                    return lent
        return None

    def _with_models(self, settings: Settings, progress: Progress) -> Answerer:
        """Opened with models of its own: those of the settings, or where another embedder made the library, with that one."""
        try:
            return self._open(settings, progress)
        except EmbedderMismatch:
            own = _embedder_of(settings)
            if own in (None, settings.embedder):
                raise
            logger.info("the library %s is opened with its own embedder, %s", settings.library, own)
            return self._open(settings.model_copy(update={"embedder": own}), progress)


def _embedder_of(settings: Settings) -> str | None:
    """The name of the embedder that made a library, where it is known."""
    from rag.library.store import Library

    with closing(Library.open(settings.library)) as library:
        return library.embedder.name if library.embedder else None
