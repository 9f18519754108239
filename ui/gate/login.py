"""Signing in: who is signed in, and the page that asks for name and password.

Inside another site's page a browser may keep no cookies for us (third-party cookies). Over https one for that page alone will do. Where
even that is not kept, the visitor would be asked again and again; the page's script notices that the right password led nowhere, and
says so.
"""

import base64
import binascii
import hmac
import inspect
from collections.abc import Iterable, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request

from ui.gate.front import own_head

SIGN_INS_A_MINUTE = 10
"""Wrong passwords of one address."""
_SEND_PASSWORD = (
    "this window asks for a password: send with each request “Authorization: Basic ” and NAME:PASSWORD in base64"
)
_FOLDER = Path(__file__).parent.parent / "page" / "login"


def kept_signed_in(app: Any, headers: Mapping[str, str]) -> bool:
    """Whether no password is asked for, or the cookie of one who gave it is there. `app` is gradio's."""
    if app.auth is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    pairs = (cookie.strip().partition("=") for cookie in headers.get("cookie", "").split(";"))
    return any(name in names and value in app.tokens for name, _, value in pairs)


def why_refused(app: Any, headers: Mapping[str, str]) -> str:
    """Why the name and password in a request's own head (HTTP Basic), as programs send them, let nobody in; "" where they are right."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return _SEND_PASSWORD
    try:
        name, _, password = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeError):
        return f"the header Authorization cannot be read; {_SEND_PASSWORD}"
    known = app.auth.get(name) if isinstance(app.auth, dict) else None
    if known is None or not hmac.compare_digest(str(known).encode(), password.encode()):
        return f"the name or the password is wrong; {_SEND_PASSWORD}"
    return ""


async def lets_in(scope: MutableMapping[str, Any]) -> bool:
    """Whether the app that a window is mounted in lets this request in. Gradio asks that too, but not for addresses of ours."""
    who = getattr(scope["app"], "auth_dependency", None)
    if who is None:
        return True
    try:
        user = who(Request(scope))
        return (await user if inspect.isawaitable(user) else user) is not None
    except HTTPException:
        return False


def for_this_page_alone(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers with each cookie that other sites' pages are to send kept apart for each of these: so it is no third-party cookie."""
    return [
        (
            name,
            value + b"; Partitioned" if name.lower() == b"set-cookie" and b"samesite=none" in value.lower() else value,
        )
        for name, value in headers
    ]


@cache
def sign_in_page() -> bytes:
    """The page that asks for name and password. It holds nothing of the library."""
    page = (_FOLDER / "sign_in.html").read_bytes().replace(b"<!-- head -->", own_head())
    for mark, name in ((b"/* style */", "sign_in.css"), (b"/* script */", "sign_in.js")):
        page = page.replace(mark, (_FOLDER / name).read_bytes())
    return page
