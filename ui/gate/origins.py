"""Lets the pages of sites that are allowed (`--allow-host`) read what they are answered. An ASGI middleware.

Gradio has a layer of its own for this, which lets no page from beyond this machine read a window on it, whatever is allowed; so this
one stands in front of that. It allows nothing: what a page of another site may have done, the door decides.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from ui.gate.names import Names

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_ASKED = b"access-control-request-"
_TOLD = b"access-control-allow-"
_SECONDS = b"600"  # how long a browser need not ask again


class Origins:
    """Answers what a browser asks before it sends a request of an allowed page, and marks the answers to it."""

    def __init__(self, app: App, names: Names) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on; a browser's question before it is answered here."""
        given = dict(scope["headers"]) if scope["type"] == "http" else {}
        origin = given.get(b"origin", b"")
        if not self._names.allow(origin.decode("latin-1")):
            await self._app(scope, receive, send)
            return
        told = [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        if scope["method"] == "OPTIONS" and _ASKED + b"method" in given:
            told += [(b"access-control-allow-methods", b"GET, HEAD, POST, PUT"), (b"access-control-max-age", _SECONDS)]
            if asked := given.get(_ASKED + b"headers"):
                told.append((b"access-control-allow-headers", asked))
            if given.get(_ASKED + b"private-network") == b"true":
                told.append((b"access-control-allow-private-network", b"true"))
            await send({"type": "http.response.start", "status": 204, "headers": [*told, (b"vary", b"Origin")]})
            await send({"type": "http.response.body", "body": b""})
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [pair for pair in message["headers"] if not pair[0].lower().startswith(_TOLD)]
                message = {**message, "headers": [*others, *told, (b"vary", b"Origin")]}
            await send(message)

        await self._app(scope, receive, marked)


def in_front(names: Names) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """As a lifespan of gradio's app: when that begins, gradio has added its own layers, and this one comes in front of them."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        if app.middleware_stack is None:
            app.add_middleware(Origins, names=names)
        else:
            app.middleware_stack = Origins(app.middleware_stack, names)
        yield

    return lifespan
