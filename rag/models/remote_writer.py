"""A writer behind an OpenAI-compatible server: requests, limits, and what went wrong, in words for people.

Knows nothing of papers or prompts. openai and httpx are imported inside the functions, so that importing this module is light.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.models.writer import Emit, Limits, in_thread

_RETRIES = 2
"""Of a request that a server refused for now (429, 5xx) or that did not reach it; the client waits longer each time."""


_CONNECT_SECONDS = 5.0


class RemoteWriter:
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
        """See `Writer`."""
        opened: list[Any] = []

        def abort() -> None:
            for response in opened:
                response.close()

        return in_thread(lambda emit, stopped: self._write(messages, emit, stopped, opened), abort)

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
