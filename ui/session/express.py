"""Which questions need not wait for the models: those whose answers are kept.

A guess that costs nothing, for the event loop: whoever answers looks again.
"""

from collections.abc import Callable
from typing import Any

from rag.core.errors import RequestRefused
from ui.session.shelves import Shelves
from ui.session.turns import Request, history_messages, request_of


def answered_before(shelves: Shelves) -> Callable[[str, Any], bool]:
    """Whether the answer to a question is there: asked of a whole library by the page ("", what it sent) or by a program ("ask", the
    values of the call)."""

    def is_there(endpoint: str, sent: Any) -> bool:
        if endpoint not in ("", "ask"):
            return False
        try:
            asked = request_of(sent) if not endpoint else _of_call(sent)
            if asked is None or asked.filter:
                return False
            loader = shelves.loader(asked.library)
        except RequestRefused:  # whoever answers says why
            return False
        if loader.opened is None or not loader.wait(0):  # nothing here may wait for an opening
            return False
        return loader.asking().is_there(asked.question, history_messages(asked.history), asked.mode, asked.papers)

    return is_there


def _of_call(values: Any) -> Request | None:
    """The question of a call of the endpoint `ask`."""
    question, history, chosen, library = [*values, None, None, None, None][:4]
    if not isinstance(question, str):
        return None
    history = history if isinstance(history, list) else []
    return Request(
        id="call", run="call", question=question, papers=None, history=history, filter=chosen, library=library
    )
