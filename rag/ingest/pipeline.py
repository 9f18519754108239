"""Files -> library: read, compare with what is there, cut into sentences, embed, store.

Owns: the order of these steps and the report of what happened. Each batch is one transaction, so an ingest that is
interrupted keeps its finished batches and goes on from there when it is run again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from rag.core.domain import Paper, Rejected
from rag.ingest.chunks import EmbeddedPaper, embed_papers
from rag.ingest.formats import read_papers
from rag.ingest.identity import record_hash, text_hash
from rag.models.embedder import Embedder

BATCH_PAPERS = 128
Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding", "indexing"), the number done, and the total (0: not known)."""


class Store(Protocol):
    """What keeps the papers; `rag.library.store.Library`, opened for writing, is one."""

    def hashes(self) -> dict[str, tuple[str, str]]:
        """Per paper id its record hash and its text hash."""
        ...

    def put(self, batch: Sequence[EmbeddedPaper]) -> None:
        """Store papers, all or nothing; a paper of a known id replaces the old one."""
        ...

    def put_details(self, papers: Sequence[Paper]) -> None:
        """Store changed details of papers whose title and abstract did not change."""
        ...


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


def plan(library: Store, papers: Iterable[Paper], rejected: Sequence[FileRejected]) -> Plan:
    """Compare papers with the library. The last record of an id wins where several files have it."""
    latest = {paper.id: paper for paper in papers}
    hashes = library.hashes()
    added: list[str] = []
    updated: list[str] = []
    unchanged: list[str] = []
    texts: list[Paper] = []
    details: list[Paper] = []
    for paper in latest.values():
        before = hashes.get(paper.id)
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


def store(library: Store, work: Plan, load_embedder: Callable[[], Embedder], progress: Progress | None = None) -> None:
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
        library.put(embed_papers(batch, embedder))
        done += len(batch)
        if progress:
            progress("embedding", done, len(work.texts))


def _batched(papers: Sequence[Paper], size: int) -> Iterator[list[Paper]]:
    iterator = iter(papers)
    while batch := list(islice(iterator, size)):
        yield batch
