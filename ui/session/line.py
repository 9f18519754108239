"""The line in which questions wait for the models: its order, its length, a place in it. Owns the way into gradio's queue.

Gradio serves whoever came first, and tells nobody why it takes no more. Here the order is that of `ui.session.fairness`, a question
that is stopped leaves the line at once, and one that finds it full is told so, and when to come back.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.queueing import Event, EventQueue
from gradio.server_messages import EstimationMessage
from gradio.utils import run_coro_in_background

from rag.core.errors import TooManyRequests
from ui.session.fairness import FairOrder, Visitor
from ui.session.limits import address_of
from ui.session.waiting import Pace
from ui.views.outcomes import waiting_row
from ui.views.words import about_seconds

MOST_WAITING = 256
"""Questions that wait. Whoever comes then learns at once that the machine is busy."""
MOST_OF_ADDRESS, MOST_OF_VISITOR = 192, 128
"""Of one address and of one visitor of it, so that there is always a place for others."""
_MOST_EXPRESS = 8
"""Questions that pass the line by at the same time: should their answers be there no more after all, they are computed beside it."""
_LOOK_AGAIN = (1.0, 10.0)
"""Seconds after which a page asks for its place again: as many as are a tenth of its wait, in these bounds."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the line: how many are answered before, those being answered included, and about how many seconds that takes; None
    where no answer has been timed yet."""

    ahead: int
    seconds: float | None


class _Waiting(list[Event]):
    """Those who wait, as gradio keeps them: whoever is served next stands first."""

    def __init__(self, at_once: Callable[[Event], bool]) -> None:
        super().__init__()
        self._at_once = at_once
        self._fair = FairOrder()
        self._came: dict[Event, Visitor] = {}

    @property
    def visitors(self) -> list[Visitor]:
        return list(self._came.values())

    def append(self, event: Event) -> None:
        if not self._at_once(event):
            self._came[event] = visitor_of(event)
            self._sort()

    def remove(self, event: Event) -> None:
        if event not in self._came:
            raise ValueError("it does not wait")
        del self._came[event]
        self._sort()

    def begin(self, event: Event, visitor: Visitor) -> None:
        """This one, which has been removed, has its turn."""
        self._fair.serve(visitor, self.visitors)
        self._sort()

    def visitor(self, event: Event) -> Visitor:
        return self._came[event]

    def _sort(self) -> None:
        events = list(self._came)
        self[:] = [events[place] for place in self._fair.order(self.visitors)]


class Line:
    """The events of one Blocks that take turns under this concurrency id, `at_once` of them at the same time.

    Made while the Blocks is built; `open` is called when its queue is there. Any thread may ask for a place, all else belongs to the
    event loop.
    """

    def __init__(
        self,
        demo: gr.Blocks,
        concurrency_id: str,
        at_once: int = 1,
        answered_before: Callable[[str, Any], bool] = lambda endpoint, sent: False,
    ) -> None:
        """`answered_before` tells of what the page ("") or an endpoint was sent whether it needs no model."""
        self._demo = demo
        self._id = concurrency_id
        self._turns = EventQueue(concurrency_id, at_once)
        self._waiting = _Waiting(lambda event: self._is_refused(event) or self._is_express(event))
        self._answered_before = answered_before
        self._express: set[str] = set()
        self._turns.queue = self._waiting
        self._refused: dict[str, str] = {}
        self._pace = Pace(at_once)

    def open(self) -> None:
        """Take the place of gradio's own line in its queue."""
        queue = self._queue
        queue.event_queue_per_concurrency_id[self._id] = self._turns
        get_events = queue.get_events

        def in_turn() -> Any:
            first = self._waiting[0] if self._waiting else None
            visitor = self._waiting.visitor(first) if first is not None else None
            found = get_events()
            if found and found[2] == self._id and first is not None and visitor is not None:
                self._waiting.begin(first, visitor)
            return found

        push = queue.push

        async def pushed(body: Any, request: Any, username: str | None) -> Any:
            answer = await push(body, request, username)
            # Gradio tells its own clients their places; it supposes that who comes last stands last.
            for rank, event in enumerate(self._waiting[:-1]):
                if event._id == answer[1]:
                    told = EstimationMessage(rank=rank, rank_eta=None, queue_size=len(self._waiting))
                    queue.send_message(event, told)
            return answer

        queue.get_events = in_turn
        queue.push = pushed

    @property
    def _queue(self) -> Any:
        return self._demo._queue

    def timed(self, counts: bool = True) -> AbstractContextManager[None]:
        """A turn, from its begin to its end: by these the waiting times are told. One that first waits for models does not count."""
        return self._pace.turn() if counts and LocalContext.event_id.get(None) not in self._express else nullcontext()

    # --- places -------------------------------------------------------------------------------------------------------

    def place_of(self, run: str) -> Place | None:
        """The place of this attempt; None where it does not wait."""
        for before, event in enumerate(list(self._waiting)):
            if _run_of(event) == run:
                return Place(before + self._turns.current_concurrency, self._pace.seconds(before))
        return None

    async def leave(self, run: str, session: str) -> None:
        """Let an attempt of this session that was stopped leave the line: it has its turn at once, in which nothing is done."""
        async with self._queue.delete_lock:
            event = next(
                (one for one in self._waiting if _run_of(one) == run and one.session_hash == session),
                None,
            )
            if event is not None:
                self._waiting.remove(event)
        if event is not None:
            self._begin(event)

    def _is_express(self, event: Event) -> bool:
        """Whether it passes the line by, since its answer is there; its function is called at once then."""
        if event.data is None or event.fn.api_name == TURN or len(self._express) >= _MOST_EXPRESS:
            return False
        of_page = event.fn.api_visibility == "private"
        name, sent = ("", event.data.event_data) if of_page else (str(event.fn.api_name), event.data.data)
        if not self._answered_before(name, sent):
            return False
        self._express.add(event._id)
        self._begin(event)
        return True

    def _begin(self, event: Event) -> None:
        """Have gradio call its function now, beside the line."""
        run_coro_in_background(self._beside, event)

    async def _beside(self, event: Event) -> None:
        now = time.time()
        self._turns.current_concurrency += 1  # gradio takes it back at the end
        self._turns.start_times_per_fn[event.fn].add(now)
        try:
            await self._queue.process_events([event], False, now, event.fn)
        finally:
            self._express.discard(event._id)

    # --- a full line --------------------------------------------------------------------------------------------------

    def why_full(self, visitor: Visitor) -> str:
        """Why no more questions of this visitor are taken now, and when to come back; "" where they are."""
        waiting = self._waiting.visitors
        of_address = sum(one.address == visitor.address for one in waiting)
        of_visitor = sum(one == visitor for one in waiting)
        if len(waiting) >= MOST_WAITING:
            return f"{len(waiting)} questions wait already, and no more are taken. {self._when(len(waiting))}"
        if of_visitor >= MOST_OF_VISITOR:
            return f"{of_visitor} questions of yours wait already. {self._when(of_visitor)}"
        if of_address >= MOST_OF_ADDRESS:
            return f"{of_address} questions from your address wait already. {self._when(of_address)}"
        return ""

    def _when(self, waiting: int) -> str:
        """When half of them will have been answered."""
        seconds = self._pace.seconds(waiting // 2)
        return f"Try again in {about_seconds(seconds)}" if seconds is not None else "Try again in a few minutes"

    def _is_refused(self, event: Event) -> bool:
        """Whether the line is full for it: its function is called at once then, and asks for the refusal."""
        if event.fn.api_name == TURN:
            return False  # it asked before it came
        why = self.why_full(visitor_of(event))
        if why:
            self._refused[event._id] = why
            self._begin(event)
        return bool(why)

    def check(self) -> None:
        """What an event asks that has its turn: whether there was a place in the line for it.

        Raises:
            TooManyRequests: there was none; the message says when to come back.
        """
        why = self._refused.pop(LocalContext.event_id.get(None) or "", "")
        if why:
            raise TooManyRequests(why)


def visitor_of(event: Event) -> Visitor:
    """Who sent it. What names no session gets one of gradio's, called as the event is."""
    sent = event.data.event_data if event.data is not None else None
    session = sent.get("visitor") if isinstance(sent, dict) and event.fn.api_name == TURN else None
    if not isinstance(session, str):
        session = "" if event.session_hash == event._id else event.session_hash
    return Visitor(address_of(event.request), session)


def asker(request: gr.Request) -> Visitor:
    """Who sent the event that has its turn."""
    session = request.session_hash or ""
    return Visitor(address_of(request), "" if session == LocalContext.event_id.get(None) else session)


TURN = "turn"
"""The function of work that no page sent (`ui.session.turnstile`)."""


def _run_of(event: Event) -> str | None:
    sent = event.data.event_data if event.data is not None else None
    run = sent.get("run") if isinstance(sent, dict) else None
    return run if isinstance(run, str) else None


def place_in(line: Line) -> Callable[..., Mapping[str, Any]]:
    """The page's question for the place of an attempt of its own, as a function that gradio can mark."""

    def place(sent: Any) -> Mapping[str, Any]:
        place = line.place_of(str(sent.get("run", ""))) if isinstance(sent, dict) else None
        if place is None:
            return {}
        least, most = _LOOK_AGAIN
        again = min(most, max(least, (place.seconds or 0) / 10))
        return {"state": waiting_row(place.ahead, place.seconds), "again": round(again * 1_000)}

    return place
