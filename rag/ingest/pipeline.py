"""Files -> library: read, plan, cut into sentences, embed, store.

Owns: the order of these steps. Each batch is one transaction, so an ingest that is interrupted keeps its finished batches and goes
on from there when it is run again.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from rag.core.domain import Note, Paper, Rejected
from rag.core.errors import SourceError
from rag.core.escaping import shorten
from rag.ingest.chunks import EmbeddedPaper, embed_papers
from rag.ingest.formats import read_records
from rag.ingest.groups import Found
from rag.ingest.inputs import Input, inputs
from rag.ingest.merging import TakenIn
from rag.ingest.planning import Plan, Stored, plan
from rag.ingest.report import FileNote, FileRejected, IngestReport
from rag.models.embedder import Embedder

__all__ = [
    "BATCH_PAPERS",
    "IngestReport",
    "Plan",
    "Progress",
    "Reading",
    "Store",
    "batches",
    "fruitless",
    "plan",
    "read_files",
    "store",
]

BATCH_PAPERS = 128
BATCH_CHARS = 1_000_000
"""Of what is embedded at once: three times as much as 128 usual papers have, so that long ones do not fill the memory."""
Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding", "indexing"), the number done, and the total (0: not known)."""


class Store(Stored, Protocol):
    """What keeps the papers; `rag.library.store.Library`, opened for writing, is one."""

    def put(self, batch: Sequence[EmbeddedPaper], taken: Sequence[TakenIn] = ()) -> None:
        """Store papers and what they were merged from, all or nothing; a paper of a known id replaces the old one."""
        ...

    def put_details(self, papers: Sequence[Paper], taken: Sequence[TakenIn] = ()) -> None:
        """Store changed details of papers whose title and abstract did not change, and what they were merged from."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of files: records, those that cannot be read, what was left out of records, and which files those are."""

    records: tuple[Found, ...]
    rejected: tuple[FileRejected, ...]
    notes: tuple[FileNote, ...]
    files: tuple[Input, ...] = ()


def read_files(files: Sequence[Path], progress: Progress | None = None) -> Reading:
    """All records of what is named: files, folders, patterns, zip archives, or "-" for standard input (see `inputs`).

    A file of a folder or archive that holds no papers is reported; one that is named itself ends the reading.

    Raises:
        SourceError: a file that is named cannot be read as a whole; nothing has been stored then.
    """
    records: list[Found] = []
    rejected: list[FileRejected] = []
    notes: list[FileNote] = []
    read: list[Input] = []
    with tempfile.TemporaryDirectory(prefix="citewise-") as workspace:
        for source in inputs(files, Path(workspace)):
            read.append(source)
            if source.problem:
                rejected.append(FileRejected(source.shown, Rejected(0, source.problem)))
                continue
            try:
                for item in read_records(source.path):
                    if isinstance(item, Rejected):
                        rejected.append(FileRejected(source.shown, item))
                    elif isinstance(item, Note):
                        notes.append(FileNote(source.shown, item))
                    else:
                        records.append(Found(source.shown, item))
                        title = shorten(item.paper.title, 200)
                        notes += [FileNote(source.shown, Note(item.line, text, title)) for text in item.notes]
                    if progress and len(records) % 1_000 == 0:
                        progress("reading", len(records), 0)
            except SourceError as error:
                reason = str(error).replace(str(source.path), str(source.shown))
                if not source.is_found:
                    raise SourceError(reason) from error
                rejected.append(FileRejected(source.shown, Rejected(0, reason)))
    return Reading(tuple(records), tuple(rejected), tuple(notes), tuple(read))


def fruitless(reading: Reading, report: IngestReport) -> tuple[Path, ...]:
    """What was named and of which no record went in."""
    given = {source.shown: source.given for source in reading.files}
    read = Counter(given[found.file] for found in reading.records)
    refused = Counter(given[item.file] for item in report.rejected)
    unreadable = Counter(given[item.file] for item in reading.rejected)
    return tuple(name for name in dict.fromkeys(given.values()) if read[name] <= refused[name] - unreadable[name])


def store(
    library: Store, work: Plan, load_embedder: Callable[[], Embedder], progress: Progress | None = None
) -> IngestReport:
    """Carry out a plan, a transaction a batch; a paper that cannot be cut or embedded is reported and the others go in.

    The caller publishes the vector index afterwards.
    """
    if work.details:
        library.put_details(work.details, [work.taken[paper.id] for paper in work.details if paper.id in work.taken])
    if not work.texts:
        return work.report
    embedder = load_embedder()
    done = 0
    failed: dict[str, str] = {}
    if progress:
        progress("embedding", 0, len(work.texts))
    for batch in batches(work.texts):
        embedded = _embedded(batch, embedder, failed)
        taken = [work.taken[item.paper.id] for item in embedded if item.paper.id in work.taken]
        library.put(embedded, taken)
        done += len(batch)
        if progress:
            progress("embedding", done, len(work.texts))
    return _without(work, failed)


def _embedded(batch: Sequence[Paper], embedder: Embedder, failed: dict[str, str]) -> list[EmbeddedPaper]:
    """The batch made ready; where that fails each paper alone, so that one costs itself and not the others."""
    try:
        return embed_papers(batch, embedder)
    except (ValueError, TypeError, TimeoutError, RecursionError, ArithmeticError, LookupError) as error:
        if len(batch) == 1:
            failed[batch[0].id] = shorten(str(error), 200)
            return []
    return [item for paper in batch for item in _embedded([paper], embedder, failed)]


def _without(work: Plan, failed: dict[str, str]) -> IngestReport:
    """The report, without the papers that failed after all."""
    if not failed:
        return work.report
    report = work.report
    refused = [
        FileRejected(
            work.origins[name].file,
            Rejected(
                work.origins[name].entry.line,
                f"it cannot be cut into sentences or embedded: {reason}",
                work.origins[name].paper.title,
            ),
        )
        for name, reason in failed.items()
    ]
    return replace(
        report,
        added=tuple(name for name in report.added if name not in failed),
        updated=tuple(name for name in report.updated if name not in failed),
        merged=tuple(item for item in report.merged if item.paper_id not in failed),
        rejected=(*report.rejected, *refused),
    )


def batches(papers: Sequence[Paper]) -> Iterator[list[Paper]]:
    """The papers in order, at most `BATCH_PAPERS` at once, and no more text than `BATCH_CHARS` unless one paper has it alone."""
    batch: list[Paper] = []
    chars = 0
    for paper in papers:
        # The title stands before each window, and a window begins at least every 600 characters.
        cost = 2 * len(paper.abstract) + len(paper.title) * (1 + len(paper.abstract) // 600)
        if batch and (len(batch) == BATCH_PAPERS or chars + cost > BATCH_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append(paper)
        chars += cost
    if batch:
        yield batch
