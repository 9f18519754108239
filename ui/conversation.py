"""The conversation of one visitor and how a question of it is answered, step by step.

Owns the chat's state (frozen, one per browser session) and the edge at which errors become a message. Knows nothing of
gradio or of how a turn looks; each state it yields is complete and can be shown as it stands.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Literal

from rag import __version__, jsonform
from rag.domain import Answer, Hit, Mode, Progress, Turn
from rag.errors import CitewiseError
from rag.escaping import clean
from ui.loading import UNEXPECTED, Asked, Loader

logger = logging.getLogger(__name__)

Step = Literal["waiting", "searching", "reading", "writing", "answering", "done", "stopped", "failed"]
ENDED: tuple[Step, ...] = ("done", "stopped", "failed")
FRAME_SECONDS = 1 / 15  # a page repainted more often only looks busier
POLL_SECONDS = 0.25  # how soon Stop is noticed while models load
HISTORY_MESSAGES = 20  # what an API caller may send; older messages are not looked at


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """A question and what has come of it so far. `note` is what it waits for, or why it failed."""

    number: int
    question: str
    step: Step = "waiting"
    note: str = ""
    asked_as: str = ""
    hits: tuple[Hit, ...] = ()
    done: int = 0
    total: int = 0
    answer: Answer | None = None
    mode: Mode = "auto"


@dataclass(frozen=True, slots=True)
class Conversation:
    """All turns, oldest first. `count` is how many there ever were, so that no number, and no anchor, is used twice."""

    turns: tuple[ChatTurn, ...] = ()
    count: int = 0

    @property
    def running(self) -> bool:
        """Whether the last question still waits for its answer."""
        return bool(self.turns) and self.turns[-1].step not in ENDED

    def asked(self, question: str, mode: Mode = "auto") -> "Conversation":
        """With this question at the end, waiting."""
        return Conversation((*self.turns, ChatTurn(self.count + 1, question, mode=mode)), self.count + 1)

    def refused(self, question: str, reason: str) -> "Conversation":
        """With this question at the end, which is not going to be answered."""
        asked = self.asked(question)
        return asked.with_last(replace(asked.turns[-1], step="failed", note=reason))

    def with_last(self, turn: ChatTurn) -> "Conversation":
        """With the last turn replaced."""
        return replace(self, turns=(*self.turns[:-1], turn))

    def stopped(self) -> "Conversation":
        """With the last turn ended where it stands, if it was still running."""
        return self.with_last(replace(self.turns[-1], step="stopped")) if self.running else self

    def history(self) -> tuple[Turn, ...]:
        """The earlier turns that have an answer, as the assistant wants them: the words as shown, without mark-up."""
        pairs = [(turn.question, turn.answer.text) for turn in self.turns[:-1] if turn.answer is not None]
        return tuple(t for question, text in pairs for t in (Turn("user", question), Turn("assistant", text)))


class Visit:
    """The conversation of one browser session, changed by the thread that answers and by those of the buttons.

    A turn that was stopped or cleared away is over: whatever its answering still brings is not taken.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.conversation = Conversation()

    def __deepcopy__(self, memo: object) -> "Visit":
        """A new visit: gradio copies the first value of a state for each session."""
        return Visit()

    def begin(self, question: str, mode: Mode = "auto") -> bool:
        """Add the question, unless one is being answered."""
        with self._lock:
            if self.conversation.running:
                return False
            self.conversation = self.conversation.asked(question, mode)
            return True

    def refuse(self, question: str, reason: str) -> None:
        """Add the question and why it is not answered."""
        with self._lock:
            self.conversation = self.conversation.refused(question, reason)

    def take(self, state: Conversation) -> bool:
        """Go on to this state of the turn that is being answered; False if that turn is over."""
        with self._lock:
            if not self.conversation.running or self.conversation.count != state.count:
                return False
            self.conversation = state
            return True

    def stop(self) -> None:
        """End the running turn where it stands."""
        with self._lock:
            self.conversation = self.conversation.stopped()

    def clear(self) -> None:
        """Forget all turns."""
        with self._lock:
            self.conversation = Conversation(count=self.conversation.count)


def run_turn(
    loader: Loader, conversation: Conversation, clock: Callable[[], float] = time.monotonic
) -> Generator[Conversation, None, None]:
    """Answer the last question of the conversation, if it still waits. Closing this iterator stops the work."""
    if not conversation.running:
        return
    shown, painted = conversation, float("-inf")
    with closing(_guarded_turn(loader, conversation)) as states:
        for state in states:
            same_step = state.turns[-1].step == shown.turns[-1].step
            if same_step and clock() - painted < FRAME_SECONDS:
                continue
            shown, painted = state, clock()
            yield shown


def _guarded_turn(loader: Loader, conversation: Conversation) -> Generator[Conversation, None, None]:
    """The steps of the turn; an error becomes its last step."""
    turn = conversation.turns[-1]
    try:
        with closing(_steps(loader, turn, conversation.history())) as steps:
            for turn in steps:
                yield conversation.with_last(turn)
    except CitewiseError as error:
        yield conversation.with_last(replace(turn, step="failed", note=str(error), answer=None))
    except Exception:
        # The edge of a chat turn: the visitor learns that it failed and can ask again, the log keeps the reason.
        logger.exception("a chat turn failed")
        note = UNEXPECTED.format(doing="answering")
        yield conversation.with_last(replace(turn, step="failed", note=note, answer=None))


def _steps(loader: Loader, turn: ChatTurn, history: Sequence[Turn]) -> Generator[ChatTurn, None, None]:
    loader.start()
    while not loader.wait(POLL_SECONDS):
        yield replace(turn, note=loader.loading.note)
    turn = replace(turn, step="searching", note="")
    yield turn
    yield from _streamed(loader.assistant(), turn, history)


def _streamed(assistant: Asked, turn: ChatTurn, history: Sequence[Turn]) -> Generator[ChatTurn, None, None]:
    stream = assistant.stream(turn.question, history, turn.mode)
    try:
        for item in stream:
            turn = _after(turn, item)
            yield turn
    finally:
        if isinstance(stream, Generator):
            stream.close()


def _after(turn: ChatTurn, item: Progress | Answer) -> ChatTurn:
    """The turn once this item of the assistant's stream has come."""
    same = " ".join(item.standalone_question.split()) == " ".join(clean(turn.question).split())
    asked_as = "" if same else item.standalone_question
    if isinstance(item, Answer):
        return replace(turn, step="done", asked_as=asked_as, answer=item, hits=item.retrieved or turn.hits)
    return replace(
        turn,
        step=item.stage,
        asked_as=asked_as,
        hits=item.hits or turn.hits,
        done=item.done,
        total=item.total,
        answer=item.draft or turn.answer,
    )


def conversation_json(conversation: Conversation) -> dict[str, Any]:
    """The conversation as it is saved to a file: each question with its answer as `citewise ask --json` prints it, or null."""
    turns = [
        {"question": turn.question, "answer": jsonform.answer_json(turn.answer) if turn.answer else None}
        for turn in conversation.turns
    ]
    return {"citewise": __version__, "turns": turns}


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


def history_turns(messages: Sequence[Mapping[str, Any]] | None) -> tuple[Turn, ...]:
    """The last messages of a history as API callers send it; what is no message of a user or assistant is skipped."""
    turns = []
    for message in messages[-HISTORY_MESSAGES:] if isinstance(messages, list | tuple) else ():
        if not isinstance(message, Mapping):
            continue
        role, text = message.get("role"), content_to_text(message.get("content"))
        if (role == "user" or role == "assistant") and text.strip():
            turns.append(Turn(role, text))
    return tuple(turns)
