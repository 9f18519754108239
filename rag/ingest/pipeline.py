"""Files -> library: read, plan, cut into sentences, embed, store.

Owns the order of these steps. Each batch is one transaction, so an ingest that is interrupted keeps its finished batches and goes
on from there when it is run again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from rag.core.domain import Paper, Rejected
from rag.core.escaping import shorten
from rag.ingest.chunks import EmbeddedPaper, embed_papers
from rag.ingest.coming import NoLibrary
from rag.ingest.fates import FileCount
from rag.ingest.merging import TakenIn
from rag.ingest.planned import Planned, stored_name
from rag.ingest.planning import Plan, Stored, plan
from rag.ingest.reading import Progress, Reading, read_each, read_files
from rag.ingest.report import FileRejected, IngestReport
from rag.models.embedder import Embedder

__all__ = [
    "BATCH_PAPERS",
    "IngestReport",
    "NoLibrary",
    "Plan",
    "Planned",
    "Progress",
    "Reading",
    "Store",
    "batches",
    "carry_out",
    "plan",
    "read_each",
    "read_files",
    "store",
]

BATCH_PAPERS = 128
BATCH_CHARS = 1_000_000
"""Of what is embedded at once: three times as much as 128 usual papers have, so that long ones do not fill the memory."""
DETAILS_PAPERS = 1_000
"""Papers of which only details change, in one transaction."""

Origins = Sequence[tuple[str, int]]
"""Papers, each with the key of a file that brought it."""


class Store(Stored, Protocol):
    """What keeps the papers; `rag.library.store.Library`, opened for writing, is one."""

    def choose_reading(self, coming: int) -> None:
        """Choose how the papers of an empty library are embedded, of which so many come now."""
        ...

    @property
    def reads_apart(self) -> bool:
        """Whether windows are to be embedded by themselves, not put together from their sentences."""
        ...

    def put(self, batch: Sequence[EmbeddedPaper], taken: Sequence[TakenIn] = (), origins: Origins = ()) -> None:
        """Store papers, what they were merged from and which files brought them, all or nothing; a paper of a known id replaces the
        old one."""
        ...

    def put_details(self, papers: Sequence[Paper], taken: Sequence[TakenIn] = (), origins: Origins = ()) -> None:
        """Store changed details of papers whose title and abstract did not change, what they were merged from and which files brought
        them."""
        ...


class Sources(Protocol):
    """What keeps which files were read; `rag.library.sources.Sources` is one."""

    def begin(self, names: Sequence[str]) -> list[int]:
        """The keys of files that are about to be taken in."""
        ...

    def add(self, origins: Origins) -> None:
        """Write which files brought papers that are there already."""
        ...

    def finish(self, read: Mapping[int, tuple[str, FileCount]]) -> None:
        """From now on these files count as read: by the key of each its sha256 and its count."""
        ...


def carry_out(
    library: Store,
    sources: Sources,
    work: Planned,
    load_embedder: Callable[[], Embedder],
    progress: Progress | None = None,
    most: int = BATCH_PAPERS,
) -> Callable[[], None]:
    """Store what is planned, a transaction a batch of at most so many papers; one that cannot be cut or embedded is refused and the
    others go in.

    The caller publishes the vector index and writes the report, and then calls what is returned: from then on the files count as read.
    One that is killed before reads them again, and so reports what it had no time to report.
    """
    names = work.to_note()
    keys = dict(zip(names, sources.begin([stored_name(name) for name in names]), strict=True)) if names else {}

    def put_details(papers: Sequence[Paper]) -> None:
        library.put_details(papers, work.taken(papers), _keyed(work.brought(papers), keys))

    def put(batch: Sequence[EmbeddedPaper]) -> None:
        papers = [item.paper for item in batch]
        library.put(batch, work.taken(papers), _keyed(work.brought(papers), keys))

    library.choose_reading(len(work.texts))
    failed = _store(
        work.texts, work.details, put, put_details, load_embedder, progress, most, apart=library.reads_apart
    )
    for paper_id, reason in failed.items():
        work.fail(paper_id, reason)
    for brought in work.brought_before():
        sources.add(_keyed(brought, keys))
    return lambda: sources.finish({keys[name]: read for name, read in work.taken_whole().items()})


def _keyed(brought: Iterable[tuple[str, Path]], keys: Mapping[Path, int]) -> list[tuple[str, int]]:
    return [(paper, keys[file]) for paper, file in brought]


def store(
    library: Store, work: Plan, load_embedder: Callable[[], Embedder], progress: Progress | None = None
) -> IngestReport:
    """Carry out the plan of papers that come from no file, a transaction a batch; one that cannot be cut or embedded is reported and
    the others go in.

    The caller publishes the vector index afterwards.
    """

    def taken(papers: Iterable[Paper]) -> list[TakenIn]:
        return [work.taken[paper.id] for paper in papers if paper.id in work.taken]

    library.choose_reading(len(work.texts))
    failed = _store(
        work.texts,
        work.details,
        lambda batch: library.put(batch, taken(item.paper for item in batch)),
        lambda papers: library.put_details(papers, taken(papers)),
        load_embedder,
        progress,
        apart=library.reads_apart,
    )
    return _without(work, failed)


def _store(
    texts: Sequence[Paper],
    details: Sequence[Paper],
    put: Callable[[Sequence[EmbeddedPaper]], None],
    put_details: Callable[[Sequence[Paper]], None],
    load_embedder: Callable[[], Embedder],
    progress: Progress | None,
    most: int = BATCH_PAPERS,
    *,
    apart: bool,
) -> dict[str, str]:
    """Store details and texts in batches; the ids of papers that cannot be embedded, with why."""
    changed = iter(details)
    while some := list(islice(changed, DETAILS_PAPERS)):
        put_details(some)
    done, total = 0, len(texts)
    if not total:
        return {}
    embedder = load_embedder()
    failed: dict[str, str] = {}
    if progress:
        progress("embedding", 0, total)
    for batch in batches(texts, most):
        put(_embedded(batch, embedder, failed, apart))
        done += len(batch)
        if progress:
            progress("embedding", done, total)
    return {name: f"it cannot be cut into sentences or embedded: {reason}" for name, reason in failed.items()}


def _embedded(batch: Sequence[Paper], embedder: Embedder, failed: dict[str, str], apart: bool) -> list[EmbeddedPaper]:
    """The batch made ready; where that fails each paper alone, so that one costs itself and not the others."""
    try:
        return embed_papers(batch, embedder, apart=apart)
    except (ValueError, TypeError, TimeoutError, RecursionError, ArithmeticError, LookupError) as error:
        if len(batch) == 1:
            failed[batch[0].id] = shorten(str(error), 200)
            return []
    return [item for paper in batch for item in _embedded([paper], embedder, failed, apart)]


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
                reason,
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


def batches(papers: Iterable[Paper], most: int = BATCH_PAPERS) -> Iterator[list[Paper]]:
    """The papers in order, at most so many at once, and no more text than `BATCH_CHARS` unless one paper has it alone."""
    batch: list[Paper] = []
    chars = 0
    for paper in papers:
        # The title stands before each window, and a window begins at least every 600 characters.
        cost = 2 * len(paper.abstract) + len(paper.title) * (1 + len(paper.abstract) // 600)
        if batch and (len(batch) == most or chars + cost > BATCH_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append(paper)
        chars += cost
    if batch:
        yield batch
