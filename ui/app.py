"""The window as a server: what is in it, how it is launched, and how it is mounted in somebody's own app.

Owns how gradio is set up, and which styles and scripts the page has. Its components and events are in `ui.window`.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # gradio reads it when it is imported
# It would keep 10,000 questions' times and count them through anew after each answer, for a page that is closed here.
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"

import gradio as gr
from fastapi import FastAPI

from rag.core.environment import proxy_variable, reach_directly
from rag.core.errors import SettingsError
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
from ui.records import QUESTIONS_A_MINUTE
from ui.session.editing import decided
from ui.session.editing import may_edit as may_edit
from ui.session.express import answered_before
from ui.session.limits import QuestionRate, RateLimit, caller
from ui.session.line import MOST_WAITING, Line
from ui.session.loading import Open
from ui.session.shelves import Shelves
from ui.session.shelves import open_assistant as open_assistant
from ui.session.uploads import uploads_of_process
from ui.views.page import facts_script
from ui.window import MODEL, POLL_SECONDS, Window

PAGE = Path(__file__).parent / "page"
SCRIPTS = (
    "store view reading draft address connection talk suggestions lists opening titles votes actions about papers "
    "choice choice_form libraries keys views catalogue catalogue_rows catalogue_ticks catalogue_paper catalogue_keys map map_plot "
    "adding uploads removing embed events"
).split()
"""In this order: each uses what stands before it."""
STYLES = (
    "tokens frame conversations chat answer lists about question actions input chosen sources overview dialogs keys views "
    "libraries catalogue catalogue_rows catalogue_paper map adding narrow embed print"
).split()
"""In this order: of two rules that say the same thing of an element, the later one holds."""
_KEPT_SECONDS = 3600  # how long a file of gradio's lies in the temporary folder at most
_PROXIES_NAMED = os.environ.get("FORWARDED_ALLOW_IPS", "")


def build_app(settings: Settings, open_: Open = open_assistant, host: str | None = "127.0.0.1") -> gr.Blocks:
    """The page over the libraries of these settings. Loading the first one starts at once, in the background. `host` as in
    `launch_options`."""
    settings = decided(settings, host)
    shelves = Shelves(settings, open_)
    rate = QuestionRate(QUESTIONS_A_MINUTE)
    # The server takes this from the environment alone, and without it believes whatever anybody on this machine says.
    os.environ["FORWARDED_ALLOW_IPS"] = settings.trusted_proxy or _PROXIES_NAMED
    kept = (_KEPT_SECONDS, _KEPT_SECONDS)
    demo = gr.Blocks(title="citewise", analytics_enabled=False, fill_width=True, delete_cache=kept)
    line = Line(demo, MODEL, settings.at_once, answered_before(shelves))
    with demo:
        Window(settings, shelves, rate, line).build(demo)
        add_endpoints(shelves, rate, line, MODEL)
        if settings.mcp:
            from ui.mcp.http import Served

            Served(demo, shelves, rate, line, MODEL)
    # Everybody stands in the line, which has limits of its own: gradio's addresses that pass it by are closed.
    demo.queue(max_size=4 * MOST_WAITING, default_concurrency_limit=settings.at_once, api_open=False)
    line.open()
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
