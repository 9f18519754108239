"""What is done for a call of a tool: from checked arguments to a result, on the libraries of `ui.session.shelves`.

Synchronous; a `Job` carries it to the thread that does it, tells how far it is, and stops it. Knows nothing of the protocol.
"""

import json
import logging
import zlib
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from rag.core.domain import Answer, Paper, Progress
from rag.core.errors import CitewiseError, NothingChosen, RequestRefused
from rag.core.escaping import counted, shorten
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.core.text import clean, normalise
from ui.mcp import results
from ui.mcp.arguments import checked
from ui.mcp.forms import HITS, PAGE
from ui.mcp.results import Result
from ui.mcp.tools import Tool, tools
from ui.session.choosing import choice_to_ask
from ui.session.loading import UNEXPECTED, Answerer, Loader
from ui.session.shelves import Shelves
from ui.session.turns import history_messages

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.25
_TITLE_CHARS = 2_000
_TITLE_WORDS = 25
_SAME_TITLE = 200
_ALIKE = 5
_MODELS = frozenset({"ask", "search"})
_STATES = {"loading": "opening", "ready": "open", "failed": "failed"}
_STAGES = {"searching": "Searching", "reading": "Reading", "writing": "Writing", "answering": "Answering"}


class Stopped(Exception):
    """Nobody waits for the result any more."""


class Job:
    """One call on its way through the threads. `note` is how far it is; whoever no longer waits for it calls `stop`."""

    def __init__(self, work: Callable[["Job"], Result]) -> None:
        self._work = work
        self.note = ""
        self.stopped = False
        self.begun = False
        self.result: Result | None = None
        self.error = ""

    def stop(self) -> None:
        """End the work at its next step."""
        self.stopped = True

    def tell(self, note: str) -> None:
        """Say how far it is.

        Raises:
            Stopped: nobody waits for it.
        """
        if self.stopped:
            raise Stopped
        self.note = note

    def run(self) -> None:
        """Do the work. What fails is in `error` afterwards, in words for whoever asked."""
        self.begun = True
        try:
            self.tell(self.note)
            self.result = self._work(self)
        except Stopped:
            self.error = "stopped"
        except CitewiseError as error:
            self.error = str(error)
        except Exception:
            # The edge of a call: the program learns that it failed and can go on, the log keeps the reason.
            logger.exception("a call of a tool failed")
            self.error = UNEXPECTED.format(doing="answering")


class Calls:
    """The tools over these libraries. Any thread may call it."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    @property
    def tools(self) -> Sequence[Tool]:
        """Those that are offered."""
        return tools(self._shelves.names)

    @property
    def libraries(self) -> Sequence[str]:
        """What the libraries are called, the first one first."""
        return self._shelves.names

    def needs_a_model(self, name: str) -> bool:
        """Whether calls of this tool take turns, since they share the models."""
        return name in _MODELS

    def job(self, name: str, sent: Any) -> Job:
        """The work of a call.

        Raises:
            RequestRefused: there is no such tool, or an argument is wrong.
            UnknownLibrary: there is no library of the name that was sent.
        """
        tool = next((one for one in self.tools if one.name == name), None)
        if tool is None:
            names = ", ".join(one.name for one in self.tools)
            raise RequestRefused(f"there is no tool “{shorten(clean(name), 60)}”; there are {names}")
        given = checked(tool, sent)
        if name == "libraries":
            return Job(lambda job: self._libraries())
        library = self._shelves.name(given.get("library"))
        return Job(lambda job: self._with_library(name, library, given, job))

    def _with_library(self, name: str, library: str, given: Mapping[str, Any], job: Job) -> Result:
        work = {"ask": _ask, "search": _search, "papers": _papers, "get_paper": _get_paper}[name]
        with self._shelves.using(library) as loader:
            loader.start()  # after a failure it is tried again
            while not loader.wait(_POLL_SECONDS):
                job.tell(loader.loading.note)
            return work(loader, given, library, job)

    def _libraries(self) -> Result:
        told = []
        for name in self._shelves.names:
            loader = self._shelves.loader(name)
            state = loader.loading
            closed = loader.opened is None and not loader.is_opening and state.state != "failed"
            told.append(
                {
                    "name": name,
                    "state": "closed" if closed else _STATES[state.state],
                    "papers": state.papers if state.state == "ready" else None,
                    "note": "" if closed else state.note,
                }
            )
        return results.shelves(told)


def _chosen(assistant: Answerer, given: Mapping[str, Any]) -> PaperFilter:
    """The filter of a call.

    Raises:
        RequestRefused: it is none.
        NothingChosen: it leaves no paper.
    """
    try:
        made = choice_to_ask(assistant, given.get("filter"))
    except NothingChosen as error:
        raise NothingChosen(f"{error} Widen the filter, or leave it out for the whole library") from error
    return made.filter if made else EVERY_PAPER


def _ask(loader: Loader, given: Mapping[str, Any], library: str, job: Job) -> Result:
    asking = loader.asking(_chosen(loader.assistant(), given))
    with loader.suggestions().reader():
        steps = asking.stream(
            given["question"],
            history_messages(given.get("history")),
            given.get("mode", "auto"),
            given.get("max_papers"),
        )
        try:
            for step in steps:
                if isinstance(step, Answer):
                    return results.answered(step, library)
                job.tell(_told(step))
        finally:
            if isinstance(steps, Generator):
                steps.close()  # stops the work
    raise RequestRefused("no answer came; ask again")


def _told(step: Progress) -> str:
    of = f": {step.done} of {counted(step.total, 'sentence')}" if step.stage == "reading" and step.total else ""
    return f"{_STAGES[step.stage]}{of}"


def _search(loader: Loader, given: Mapping[str, Any], library: str, job: Job) -> Result:
    whole = loader.assistant()
    job.tell(_STAGES["searching"])
    assistant = whole.over(_chosen(whole, given))
    with loader.suggestions().reader():
        hits = assistant.search(given["words"], given.get("limit", HITS))
        return results.found(given["words"], hits, library, assistant.notice)


def _papers(loader: Loader, given: Mapping[str, Any], library: str, job: Job) -> Result:
    whole = loader.assistant()
    assistant = whole.over(_chosen(whole, given))
    limit = given.get("limit", PAGE)
    # As it was sent: "7d" is another time with each page.
    of = json.dumps([library, given.get("filter"), whole.revision], sort_keys=True)
    mark = f"{zlib.crc32(of.encode()):08x}"
    start = _start_of(given.get("cursor", ""), mark)
    total, papers = assistant.find_papers("", start + limit)
    end = start + limit
    return results.listed(total, papers[start:end], f"{end}-{mark}" if end < total else None, library)


def _start_of(cursor: str, mark: str) -> int:
    """Where the page of this cursor begins.

    Raises:
        RequestRefused: it is none, or one of another list.
    """
    if not cursor:
        return 0
    start, _, of = cursor.partition("-")
    if not (start.isascii() and start.isdigit() and len(start) < 10 and of):
        raise RequestRefused("the cursor is none that papers gave; leave it out to begin with the first page")
    if of != mark:
        raise RequestRefused(
            "this cursor belongs to another list: the filter is not the one it was given for, or the library has changed since. Leave "
            "the cursor out to begin with the first page"
        )
    return int(start)


def _get_paper(loader: Loader, given: Mapping[str, Any], library: str, job: Job) -> Result:
    wanted = clean(given["paper"])
    if not wanted or len(wanted) > _TITLE_CHARS:
        raise RequestRefused(
            f"“paper” must be a paper_id, DOI, arXiv id or title of at most {_TITLE_CHARS:,} characters"
        )
    assistant = loader.assistant()
    found = assistant.over(PaperFilter(ids=(wanted,))).papers() or _entitled(assistant, wanted)
    if len(found) == 1:
        return results.read(found[0], library)
    named = shorten(wanted, 100)
    if found:
        ids = "; ".join(f"{paper.id} ({paper.year or 'no year'})" for paper in found[:_ALIKE])
        raise RequestRefused(
            f"{counted(len(found), 'paper')} here are called “{named}”. Name one by its paper_id: {ids}"
        )
    raise RequestRefused(
        f"there is no paper “{named}” here. A paper_id, a DOI, an arXiv id, a PMID or the exact title is taken. "
        f"{_nearly(assistant, wanted)}"
    )


def _entitled(assistant: Answerer, title: str) -> tuple[Paper, ...]:
    """The papers with exactly this title, whatever its case, white space and full stop."""
    _, papers = assistant.find_papers(_words(title), _SAME_TITLE)
    return tuple(paper for paper in papers if _bare(paper.title) == _bare(title))


def _words(title: str) -> str:
    """The first words of a title, without the signs around them."""
    return " ".join(word.strip('.,:;!?"“”()') for word in title.split()[:_TITLE_WORDS])


def _bare(title: str) -> str:
    return normalise(title).rstrip(" .")


def _nearly(assistant: Answerer, wanted: str) -> str:
    """What may have been meant, or how to find it."""
    _, papers = assistant.find_papers(_words(wanted), _ALIKE)
    near = [f"“{shorten(clean(paper.title), 100)}” ({paper.id})" for paper in papers if paper.title]
    return f"Papers with these words: {'; '.join(near)}" if near else "Use search to find papers by their topic"
