"""What gradio's page lacks before a script runs: what it is (for link previews, the tab, a phone's frame), a sentence for who has no
JavaScript, and one until its scripts have drawn something. Knows nothing of who is signed in.

It goes into the page as it is sent, since those who look at it (crawlers, messengers) run no scripts.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
ICON = Path(__file__).parent.parent / "page" / "front" / "icon.svg"
_OF_GRADIO = re.compile(rb'<meta\s[^<>]{0,20}(?:property|name)="(?:og|twitter):[^<>]{0,300}>')
_CHARSET = re.compile(rb"<meta charset[^<>]{0,40}>")
_BODY = re.compile(rb"<body[^<>]{0,400}>")


@cache
def _part(name: str) -> bytes:
    return (ICON.parent / name).read_bytes().strip()


def own_head() -> bytes:
    """The lines of the head that say what this is."""
    return _part("head.html")


@cache
def element_script() -> bytes:
    """The script that makes the element <gradio-app> in another page: it loads the files beside it, which fit this gradio."""
    spec = find_spec("gradio")
    assert spec is not None and spec.origin
    return (Path(spec.origin).parent / "templates" / "frontend" / "gradio.js").read_bytes()


def with_own_head(page: bytes) -> bytes:
    """The page with our lines instead of those by which gradio's would be told; early in it, since few read all of it."""
    page = _CHARSET.sub(lambda tag: tag[0] + b"\n" + own_head(), _OF_GRADIO.sub(b"", page), count=1)
    return _BODY.sub(lambda tag: tag[0] + _part("no_script.html") + _part("coming.html"), page, count=1)


def changing(send: Send, change: Callable[[bytes], bytes]) -> Send:
    """The way back on which a whole body is changed before it is sent."""
    start: Message = {}
    parts: list[bytes] = []

    async def collect(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if message["type"] != "http.response.body":
            await send(message)  # extensions of servers, such as that of test clients
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = change(b"".join(parts))
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return collect
