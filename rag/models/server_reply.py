"""The reply to one request as pieces of an answer: thinking left out, and what its end means.

Owns: when an answer is whole, when it was cut, and when there is none. Knows nothing of connections, but that a line can be cut.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.core.errors import ServerFailed, WriterFailed
from rag.models import server_words as words
from rag.models.server_body import UnreadableBody
from rag.models.server_line import Line
from rag.models.server_request import Form, Refusal, refusal
from rag.models.server_stream import Done, Said, Unreadable, read_event
from rag.models.thinking import ThoughtFilter
from rag.models.writer import Cut, Emit, Limits

_LONGEST = 200_000
"""Characters of a reply, thinking included."""
_CHARS_A_TOKEN = 8
"""Twice what a token of English has: a server that keeps its limits of tokens never comes near."""
_WHOLE = re.compile(r"[.!?…。]['\"”’)\]】*]{0,3}(?:\s{0,3}[\[(【][\d,; ]{1,20}[\])】][.]?){0,5}\s{0,20}\Z")
_SENTENCE = re.compile(r"[.!?…。](?:\s|$)")
_CUT = ("length", "max_tokens", "model_length", "max_output_tokens")


class Refused(Exception):
    """A server gave no answer; another way of asking may help."""

    def __init__(self, what: Refusal) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply answers: the form it was asked in, the answer's limits, and whether the model marks only the end of its thinking."""

    form: Form
    limits: Limits
    closes_only: bool = False


@dataclass(slots=True)
class Learned:
    """Of a model, by its reply: whether it thinks, and whether it marks only the end of that."""

    thinks: bool = False
    closes_only: bool = False


class Dropped(Exception):
    """The connection broke before a word came. `failure`: what is said of it where it is not tried again; `unsent`: the request has not
    reached the server."""

    def __init__(self, failure: WriterFailed, *, unsent: bool = False) -> None:
        super().__init__(failure)
        self.failure = failure
        self.unsent = unsent


class OnlyThought(WriterFailed):
    """The model thought until its limit of tokens came, and had not begun to answer."""


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
        self._thought = 0
        self._emit = emit

    @property
    def thought(self) -> int:
        """Characters of thinking, wherever they came."""
        return self._thought + self.told.thought

    def take(self, said: Said) -> None:
        """What an event says."""
        self.has_events = True
        self.is_chat = self.is_chat or said.is_chat
        self.has_thought = self.has_thought or said.has_thought
        self._thought += said.thought
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
        Dropped: the connection broke before anything came.
        OnlyThought, ServerFailed, WriterFailed: there is no answer, or not all of it.
    """
    reply = _Reply(asked, emit)
    try:
        _read(events, reply, asked, line)
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


def _read(events: Iterator[Any], reply: _Reply, asked: Asked, line: Line) -> None:
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
                line.end_soon()
            elif said.text or said.has_thought:
                line.hears()  # also after what was not the end
            reply.take(said)
            if said.error is not None and not reply.finish:
                _failed(said.error, reply)
            if (
                reply.thought > (asked.limits.tokens + asked.limits.thinking) * _CHARS_A_TOKEN
                and not reply.told.has_answered
            ):
                raise WriterFailed(words.only_thought(words.thinking_of(asked.limits)))
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
    raise ServerFailed(f"{words.SERVER} failed in the middle of the answer; ask again, or look at its log")


def _ended_by_time(reply: _Reply, line: Line, emit: Emit) -> None:
    limit = f"the limit of {words.seconds_of(line.limits.seconds)} (CITEWISE_WRITER_SECONDS)"
    fell_silent = line.limit == "pause"
    if fell_silent and not _SENTENCE.search(reply.text):
        raise ServerFailed(line.in_words())
    if reply.end(cut=not _WHOLE.search(reply.text)):
        silence = (
            f"a silence of the server of {words.seconds_of(line.limits.pause_seconds)} (CITEWISE_WRITER_PAUSE_SECONDS)"
        )
        emit(Cut(silence if fell_silent else limit))
    elif reply.has_thought and not fell_silent:
        raise WriterFailed(words.only_thought(limit))
    else:
        raise ServerFailed(line.in_words())


def _ended(reply: _Reply, asked: Asked, emit: Emit) -> None:
    """By the server, which says why, or only that."""
    cut = reply.finish.lower() in _CUT
    if reply.end(cut):
        if cut:
            emit(Cut(words.tokens_of(asked.form, asked.limits)))
        return
    if cut:
        raise OnlyThought(words.only_thought(words.tokens_of(asked.form, asked.limits)))
    if reply.has_thought:
        raise WriterFailed(words.THOUGHT_ALONE)
    if reply.refusal or reply.finish == "content_filter":
        raise WriterFailed("the model refused to answer, or a filter at its server did")
    if reply.finish == "error":
        raise ServerFailed(f"{words.SERVER} failed; look at its log")
    if not reply.is_chat:
        _no_chat(reply)


def _broken_off(reply: _Reply) -> None:
    """The connection ended, and nothing had said that the answer does."""
    whole = bool(_WHOLE.search(reply.text))
    answered = reply.end(cut=not whole)
    if answered and whole:
        return
    if isinstance(reply.broken, UnreadableBody):
        raise ServerFailed(
            f"{words.SERVER} {reply.broken}; see that CITEWISE_WRITER_URL leads to it, and look at its log"
        )
    if reply.has_thought and not answered:
        raise ServerFailed(f"{words.SERVER} closed the connection while the model was thinking; ask again")
    if answered or reply.text.strip():
        raise ServerFailed(words.IN_THE_MIDDLE)
    _no_chat(reply)


def _no_chat(reply: _Reply) -> None:
    """Nothing of an answer came."""
    what = refusal(200, reply.unreadable)
    if what.is_page:
        raise Refused(what)
    if reply.unreadable or (reply.has_events and not reply.is_chat):
        said = f" (it says: {what.said[:100]})" if what.said else ""
        raise ServerFailed(f"{words.NO_ANSWER}{said}")
    if not reply.is_done:
        raise Dropped(ServerFailed(words.DROPPED))
