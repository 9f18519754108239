"""An assistant that is asked of some papers of its library only, so that a question can lose the paper that answers it."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rag.answer.assistant import Assistant
from rag.question.follow_up import Query


def within(assistant: Assistant, ids: tuple[str, ...]) -> Assistant:
    """The assistant over these papers of its library only; a question that means papers of its own keeps to these."""
    searcher = copy.copy(assistant.searcher)
    understand = searcher.understand

    def among(question: str, history: Sequence[Any] = ()) -> Query:
        query = understand(question, history)
        return replace(query, within=ids) if query.within is None else query

    searcher.understand = among  # type: ignore[method-assign]
    other = copy.copy(assistant)
    other.searcher = searcher
    return other
