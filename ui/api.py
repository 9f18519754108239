"""The HTTP endpoints `ask`, `search` and `papers`: the same records as on the page, as JSON.

Knows nothing of the page. A wrong question or a library that is not there reaches the caller as the error's message.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.events import api

from rag import jsonform
from rag.errors import CitewiseError
from ui.conversation import history_turns
from ui.loading import Loader


def add_endpoints(loader: Loader, concurrency_id: str) -> None:
    """Add the endpoints to the Blocks that is being built; they take turns with whatever has this concurrency id."""

    def ask(question: str, history: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Answer a question from the library's abstracts, with exact citations. History: [{role, content}, ...]."""
        with _reported():
            return jsonform.answer_json(loader.assistant().ask(question, history_turns(history)))

    def search(words: str) -> dict[str, Any]:
        """The papers that best match these words, best first."""
        with _reported():
            return {"question": words, "papers": [jsonform.hit_json(hit) for hit in loader.assistant().search(words)]}

    def papers() -> list[dict[str, Any]]:
        """All papers of the library."""
        with _reported():
            return [jsonform.paper_json(paper) for paper in loader.assistant().papers()]

    endpoints: list[Callable[..., Any]] = [ask, search, papers]
    for endpoint in endpoints:
        api(endpoint, api_name=endpoint.__name__, concurrency_id=concurrency_id)


@contextmanager
def _reported() -> Iterator[None]:
    """Errors raised on purpose as gradio's, which it passes on to the caller."""
    try:
        yield
    except CitewiseError as error:
        raise gr.Error(str(error), print_exception=False) from error
