"""A chat model that writes, piece by piece: one interface, two implementations.

Owns: running a model or asking a server, stopping, limits, turns for several users, and what went wrong in words for people. Knows
nothing of papers or prompts. Every stream also gives empty pieces while it waits, so that whoever reads it can stop at any moment.
"""

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rag.errors import WriterFailed
from rag.models import Device, ModelFiles, load_tokenizer
from rag.writer_model import generate_text, load_writer

HEARTBEAT_SECONDS = 0.05
"""How often a waiting stream gives an empty piece: the longest time until Stop is noticed."""
_RETRIES = 2
"""Of a request that a server refused for now (429, 5xx) or that did not reach it; the client waits longer each time."""
_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one answer: seconds, counted from when its turn comes, and tokens."""

    seconds: float = 60.0
    tokens: int = 320


@dataclass(frozen=True, slots=True)
class Message:
    """One message for a chat model. Control tokens in the content are text, never control."""

    role: str
    content: str


class Generator(Protocol):
    """What writes. `name` is the model, `place` the device or server it runs on."""

    name: str
    place: str

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The answer's text in pieces, some of them empty. Closing the iterator stops the work.

        Raises:
            WriterFailed: at any piece; the message says why and what to do.
        """

    def close(self) -> None:
        """Let go of the model or the connection."""


Emit = Callable[[str], None]


class LocalGenerator:
    """A causal LM that runs here, on any device; one answer at a time, in the order of asking.

    Deterministic: the most likely token is taken. The prompt is tokenised by the model's chat template.

    Raises:
        ModelUnsupported: it cannot be loaded, or has no chat template.
    """

    def __init__(self, files: ModelFiles, device: Device, limits: Limits, four_bit: bool = False) -> None:
        self.name = files.name
        self.place = device.name
        self._limits = limits
        self._tokenizer: Any = load_tokenizer(files)
        self._network: Any = load_writer(files, self._tokenizer, device, four_bit)
        self._turns = Turns()

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """See `Generator`."""
        return _pumped(lambda emit, stopped: self._write(messages, emit, stopped), lambda: None)

    def _write(self, messages: Sequence[Message], emit: Emit, stopped: threading.Event) -> None:
        with self._turns.mine(stopped) as mine:
            if mine:
                chat = [{"role": message.role, "content": message.content} for message in messages]
                generate_text(
                    self._network,
                    self._tokenizer,
                    chat,
                    self._limits.tokens,
                    self._limits.seconds,
                    emit,
                    stopped.is_set,
                )

    def close(self) -> None:
        """Let the weights go; the memory is free once no answer is being written."""
        self._network = None


class Turns:
    """One at a time, first come first served. A thread that stops waiting loses its place."""

    def __init__(self) -> None:
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def mine(self, stopped: threading.Event) -> Iterator[bool]:
        """Waits for its turn, and gives True; False where `stopped` is set before."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        try:
            with self._changed:
                while self._waiting[0] is not ticket and not stopped.is_set():
                    self._changed.wait(HEARTBEAT_SECONDS)
            yield not stopped.is_set()
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()


class RemoteGenerator:
    """A model behind an OpenAI-compatible server, such as vLLM, llama.cpp, `transformers serve` or a hosted one.

    A request that the server refuses for now is sent again; one that was answered in part is not.
    """

    def __init__(self, url: str, model: str, key: str | None, limits: Limits) -> None:
        import httpx
        from openai import OpenAI

        self.name = model
        self.place = url
        self._limits = limits
        # Each try may wait this long for the next piece, so that all tries together keep to the limit.
        patience = httpx.Timeout(limits.seconds / (1 + _RETRIES), connect=_CONNECT_SECONDS)
        self._client = OpenAI(base_url=url, api_key=key or "none", timeout=patience, max_retries=_RETRIES)

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """See `Generator`."""
        opened: list[Any] = []

        def abort() -> None:
            for response in opened:
                response.close()

        return _pumped(lambda emit, stopped: self._write(messages, emit, stopped, opened), abort)

    def _write(self, messages: Sequence[Message], emit: Emit, stopped: threading.Event, opened: list[Any]) -> None:
        import httpx
        import openai

        deadline = time.monotonic() + self._limits.seconds
        finished = False
        chat: Any = [{"role": message.role, "content": message.content} for message in messages]
        try:
            response = self._client.chat.completions.create(
                model=self.name, messages=chat, max_tokens=self._limits.tokens, temperature=0, stream=True
            )
            opened.append(response)
            if stopped.is_set():
                response.close()
                return
            for chunk in response:
                if stopped.is_set():
                    return
                for choice in chunk.choices[:1]:
                    emit(choice.delta.content or "")
                    finished = finished or choice.finish_reason is not None
                if time.monotonic() > deadline:
                    return
        except (openai.OpenAIError, httpx.HTTPError, httpx.StreamError, ValueError, AttributeError, TypeError) as error:
            if not stopped.is_set():
                raise WriterFailed(self._explained(error)) from error
            return
        finally:
            for item in opened:
                item.close()
        if not finished:
            raise WriterFailed(
                f"the server at {self.place} closed the connection in the middle of the answer; ask again"
            )

    def _explained(self, error: Exception) -> str:
        import openai

        where = f"the server at {self.place}"
        if isinstance(error, openai.APITimeoutError):
            return f"{where} did not answer in {self._limits.seconds:g} s; ask again, or raise CITEWISE_WRITER_SECONDS"
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return f"{where} refused the key; set CITEWISE_WRITER_KEY"
        if isinstance(error, openai.NotFoundError):
            return (
                f"{where} has no model {self.name!r} (or no such path); set CITEWISE_WRITER to one that it serves, and end "
                "the URL in /v1"
            )
        if isinstance(error, openai.RateLimitError):
            return f"{where} has too much to do; ask again in a while"
        if isinstance(error, openai.BadRequestError):
            return f"{where} refused the request, perhaps because it is too long for {self.name!r}: {_short(error)}"
        if isinstance(error, openai.APIStatusError):
            return f"{where} failed with status {error.status_code}; look at its log"
        if isinstance(error, openai.APIConnectionError):
            return f"{where} cannot be reached; is it running, and is CITEWISE_WRITER_URL right?"
        return f"{where} sent what is no answer of a chat model ({type(error).__name__}: {_short(error)})"

    def models(self) -> list[str]:
        """The names of the models that the server says it serves.

        Raises:
            WriterFailed: it does not say.
        """
        import httpx
        import openai

        try:
            return [model.id for model in self._client.with_options(max_retries=0).models.list().data]
        except (openai.OpenAIError, httpx.HTTPError, ValueError, AttributeError, TypeError) as error:
            raise WriterFailed(self._explained(error)) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _pumped(work: Callable[[Emit, threading.Event], None], abort: Callable[[], None]) -> Iterator[str]:
    """What `work` emits in a thread of its own, with empty pieces while there is nothing; closing tells it to stop."""
    pieces: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
    stopped = threading.Event()

    def run() -> None:
        try:
            work(pieces.put, stopped)
            pieces.put(None)
        except BaseException as error:  # noqa: BLE001 - carried to the reader, who raises it
            pieces.put(error)

    thread = threading.Thread(target=run, name="writer", daemon=True)
    thread.start()
    try:
        while True:
            try:
                piece = pieces.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                yield ""
                continue
            if piece is None:
                return
            if isinstance(piece, WriterFailed):
                raise piece
            if isinstance(piece, BaseException):
                raise WriterFailed(
                    f"the writer failed ({type(piece).__name__}: {' '.join(str(piece).split())[:200]})"
                ) from piece
            yield piece
    finally:
        stopped.set()
        with contextlib.suppress(Exception):
            abort()


def described(generator: Generator | None) -> Mapping[str, str]:
    """Name and place of what writes, for people and run files; empty where nothing does."""
    return {} if generator is None else {"writer": generator.name, "writer_place": generator.place}
