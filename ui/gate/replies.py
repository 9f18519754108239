"""Bodies sent at once, and a body that was read already read again. Knows nothing of what they say."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def again(body: bytes, receive: Receive) -> Receive:
    """The body once more, and then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def answer_with(send: Send, status: int, value: Any) -> None:
    """Send a value as JSON."""
    await send_whole(
        send, status, b"application/json", json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    )


async def refuse(send: Send, status: int, why: Any) -> None:
    """Send why a request goes no further."""
    text = json.dumps({"detail": why, "error": why}, ensure_ascii=False).encode("utf-8", "replace")
    # What was not read of the body is not waited for.
    await send_whole(send, status, b"application/json", text, (b"connection", b"close"))


async def send_whole(send: Send, status: int, kind: bytes, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    """Send a body of this media type at once."""
    known = [(b"content-type", kind + b"; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*known, *headers]})
    await send({"type": "http.response.body", "body": text})
