"""The HTTP endpoints `ask`, `search` and `papers`: the same records as on the page, as JSON.

Knows nothing of the page. A wrong question or a library that is not there reaches the caller as the error's message.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.events import api

from rag.core.errors import CitewiseError, RequestRefused
from rag.output import to_json
from rag.output.filter_json import filter_of, with_filter
from ui.session.asking import is_kept
from ui.session.limits import QuestionRate
from ui.session.line import Line, asker
from ui.session.shelves import Shelves
from ui.session.turns import history_messages


def add_endpoints(shelves: Shelves, rate: QuestionRate, line: Line, concurrency_id: str) -> None:
    """Add the endpoints to the Blocks that is being built; they take turns with whatever has this concurrency id."""

    def ask(
        question: str,
        history: list[dict[str, Any]] | None = None,
        filter: dict[str, Any] | None = None,
        library: str | None = None,
        request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the library's abstracts, with exact citations.

        Args:
            question: up to 4,000 characters.
            history: what was said before, oldest first: [{"role": "user" or "assistant", "content": text}, ...]; the last 20 count. A
                message may name the papers that an answer cites, "cited": [ids], so that a follow-up needs no quotation marks.
            filter: which papers are asked: {"from_year": 2018, "to_year": 2022, "authors": [names], "venues": [names], "sources":
                [names of files], "ids": [identifiers], "text": words, "added_since": time}, all or some. Of several values in a list
                one is enough; all fields must hold. Without it the whole library is asked.
            library: which library is asked where the window has several, by its name; without it the first one.

        Returns:
            What `citewise ask --json` prints: outcome (answered, partial, nearest, declined), origin (abstracts, records, guide),
            answer, sentences with their citations, about (the ids of the papers that a follow-up is taken to be about; none where the
            whole library was asked), the filter where there was one, ...
        """
        with (
            _reported(rate, line, request),
            shelves.using(library) as loader,
            line.timed(loader.opened is not None),
            loader.suggestions().reader(),
        ):
            chosen = filter_of(filter)
            answer = loader.asking(chosen).ask(_text(question), history_messages(history))
            if request is not None and is_kept(answer):
                rate.release(asker(request))  # it cost nothing
            return with_filter(to_json.answer_json(answer), chosen)

    def search(
        words: str,
        filter: dict[str, Any] | None = None,
        library: str | None = None,
        request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """The ten papers that best match these words, best first.

        Args:
            words: a question or just words.
            filter: which papers are looked through, as for `ask`.
            library: which library, as for `ask`.

        Returns:
            What `citewise search --json` prints: the question, papers with their scores, and the filter where there was one.
        """
        with _reported(rate, line, request), shelves.using(library) as loader, line.timed(loader.opened is not None):
            chosen = filter_of(filter)
            assistant = loader.assistant().over(chosen)
            hits = assistant.search(_text(words))
            return with_filter(to_json.search_json(words, hits, assistant.notice), chosen)

    def papers(
        filter: dict[str, Any] | None = None,
        library: str | None = None,
        request: gr.Request | None = None,
    ) -> list[dict[str, Any]]:
        """All papers of the library, or those that a filter chooses.

        Args:
            filter: as for `ask`.
            library: which library, as for `ask`.

        Returns:
            The objects that `citewise papers --json` prints a line each, without their `versions`.
        """
        with _reported(rate, line, request), shelves.using(library) as loader, line.timed(loader.opened is not None):
            return [to_json.paper_json(paper) for paper in loader.assistant().over(filter_of(filter)).papers()]

    endpoints: list[Callable[..., Any]] = [ask, search, papers]
    for endpoint in endpoints:
        api(endpoint, api_name=endpoint.__name__, concurrency_id=concurrency_id)


def _text(sent: Any) -> str:
    """The question that was sent.

    Raises:
        RequestRefused: it is no text.
    """
    if not isinstance(sent, str):
        raise RequestRefused("the question must be text in quotation marks")
    return sent


@contextmanager
def _reported(rate: QuestionRate, line: Line, request: gr.Request | None) -> Iterator[None]:
    """One call counted that had a place in the line; errors raised on purpose as gradio's, which it passes on to the caller."""
    try:
        line.check()
        if request is not None:
            rate.take(asker(request))
        yield
    except CitewiseError as error:
        raise gr.Error(str(error), print_exception=False) from error
