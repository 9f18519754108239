"""Signing in: who is signed in, and the page that asks for name and password.

Inside another site's page a browser may keep no cookies for us (third-party cookies), and would be asked again and again; the page's
script notices that the right password led nowhere, and says so.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ui.gate.front import own_head

SIGN_INS_A_MINUTE = 10
"""Wrong passwords of one address."""
_FOLDER = Path(__file__).parent.parent / "page" / "login"


def kept_signed_in(app: Any, headers: Mapping[str, str]) -> bool:
    """Whether no password is asked for, or the cookie of one who gave it is there. `app` is gradio's."""
    if app.auth is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    pairs = (cookie.strip().partition("=") for cookie in headers.get("cookie", "").split(";"))
    return any(name in names and value in app.tokens for name, _, value in pairs)


@cache
def sign_in_page() -> bytes:
    """The page that asks for name and password. It holds nothing of the library."""
    page = (_FOLDER / "sign_in.html").read_bytes().replace(b"<!-- head -->", own_head())
    for mark, name in ((b"/* style */", "sign_in.css"), (b"/* script */", "sign_in.js")):
        page = page.replace(mark, (_FOLDER / name).read_bytes())
    return page
