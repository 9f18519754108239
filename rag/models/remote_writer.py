"""A writer behind an OpenAI-compatible server: the order in which it is asked, asked again, read and given up.

Owns: what is remembered of a server (the form it takes, where its paths begin, which model answers, whether that one thinks). The parts
are in the modules `server_*` and in `thinking`. Knows nothing of papers or prompts. httpx is imported inside the functions, so that
importing this module is light.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.models import server_words as words
from rag.models.server_address import read_address, shown
from rag.models.server_body import moved, read_body, read_refusal, wait_of
from rag.models.server_line import Line, open_client, proxy_variable, why_unconnected
from rag.models.server_models import Served, in_order, listed, read_models, thinks
from rag.models.server_reply import Asked, Learned, Refused, give_reply
from rag.models.server_request import PLAIN, WHOLE, Form, Refusal, asked_again, refusal
from rag.models.server_stream import events, lines
from rag.models.writer import Emit, Limits, Piece, in_thread

log = logging.getLogger(__name__)
_RETRIES = 2
"""Of a request that a server refused for now, or that did not reach it. One that a server works on is never sent again."""
_FIRST_WAIT = 0.2
_LIST_SECONDS = 10.0
_MOST_TURNS = 16
"""Times that a server is asked in another way for one answer."""
_GRACE_SECONDS = 2.0
_BUSY = (429, 503, 529)
_OF_PROXIES = (407, 502, 504)


@dataclass(slots=True)
class _Way:
    """How one question is being asked: what is tried now, and what is left to try."""

    form: Form
    bases: list[str]
    names: list[str]
    waits: int = 0
    turns: int = 0
    first: Refusal | None = None
    seen: set[Form] = field(default_factory=set)


class RemoteWriter:
    """A model behind an OpenAI-compatible server, such as Ollama, LM Studio, llama.cpp, vLLM or a hosted one.

    Args:
        url: as a person writes it; see `read_address`.
        model: its name on the server; "" where `choose` shall find one.
        key: sent as a bearer token where the address holds no user and password.
        limits: of one answer; what a model thinks before it is not counted as answer.

    Raises:
        WriterFailed: the address, the key, or a proxy of the environment cannot be used.
    """

    def __init__(self, url: str, model: str, key: str | None, limits: Limits) -> None:
        self.name = model
        self.place = shown(url)
        """Its address, without user, password and query."""
        self._limits = limits
        self._address = read_address(url)
        self._client = open_client(self._address, key)
        self._secrets = tuple(filter(None, ((key or "").strip(), self._address.password)))
        self._bases = list(self._address.bases)
        self._others: list[str] = []
        self._form = Form(room=thinks(model))
        self._has_room = True
        """Whether a limit with room for thinking fits the model."""
        self._closes_only = False

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        """See `Writer`."""
        line = Line(self._limits.seconds)
        return in_thread(
            lambda emit, stopped: self._write(messages, emit, stopped, line),
            line.cut,
            within=self._limits.seconds + _GRACE_SECONDS,
        )

    def models(self) -> list[str]:
        """The names of the models that the server says it has.

        Raises:
            WriterFailed: it does not say.
        """
        return [model.name for model in self.served()]

    def served(self, wait: bool = False, within: float = _LIST_SECONDS) -> tuple[Served, ...]:
        """The models that the server says it has, within so many seconds. `wait`: until it has loaded, at most as long as an answer may
        take.

        Raises:
            WriterFailed: it cannot be reached, refuses, or answers in no form that is known.
        """
        bases = list(self._bases)
        with Line(self._limits.seconds if wait else within) as line:
            for base in bases:
                while True:
                    status, body, after = self._got(self._address.of(base, "/models"), line)
                    models = read_models(body) if status == 200 else None
                    if models is not None:
                        self._bases = [base, *(other for other in bases if other != base)]
                        return models
                    what = refusal(status, body, after)
                    if not (wait and what.is_loading and line.wait(_FIRST_WAIT * 2)):
                        break
                if what.is_loading and wait:
                    raise WriterFailed(words.not_ready_in(self._limits.seconds))
                if status != 200 and not what.is_of_path:
                    raise WriterFailed(self._in_words(what, self.name, ()))
        raise WriterFailed(words.NO_LIST)

    def choose(self) -> str:
        """Take the first model that can chat, and keep the others for where it cannot after all; tells why it is this one.

        Raises:
            WriterFailed: the server does not tell its models, or none of them can chat.
        """
        served = self.served(wait=True)
        if not served:
            raise WriterFailed(f"{words.SERVER} has no model; load one there, or name one by CITEWISE_WRITER")
        names = [model.name for model in in_order(served)]
        if not names:
            raise WriterFailed(
                f"{words.SERVER} has no model that can chat, only {listed(model.name for model in served)}; load one there, and name "
                "it by CITEWISE_WRITER"
            )
        self.name, *self._others = names
        self._form = replace(self._form, room=thinks(self.name))
        return "the only one" if len(served) == 1 else "the first that can chat"

    def _got(self, url: str, line: Line) -> tuple[int, Any, float | None]:
        """Status, body (JSON where it is JSON, else text), and how long the server asks to wait."""
        import httpx

        request = self._client.build_request("GET", url, timeout=line.timeout(), extensions=line.extensions())
        try:
            response = self._client.send(request, stream=True)
            with closing(response):
                body = read_body(response)
                if response.is_redirect:
                    log.warning("the server that writes sends on to %s", shown(response.headers.get("location", "")))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise WriterFailed(why_unconnected(error, line, self.place)) from error
        return response.status_code, body, wait_of(response.headers)

    def _write(self, messages: Sequence[Message], emit: Emit, stopped: threading.Event, line: Line) -> None:
        line.stopped = stopped
        way = _Way(self._form, list(self._bases), [self.name, *self._others])
        with line:
            while way.turns < _MOST_TURNS:
                try:
                    self._ask(way, messages, emit, line)
                    return
                except Refused as refused:
                    if stopped.is_set():
                        return
                    self._turn(way, refused.what, line)
        raise WriterFailed(self._in_words(way.first or Refusal(400), way.names[0], ()))

    def _ask(self, way: _Way, messages: Sequence[Message], emit: Emit, line: Line) -> None:
        """One request, and its reply.

        Raises:
            Refused: the server gave no answer, but another way of asking may.
            WriterFailed: it gave none, or not all of it.
        """
        import httpx

        name, tokens = way.names[0], self._limits.tokens
        way.seen.add(way.form)
        request = self._client.build_request(
            "POST",
            self._address.of(way.bases[0], "/chat/completions"),
            json=way.form.body(name, messages, tokens),
            timeout=line.timeout(),
            extensions=line.extensions(),
        )
        try:
            response = self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if line.stopped.is_set():
                return
            unsent = isinstance(error, httpx.ConnectError) and way.waits < _RETRIES
            if unsent and line.wait(_FIRST_WAIT * 2**way.waits):
                way.waits += 1
                self._ask(way, messages, emit, line)
                return
            raise WriterFailed(why_unconnected(error, line, self.place)) from error
        try:
            if not response.is_success:
                raise Refused(read_refusal(response))
            asked = Asked(way.form, tokens, closes_only=self._closes_only)
            learned = Learned()
            try:
                give_reply(events(lines(response.iter_bytes())), asked, emit, line, learned)
            except WriterFailed:
                self._remember(way, learned)
                raise
            self._remember(way, learned)
        finally:
            response.close()

    def _remember(self, way: _Way, learned: Learned) -> None:
        """What was accepted, and what the reply told of the model."""
        name = way.names[0]
        self._has_room = self._has_room and (way.form.room or not self._form.room)
        self._form = replace(way.form, room=self._has_room and (way.form.room or learned.thinks))
        self._closes_only = self._closes_only or learned.closes_only
        self._bases = way.bases
        if name != self.name:
            log.warning("%s cannot be used for writing; %s writes", self.name, name)
        self.name, self._others = name, way.names[1:]

    def _turn(self, way: _Way, what: Refusal, line: Line) -> None:
        """What to change before asking again, or how long to wait.

        Raises:
            WriterFailed: nothing that could help is left.
        """
        log.info("the server at %s answered with status %s: %s", way.bases[0], what.status, what.said)
        if what.is_loading:
            way.waits += 1
            if line.wait(min(1.0, _FIRST_WAIT * way.waits)):
                return
            raise WriterFailed(words.not_ready_in(self._limits.seconds))
        way.turns += 1
        if what.status in _BUSY and way.waits < _RETRIES:
            way.waits += 1
            if line.wait(what.wait if what.wait is not None else _FIRST_WAIT * way.waits):
                return
        elif what.status in (301, 302, 307, 308) and (base := moved(way.bases[0], what.location)):
            way.bases = [base]
            return
        elif what.is_of_path and len(way.bases) > 1:
            way.bases = way.bases[1:]
            return
        elif (form := asked_again(way.form, what)) and form not in way.seen:
            log.info("asking %s again as %s", way.bases[0], form)
            if form in (PLAIN, WHOLE):  # left out without a word of it
                way.first = way.first or what
            way.form = form
            return
        elif what.is_of_model and len(way.names) > 1:
            way.names = way.names[1:]
            return
        told = what if what.is_of_model or what.is_long or not way.first else way.first
        raise WriterFailed(self._in_words(told, way.names[0], self._known(told, line)))

    def _in_words(self, what: Refusal, name: str, models: Sequence[str]) -> str:
        """A refusal that nothing helps against; a page or a refusal of a gateway may be a proxy's."""
        proxy = proxy_variable(self.place)
        if proxy and (what.is_page or what.status in _OF_PROXIES):
            return words.not_through(proxy)
        return words.refused(what, name, models, self._secrets)

    def _known(self, what: Refusal, line: Line) -> list[str]:
        """The models that can chat, where a sentence about this refusal tells them; none where the server does not."""
        if not (what.is_of_model or what.status in (404, 405)) or line.is_over:
            return []
        try:
            return [model.name for model in in_order(self.served(within=line.left))]
        except WriterFailed:
            return []
