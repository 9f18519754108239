"""The composition root: the only place that turns `Settings` into running parts.

The command line, the window and the evals all build the assistant here. Heavy libraries are imported inside the functions,
so that importing this module is light.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rag.core.errors import IngestStopped, LibraryMissing
from rag.core.settings import Settings
from rag.models import memory
from rag.models.find import choose_device, find_model
from rag.wiring_writers import Report, open_composer, silent

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant
    from rag.ingest.pipeline import Progress
    from rag.ingest.report import IngestReport
    from rag.library.merges import Split
    from rag.library.store import Library
    from rag.models.embedder import Embedder
    from rag.search.reranker import Reranker
    from rag.search.searcher import Searcher


def open_embedder(settings: Settings, report: Report = silent) -> "Embedder":
    """The embedder named in the settings.

    Raises:
        ModelError: it cannot be found, is damaged, or of a kind that citewise cannot run.
    """
    report("Loading the model that finds papers")
    from rag.models.embedder import TransformerEmbedder
    from rag.models.prefixes import recipe_of

    files = find_model(settings.embedder, settings.cache, report)
    recipe = recipe_of(files, settings.query_prefix, settings.passage_prefix)
    return TransformerEmbedder(files, choose_device(settings.device), recipe)


def open_searcher(settings: Settings, progress: Report | None = None) -> "Searcher":
    """What finds papers, without the LLM. `progress` gets a line of text before each slow step.

    Raises:
        LibraryError, ModelError, VectorIndexError: with what to do.
    """
    with _searcher(settings, progress or silent) as searcher:
        return searcher


def open_assistant(settings: Settings, progress: Report | None = None) -> "Assistant":
    """The assistant: searcher, reader, fitted models, and a writer where there is one. `progress` gets a line of text before each slow
    step.

    Raises:
        LibraryError, ModelError, VectorIndexError, PromptError, FittedModelError: with what to do.
    """
    report = progress or silent
    with _searcher(settings, report) as searcher:
        from rag.answer.assistant import Assistant
        from rag.answer.quoting import FittedModels
        from rag.core.logistic import load_logistic, load_weights
        from rag.evidence.ranking import SentenceRanker
        from rag.evidence.roles import load_roles
        from rag.models.writer import described

        files = find_model(settings.reader, settings.cache, report)
        report("Loading the model that reads")
        from rag.models.readers import kind_of, open_reader

        kind = kind_of(files)
        reader = open_reader(files, choose_device(settings.device, bfloat16_on_cpu=True))
        embedder = searcher.retriever.embedder
        ranker = SentenceRanker(
            embedder, reader, load_weights(kind.ranking), papers=settings.read_papers, sentences=settings.read_sentences
        )
        composer, reason = open_composer(settings, embedder, report)
        description = {
            **searcher.description,
            "reader": settings.reader,
            "reader_sha256": files.sha256,
            "reads": kind.name,
            **reader.description,
            "mode": "write" if composer and composer.writer.name else "quote",
            "mode_reason": reason,
        }
        if composer:
            description |= {**described(composer.writer), "write_prompt_sha256": composer.prompt.sha256}
        assistant = Assistant(
            searcher,
            ranker,
            FittedModels(
                load_logistic(kind.answerability), load_logistic("choosing"), load_logistic("listing"), load_roles()
            ),
            description,
            max_quotes=settings.max_quotes,
            mode=settings.mode,
            composer=composer,
        )
        assistant.prepare()
        return assistant


def open_beside(assistant: "Assistant", settings: Settings) -> "Assistant":
    """The models of an assistant over another library, the one named in the settings; none is loaded anew. Closing it leaves the first
    one open.

    Raises:
        LibraryError, VectorIndexError: with what to do.
    """
    from rag.library.chroma_server import server_of
    from rag.library.store import Library
    from rag.search.hybrid import FUSIONS, HybridRetriever
    from rag.search.spelling import Speller

    embedder = assistant.searcher.retriever.embedder
    with ExitStack() as on_failure:
        library = Library.open(settings.library)
        on_failure.callback(library.close)
        retriever = HybridRetriever(library, embedder, fusion=FUSIONS[settings.retriever], server=server_of(settings))
        on_failure.callback(retriever.close)
        other = assistant.beside(assistant.searcher.beside(library, retriever, Speller(library, embedder.knows)))
        other.prepare()
        on_failure.pop_all()
    return other


def _reranker(settings: Settings, embedder: "Embedder", report: Report) -> "Reranker":
    """The single retrievers are baselines: their order is kept."""
    from rag.models.cross_encoder import TransformerCrossEncoder
    from rag.search.late_interaction import LateInteraction
    from rag.search.reranker import LATE_WEIGHT, Reranker

    late = LateInteraction(embedder)
    if settings.reranker == "none" or settings.retriever != "hybrid":
        return Reranker(late, late_weight=0.0)
    if settings.reranker == "late":
        return Reranker(late, late_weight=LATE_WEIGHT)
    report("Loading the model that ranks papers")
    files = find_model(settings.reranker, settings.cache, report)
    return Reranker(late, late_weight=LATE_WEIGHT, cross=TransformerCrossEncoder(files, choose_device(settings.device)))


@contextmanager
def _searcher(settings: Settings, report: Report) -> "Iterator[Searcher]":
    """A searcher that stays open where the body succeeds, and is closed where something fails."""
    memory.set_bounds()
    report("Opening the library")
    from rag.library.chroma_server import server_of
    from rag.library.store import Library

    with ExitStack() as on_failure:
        library = Library.open(settings.library)
        on_failure.callback(library.close)
        embedder = open_embedder(settings, report)
        from rag.core.logistic import load_logistic
        from rag.search.hybrid import FUSIONS, HybridRetriever
        from rag.search.searcher import Searcher
        from rag.search.spelling import Speller

        description = {
            "embedder": embedder.identity.name,
            "embedder_sha256": embedder.identity.sha256,
            "device": choose_device(settings.device).name,
        }
        retriever = HybridRetriever(library, embedder, fusion=FUSIONS[settings.retriever], server=server_of(settings))
        on_failure.callback(retriever.close)
        reranker = _reranker(settings, embedder, report)
        speller = Speller(library, embedder.knows)
        follow_ups = load_logistic("follow_ups")
        yield Searcher(library, retriever, reranker, settings.max_question_chars, description, follow_ups, speller)
        on_failure.pop_all()


def ingest_files(
    settings: Settings,
    files: Sequence[Path],
    progress: "Progress | None" = None,
    *,
    dry_run: bool = False,
    names: Mapping[Path, str] = MappingProxyType({}),
    at_once: int = 0,
) -> "IngestReport":
    """Add files to the library named in the settings, making it where there is none, and write the report beside it.

    Files are read before anything is loaded or written, so a bad file costs nothing; where no record can be read, no library is made.
    A file that has not changed since all of it was taken in is not read. With `dry_run` nothing is written at all, and nothing loaded.

    Args:
        settings: of the library and the embedder.
        files: what `rag.ingest.inputs` takes.
        progress: may raise IngestStopped at any step but "indexing"; the batches that are stored by then stay, with an index.
        dry_run: see above.
        names: what files are called before people and in the library, where that is not their path.
        at_once: most papers of a batch; 0 for as many as is quickest.

    Raises:
        IngestStopped: `progress` raised it.
        SourceError: a file that is named is missing, or none of papers; nothing was stored.
        LibraryError, ModelError, VectorIndexError: what was stored before stays.
    """
    from rag.ingest import pipeline
    from rag.ingest.spool import enough_space
    from rag.library import indexes
    from rag.library.chroma_server import server_of
    from rag.library.files import removed_if_empty
    from rag.library.store import Library
    from rag.models.embedder import identity_of
    from rag.models.prefixes import recipe_of
    from rag.output.ingest_report import write_report

    server = server_of(settings)
    work = pipeline.Planned()
    with enough_space():
        with _library_as_it_is(settings.library) as library:
            known = library.sources.unchanged if library else lambda _: None
            work.read(pipeline.read_each(files, known, progress, names))
            if dry_run:
                work.plan(library or pipeline.NoLibrary(), progress)
            current = library is None or indexes.is_up_to_date(library, server)
        if dry_run or (work.is_nothing and current):
            return work.report()
        weights = find_model(settings.embedder, settings.cache)
        identity = identity_of(weights, recipe_of(weights, settings.query_prefix, settings.passage_prefix))
        with removed_if_empty(settings.library), Library.open_for_writing(settings.library, identity) as library:
            work.plan(library, progress)
            # Loading the network takes seconds; where nothing is to be embedded, it is not loaded.
            most = at_once or pipeline.BATCH_PAPERS
            try:
                finish = pipeline.carry_out(
                    library, library.sources, work, lambda: open_embedder(settings), progress, most
                )
            except IngestStopped:
                indexes.publish(library, server)
                raise
            indexes.publish(library, server, None if progress is None else partial(progress, "indexing"))
            report = work.report()
            if library.count() and report.has_read:
                write_report(settings.library, report)
            finish()
    return report


@contextmanager
def _library_as_it_is(folder: Path) -> "Iterator[Library | None]":
    """The library, opened for reading; None where there is none."""
    from rag.library.store import Library

    try:
        library = Library.open(folder)
    except LibraryMissing:
        yield None
        return
    with closing(library):
        yield library


def undo_merge(settings: Settings, record_id: str, *, dry_run: bool = False, progress: Report | None = None) -> "Split":
    """Take a record out of the paper that it was merged into, for good; both are embedded anew and the index is published. `progress`
    gets a line of text before each slow step.

    Raises:
        NoSuchMerge: no paper was merged from this record and others.
        LibraryError, ModelError, VectorIndexError: nothing was changed, or the index alone is to be made.
    """
    from rag.ingest.chunks import embed_papers
    from rag.ingest.undo import halves
    from rag.library import indexes
    from rag.library.chroma_server import server_of
    from rag.library.merges import Split
    from rag.library.store import Library

    def planned(library: Library) -> Split:
        paper_id, alone, rest, apart = halves(library, record_id)
        return Split(paper_id, alone[0], rest[0], (alone[1], rest[1]), apart)

    with closing(Library.open(settings.library)) as library:
        work = planned(library)  # an id that nothing has does not wait for the model
    if dry_run:
        return work
    report = progress or silent
    embedder = open_embedder(settings, report)
    report("Reading both papers")
    with Library.open_for_writing(settings.library, embedder.identity) as library:
        work = planned(library)
        library.split(work, embed_papers([work.alone, work.rest], embedder, apart=library.reads_apart))
        report("Bringing the index up to date")
        indexes.publish(library, server_of(settings))
    return work
