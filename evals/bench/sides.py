"""What a benchmark measures: for each part the work of citewise and the same work by the naive stack.

Owns: the sides, each built in a process of its own, and what both read. The naive stack itself is `evals.bench.naive`.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from evals.bench.naive import Writer, naive_retriever
from rag.core.domain import Paper
from rag.core.sentences import embedded_text, sentences, windows
from rag.core.settings import Settings
from rag.ingest.formats import read_papers
from rag.library.store import Library
from rag.models.embedder import identity_of
from rag.models.find import choose_device, find_model
from rag.models.prefixes import recipe_of
from rag.models.weights import quiet_loading
from rag.wiring import ingest_files, open_assistant, open_embedder, open_searcher

Passages = Sequence[tuple[str, str]]
"""(title, text) pairs."""
Sample = Mapping[str, float]
"""One measurement: `ms`, and what else a side counts."""

NAIVE_BATCH = 32
NAIVE_RETRIEVED = 10
NAIVE_CONTEXT = 4


@dataclass(frozen=True, slots=True)
class Job:
    """What both sides work on. `passages`: for each question the sentences to read (part `read` only)."""

    settings: Settings
    folder: Path
    questions: tuple[str, ...] = ()
    passages: tuple[Passages, ...] = ()

    @property
    def corpus(self) -> Path:
        """The papers, as JSONL."""
        return self.folder / "corpus.jsonl"

    @property
    def warm_corpus(self) -> Path:
        """The first few of them."""
        return self.folder / "warm.jsonl"

    @property
    def chroma(self) -> Path:
        """The index of the naive stack."""
        return self.folder / "chroma"


class Side(Protocol):
    """A loaded side."""

    def warm(self) -> None:
        """Do a little of the work, unmeasured: first calls load libraries and fill caches."""
        ...

    def measure(self, item: int) -> Sample:
        """Do the work for one item: a question, or for `ingest` the whole corpus."""
        ...


def _clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    """(milliseconds, result)"""
    started = time.perf_counter()
    result = work()
    return (time.perf_counter() - started) * 1_000, result


class _Asking:
    """A side whose work is a function of a question's number; `count` reads further numbers off its result."""

    def __init__(self, work: Callable[[int], Any], count: Callable[[Any], Mapping[str, float]] | None = None) -> None:
        self._work = work
        self._count = count or (lambda _: {})

    def warm(self) -> None:
        self._work(0)

    def measure(self, item: int) -> Sample:
        ms, result = _clocked(lambda: self._work(item))
        return {"ms": ms, **self._count(result)}


# --- ingest -----------------------------------------------------------------------------------------------------


class _CitewiseIngest:
    """Into a new library each time, then the same file again. Loading the embedder is part of it, as for a user. With `apart` the
    library is one of before, whose windows are embedded by themselves."""

    def __init__(self, job: Job, *, apart: bool = False) -> None:
        self._job, self._apart = job, apart
        self._texts = float(len(_texts(job.corpus)))

    def warm(self) -> None:
        self._ingest(self._job.warm_corpus)

    def measure(self, item: int) -> Sample:
        first, again, cpu = self._ingest(self._job.corpus)
        return {"ms": first, "reingest_ms": again, "cpu_ms": cpu, "texts": self._texts}

    def _ingest(self, file: Path) -> tuple[float, float, float]:
        library = self._job.folder / ("ingested-apart" if self._apart else "ingested")
        settings = self._job.settings.model_copy(update={"library": library})
        _make_library(settings, "apart" if self._apart else "of sentences")
        started = time.process_time()
        first, _ = _clocked(lambda: ingest_files(settings, [file]))
        cpu = (time.process_time() - started) * 1_000
        again, _ = _clocked(lambda: ingest_files(settings, [file]))
        shutil.rmtree(library)
        return first, again, cpu


def _make_library(settings: Settings, windows: str) -> None:
    """An empty library whose windows are embedded in one of the two ways, however many papers come."""
    files = find_model(settings.embedder, settings.cache)
    identity = identity_of(files, recipe_of(files, settings.query_prefix, settings.passage_prefix))
    with Library.open_for_writing(settings.library, identity) as library, library.changing() as connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('windows', ?)", (windows,))


def _citewise_apart(job: Job) -> Side:
    return _CitewiseIngest(job, apart=True)


class _NaiveIngest:
    """Vectors of the same texts, kept in memory. Loading the model is part of it, as it is on the other side."""

    def __init__(self, job: Job) -> None:
        self._folder = find_model(job.settings.embedder, job.settings.cache).folder
        self._device = choose_device(job.settings.device).name
        self._few, self._all = _texts(job.warm_corpus), _texts(job.corpus)

    def warm(self) -> None:
        self._encode(self._few)

    def measure(self, item: int) -> Sample:
        started = time.process_time()
        ms, _ = _clocked(lambda: self._encode(self._all))
        return {"ms": ms, "cpu_ms": (time.process_time() - started) * 1_000, "texts": float(len(self._all))}

    def _encode(self, texts: Sequence[str]) -> Any:
        from sentence_transformers import SentenceTransformer

        with quiet_loading():
            model = SentenceTransformer(str(self._folder), device=self._device, local_files_only=True)
        return model.encode(list(texts), batch_size=NAIVE_BATCH, show_progress_bar=False)


def _texts(corpus: Path) -> list[str]:
    """All that citewise embeds of a corpus: windows with their titles, and sentences."""
    texts: list[str] = []
    for paper in read_papers(corpus):
        if isinstance(paper, Paper):
            spans = sentences(paper.abstract)
            texts += [embedded_text(paper.title, span.of(paper.abstract)) for span in windows(spans)]
            texts += [span.of(paper.abstract) for span in spans]
    return texts


# --- retrieve ---------------------------------------------------------------------------------------------------


def _citewise_retrieve(job: Job) -> Side:
    retriever = open_searcher(job.settings).retriever
    return _Asking(lambda item: retriever.retrieve(job.questions[item]))


def _naive_retrieve(job: Job) -> Side:
    retriever = naive_retriever(job.chroma, open_embedder(job.settings), NAIVE_RETRIEVED)
    return _Asking(lambda item: retriever.retrieve(job.questions[item]))


# --- read -------------------------------------------------------------------------------------------------------


def candidate_sentences(job: Job) -> Job:
    """The job with, for each question, the sentences nearest to it among those of the papers found."""
    searcher = open_searcher(job.settings)
    embedder = open_embedder(job.settings)
    of_questions: list[Passages] = []
    for question in job.questions:
        hits = {hit.paper.id: hit.paper for hit in searcher.search(question, job.settings.read_papers)}
        candidates, rows = searcher.library.sentences(hits)
        cosines = (rows @ embedder.embed_question(question)).tolist()
        nearest = sorted(range(len(candidates)), key=lambda i: -cosines[i])[: job.settings.read_sentences]
        papers = [(hits[candidates[i].paper_id], candidates[i].span) for i in nearest]
        of_questions.append([(paper.title, span.of(paper.abstract)) for paper, span in papers])
    searcher.close()
    return replace(job, passages=tuple(of_questions))


def _citewise_read(job: Job) -> Side:
    from rag.models.readers import open_reader

    files = find_model(job.settings.reader, job.settings.cache)
    reader = open_reader(files, choose_device(job.settings.device, bfloat16_on_cpu=True))
    return _Asking(lambda item: list(reader.score_in_batches(job.questions[item], job.passages[item])))


def _naive_read(job: Job) -> Side:
    writer = Writer(job.settings)
    return _Asking(lambda item: writer.write(job.questions[item], job.passages[item]), _new_tokens)


def _new_tokens(tokens: Sequence[int]) -> Mapping[str, float]:
    return {"new_tokens": float(len(tokens))}


# --- chat -------------------------------------------------------------------------------------------------------


def _citewise_chat(job: Job) -> Side:
    assistant = open_assistant(job.settings)
    return _Asking(lambda item: assistant.ask(job.questions[item]))


def _naive_chat(job: Job) -> Side:
    retriever = naive_retriever(job.chroma, open_embedder(job.settings), NAIVE_CONTEXT)
    writer = Writer(job.settings)

    def answer(item: int) -> list[int]:
        nodes = [hit.node for hit in retriever.retrieve(job.questions[item])]
        return writer.write(job.questions[item], [(node.metadata["title"], node.text) for node in nodes])

    return _Asking(answer, _new_tokens)


SIDES: dict[str, dict[str, Callable[[Job], Side]]] = {
    "ingest": {"citewise": _CitewiseIngest, "baseline": _NaiveIngest, "apart": _citewise_apart},
    "retrieve": {"citewise": _citewise_retrieve, "baseline": _naive_retrieve},
    "read": {"citewise": _citewise_read, "baseline": _naive_read},
    "chat": {"citewise": _citewise_chat, "baseline": _naive_chat},
}
