"""The tools at an address of the window, behind its door: who may call it, by which names and how much may be sent is looked at there.

Calls of the models stand in the same line as the questions of visitors, and count as theirs.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import anyio.to_thread
import gradio as gr
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from rag.core.escaping import counted
from ui.gate.replies import Receive, Send
from ui.mcp.address import served
from ui.mcp.calls import Calls, Job
from ui.mcp.server import server_of
from ui.session.fairness import Visitor
from ui.session.limits import LOOKUPS_A_MINUTE, QuestionRate, RateLimit, address_of
from ui.session.line import Line, Place
from ui.session.shelves import Shelves
from ui.session.turnstile import Turnstile
from ui.views.words import about_seconds

_MOST_SESSIONS = 1_000
_IDLE_SECONDS = 600.0
_SESSION = "mcp-session-id"


class Served:
    """The tools of one window. Made while its Blocks is built."""

    def __init__(self, demo: gr.Blocks, shelves: Shelves, rate: QuestionRate, line: Line, concurrency_id: str) -> None:
        self._turnstile = Turnstile(demo, line, concurrency_id)
        self._rate = rate
        self._lookups = RateLimit(LOOKUPS_A_MINUTE)
        self._server = server_of(Calls(shelves), self._turn)
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._manager: StreamableHTTPSessionManager | None = None
        served[demo] = self

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        manager = await self._started()
        await manager.handle_request(scope, receive, send)

    async def _started(self) -> StreamableHTTPSessionManager:
        """What keeps the sessions. It begins with the first request, since only then there is the loop that it lives in."""
        loop = asyncio.get_running_loop()
        if self._manager is None or self._running is None or self._running[0] is not loop or self._running[1].done():
            self._manager = StreamableHTTPSessionManager(
                self._server, session_idle_timeout=_IDLE_SECONDS, max_sessions=_MOST_SESSIONS
            )
            self._ready = asyncio.Event()
            self._running = loop, loop.create_task(_run(self._manager, self._ready))
        await self._ready.wait()
        return self._manager

    async def _turn(self, job: Job, needs_a_model: bool, request: Any) -> None:
        visitor = Visitor(address_of(request), request.headers.get(_SESSION, ""))
        if needs_a_model:
            self._rate.take(visitor)
        else:
            self._lookups.take(visitor.address)

        def told(place: Place) -> None:
            how_long = "" if place.seconds is None else f", {about_seconds(place.seconds)}"
            job.note = f"Waiting: {counted(place.ahead, 'question')} before this one{how_long}"

        if needs_a_model:
            await self._turnstile.wait(job.run, request, told, visitor.session)
        else:
            await anyio.to_thread.run_sync(job.run, abandon_on_cancel=True)


async def _run(manager: StreamableHTTPSessionManager, ready: asyncio.Event) -> None:
    async with manager.run():
        ready.set()
        await asyncio.Event().wait()
