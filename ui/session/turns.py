"""One question of the window and how it is answered, step by step.

Owns the request that a page sends, the turn's states, and the edge at which errors become a message. The conversation itself is the
browser's: a request brings the messages before it, so that a restart of the server loses nothing. Knows nothing of gradio or of how a
turn looks; each state it yields is complete and can be shown as it stands.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from rag.core.domain import Answer, Message, Mode, Progress
from rag.core.errors import CitewiseError, RequestRefused
from rag.core.paper_filter import EVERY_PAPER
from ui.records import HISTORY_MESSAGES, ChatTurn, TurnId, standalone_if_other
from ui.session.asking import Asking
from ui.session.choosing import choice_to_ask
from ui.session.loading import UNEXPECTED, Loader

logger = logging.getLogger(__name__)

FRAME_SECONDS = 1 / 15  # a page repainted more often only looks busier
POLL_SECONDS = 0.25  # how soon Stop is noticed while models load
HISTORY_CHARS = 8_000  # of one message of it
CITED_PAPERS = 50  # of one message
CITED_ID_CHARS = 500


class Request(BaseModel):
    """What a page sends to have a question answered. `run` names this attempt: a turn may be asked again. `papers` is the most that the
    answer may cite, `filter` the papers that are asked, `library` whose papers they are."""

    id: TurnId
    run: TurnId
    question: str
    mode: Mode = "auto"
    papers: int | None = Field(None, ge=1, le=20)
    history: list[Any] = []
    filter: Any = None
    library: Any = None


class Visit:
    """The attempt that is being answered for one browser session, known to the thread that answers and to those of the buttons.

    An attempt is over once it was stopped or another one has taken its place: what still comes of it is not shown.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = ""
        self._stopped: deque[str] = deque(maxlen=100)

    def __deepcopy__(self, memo: object) -> "Visit":
        """A new visit: gradio copies the first value of a state for each session."""
        return Visit()

    def begin(self, run: str) -> None:
        """This attempt runs from now on, and no other; one that was stopped while it waited does not."""
        with self._lock:
            self._running = run if run not in self._stopped else ""

    def stop(self, run: str) -> None:
        """End this attempt, whether it runs or still waits in the queue."""
        with self._lock:
            self._stopped.append(run)
            if self._running == run:
                self._running = ""

    def runs(self, run: str) -> bool:
        """Whether this attempt is not over."""
        return self._running == run


def request_of(sent: Any) -> Request:
    """The request that a page sent.

    Raises:
        RequestRefused: it is none.
    """
    try:
        return Request.model_validate(sent)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise RequestRefused(f"the page sent no question that can be answered ({where}: {problem['msg']})") from error


def run_turn(
    loader: Loader, request: Request, clock: Callable[[], float] = time.monotonic
) -> Generator[ChatTurn, None, None]:
    """Answer the question. Closing this iterator stops the work."""
    turn = ChatTurn(request.id, request.question, mode=request.mode, papers=request.papers)
    latest, painted = turn, float("-inf")
    with closing(_steps_or_failure(loader, turn, request)) as states:
        for state in states:
            if state.step == latest.step and clock() - painted < FRAME_SECONDS:
                continue
            latest, painted = state, clock()
            yield latest


def _steps_or_failure(loader: Loader, turn: ChatTurn, request: Request) -> Generator[ChatTurn, None, None]:
    """The steps of the turn; an error becomes its last step."""
    try:
        with closing(_steps(loader, turn, request)) as steps:
            for turn in steps:
                yield turn
    except CitewiseError as error:
        yield replace(turn, step="failed", note=str(error), answer=None)
    except Exception:
        # The edge of a chat turn: the visitor learns that it failed and can ask again, the log keeps the reason.
        logger.exception("a chat turn failed")
        yield replace(turn, step="failed", note=UNEXPECTED.format(doing="answering"), answer=None)


def _steps(loader: Loader, turn: ChatTurn, request: Request) -> Generator[ChatTurn, None, None]:
    loader.start()
    while not loader.wait(POLL_SECONDS):
        yield replace(turn, note=loader.loading.note)
    assistant = loader.assistant()
    of = choice_to_ask(assistant, request.filter)
    turn = replace(turn, step="searching", note="", of=of)
    yield turn
    with loader.suggestions().reader():
        yield from _stream(loader.asking(of.filter if of else EVERY_PAPER), turn, history_messages(request.history))


def _stream(asking: Asking, turn: ChatTurn, history: Sequence[Message]) -> Generator[ChatTurn, None, None]:
    stream = asking.stream(turn.question, history, turn.mode, turn.papers)
    try:
        for item in stream:
            turn = _after(turn, item)
            yield turn
    finally:
        if isinstance(stream, Generator):
            stream.close()


def _after(turn: ChatTurn, item: Progress | Answer) -> ChatTurn:
    """The turn once this item of the assistant's stream has come."""
    standalone = standalone_if_other(turn.question, item.standalone_question)
    if isinstance(item, Answer):
        hits = item.retrieved or turn.hits
        return replace(turn, step="done", standalone=standalone, answer=item, hits=hits, about=item.about_papers)
    return replace(
        turn,
        step=item.stage,
        standalone=standalone,
        hits=item.hits or turn.hits,
        about=tuple(hit.paper for hit in item.hits if hit.paper.id in item.about) or turn.about,
        done=item.done,
        total=item.total,
        answer=item.draft or turn.answer,
    )


def content_to_text(content: Any) -> str:
    """The text of a chat message's content: a string, one block, or a list of both; blocks without text are skipped."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        text = content.get("text")
        return text if isinstance(text, str) else ""
    if isinstance(content, Sequence):
        return "\n".join(filter(None, map(content_to_text, content)))
    return ""


def history_messages(sent: Any) -> tuple[Message, ...]:
    """The last messages of a history that a page or program sent, each up to its limit; what is no message of a user or assistant is
    skipped."""
    messages: list[Message] = []
    for item in sent[-HISTORY_MESSAGES:] if isinstance(sent, list | tuple) else ():
        if not isinstance(item, Mapping):
            continue
        role, text = item.get("role"), content_to_text(item.get("content"))[:HISTORY_CHARS]
        if (role == "user" or role == "assistant") and text.strip():
            messages.append(Message(role, text, _cited(item.get("cited"))))
    return tuple(messages)


def _cited(sent: Any) -> tuple[str, ...]:
    """The first ids of papers in what was sent; anything that is no id of a usual length is left out."""
    ids = sent[:CITED_PAPERS] if isinstance(sent, list | tuple) else ()
    return tuple(item for item in ids if isinstance(item, str) and 0 < len(item) <= CITED_ID_CHARS)
