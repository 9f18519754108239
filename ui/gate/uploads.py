"""A file on its way in: its size is looked at before anything is read and while it comes, and what is cut off leaves nothing.

It is a plain body, not a form: nothing of it is parsed, and nothing of it is in memory but the part that just came.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from rag.core.errors import TooManyRequests, UploadRefused, UploadTooLarge
from ui.session.limits import RateLimit
from ui.session.uploads import Uploads, check_visitor, too_large

Receive = Callable[[], Awaitable[Any]]

PART_SECONDS = 30.0
"""Longest wait for the next part."""
WHOLE_SECONDS = 3_600.0
MOST_AT_ONCE = 4
UPLOADS_A_MINUTE = 300
"""Of one address."""
OFF = (
    "papers cannot be added in this window. Whoever runs it can allow it by starting it with --edit on; on the command line papers are "
    "added with citewise ingest FILE"
)


class UploadStopped(Exception):
    """A file that was not taken: the status, and what the sender is told."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class UploadGate:
    """Takes files in.

    Args:
        uploads: where they wait; None where none are taken.
        most: largest file in bytes.
    """

    def __init__(self, uploads: Uploads | None, most: int = 0) -> None:
        self._uploads, self._most = uploads, most
        self._rate = RateLimit(UPLOADS_A_MINUTE)
        self._now = 0

    async def take(self, headers: Mapping[str, str], address: str, receive: Receive) -> dict[str, Any]:
        """Take one file: its id, name and size in bytes.

        Raises:
            UploadStopped: it is not taken, and nothing of it is left.
        """
        if self._uploads is None:
            raise UploadStopped(403, OFF)
        try:
            self._rate.take(address)
            visitor = check_visitor(headers.get("x-citewise-visitor"))
            length = headers.get("content-length")
            if length is not None and int(length) > self._most:
                raise too_large(int(length), self._most)
            if self._now >= MOST_AT_ONCE:
                raise UploadStopped(503, f"{MOST_AT_ONCE} files are on their way already. Try again in a moment")
            self._now += 1
            try:
                return await self._stream(self._uploads, visitor, unquote(headers.get("x-citewise-name", "")), receive)
            finally:
                self._now -= 1
        except TooManyRequests as error:
            raise UploadStopped(429, str(error)) from None
        except UploadRefused as error:
            raise UploadStopped(413 if isinstance(error, UploadTooLarge) else 400, str(error)) from None

    async def _stream(self, uploads: Uploads, visitor: str, name: str, receive: Receive) -> dict[str, Any]:
        ends = time.monotonic() + WHOLE_SECONDS
        with uploads.receive(visitor, name, self._most) as coming:
            while True:
                try:
                    async with asyncio.timeout(min(PART_SECONDS, max(0.0, ends - time.monotonic()))):
                        message = await receive()
                except TimeoutError:
                    raise UploadStopped(408, "the file came too slowly, and was not kept") from None
                if message["type"] == "http.disconnect":
                    raise UploadStopped(400, "the file did not come whole, and was not kept")
                coming.write(message.get("body", b""))
                if not message.get("more_body"):
                    break
            waiting = coming.finish()
        return {"file": waiting.id, "name": waiting.name, "size": waiting.size}
