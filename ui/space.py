"""citewise as a Hugging Face Space: a fresh machine without a library, which fills it from the seed files first.

Owns nothing but that order of things. Address and port are gradio's own business there (`GRADIO_SERVER_NAME`).
"""

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from rag.core.errors import LibraryMissing
from rag.core.settings import Settings
from ui.app import build_app, launch_options, open_assistant
from ui.session.loading import Answerer

SEEDS = Path(__file__).parent.parent / "seeds"


def open_seeded(settings: Settings, progress: Callable[[str], None] | None = None) -> Answerer:
    """The assistant over the library; where there is no library yet, the seed files fill one first."""
    try:
        return open_assistant(settings, progress)
    except LibraryMissing:
        from rag.wiring import ingest_files

        if progress is not None:
            progress("Reading the seed papers")
        ingest_files(settings, sorted(SEEDS.glob("*.txt")))
        return open_assistant(settings, progress)


def build_demo() -> gr.Blocks:
    """The page with the settings of the environment; loading starts in the background."""
    return build_app(Settings.load(), open_seeded, host=None)


def launch_demo(demo: gr.Blocks) -> None:
    """Serve the page until the process is stopped."""
    demo.launch(**launch_options(Settings.load(), host=None))
