"""citewise as a Hugging Face Space: a machine that is fresh at each start, perhaps with a GPU that is lent for each answer.

Owns the order of things there: the page is served before anything large is loaded, the library is filled before it is opened, and what
writes is known to the lender of the GPU before the page is served. Address and port are gradio's own business there
(`GRADIO_SERVER_NAME`).
"""

import threading
from collections.abc import Callable
from typing import Any

import gradio as gr

from rag.core.settings import Settings
from rag.core.space import lends_a_gpu
from ui.app import build_app, launch_options, open_assistant
from ui.opening import Opening
from ui.session.loading import Answerer
from ui.space_library import fill, settings_of_space

_PAGE_FIRST_SECONDS = 10.0
"""How long the loading waits for the page at most: on two cores each would hold up the other."""


def open_filled(settings: Settings, progress: Callable[[str], None] | None = None) -> Answerer:
    """The assistant over the library, which is filled before where it has to be."""
    fill(settings, progress or (lambda _: None))
    return open_assistant(settings, progress)


class Space:
    """The page with the settings of the environment, as `demo`.

    Args:
        gpu: `spaces.GPU`, where it is installed.
    """

    def __init__(self, gpu: Callable[..., Any] | None = None) -> None:
        self._settings = settings_of_space()
        self._served = threading.Event()
        if gpu is not None and lends_a_gpu():
            from rag.models.gpu_writer import lend

            lend(gpu)
        self.demo: gr.Blocks = build_app(self._settings, self._open, host=None)
        # With it, gradio's page asks Google for fonts and the hub for a header of its own, which covers ours.
        self.demo.space_id = None

    def launch(self, opening: Opening | None = None) -> None:
        """Serve the page until the process is stopped, in the place of the one that says that it is coming."""
        options = launch_options(self._settings, host=None) | {"prevent_thread_lock": True}
        if opening is not None:
            opening.close()
        self.demo.launch(**options)
        self._served.set()
        self.demo.block_thread()

    def _open(self, settings: Settings, progress: Callable[[str], None] | None = None) -> Answerer:
        self._served.wait(_PAGE_FIRST_SECONDS)
        return open_filled(settings, progress)
