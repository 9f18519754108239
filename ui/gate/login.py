"""Signing in: who is signed in, and what the page for it says where it cannot work.

Inside another site's page a browser may keep no cookies for us (third-party cookies). Gradio's page then asks for name and password
again and again; a script in it notices that the right password led nowhere, and says so.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
SIGN_INS_A_MINUTE = 10
"""Wrong passwords of one address."""
_SCRIPT = Path(__file__).parent.parent / "page" / "login" / "login.js"


def kept_signed_in(app: Any, headers: Mapping[str, str]) -> bool:
    """Whether no password is asked for, or the cookie of one who gave it is there. `app` is gradio's."""
    if app.auth is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    pairs = (cookie.strip().partition("=") for cookie in headers.get("cookie", "").split(";"))
    return any(name in names and value in app.tokens for name, _, value in pairs)


@cache
def _help() -> bytes:
    return f"<script>(() => {{\n{_SCRIPT.read_text('utf-8')}}})();</script></head>".encode()


def with_login_help(send: Send) -> Send:
    """The page with the script in it."""
    start: Message = {}
    parts: list[bytes] = []

    async def adding(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = b"".join(parts).replace(b"</head>", _help(), 1)
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return adding
