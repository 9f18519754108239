"""The door of the window: each request is refused in a sentence or handed on whole. An ASGI middleware.

Owns the order in which requests are looked at, and that a body is read only as far as its limit, and only from who may send it. What
it refuses, and what fails behind it, is never repeated and never logged at length.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from rag.core.errors import RequestRefused, TooManyRequests
from ui.gate.front import changing, element_script, with_own_head
from ui.gate.functions import check_function
from ui.gate.login import for_this_page_alone, kept_signed_in, lets_in, sign_in_page, why_refused
from ui.gate.names import Names
from ui.gate.payloads import (
    FILES_REFUSED,
    check_call,
    check_fields,
    filled,
    parsed,
    without_half_characters,
)
from ui.gate.replies import Message, Receive, Send, again, answer_with, refuse, send_whole
from ui.gate.routes import ELEMENT, NOWHERE, UPLOAD, Route, inside, routes_of
from ui.gate.uploads import UploadGate, UploadStopped
from ui.session.limits import RateLimit

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_SECONDS = 60.0
_LOG_SECONDS = 60.0
_JSON = ("application/json",)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FILES = ("application/octet-stream",)
_NOT_AUTHENTICATED = {"error": "Not authenticated", "auth_message": None}
"""As gradio itself says it, since its clients look for it."""


class Refusal(Exception):
    """A request that goes no further: its status, and what the sender is told."""

    def __init__(self, status: int, why: Any) -> None:
        super().__init__(status)
        self.status = status
        self.why = why


class Door:
    """Stands in front of gradio's addresses.

    Args:
        app: what is behind it.
        names: by which names the window may be called.
        root: the path below which a proxy serves it, or "".
        address_of: who sends a request, by its headers and the address of the connection.
        sign_ins: how often one address may send a wrong password.
        files: what takes files in; None where none are taken.
    """

    def __init__(
        self,
        app: App,
        names: Names,
        root: str,
        address_of: Callable[[Mapping[str, str], str], str],
        sign_ins: RateLimit,
        files: UploadGate | None = None,
    ) -> None:
        self._app = app
        self._names = names
        self._root = root
        self._address_of = address_of
        self._sign_ins = sign_ins
        self._files = files or UploadGate(None)
        self._logged = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or hand it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        if "host" not in headers:
            # Gradio's own layer in front of this one looks it up in the same list, and fails without.
            scope["headers"].append((b"host", b""))
        path, whole = inside(self._root, scope.get("root_path", ""), scope["path"])
        onward = {**scope, "path": whole, "raw_path": whole.encode()}
        scope = {**scope, "path": path}
        try:
            route = self._route(scope, headers)
            if not route.open and not await lets_in(scope):
                raise Refusal(401, _NOT_AUTHENTICATED)
            if route.body == "file":
                await answer_with(send, 200, await self._file(scope, headers, receive))
                return
            body = await self._body(route, headers, receive)
            body = self._look_at(route, scope, body)
            address = self._signing_in(route, scope, headers)
        except Refusal as refused:
            await refuse(send, refused.status, refused.why)
            return
        if route.page and scope["method"] == "GET" and not kept_signed_in(scope["app"], headers):
            await send_whole(send, 200, b"text/html", sign_in_page(), (b"cache-control", b"no-store"))
            return
        if scope["path"] == ELEMENT:
            await send_whole(send, 200, b"text/javascript", element_script())
            return
        if body is not None:
            receive = again(body, receive)
        await self._hand_on(onward, receive, self._overheard(route, scope, address, send))

    def _route(self, scope: Scope, headers: Mapping[str, str]) -> Route:
        """The route of a request that may be made, as far as its head tells."""
        routes = routes_of(scope["path"])
        route = next((one for one in routes if scope["method"] in one.methods), None)
        if not self._names.answer_to(headers.get("host", "")):
            host = headers.get("host", "")[:100]
            raise Refusal(
                421,
                f"citewise is not called {host!r} here. To reach it by that name, start it with --allow-host and the name, or set "
                "CITEWISE_ALLOW_HOST",
            )
        _check_length(route or NOWHERE, headers)
        if scope["path"].startswith(UPLOAD):
            raise Refusal(403, FILES_REFUSED)
        if not routes:
            raise Refusal(404, "there is nothing at this address")
        if route is None:
            raise Refusal(405, "this address cannot be used in this way")
        opened = route.page and headers.get("sec-fetch-mode") == "navigate"
        if self._names.is_foreign(headers) and not opened:
            raise Refusal(
                403,
                "this request comes from a page of another site. To let that page use citewise, start it with --allow-host and "
                "the name of that site, or set CITEWISE_ALLOW_HOST",
            )
        if not route.open and not kept_signed_in(scope["app"], headers):
            if not route.programs:
                raise Refusal(401, _NOT_AUTHENTICATED)
            self._check_password(scope, headers)
        wanted = {"none": (), "form": _FORMS, "file": _FILES}.get(route.body, _JSON)
        if wanted and headers.get("content-type", "").partition(";")[0].strip().lower() not in wanted:
            raise Refusal(415, f"the Content-Type must be {wanted[0]}")
        return route

    async def _file(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> dict[str, Any]:
        """A file that was taken in."""
        address = self._address_of(headers, (scope.get("client") or ("", 0))[0])
        try:
            return await self._files.take(headers, address, receive)
        except UploadStopped as stopped:
            raise Refusal(stopped.status, stopped.why) from None

    def _check_password(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Whether the right password came with the request; wrong ones are counted."""
        address = self._counted(scope, headers) if "authorization" in headers else ""
        if why := why_refused(scope["app"], headers):
            raise Refusal(401, why)
        self._sign_ins.release(address)

    async def _body(self, route: Route, headers: Mapping[str, str], receive: Receive) -> bytes | None:
        """The whole body; None where the address takes none."""
        if route.body == "none":
            return None
        parts, size = [], 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal(400, "the body ended early")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > route.most:
                        raise _too_large(route)
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Refusal(408, f"the body did not come within {BODY_SECONDS:.0f} s") from None
        body = b"".join(parts)
        return body if route.body == "form" else without_half_characters(body)

    def _look_at(self, route: Route, scope: Scope, body: bytes | None) -> bytes | None:
        """The body where it may be handed on, with what was left out of it."""
        if body is None or route.body in ("form", "lookup"):
            return body
        try:
            sent = parsed(body)
            if route.body == "fields":
                check_fields(sent, scope["path"].rstrip("/").rsplit("/", 1)[-1])
                return body
            check_call(sent, named="/call/v2/" in scope["path"])
            left_out = check_function(scope, route, sent)
            return filled(body, left_out) if left_out else body
        except RequestRefused as error:
            raise Refusal(400, str(error)) from None

    def _signing_in(self, route: Route, scope: Scope, headers: Mapping[str, str]) -> str:
        """Who signs in, counted; "" where nobody does."""
        if route.body != "form":
            return ""
        return self._counted(scope, headers)

    def _counted(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Who tries a password; one try is counted."""
        address = self._address_of(headers, (scope.get("client") or ("", 0))[0])
        try:
            self._sign_ins.take(address)
        except TooManyRequests as error:
            raise Refusal(429, f"too many attempts to sign in; {error}") from None
        return address

    def _overheard(self, route: Route, scope: Scope, signing_in: str, send: Send) -> Send:
        """The way back: the page says what it is, and a right password is not counted."""
        if route.page and scope["method"] == "GET":
            return changing(send, with_own_head)
        if not signing_in:
            return send

        async def listening(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._sign_ins.release(signing_in)
                message = {**message, "headers": for_this_page_alone(message["headers"])}
            await send(message)

        return listening

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What gradio cannot make sense of ends here and not in a traceback in the log."""
        started = ended = False

        async def counting(message: Message) -> None:
            nonlocal started, ended
            if message.get("status") == 422:  # it repeats what was sent, however long
                raise RequestRefused
            started = True
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            await self._app(scope, receive, counting)
        except Exception as error:  # noqa: BLE001 (the edge of a request; what gradio raises has no form)
            self._log(scope, error)
            if not started:
                await refuse(send, 400, "the server could not make sense of this request")
            elif not ended:
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _log(self, scope: Scope, error: Exception) -> None:
        """A line now and then: who sends nonsense all the time must not fill the disk."""
        now = time.monotonic()
        if now - self._logged >= _LOG_SECONDS:
            self._logged = now
            logger.warning(
                "a request to %s failed: %s",
                scope["path"][:100].encode("unicode_escape").decode(),
                type(error).__name__,
            )


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # Two hosts are no host: whoever is in front may have looked at the other one.
        headers[key] = f"{headers[key]}, {text}" if key == "host" and key in headers else text
    return headers


def _check_length(route: Route, headers: Mapping[str, str]) -> None:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 15 or int(length) > route.most:
        raise _too_large(route)


def _too_large(route: Route) -> Refusal:
    return Refusal(413, f"the body is too large: at most {route.most:,} bytes are read here")
