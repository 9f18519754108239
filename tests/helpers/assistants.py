"""Assistants of a test's own, around the parts of the shared one, so that no test changes that one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rag.answer.assistant import Assistant
from rag.answer.written import Composer
from rag.core.domain import Paper
from rag.core.settings import Settings
from rag.ingest.pipeline import plan, store
from rag.library.publishing import publish
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from rag.search.late_interaction import LateInteraction
from rag.search.reranker import LATE_WEIGHT, Reranker


class Lent(Assistant):
    """Closing it leaves the parts open for the others that use them."""

    def close(self) -> None:
        pass


def around(shared: Assistant, composer: Composer | None = None, **settings: Any) -> Assistant:
    """An assistant over the library and models of `shared`, with a writer or settings of its own."""
    return Lent(
        shared.library,
        shared.retriever,
        shared._reranker,
        shared._finder,
        Settings(**settings),
        shared.description,
        composer,
    )


@contextmanager
def over(shared: Assistant, folder: Path, papers: list[Paper]) -> Iterator[Assistant]:
    """An assistant over a new library in `folder` with these papers, with the models of `shared`."""
    embedder = shared.retriever.embedder
    with Library.writing(folder, embedder.identity) as writing:
        store(writing, plan(writing, papers, ()), lambda: embedder)
        publish(writing)
    library = Library.reading(folder)
    retriever = HybridRetriever(library, embedder)
    reranker = Reranker(LateInteraction(embedder), late_weight=LATE_WEIGHT)
    assistant = Assistant(library, retriever, reranker, shared._finder, Settings(), shared.description)
    with closing(assistant):
        yield assistant
