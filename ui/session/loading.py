"""Opens the assistant in the background, so that the page is there while the models still load.

Owns the state of that loading, which every visitor of the page shares. Knows nothing of the page.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from rag.answer.kept_answers import KeptAnswers
from rag.answer.suggestions import Suggestions
from rag.core.domain import Answer, Hit, Message, Mode, Paper, Progress
from rag.core.errors import CitewiseError
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.core.settings import Settings
from rag.library.catalogue import Catalogue
from rag.library.choices import Kind, Names
from rag.library.files import database_file
from rag.library.overview import Overview
from ui.records import STARTING, Loading
from ui.session.asking import Asking

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
    @property
    def notice(self) -> str: ...
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
    def state(self) -> Hashable: ...
    def comes_again(self, answer: Answer) -> bool: ...
    @property
    def catalogue(self) -> Catalogue: ...
    def close(self) -> None: ...


Open = Callable[[Settings, Callable[[str], None] | None], Answerer]


class Loader:
    """The assistant over one library for the whole process, opened in a thread of its own. Safe to use from any thread.

    One that nobody uses may be put to rest, which closes its library; it is opened again when it is started or asked for.
    """

    def __init__(self, settings: Settings, open_: Open, kept: KeptAnswers | None = None) -> None:
        """`kept` are the answers that are kept; without it none is."""
        self._settings = settings
        self._kept = KeptAnswers(0) if kept is None else kept
        self._library = object()  # what answers are kept by: another one each time that the library is opened
        self._open = open_
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._looked_over = threading.Event()
        self._running = False
        self._users = 0
        self._rests = False
        self._loading = STARTING
        self._assistant: Answerer | None = None
        self._suggestions: Suggestions | None = None
        self._seen = 0
        self._overviews = 0
        self._stands_in = False

    @property
    def revision(self) -> str:
        """Another word each time that something else is told of the library."""
        return f"{self._seen}.{self._overviews}{'-' if self._stands_in else ''}"

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
            self._running, self._rests = True, False
            self._settled.clear()
            self._looked_over.clear()
            self._loading = STARTING
        threading.Thread(target=self._load, name="citewise-loader", daemon=True).start()

    def catch_up(self) -> None:
        """Tell of the library as it is now, where its papers have changed, whoever did that; nothing where they have not.

        Raises:
            LibraryError: the library's file cannot be read.
        """
        with self._lock:
            assistant = self._assistant
            if assistant is None or self._running:
                return
        if self._stands_in:
            if database_file(self._settings.library).exists():
                self.start(again=True)
            return
        seen = assistant.revision
        if seen == self._seen:
            return
        count, first = assistant.find_papers("", _TITLES)
        with self._lock:
            if self._assistant is not assistant or seen == self._seen:
                return
            self._seen, self._suggestions = seen, None
            titles = tuple(paper.title for paper in first)
            self._loading = replace(self._loading, papers=count, titles=titles)
            self._looked_over.clear()
        threading.Thread(target=self._look_again, args=(assistant,), name="citewise-overview", daemon=True).start()

    def _look_again(self, assistant: Answerer) -> None:
        self._look_over(assistant)
        self._looked_over.set()

    @contextmanager
    def used(self) -> Iterator[None]:
        """While this lasts, it is not put to rest."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1

    def rest(self) -> bool:
        """Close the library unless somebody uses it or it is being opened. Whether it is closed now."""
        with self._lock:
            if self._users or self._running:
                return False
            former, self._assistant = self._assistant, None
            self._suggestions, self._rests = None, True
            self._forget_answers()
            self._settled.clear()
            self._looked_over.clear()
            self._loading = STARTING
        if former is not None:
            former.close()
        return True

    @property
    def is_opening(self) -> bool:
        """Whether it is being opened now."""
        return self._running

    @property
    def opened(self) -> Answerer | None:
        """The assistant where it is open now, without waiting."""
        return self._assistant

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
        if self._rests:
            self.start()
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

    def asking(self, chosen: PaperFilter = EVERY_PAPER) -> Asking:
        """The assistant over the papers that a filter means, as questions are asked: what was answered before is there.

        Raises:
            CitewiseError: the loading failed, with the reason that the page shows.
        """
        assistant = self.assistant()
        with self._lock:
            return Asking(assistant, self._kept, self._library, self._settings.mode, chosen)

    def suggestions(self) -> Suggestions:
        """What asks silently, with the assistant waited for.

        Raises:
            CitewiseError: the loading failed, with the reason that the page shows.
        """
        asking = self.asking()
        with self._lock:
            if self._suggestions is None:
                self._suggestions = Suggestions(asking, over=self.asking)
            return self._suggestions

    def _forget_answers(self) -> None:
        self._kept.forget(self._library)
        self._library = object()

    def _load(self) -> None:
        with self.used():
            self._open_and_look_over()

    def _open_and_look_over(self) -> None:
        try:
            assistant = self._open(self._settings, self._progress)
            self._seen = assistant.revision
            count, first = assistant.find_papers("", _TITLES)
            titles = tuple(paper.title for paper in first)
            # Where there is no library, an empty one may stand in its place until there is.
            self._stands_in = not count and not database_file(self._settings.library).exists()
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
                self._overviews += 1

    def _progress(self, note: str) -> None:
        self._loading = Loading("loading", note)

    def _end(self, loading: Loading, assistant: Answerer | None = None) -> None:
        with self._lock:
            former, self._assistant = self._assistant, assistant
            self._suggestions = None
            self._forget_answers()
            self._loading, self._running = loading, False
        if former is not None:
            former.close()
        self._settled.set()
