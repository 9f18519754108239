"""Assistants of a test's own, around the parts of the shared one, so that no test changes that one."""

import copy
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

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
from rag.search.searcher import Searcher

SPEEDUP = "What speedup does DeepCache reach for Stable Diffusion v1.5?"
OFF_TOPIC = "How are islands made by volcanoes below the sea?"
"""Questions to the seed papers whose answers several tests look at (`asked`)."""


class Lent(Assistant):
    """Closing it leaves the parts open for the others that use them."""

    def close(self) -> None:
        pass


def around(shared: Assistant, composer: Composer | None = None) -> Assistant:
    """An assistant over the library and models of `shared`, with a writer of its own."""
    return Lent(
        shared.searcher,
        shared._ranker,
        shared._models,
        shared.description,
        max_quotes=Settings().max_quotes,
        composer=composer,
    )


def searching(shared: Assistant) -> Searcher:
    """The searcher of `shared`, which closing leaves open for the others that use it."""
    lent = copy.copy(shared.searcher)
    lent.close = lambda: None  # type: ignore[method-assign]
    return lent


@contextmanager
def over(shared: Assistant, folder: Path, papers: list[Paper], composer: Composer | None = None) -> Iterator[Assistant]:
    """An assistant over a new library in `folder` with these papers, with the models of `shared` and a writer of its own."""
    embedder, settings = shared.searcher.retriever.embedder, Settings()
    with Library.open_for_writing(folder, embedder.identity) as writing:
        store(writing, plan(writing, papers, ()), lambda: embedder)
        publish(writing)
    library = Library.open(folder)
    reranker = Reranker(LateInteraction(embedder), late_weight=LATE_WEIGHT)
    retriever = HybridRetriever(library, embedder)
    searcher = Searcher(library, retriever, reranker, settings.max_question_chars, shared.searcher.description)
    assistant = Assistant(
        searcher,
        shared._ranker,
        shared._models,
        shared.description,
        max_quotes=settings.max_quotes,
        composer=composer,
    )
    with closing(assistant):
        yield assistant
