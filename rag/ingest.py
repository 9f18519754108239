"""Files -> library: read, compare with what is there, chunk, embed, store, publish the vector index.

Owns: the order of these steps and the report of what happened. Each batch is one transaction, so an ingest that is
interrupted keeps its finished batches and goes on from there when it is run again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from rag.chunking import embedded_text, sentences, windows
from rag.domain import Paper, Rejected, Span
from rag.embedding import Embedder, Matrix
from rag.library import Chunked, Library
from rag.readers import read_papers
from rag.rows import record_hash, text_hash

BATCH_PAPERS = 128
Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding", "indexing"), the number done, and the total (0: not known)."""


@dataclass(frozen=True, slots=True)
class FileRejected:
    """A rejected record and the file it stands in."""

    file: Path
    record: Rejected


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did. Paper ids, and the records that were refused with the reason."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    rejected: tuple[FileRejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do: papers to embed and store, papers of which only details changed, and the report so far."""

    texts: tuple[Paper, ...]
    details: tuple[Paper, ...]
    report: IngestReport


def read_files(files: Sequence[Path], progress: Progress | None = None) -> tuple[list[Paper], list[FileRejected]]:
    """All papers of the files, and the records that cannot be read.

    Within one file an id stands for one text: a second record of the same id with another text is rejected.

    Raises:
        SourceError: a file as a whole cannot be read; nothing has been stored then.
    """
    papers: list[Paper] = []
    rejected: list[FileRejected] = []
    for file in files:
        in_file: dict[str, Paper] = {}
        for record in read_papers(file):
            if isinstance(record, Rejected):
                rejected.append(FileRejected(file, record))
                continue
            first = in_file.setdefault(record.id, record)
            if text_hash(first.title, first.abstract) != text_hash(record.title, record.abstract):
                reason = f"id {record.id!r} is already used in this file for another text ({first.title[:60]!r})"
                rejected.append(FileRejected(file, Rejected(0, reason, record.title)))
                continue
            if first is record:
                papers.append(record)
            if progress and len(papers) % 1_000 == 0:
                progress("reading", len(papers), 0)
    return papers, rejected


def plan(library: Library, papers: Iterable[Paper], rejected: Sequence[FileRejected]) -> Plan:
    """Compare papers with the library. The last record of an id wins where several files have it."""
    latest = {paper.id: paper for paper in papers}
    known = library.known()
    added: list[str] = []
    updated: list[str] = []
    unchanged: list[str] = []
    texts: list[Paper] = []
    details: list[Paper] = []
    for paper in latest.values():
        before = known.get(paper.id)
        if before is None:
            added.append(paper.id)
            texts.append(paper)
        elif before[0] == record_hash(paper):
            unchanged.append(paper.id)
        else:
            updated.append(paper.id)
            (details if before[1] == text_hash(paper.title, paper.abstract) else texts).append(paper)
    report = IngestReport(tuple(added), tuple(updated), tuple(unchanged), tuple(rejected))
    return Plan(tuple(texts), tuple(details), report)


def store(
    library: Library, work: Plan, load_embedder: Callable[[], Embedder], progress: Progress | None = None
) -> None:
    """Carry out a plan, a transaction a batch. The caller publishes the vector index afterwards."""
    if work.details:
        library.put_details(work.details)
    if not work.texts:
        return
    embedder = load_embedder()
    done = 0
    if progress:
        progress("embedding", 0, len(work.texts))
    for batch in _batched(work.texts, BATCH_PAPERS):
        library.put(_chunked(batch, embedder))
        done += len(batch)
        if progress:
            progress("embedding", done, len(work.texts))


def _batched(papers: Sequence[Paper], size: int) -> Iterator[list[Paper]]:
    iterator = iter(papers)
    while batch := list(islice(iterator, size)):
        yield batch


def _chunked(batch: Sequence[Paper], embedder: Embedder) -> list[Chunked]:
    in_sentences = [sentences(paper.abstract) for paper in batch]
    in_windows = [windows(spans) for spans in in_sentences]
    window_rows = embedder.embed_passages(
        [embedded_text(paper.title, text) for paper, text in _texts(batch, in_windows)]
    )
    sentence_rows = embedder.embed_passages([text for _, text in _texts(batch, in_sentences)])
    return [
        Chunked(paper, spans, rows, in_window, window_matrix)
        for paper, spans, rows, in_window, window_matrix in zip(
            batch,
            in_sentences,
            _dealt(sentence_rows, in_sentences),
            in_windows,
            _dealt(window_rows, in_windows),
            strict=True,
        )
    ]


def _texts(batch: Sequence[Paper], spans: Sequence[Sequence[Span]]) -> Iterator[tuple[Paper, str]]:
    return ((paper, span.of(paper.abstract)) for paper, of_paper in zip(batch, spans, strict=True) for span in of_paper)


def _dealt(rows: Matrix, spans: Sequence[Sequence[Span]]) -> list[Matrix]:
    """The rows of all papers, dealt out to each."""
    ends = np.cumsum([len(of_paper) for of_paper in spans])
    return np.split(rows, ends[:-1])
