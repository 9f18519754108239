"""The reply to one request as pieces of an answer: thinking left out, and what its end means.

Owns: when an answer is whole, when it was cut, and when there is none. Knows nothing of connections, but that a line can be cut.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.core.errors import WriterFailed
from rag.models import server_words as words
from rag.models.server_line import Line
from rag.models.server_request import Form, Refusal, refusal
from rag.models.server_stream import Done, Said, Unreadable, read_event
from rag.models.thinking import ThoughtFilter
from rag.models.writer import Cut, Emit

_AFTERWARDS_SECONDS = 0.5
"""How long a server may take for what comes after the end of an answer, which nobody needs."""
_LONGEST = 200_000
"""Characters of a reply, thinking included."""
_WHOLE = re.compile(r"[.!?…。]['\"”’)\]】*]{0,3}(?:\s{0,3}[\[(【][\d,; ]{1,20}[\])】][.]?){0,5}\s{0,20}\Z")
_CUT = ("length", "max_tokens", "model_length", "max_output_tokens")


class Refused(Exception):
    """A server gave no answer; another way of asking may help."""

    def __init__(self, what: Refusal) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply answers: the form it was asked in, the answer's limit of tokens, and whether the model marks only the end of its
    thinking."""

    form: Form
    tokens: int
    closes_only: bool = False


@dataclass(slots=True)
class Learned:
    """Of a model, by its reply: whether it thinks, and whether it marks only the end of that."""

    thinks: bool = False
    closes_only: bool = False


class _Reply:
    """A reply as far as it has come."""

    def __init__(self, asked: Asked, emit: Emit) -> None:
        self.told = ThoughtFilter(closes_only=asked.closes_only)
        self.text = ""
        self.finish = ""
        self.refusal = ""
        self.has_thought = False
        self.is_chat = False
        self.is_done = False
        self.has_events = False
        self.unreadable = ""
        self.broken: Exception | None = None
        self._emit = emit

    def take(self, said: Said) -> None:
        """What an event says."""
        self.has_events = True
        self.is_chat = self.is_chat or said.is_chat
        self.has_thought = self.has_thought or said.has_thought
        self.refusal += said.refusal
        text = said.text
        if said.whole:
            text = "" if text == self.text[-len(text) :] else text.removeprefix(self.text)
            self.finish = self.finish or "stop"
        if text:
            self.text += text
            for piece in self.told.feed(text):
                self._emit(piece)
        self.finish = said.finish or self.finish

    def end(self, cut: bool) -> bool:
        """Give what was held back; whether there is an answer."""
        for piece in self.told.end(cut):
            self._emit(piece)
        self.has_thought = self.has_thought or self.told.has_thought
        return self.told.has_answered


def give_reply(events: Iterator[Any], asked: Asked, emit: Emit, line: Line, learned: Learned) -> None:
    """Emit the answer in pieces as it comes; `learned` gets what it tells of the model, whether or not there is an answer.

    Raises:
        Refused: an error came in place of the answer.
        WriterFailed: there is no answer, or not all of it.
    """
    reply = _Reply(asked, emit)
    try:
        _read(events, reply, line)
        if not line.stopped.is_set():
            _conclude(reply, asked, emit, line)
    finally:
        learned.thinks = reply.has_thought or reply.told.has_thought
        learned.closes_only = reply.told.closed_only


def _conclude(reply: _Reply, asked: Asked, emit: Emit, line: Line) -> None:
    if line.is_expired and not (reply.finish or reply.is_done):
        _ended_by_time(reply, line, emit)
    elif reply.finish or reply.is_done:
        _ended(reply, asked, emit)
    else:
        _broken_off(reply)


def _read(events: Iterator[Any], reply: _Reply, line: Line) -> None:
    import httpx

    try:
        for event in events:
            if line.is_over:
                return
            if isinstance(event, Done):
                reply.is_done = True
                return
            if isinstance(event, Unreadable):
                reply.unreadable = reply.unreadable or event.text
                continue
            said = read_event(event)
            if said.finish:
                line.end_in(_AFTERWARDS_SECONDS)
            elif said.text and reply.finish:  # it was not the end
                line.end_in(line.left)
            reply.take(said)
            if said.error is not None and not reply.finish:
                _failed(said.error, reply)
            if len(reply.text) > _LONGEST:
                reply.finish = "length"
                return
    except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
        reply.broken = error


def _failed(error: Any, reply: _Reply) -> None:
    """An error within the stream."""
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 200
    what = refusal(status, {"error": error})
    if not reply.text:
        raise Refused(what)
    raise WriterFailed(f"{words.SERVER} failed in the middle of the answer; ask again, or look at its log")


def _ended_by_time(reply: _Reply, line: Line, emit: Emit) -> None:
    if reply.end(cut=not _WHOLE.search(reply.text)):
        emit(Cut(f"the limit of {words.seconds_of(line.seconds)} (CITEWISE_WRITER_SECONDS)"))
    elif reply.has_thought:
        raise WriterFailed(
            words.only_thought(f"the limit of {words.seconds_of(line.seconds)} (CITEWISE_WRITER_SECONDS)")
        )
    else:
        raise WriterFailed(words.no_answer_in(line.seconds))


def _ended(reply: _Reply, asked: Asked, emit: Emit) -> None:
    """By the server, which says why, or only that."""
    cut = reply.finish.lower() in _CUT
    if reply.end(cut):
        if cut:
            emit(Cut(words.tokens_of(asked.form, asked.tokens)))
        return
    if cut:
        raise WriterFailed(words.only_thought(words.tokens_of(asked.form, asked.tokens)))
    if reply.has_thought:
        raise WriterFailed(
            "the model only thought and wrote no answer; ask again, or choose a model that does not think"
        )
    if reply.refusal or reply.finish == "content_filter":
        raise WriterFailed("the model refused to answer, or a filter at its server did")
    if reply.finish == "error":
        raise WriterFailed(f"{words.SERVER} failed; look at its log")
    if not reply.is_chat:
        _no_chat(reply)


def _broken_off(reply: _Reply) -> None:
    """The connection ended, and nothing had said that the answer does."""
    whole = bool(_WHOLE.search(reply.text))
    answered = reply.end(cut=not whole)
    if answered and whole:
        return
    if answered or reply.text.strip():
        thinking = reply.has_thought and not answered
        raise WriterFailed(
            f"{words.SERVER} closed the connection while the model was thinking; ask again"
            if thinking
            else words.IN_THE_MIDDLE
        )
    if reply.has_thought:
        raise WriterFailed(f"{words.SERVER} closed the connection while the model was thinking; ask again")
    _no_chat(reply)


def _no_chat(reply: _Reply) -> None:
    """Nothing of an answer came."""
    what = refusal(200, reply.unreadable)
    if what.is_page:
        raise Refused(what)
    if reply.unreadable or (reply.has_events and not reply.is_chat):
        said = f": {what.said[:100]}" if what.said else ""
        raise WriterFailed(f"{words.NO_ANSWER}{said}")
    if not reply.is_done:
        raise WriterFailed(f"{words.SERVER} closed the connection without an answer; look at its log")
