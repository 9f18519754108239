"""The page: its HTML, styles and scripts, and the events and functions by which its scripts reach the server.

Owns everything of gradio that the page needs. What is shown comes from `ui.views`, what happens in a chat turn
from `ui.session`. Holds no conversation: those are the browser's (`ui/page/store.js`).
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # gradio reads it when it is imported

import gradio as gr
from fastapi import FastAPI

from rag.core.environment import proxy_variable, reach_directly
from rag.core.errors import RequestRefused, SettingsError
from rag.core.settings import Settings
from ui import listening, mounting
from ui.api import add_endpoints
from ui.gate.door import Door
from ui.gate.front import ICON
from ui.gate.login import SIGN_INS_A_MINUTE
from ui.gate.names import Names
from ui.gate.origins import in_front
from ui.gate.uploads import UploadGate
from ui.mcp.address import McpAddress
from ui.records import QUESTIONS_A_MINUTE, ChatTurn
from ui.session.editing import decided
from ui.session.editing import may_edit as may_edit
from ui.session.limits import RateLimit, address_of, caller
from ui.session.line import Line
from ui.session.loading import Loader, Open
from ui.session.records import frame
from ui.session.shelved import ShelvedLookups
from ui.session.shelves import Shelves
from ui.session.shelves import open_assistant as open_assistant
from ui.session.turns import Visit, request_of, run_turn
from ui.session.uploads import uploads_of_process
from ui.views.outcomes import waiting_row
from ui.views.page import facts_script, page
from ui.views.status import status

PAGE = Path(__file__).parent / "page"
SCRIPTS = (
    "store view reading draft address connection talk suggestions lists opening titles votes actions about papers "
    "choice choice_form libraries keys views catalogue catalogue_rows catalogue_ticks catalogue_paper catalogue_keys map map_plot "
    "adding removing embed events"
).split()
"""In this order: each uses what stands before it."""
STYLES = (
    "tokens frame conversations chat answer lists about question actions input chosen sources overview dialogs keys views "
    "libraries catalogue catalogue_rows catalogue_paper map adding narrow embed print"
).split()
"""In this order: of two rules that say the same thing of an element, the later one holds."""
MODEL = "model"  # events with this concurrency id take turns, since they share one model
POLL_SECONDS = 0.25
LOOK_SECONDS = 30.0  # how long a page waits for what is in the library; without it, it shows less
_KEPT_SECONDS = 3600  # how long a file of gradio's lies in the temporary folder at most
_PROXIES_NAMED = os.environ.get("FORWARDED_ALLOW_IPS", "")
_NUMBERS = itertools.count()
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def build_app(settings: Settings, open_: Open = open_assistant, host: str | None = "127.0.0.1") -> gr.Blocks:
    """The page over the libraries of these settings. Loading the first one starts at once, in the background. `host` as in
    `launch_options`."""
    settings = decided(settings, host)
    shelves = Shelves(settings, open_)
    rate = RateLimit(QUESTIONS_A_MINUTE)
    # The server takes this from the environment alone, and without it believes whatever anybody on this machine says.
    os.environ["FORWARDED_ALLOW_IPS"] = settings.trusted_proxy or _PROXIES_NAMED
    kept = (_KEPT_SECONDS, _KEPT_SECONDS)
    demo = gr.Blocks(title="citewise", analytics_enabled=False, fill_width=True, delete_cache=kept)
    with demo:
        Window(settings, shelves, rate).build(demo)
        add_endpoints(shelves, rate, MODEL)
        if settings.mcp:
            from ui.mcp.http import Served

            Served(demo, shelves, rate, MODEL)
    # A short queue: whoever comes 33rd learns at once that the machine is busy instead of waiting for minutes.
    # Everybody stands in it: gradio's addresses that pass it by are closed.
    demo.queue(max_size=32, default_concurrency_limit=1, api_open=False)
    shelves.first.start()
    return demo


def launch_options(settings: Settings, host: str | None = "127.0.0.1") -> dict[str, Any]:
    """What `Blocks.launch` needs wherever the page runs: our look, no traces kept, no way out of the machine, and a door in front.
    `host` is the address to listen on, which gradio chooses where it is None."""
    edits = may_edit(settings, host)
    listens = host or os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    names = Names.of(settings, listens, os.environ.get("SPACE_HOST", ""))
    door = {
        "names": names,
        "root": urlsplit(settings.root_path or "").path,
        "address_of": caller,
        "sign_ins": RateLimit(SIGN_INS_A_MINUTE),
        "files": UploadGate(uploads_of_process() if edits else None, settings.max_upload_mb * 1_000_000),
    }
    # Weight 600 of this font is bundled without Latin letters.
    sans = (gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif")
    # In the head, where gradio leaves the rules as they are; as a file of its own it would rewrite their selectors.
    style = _page_files("css", STYLES)
    script = facts_script(settings, edits) + "\n" + _page_files("js", SCRIPTS)
    return {
        "theme": gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=sans, font_mono=("monospace",)),
        "head": f"<style>{style}</style><script>(() => {{\n{script}}})();</script>",
        "auth": tuple(settings.auth.get_secret_value().split(":", 1)) if settings.auth else None,
        "favicon_path": ICON,
        "footer_links": ["api"],
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "pwa": False,
        # As the server's own `Middleware` would unpack to; gradio puts its two in front of it, which read no body.
        "app_kwargs": {"middleware": [(Door, (), door), (McpAddress, (), {})], "lifespan": in_front(names)},
        "root_path": settings.root_path,
        # Each would serve on addresses that have no door; gradio also takes them from the environment.
        "ssr_mode": False,
        "mcp_server": False,
        "num_workers": 0,
        # Expected errors reach API callers as gr.Error; the text of any other one belongs in the log only.
        "show_error": False,
    }


def _page_files(kind: str, names: Sequence[str]) -> str:
    """The page's files of one kind, in this order."""
    return "\n".join((PAGE / kind / f"{name}.{kind}").read_text(encoding="utf-8") for name in names)


def launch(settings: Settings, host: str | None = "127.0.0.1", port: int | None = 7860, **options: Any) -> None:
    """Serve the page until the process is stopped. `options` go to `Blocks.launch`.

    Raises:
        SettingsError: the address or port cannot be listened on.
    """
    host = host or "127.0.0.1"
    bare = host.strip("[]")
    listening.check(bare, port or 0)
    reach_directly((bare,))
    settings = decided(settings, host)
    demo = build_app(settings)
    # An IPv6 address needs brackets in the address at which gradio looks for itself.
    name = f"[{bare}]" if ":" in bare else host
    # Its lines are for whoever programs with it, and name variables and switches that are none of ours.
    quiet = {"quiet": True, "prevent_thread_lock": True}
    try:
        demo.launch(server_name=name, server_port=port or None, **(launch_options(settings, host) | quiet | options))
    except OSError as error:
        raise SettingsError(f"cannot listen on port {port} of {host}; choose another with --port") from error
    except (ValueError, gr.blocks.httpx.HTTPError) as error:  # type: ignore[attr-defined]
        variable = proxy_variable("http://localhost")
        hint = f"; {variable} names a proxy: set no_proxy={bare},localhost" if variable else ""
        raise SettingsError(
            f"the window was started, but cannot be reached at {host}:{port}{hint} ({error})"
        ) from error
    print(f"The window is open at {demo.local_url}  (Ctrl-C ends it)", flush=True)
    try:
        while demo.is_running:
            time.sleep(POLL_SECONDS)
    finally:
        demo.close(verbose=False)


def mount(
    app: FastAPI,
    path: str,
    settings: Settings | None = None,
    *,
    host: str = "127.0.0.1",
    auth_dependency: Callable[..., Any] | None = None,
    open_: Open = open_assistant,
) -> FastAPI:
    """Put the window into an app of your own, whose server listens on `host`; `ui.mounting.Plan` tells what is given.

    Raises:
        SettingsError: the path cannot be used, or two kinds of sign-in are asked for.
    """
    plan = mounting.Plan.of(app, path, settings or Settings.load(), auth_dependency)
    opened = mounting.Opened(open_)
    demo = build_app(plan.settings, opened.open, host)
    plan.attach(demo, launch_options(plan.settings, host), opened.close)
    return app


def _place(line: Line) -> Callable[..., Mapping[str, Any]]:
    """The page's question how many are before an attempt of its own, as a function that gradio can mark."""

    def place(sent: Any) -> Mapping[str, Any]:
        ahead = line.ahead_of(str(sent.get("run", ""))) if isinstance(sent, dict) else None
        return {} if ahead is None else {"state": waiting_row(ahead)}

    return place


class Window:
    """The components of the page and the handlers of their events. Made once; everything of a visitor is passed in."""

    def __init__(self, settings: Settings, shelves: Shelves, rate: RateLimit) -> None:
        self._settings = settings
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
            server_functions=[*self._lookups.functions(), _place(Line(demo, MODEL))],
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
        try:
            self._rate.take(address_of(request))
            library = self._shelves.name(attempt.library)
        except RequestRefused as error:
            yield self._frame(replace(turn, step="failed", note=str(error)), attempt.run, self._shelves.first)
            return
        with self._shelves.using(library) as loader, closing(run_turn(loader, attempt)) as states:
            for turn in states:
                if not visit.runs(attempt.run):
                    break
                yield self._frame(turn, attempt.run, loader)
            else:
                return
        # What was on its way to the page when the visitor stopped must not be the last word.
        yield self._frame(turn.stopped(), attempt.run, loader)

    def _frame(self, turn: ChatTurn, run: str, loader: Loader) -> Mapping[str, Any]:
        return {"run": run, **frame(turn, loader.loading)}

    def _stop(self, visit: Visit, event: gr.EventData) -> None:
        visit.stop(str(event._data))

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
