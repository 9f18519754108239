"""The look-ups of a window with several libraries: each library has its own, and what a page sends says which one is meant.

Knows nothing of what is looked up.
"""

import threading
from collections.abc import Callable
from typing import Any

import gradio as gr

from rag.core.errors import CitewiseError
from ui.session.lookups import Lookups, Sent
from ui.session.shelves import Shelves
from ui.views.words import sentence

Function = Callable[[Any, gr.Request], Sent]


class ShelvedLookups:
    """The look-ups of all libraries as one. Any thread may call them."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._lock = threading.Lock()
        self._functions: dict[str, dict[str, Function]] = {}

    def functions(self) -> list[Callable[..., Any]]:
        """As gradio's component servers, by the names that those of one library have."""
        return [self._picking(name) for name in self._of(self._shelves.names[0])]

    def _of(self, library: str) -> dict[str, Function]:
        with self._lock:
            if library not in self._functions:
                own = Lookups(self._shelves.loader(library), self._shelves.settings(library))
                self._functions[library] = {one.__name__: one for one in own.functions()}
            return self._functions[library]

    def _picking(self, name: str) -> Function:
        def run(sent: Any, request: gr.Request) -> Sent:
            try:
                library = self._shelves.name(sent.get("library") if isinstance(sent, dict) else None)
                with self._shelves.using(library):
                    return self._of(library)[name](sent, request)
            except CitewiseError as error:
                return {"error": sentence(str(error))}

        run.__name__ = name
        return run
