"""The window inside somebody's own FastAPI app: at which path, behind the same door, and closed together with the app.

Owns what differs from a window that is launched: the app around it has the server, the address and the lifetime. Knows nothing of the
page.
"""

import asyncio
import re
import signal
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from rag.core.errors import CitewiseError, SettingsError
from rag.core.settings import Settings
from ui.session.loading import Answerer, Open

_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_LOOK_SECONDS = 0.25  # how often it is looked whether the server is to end
_NOT_OF_MOUNTS = {"share", "num_workers", "favicon_path"}
"""What `Blocks.launch` takes and a mounted page cannot: they are of the server around it."""
_NOBODY = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>citewise</title>
<style>:root { color-scheme: light dark } body { max-width: 36em; margin: 15vh auto; padding: 0 1em; font: 1rem/1.5 system-ui }</style>
<h1>Not signed in</h1>
<p>Sign in to the site that this window belongs to, then load this page again.</p>
</html>
"""


def checked_path(app: FastAPI, path: str) -> str:
    """The path as it is used: with a slash before it and none after it; "" is the whole app.

    Raises:
        SettingsError: it is no path, or something is mounted there already.
    """
    tidy = "/" + path.strip().strip("/") if path.strip().strip("/") else ""
    if not _PATH.fullmatch(tidy) or "/./" in f"{tidy}/" or "/../" in f"{tidy}/":
        raise SettingsError(
            f"{path!r} is no path to mount the window at; name one of letters, digits, dots and dashes, such as /papers"
        )
    if any(_is_mount(route) and getattr(route, "path", None) == tidy for route in app.routes):
        raise SettingsError(f"something is mounted at {tidy or '/'} already; choose another path for the window")
    return tidy


def public_path(root: str | None, path: str) -> str | None:
    """The path or address of the window as browsers call it. `root` is that of the proxy, with or without the path of the mount."""
    if not root or not path:
        return root
    return root if root.endswith(path) else root + path


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a window comes in an app, and with which settings.

    Attributes:
        app: what it serves elsewhere stays as it is.
        path: such as "/papers"; "" where the app has nothing after it.
        settings: `root_path` is that of the window; on this machine `allow_host` names who else than it may be asked for.
        auth_dependency: a sign-in instead of `settings.auth`: from a `fastapi.Request` who it is, or None for nobody.
    """

    app: FastAPI
    path: str
    settings: Settings
    auth_dependency: Callable[..., Any] | None

    @classmethod
    def of(cls, app: FastAPI, path: str, settings: Settings, auth_dependency: Callable[..., Any] | None) -> Self:
        """With the path as it can be used.

        Raises:
            SettingsError: the path cannot be used, or two kinds of sign-in are asked for.
        """
        path = checked_path(app, path)
        if auth_dependency is not None and settings.auth:
            raise SettingsError("the window is asked for two kinds of sign-in; give it `auth` or an auth_dependency")
        root = public_path(settings.root_path, path)
        return cls(app, path, settings.model_copy(update={"root_path": root}), auth_dependency)

    def attach(self, demo: gr.Blocks, options: Mapping[str, Any], close: Callable[[], None]) -> None:
        """Mount the page. `options` are those of `Blocks.launch`; `close` is called when the app has ended."""
        kept = {name: value for name, value in options.items() if name not in _NOT_OF_MOUNTS}
        (door, _, known), *others = kept["app_kwargs"]["middleware"]
        kept["app_kwargs"]["middleware"] = [(door, (), known | {"root": self.path}), *others]
        gr.mount_gradio_app(self.app, demo, self.path, auth_dependency=self.auth_dependency, **kept)
        window: Any = self.app.routes[-1]
        # Else what waits in the queue and what passes it by would keep the visitors' states in two places.
        demo.app = window.app
        if self.auth_dependency is not None:
            window.app.add_exception_handler(401, _say_who_signs_in)
        _end_together(self.app, demo, close)


async def _say_who_signs_in(request: Request, error: Exception) -> Response:
    """Nobody is signed in: a page for people, and for programs what gradio itself says."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_NOBODY, 401, {"Cache-Control": "no-store"})
    return JSONResponse({"detail": getattr(error, "detail", "Not authenticated")}, 401)


def _is_mount(route: Any) -> bool:
    return hasattr(route, "app") and not hasattr(route, "methods")


class Opened:
    """What was opened for a window, so that it can be closed with it. Any thread may open."""

    def __init__(self, open_: Open) -> None:
        self._open = open_
        self._lock = threading.Lock()
        self._assistants: list[Answerer] = []
        self._closed = False

    def open(self, settings: Settings, progress: Callable[[str], None] | None = None) -> Answerer:
        """As the function that was given.

        Raises:
            CitewiseError: it cannot be opened, or the window is closed already.
        """
        assistant = self._open(settings, progress)
        with self._lock:
            if not self._closed:
                self._assistants.append(assistant)
                return assistant
        assistant.close()
        raise CitewiseError("the window was closed while its library was opened")

    def close(self) -> None:
        """Close them all; whatever is opened later is closed at once."""
        with self._lock:
            self._closed = True
            assistants, self._assistants = self._assistants, []
        for assistant in assistants:
            assistant.close()


def _end_together(app: FastAPI, demo: gr.Blocks, close: Callable[[], None]) -> None:
    """Let the page end with the app: its open streams as soon as the server is told to end, the rest when the app has ended."""
    around = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(of: Any) -> AsyncIterator[Any]:
        watching = asyncio.create_task(_end_streams(demo))
        try:
            async with around(of) as state:
                yield state
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            demo.close(verbose=False)
            close()

    app.router.lifespan_context = lifespan


async def _end_streams(demo: gr.Blocks) -> None:
    """Each open page holds a connection as a sign of life. Uvicorn waits for it to end before it tells anybody that it is to end; but
    it can be asked, since it handles the signals itself."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    while server is not None and not getattr(server, "should_exit", True):
        await asyncio.sleep(_LOOK_SECONDS)
    if getattr(server, "should_exit", False):
        demo.app.stop_event.set()
