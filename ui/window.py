"""The page's components, and the events and functions by which its scripts reach the server.

What is shown comes from `ui.views`, what happens in a chat turn from `ui.session`. Holds no conversation: those are the browser's
(`ui/page/js/store.js`).
"""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from rag.core.errors import RequestRefused
from rag.core.settings import Settings
from ui.records import ChatTurn
from ui.session.asking import is_kept
from ui.session.limits import QuestionRate
from ui.session.line import Line, asker, place_in
from ui.session.loading import Loader
from ui.session.records import frame
from ui.session.shelved import ShelvedLookups
from ui.session.shelves import Shelves
from ui.session.turns import Visit, request_of, run_turn
from ui.views.page import page
from ui.views.status import status

MODEL = "model"  # events with this concurrency id take turns, since they share one model
POLL_SECONDS = 0.25
LOOK_SECONDS = 30.0  # how long a page waits for what is in the library; without it, it shows less
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_NUMBERS = itertools.count()


class Window:
    """The components of the page and the handlers of their events. Made once; everything of a visitor is passed in."""

    def __init__(self, settings: Settings, shelves: Shelves, rate: QuestionRate, line: Line) -> None:
        self._settings = settings
        self._line = line
        self._shelves = shelves
        self._rate = rate
        self._lookups = ShelvedLookups(shelves)

    def build(self, demo: gr.Blocks) -> None:
        """Add the components to the page and connect them."""
        visit = gr.State(Visit())
        gr.HTML(
            str(page(self._settings, self._shelves.names)), apply_default_css=False, js_on_load=None, elem_id="cw-page"
        )
        # Hidden components carry what goes to and fro; the page draws it. Their templates are empty: nothing of it is markup.
        carrier: dict[str, Any] = {"html_template": " ", "visible": "hidden"}
        answers = gr.HTML(None, js_on_load="watch('value', () => window.citewise.receive(props.value))", **carrier)
        states = gr.HTML(None, js_on_load="watch('value', () => window.citewise.showStatus(props.value))", **carrier)
        bridge = gr.HTML(
            None,
            js_on_load="window.citewise.connect(trigger, server); // events: 'ask' 'stop' 'reload' 'look' 'plot'",
            server_functions=[*self._lookups.functions(), place_in(self._line)],
            **carrier,
        )
        # A turn is ended by the visit, which its answering looks at on every step, and not by gradio's `cancels`: that one now
        # and then leaves the model's only place in the queue taken for ever.
        # "multiple": the page itself sees to it that there is one question at a time, and one that hangs must not block the next.
        asking = bridge.ask(self._answer, visit, answers, concurrency_id=MODEL, trigger_mode="multiple", **PRIVATE)
        asking.failure(None, None, None, js="() => window.citewise.interrupt()", queue=False, **PRIVATE)
        bridge.stop(self._stop, visit, None, queue=False, **PRIVATE)
        # No limit: each open page watches the loading, and none may wait for another.
        watch = partial(demo.load, self._watch, None, concurrency_limit=None, **PRIVATE)
        watch(outputs=states)
        bridge.reload(self._reload, None, states, concurrency_limit=None, **PRIVATE)
        bridge.look(self._look, None, states, concurrency_limit=None, **PRIVATE)
        # The page makes the figure of its map and hands it over where somebody looks at it: Gradio then loads plotly.js and draws.
        plot = gr.Plot(None, show_label=False, container=False, elem_id="cw-plot")
        bridge.plot(None, None, plot, js="() => window.citewise.figure()", queue=False, **PRIVATE)

    def _answer(self, visit: Visit, event: gr.EventData, request: gr.Request) -> Iterator[Mapping[str, Any]]:
        """The states of a turn, until it has ended or is over for another reason."""
        try:
            attempt = request_of(event._data)
        except RequestRefused as error:
            raise gr.Error(str(error), print_exception=False) from error
        visit.begin(attempt.run)
        turn = ChatTurn(attempt.id, attempt.question)
        if not visit.runs(attempt.run):  # stopped while it waited
            yield self._frame(turn.stopped(), attempt.run, self._shelves.first)
            return
        try:
            self._line.check()
            self._rate.take(asker(request))
            library = self._shelves.name(attempt.library)
        except RequestRefused as error:
            yield self._frame(replace(turn, step="failed", note=str(error)), attempt.run, self._shelves.first)
            return
        with (
            self._shelves.using(library) as loader,
            self._line.timed(loader.opened is not None),
            closing(run_turn(loader, attempt)) as states,
        ):
            for turn in states:
                if not visit.runs(attempt.run):
                    break
                yield self._frame(turn, attempt.run, loader)
            else:
                if is_kept(turn.answer):
                    self._rate.release(asker(request))  # it cost nothing
                return
        # What was on its way to the page when the visitor stopped must not be the last word.
        yield self._frame(turn.stopped(), attempt.run, loader)

    def _frame(self, turn: ChatTurn, run: str, loader: Loader) -> Mapping[str, Any]:
        return {"run": run, **frame(turn, loader.loading)}

    async def _stop(self, visit: Visit, event: gr.EventData, request: gr.Request) -> None:
        run = str(event._data)
        visit.stop(run)
        await self._line.leave(run, str(request.session_hash))

    def _watch(self, library: str | None = None) -> Iterator[Mapping[str, Any]]:
        """The state of a library's loading, as long as it goes on, once more when it has ended, and when the library has been looked
        over."""
        name, settings = self._shelves.name(library), self._shelves.settings(library)

        def told() -> Mapping[str, Any]:
            # Numbered: what a page got before counts as no news there, and it may have shown another library since.
            more = {"of": name, "revision": loader.revision, "number": next(_NUMBERS)}
            return {**status(loader.loading, settings), **more}

        with self._shelves.using(name) as loader:
            if not loader.wait(0):
                yield told()
            while not loader.wait(POLL_SECONDS):
                yield told()
            known = loader.looked_over(0)
            yield told()
            if not known and loader.looked_over(LOOK_SECONDS):
                yield told()

    def _look(self, event: gr.EventData) -> Iterator[Mapping[str, Any]]:
        """The same of a library that a page has chosen; nothing where there is none of that name."""
        if event._data in self._shelves.names:
            yield from self._watch(event._data)

    def _reload(self, event: gr.EventData) -> Iterator[Mapping[str, Any]]:
        library = event._data if event._data in self._shelves.names else None
        self._shelves.loader(library).start(again=True)
        yield from self._watch(library)
