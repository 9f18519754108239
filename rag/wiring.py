"""The composition root: the only place that turns `Settings` into running parts.

The command line, the window and the evals all build the assistant here. Heavy libraries are imported inside the functions,
so that importing this module is light.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.models import choose_device, find_model
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.assistant import Assistant, Searcher
    from rag.checking import Checker
    from rag.embedding import Embedder
    from rag.ingest import IngestReport, Progress
    from rag.library import Library
    from rag.reranking import Reranker
    from rag.retrieval import HybridRetriever

Report = Callable[[str], None]


def _silent(_: str) -> None:
    pass


def open_embedder(settings: Settings, report: Report = _silent) -> "Embedder":
    """The embedder named in the settings.

    Raises:
        ModelError: it cannot be found, is damaged, or of a kind that citewise cannot run.
    """
    report("Loading the embedder")
    from rag.embedding import TransformerEmbedder

    files = find_model(settings.embedder, settings.cache, report)
    return TransformerEmbedder(files, choose_device(settings.device))


def open_searcher(settings: Settings, progress: Report | None = None) -> "Searcher":
    """What finds papers, without the LLM. `progress` gets a line of text before each slow step.

    Raises:
        LibraryError, ModelError, VectorIndexError: with what to do.
    """
    report = progress or _silent
    with _library_and_retriever(settings, report) as (library, retriever, description):
        from rag.assistant import Searcher

        reranker = _reranker(settings, retriever.embedder, report)
        return Searcher(library, retriever, reranker, settings.max_question_chars, description)


def open_assistant(settings: Settings, progress: Report | None = None) -> "Assistant":
    """The assistant: library, embedder, retriever and reader. `progress` gets a line of text before each slow step.

    Raises:
        LibraryError, ModelError, VectorIndexError, PromptError: with what to do.
    """
    report = progress or _silent
    with _library_and_retriever(settings, report) as (library, retriever, description):
        from rag.assistant import Assistant
        from rag.reading import EvidenceFinder

        files = find_model(settings.reader, settings.cache, report)
        report("Loading the reader")
        from rag.likelihood import LikelihoodReader

        reader = LikelihoodReader(files, choose_device(settings.device, reading=True))
        finder = EvidenceFinder(
            retriever.embedder, reader, papers=settings.read_papers, sentences=settings.read_sentences
        )
        description |= {
            "reader": settings.reader,
            "reader_sha256": files.sha256,
            "prompt_sha256": reader.prompt.sha256,
            "mode": "quote",
        }
        reranker = _reranker(settings, retriever.embedder, report)
        return Assistant(library, retriever, reranker, finder, settings, description)


def open_checker(settings: Settings, embedder: "Embedder", report: Report = _silent) -> "Checker":
    """The checker, with an entailment model where one is named in the settings.

    Raises:
        ModelError: the entailment model cannot be found, or is of another kind.
    """
    from rag.checking import Checker

    if settings.entailment == "none":
        return Checker(embedder)
    report("Loading the entailment model")
    from rag.entailment import TransformerEntailment

    files = find_model(settings.entailment, settings.cache, report)
    return Checker(embedder, TransformerEntailment(files, choose_device(settings.device)))


def _reranker(settings: Settings, embedder: "Embedder", report: Report) -> "Reranker":
    """The single retrievers are baselines: their order is kept."""
    from rag.interaction import LateInteraction
    from rag.reranking import LATE_WEIGHT, Reranker, TransformerCrossEncoder

    late = LateInteraction(embedder)
    if settings.reranker == "none" or settings.retriever != "hybrid":
        return Reranker(late, late_weight=0.0)
    if settings.reranker == "late":
        return Reranker(late, late_weight=LATE_WEIGHT)
    report("Loading the reranker")
    files = find_model(settings.reranker, settings.cache, report)
    return Reranker(late, late_weight=LATE_WEIGHT, cross=TransformerCrossEncoder(files, choose_device(settings.device)))


@contextmanager
def _library_and_retriever(
    settings: Settings, report: Report
) -> "Iterator[tuple[Library, HybridRetriever, dict[str, str]]]":
    """They stay open where the body succeeds, and are closed where it fails."""
    report("Opening the library")
    from rag.library import Library

    library = Library.reading(settings.library)
    try:
        embedder = open_embedder(settings, report)
        from rag.retrieval import FUSIONS, HybridRetriever

        description = {
            "embedder": embedder.identity.name,
            "embedder_sha256": embedder.identity.sha256,
            "device": choose_device(settings.device).name,
        }
        yield library, HybridRetriever(library, embedder, fusion=FUSIONS[settings.retriever]), description
    except BaseException:
        library.close()
        raise


def ingest_files(settings: Settings, files: Sequence[Path], progress: "Progress | None" = None) -> "IngestReport":
    """Add files to the library named in the settings, making it where there is none.

    Files are read before anything is loaded or written, so a bad file costs nothing.

    Raises:
        SourceError: a file as a whole cannot be read; nothing was stored.
        LibraryError, ModelError, VectorIndexError: what was stored before stays.
    """
    from rag import ingest, publishing
    from rag.embedding import identity_of
    from rag.library import Library

    papers, rejected = ingest.read_files(files, progress)
    identity = identity_of(find_model(settings.embedder, settings.cache))
    with Library.writing(settings.library, identity) as library:
        work = ingest.plan(library, papers, rejected)
        # Loading the network takes seconds; where nothing is to be embedded, it is not loaded.
        ingest.store(library, work, lambda: open_embedder(settings), progress)
        publishing.publish(library, None if progress is None else partial(progress, "indexing"))
    return work.report
