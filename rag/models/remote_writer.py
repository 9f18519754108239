"""A writer behind an OpenAI-compatible server: what is remembered of the server, and the order in which it is asked.

Owns: the form it takes, where its paths begin, which model answers, whether that one thinks, how many answers it writes at a time. The
parts are in the modules `server_*` and in `thinking`. Knows nothing of papers or prompts. httpx is imported inside the functions, so
that importing this module is light.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from rag.core.domain import Message
from rag.core.errors import ServerFailed, WriterFailed
from rag.models import server_words as words
from rag.models.server_address import read_address, shown
from rag.models.server_body import UnreadableBody, body_chunks, read_refusal
from rag.models.server_health import Health
from rag.models.server_line import Line, proxy_variable, unconnected
from rag.models.server_list import ask_for_models, choice
from rag.models.server_models import Served, in_order, thinks
from rag.models.server_pool import Lane, Pool, client_opener
from rag.models.server_reply import Asked, Dropped, Learned, OnlyThought, Refused, give_reply
from rag.models.server_request import Form, Refusal
from rag.models.server_stream import events, lines
from rag.models.server_way import Way
from rag.models.turns import Turns
from rag.models.writer import HEARTBEAT_SECONDS, Emit, Limits, Piece, in_thread

log = logging.getLogger(__name__)
_LIST_SECONDS = 10.0
_PROBE = Limits(seconds=20, tokens=16, first_seconds=20, thinking=0)
_PROBED = (Message("user", "Say yes."),)
_OF_PROXIES = (407, 502, 504)
_LAST_BYTES_SECONDS = 0.05
"""How long the end of a body is waited for, so that its connection can be used again."""


class RemoteWriter:
    """A model behind an OpenAI-compatible server, such as Ollama, LM Studio, llama.cpp, vLLM or a hosted one. Any thread may use it.

    Args:
        url: as a person writes it; see `read_address`.
        model: its name on the server; "" where `choose` shall find one.
        key: sent as a bearer token where the address holds no user and password.
        limits: of one answer; what a model thinks before it is not counted as answer.
        at_once: most answers that it writes at the same time; the others wait in the order of asking.

    Raises:
        WriterFailed: the address, the key, or a proxy of the environment cannot be used.
    """

    def __init__(self, url: str, model: str, key: str | None, limits: Limits, at_once: int = 1) -> None:
        self.name = model
        self.place = shown(url)
        """Its address, without user, password and query."""
        self._limits = limits
        self._address = read_address(url)
        self._pool = Pool(client_opener(self._address, key))
        self._secrets = tuple(filter(None, ((key or "").strip(), self._address.password)))
        self._bases = list(self._address.bases)
        self._others: list[str] = []
        self._form = Form(room=thinks(model))
        self._has_room = limits.thinking > 0
        """Whether a limit with room for thinking fits the model."""
        self._closes_only = False
        self._turns = Turns(at_once)
        self._health = Health(self._probe)

    def close(self) -> None:
        """Close the connections."""
        self._health.close()
        self._pool.close()

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        """See `Writer`. A server that failed again and again is not asked for a while; it is tried again by itself.

        Raises:
            ServerFailed: it is away, or does not work.
        """
        with self._turns.place() as place:
            while not place.wait(HEARTBEAT_SECONDS):
                yield ""
            if away := self._health.away():
                raise ServerFailed(away)
            line = Line(self._limits)
            yield from in_thread(
                lambda emit, stopped: self._answer(messages, emit, stopped, line),
                line.cut,
                is_overdue=lambda: self._is_overdue(line),
            )

    def _is_overdue(self, line: Line) -> bool:
        if line.is_overdue:
            self._health.failed(ServerFailed(line.in_words()), self._limits.seconds)
        return line.is_overdue

    def leave_alone(self, error: ServerFailed) -> None:
        """The server is known to be away: nobody waits for it until it has been tried again, which happens by itself."""
        self._health.leave_alone(error)

    def models(self) -> list[str]:
        """The names of the models that the server says it has.

        Raises:
            WriterFailed: it does not say.
        """
        return [model.name for model in self.served()]

    def served(self, wait: bool = False, within: float = _LIST_SECONDS) -> tuple[Served, ...]:
        """The models that the server says it has, each request within so many seconds. `wait`: until it has loaded, at most as long as
        an answer may take.

        Raises:
            ServerFailed: it cannot be reached, or does not work.
            WriterFailed: it refuses, or answers in no form that is known.
        """
        limits = replace(self._limits, seconds=self._limits.seconds if wait else within, first_seconds=within)
        with Line(limits) as line, self._pool.lane(line) as lane:
            found = ask_for_models(lane, self._address, self._bases, line, wait=wait)
        if isinstance(found, Refusal):
            raise self._refused(found, self.name, ())
        base, models = found
        self._bases = [base, *(other for other in self._bases if other != base)]
        return models

    def choose(self) -> str:
        """Take the first model that can chat, and keep the others for where it cannot after all; tells why it is this one.

        Raises:
            ServerFailed: the server cannot be reached, or does not work.
            WriterFailed: it does not tell its models, or none of them can chat.
        """
        names, why = choice(self.served(wait=True))
        self.name, *self._others = names
        self._form = replace(self._form, room=self._has_room and thinks(self.name))
        return why

    def _probe(self) -> None:
        """See whether the server works again: whether one word comes.

        Raises:
            ServerFailed: it does not.
        """
        try:
            if not self.name:
                self.choose()
            line = Line(_PROBE)
            with self._turns.place() as place:
                place.wait(_PROBE.seconds)
                self._write(_PROBED, lambda _: line.stopped.set(), line)
        except ServerFailed:
            raise
        except WriterFailed as error:
            if not self.name:
                raise ServerFailed(str(error)) from error

    def _answer(self, messages: Sequence[Message], emit: Emit, stopped: threading.Event, line: Line) -> None:
        """Write one answer, and remember whether the server works."""
        line.stopped = stopped
        start = time.monotonic()
        try:
            self._write(messages, emit, line)
        except ServerFailed as error:
            if not stopped.is_set():
                self._health.failed(error, time.monotonic() - start)
            raise
        if line.is_expired and line.limit == "pause":
            self._health.failed(ServerFailed(line.in_words()), time.monotonic() - start)
        elif line.has_words or not stopped.is_set():
            self._health.worked()

    def _write(self, messages: Sequence[Message], emit: Emit, line: Line) -> None:
        shown = False

        def show(piece: Piece) -> None:
            nonlocal shown
            shown = True
            emit(piece)

        way = Way(self._form, list(self._bases), [self.name, *self._others])
        with line, self._pool.lane(line) as lane:
            while True:
                try:
                    self._ask(way, messages, show, line, lane)
                    return
                except Refused as refused:
                    if line.stopped.is_set():
                        return
                    self._go_on(way, refused.what, line)
                except Dropped as dropped:
                    if line.stopped.is_set():
                        return
                    if shown or not way.goes_on_after_drop(line, unsent=dropped.unsent, stale=lane.is_reused):
                        raise dropped.failure from dropped
                except OnlyThought as error:
                    if shown or way.form.room or not self._has_room or line.is_over:
                        raise
                    way.thinks(error, replace(way.form, room=True))

    def _go_on(self, way: Way, what: Refusal, line: Line) -> None:
        """Another way to ask is set up, or none is left.

        Raises:
            WriterFailed: nothing that could help is left.
        """
        by_proxy = bool(proxy_variable(self.place))
        if way.goes_on_after(what, line, by_proxy=by_proxy):
            return
        if way.only_thought and what.is_long:
            self._has_room, self._form = False, replace(self._form, room=False)
            raise way.only_thought
        told = way.told(what)
        raise self._refused(told, way.names[0], self._known(told, line))

    def _ask(self, way: Way, messages: Sequence[Message], emit: Emit, line: Line, lane: Lane) -> None:
        """One request, and its reply.

        Raises:
            Refused: the server gave no answer, but another way of asking may.
            Dropped: the connection broke before a word came.
            WriterFailed: it gave none, or not all of it.
        """
        import httpx

        way.seen.add(way.form)
        line.asks()
        url = self._address.of(way.bases[0], "/chat/completions")
        try:
            response = lane.send("POST", url, line, way.form.body(way.names[0], messages, line.limits))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Dropped(unconnected(error, line, self.place), unsent=isinstance(error, httpx.ConnectError)) from error
        with closing(response):
            if not response.is_success:
                raise Refused(read_refusal(response, lambda: line.is_over))
            body = body_chunks(response, lambda: line.is_over)
            learned = Learned()
            try:
                asked = Asked(way.form, line.limits, closes_only=self._closes_only)
                give_reply(events(lines(body)), asked, emit, line, learned)
            except WriterFailed:
                self._remember(way, learned)
                raise
            self._remember(way, learned)
            if not line.is_over:
                line.end_soon(_LAST_BYTES_SECONDS)
                with contextlib.suppress(httpx.HTTPError, httpx.StreamError, OSError, UnreadableBody):
                    for _ in body:
                        pass

    def _remember(self, way: Way, learned: Learned) -> None:
        """What was accepted, and what the reply told of the model."""
        name = way.names[0]
        self._has_room = self._has_room and (way.form.room or not self._form.room)
        self._form = replace(way.form, room=self._has_room and (way.form.room or learned.thinks))
        self._closes_only = self._closes_only or learned.closes_only
        self._bases = way.bases
        if name != self.name:
            log.warning("%s cannot be used for writing; %s writes", self.name, name)
        self.name, self._others = name, way.names[1:]

    def _refused(self, what: Refusal, name: str, models: Sequence[str]) -> WriterFailed:
        """A refusal that nothing helps against; a page or a refusal of a gateway may be a proxy's."""
        proxy = proxy_variable(self.place)
        if proxy and (what.is_page or what.status in _OF_PROXIES):
            return ServerFailed(words.not_through(proxy))
        said = words.refused(what, name, models, self._secrets)
        return ServerFailed(said, what.wait) if what.is_of_server else WriterFailed(said)

    def _known(self, what: Refusal, line: Line) -> list[str]:
        """The models that can chat, where a sentence about this refusal tells them; none where the server does not."""
        if not (what.is_of_model or what.status in (404, 405)) or line.is_over:
            return []
        try:
            return [model.name for model in in_order(self.served(within=min(line.left, _LIST_SECONDS)))]
        except WriterFailed:
            return []
