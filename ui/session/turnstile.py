"""Work that no page sent, in the line in which questions wait. Owns the way into gradio's queue, which has none for that.

So everybody who shares the models waits in one line, with one limit: visitors, the HTTP endpoints, and programs.
"""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
import gradio as gr
from gradio.data_classes import PredictBodyInternal
from gradio.events import api

from rag.core.errors import TooManyRequests
from ui.session.fairness import Visitor
from ui.session.limits import address_of
from ui.session.line import TURN, Line, Place

_JOIN = "/gradio_api/queue/join"
_LOOK_SECONDS = 1.0


class Turnstile:
    """The way into the line of one Blocks. Made while the Blocks is built; `wait` is called in its event loop."""

    def __init__(self, demo: gr.Blocks, line: Line, concurrency_id: str) -> None:
        self._demo = demo
        self._line = line
        self._works: dict[str, Callable[[], None]] = {}
        api(self._turn(), api_name=TURN, concurrency_id=concurrency_id, api_visibility="private")

    def _turn(self) -> Callable[[str], None]:
        """What gradio calls when a turn has come, as a function that it can mark."""

        def turn(name: str) -> None:
            # One that nobody waits for any more is not there, nor what somebody made up.
            work = self._works.pop(str(name), None)
            if work is not None:
                work()

        return turn

    async def wait(
        self, work: Callable[[], None], request: Any, told: Callable[[Place], None], session: str = ""
    ) -> None:
        """Have the work done in a thread when its turn has come. Cancelled before that, it is not done.

        Args:
            work: raises nothing.
            request: that of the program, for whom the turn is.
            told: gets now and then its place.
            session: of the program, where it has one.

        Raises:
            TooManyRequests: the line is full.
        """
        queue: Any = self._demo._queue
        name, done = uuid.uuid4().hex, asyncio.Event()
        loop = asyncio.get_running_loop()

        def working() -> None:
            try:
                with self._line.timed():
                    work()
            finally:
                loop.call_soon_threadsafe(done.set)

        function = next(one for one, known in self._demo.fns.items() if known.api_name == TURN)
        sent = {"run": name, "visitor": session}
        body = PredictBodyInternal(session_hash=name, fn_index=function, data=[name], event_data=sent)
        if why := self._line.why_full(Visitor(address_of(request), session)):
            raise TooManyRequests(why)
        self._works[name], event = working, ""
        try:
            # In the queue it counts as a call of the page: gradio reads the address of it.
            scope = {**request.scope, "path": _JOIN, "raw_path": _JOIN.encode(), "method": "POST"}
            taken, answer, _ = await queue.push(body, type(request)(scope), None)
            if not taken:
                raise TooManyRequests("too many questions wait already. Try again in a minute")
            event = answer
            await self._wait(name, done, told)
        finally:
            self._works.pop(name, None)
            if event:
                with anyio.CancelScope(shield=True):
                    await queue.clean_events(event_id=event)  # out of the line, or no longer told of
            queue.pending_messages_per_session.pop(name, None)
            queue.pending_event_ids_session.pop(name, None)

    async def _wait(self, name: str, done: asyncio.Event, told: Callable[[Place], None]) -> None:
        while not done.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _LOOK_SECONDS)
            if name in self._works and (place := self._line.place_of(name)) and place.ahead:
                told(place)
