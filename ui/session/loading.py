"""Opens the assistant in the background, so that the page is there while the models still load.

Owns the state of that loading, which every visitor of the page shares. Knows nothing of the page.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from rag.answer.suggestions import Suggestions
from rag.core.domain import Answer, Hit, Message, Mode, Paper, Progress
from rag.core.errors import CitewiseError
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.library.catalogue import Catalogue
from rag.library.choices import Kind, Names
from rag.library.overview import Overview
from ui.records import STARTING, Loading

logger = logging.getLogger(__name__)

_TITLES = 500
"""Papers whose titles the example questions are made of."""
UNEXPECTED = "Something went wrong while {doing}. Try again; whoever runs citewise finds the reason in its log."


class Answerer(Protocol):
    """What the window needs of an assistant; `rag.answer.assistant.Assistant` is one."""

    @property
    def description(self) -> Mapping[str, str]: ...
    def ask(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Answer: ...
    def stream(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Iterator[Progress | Answer]: ...
    def told(self, question: str) -> Answer | None: ...
    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]: ...
    def similar(self, paper_id: str, limit: int = 5) -> tuple[Hit, ...]: ...
    def papers(self, ids: Iterable[str] | None = None) -> tuple[Paper, ...]: ...
    def find_papers(self, words: str, limit: int) -> tuple[int, tuple[Paper, ...]]: ...
    def respelled(self, words: str) -> str: ...
    def overview(self) -> Overview: ...
    def over(self, papers: PaperFilter) -> "Answerer": ...
    def count(self, chosen: PaperFilter) -> int: ...
    def names(self, kind: Kind, words: str, limit: int) -> Names: ...
    @property
    def revision(self) -> int: ...
    @property
    def catalogue(self) -> Catalogue: ...
    def close(self) -> None: ...


Open = Callable[[Settings, Callable[[str], None] | None], Answerer]


class Loader:
    """One assistant for the whole process, opened in a thread of its own. Safe to use from any thread."""

    def __init__(self, settings: Settings, open_: Open) -> None:
        self._settings = settings
        self._open = open_
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._looked_over = threading.Event()
        self._running = False
        self._loading = STARTING
        self._assistant: Answerer | None = None
        self._suggestions: Suggestions | None = None

    @property
    def loading(self) -> Loading:
        """The present state."""
        return self._loading

    def start(self, again: bool = False) -> None:
        """Start loading unless it runs already or is done; after a failure this tries again.

        `again` also reopens an empty library: somebody may have filled it.
        """
        with self._lock:
            if self._running or (self._assistant is not None and not (again and not self._loading.papers)):
                return
            self._running = True
            self._settled.clear()
            self._looked_over.clear()
            self._loading = STARTING
        threading.Thread(target=self._load, name="citewise-loader", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the loading has ended, well or not, after at most `timeout` seconds."""
        return self._settled.wait(timeout)

    def looked_over(self, timeout: float | None = None) -> bool:
        """Whether the library has been looked over, or never will be, after at most `timeout` seconds. It can be asked before."""
        return self._looked_over.wait(timeout)

    def assistant(self) -> Answerer:
        """The assistant, waited for.

        Raises:
            CitewiseError: the loading failed, with the reason that the page shows.
        """
        self._settled.wait()
        if self._assistant is None:
            raise CitewiseError(self._loading.note) from self._loading.error
        return self._assistant

    def over(self, chosen: PaperFilter) -> Answerer:
        """The assistant over the papers that a filter means, waited for.

        Raises:
            CitewiseError: the loading failed, with the reason that the page shows, or the library's file cannot be read.
        """
        return self.assistant().over(chosen)

    def suggestions(self) -> Suggestions:
        """What asks silently, with the assistant waited for.

        Raises:
            CitewiseError: the loading failed, with the reason that the page shows.
        """
        assistant = self.assistant()
        with self._lock:
            if self._suggestions is None:
                self._suggestions = Suggestions(assistant, over=self.over)
            return self._suggestions

    def _load(self) -> None:
        try:
            assistant = self._open(self._settings, self._progress)
            count, first = assistant.find_papers("", _TITLES)
            titles = tuple(paper.title for paper in first)
            ready = Loading("ready", papers=count, titles=titles, description=dict(assistant.description))
        except CitewiseError as error:
            self._end(Loading("failed", str(error), error=error))
        except Exception as error:
            # The edge of this thread: an error that left it would leave the page loading for ever.
            logger.exception("the assistant could not be opened")
            self._end(Loading("failed", UNEXPECTED.format(doing="loading"), error=error))
        else:
            self._end(ready, assistant)
            self._look_over(assistant)
        self._looked_over.set()

    def _look_over(self, assistant: Answerer) -> None:
        """What is in the library is told as soon as it is known; nobody waits for it."""
        try:
            overview = assistant.overview()
        except Exception:
            # The edge of this thread: everything else works without it.
            logger.exception("the library could not be looked over")
            return
        with self._lock:
            if self._assistant is assistant:
                self._loading = replace(self._loading, overview=overview)

    def _progress(self, note: str) -> None:
        self._loading = Loading("loading", note)

    def _end(self, loading: Loading, assistant: Answerer | None = None) -> None:
        with self._lock:
            former, self._assistant = self._assistant, assistant
            self._suggestions = None
            self._loading, self._running = loading, False
        if former is not None:
            former.close()
        self._settled.set()
