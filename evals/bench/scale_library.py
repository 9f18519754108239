"""What one question costs in one library: opened, asked, part by part, and compared with exact search. Runs in a process of its own."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench.corpus import questions_of
from evals.bench.workers import peak_memory
from rag.core.arrays import Matrix, Scores
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from rag.search.reranker import RERANKED_PAPERS
from rag.search.searcher import Searcher
from rag.wiring import open_searcher

PARTS = ("embedding", "words", "vectors", "sqlite", "tokens", "other", "total")
"""The question through the embedder; BM25; Chroma; papers, passages and sentences from SQLite; late interaction; what is left."""
_CALLS = {
    "words": ("lexical", "lexical_of", "holding"),
    "sqlite": ("papers_of_windows", "windows", "windows_by_id", "sentences", "sentence_vectors", "papers", "count"),
}
_WARM = 5
_FIRST = 10
"""Papers that are compared with those of exact search."""
_EXACT_ROWS = 20_000


def measured(settings: Settings, questions: int, texts: Sequence[str] = (), exact: bool = True) -> dict[str, Any]:
    """Milliseconds of wall and CPU time by part (p50, p95), seconds to open, memory and disk in MB, and with `exact` the share of the
    first ten papers that exact search finds too. `texts` are asked first, then titles of papers, until there are so many questions."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
    began, cpu = time.perf_counter(), time.process_time()
    searcher = open_searcher(settings)
    with closing(searcher):
        library = searcher.library
        library.prepare_words()
        library._words.wait()
        opened = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        asked = [*texts[:questions], *_titles(library, questions)][:questions]
        times = _asked(searcher, asked)
        result = {
            "papers": library.count(),
            "windows": library.count_windows(),
            "questions": len(asked),
            "opened_s": {name: round(value, 2) for name, value in opened.items()},
            **{
                name: {part: _of_times(times[part][n]) for part in PARTS}
                for n, name in enumerate(("wall_ms", "cpu_ms"))
            },
            "resident_mb": _resident_mb(),
            "peak_mb": round(peak_memory() or 0),
            "disk_mb": {one.name: _megabytes(one) for one in sorted(settings.library.iterdir()) if _megabytes(one)},
            "filters": _filtered(searcher, asked),
        }
        if exact:
            result["same_as_exact"] = _same_as_exact(searcher, asked)
    return result


def _titles(library: Library, questions: int) -> tuple[str, ...]:
    with library.snapshot():
        ids = [row[0] for row in library._database.rows("SELECT id FROM papers WHERE title != '' ORDER BY key")]
    some = library.papers(ids[:: max(1, len(ids) // questions)][:questions])
    return questions_of(some, len(some))


def _asked(searcher: Searcher, questions: Sequence[str]) -> dict[str, Scores]:
    """(2, questions) milliseconds of wall and CPU time, by part."""
    for question in questions[:_WARM]:
        _parts(searcher, question)
    every = [_parts(searcher, question) for question in questions]
    return {part: np.array([one[part] for one in every]).T * 1_000 for part in PARTS}


def _now() -> Scores:
    """(2,) seconds of wall and CPU time."""
    return np.array([time.perf_counter(), time.process_time()])


def _parts(searcher: Searcher, question: str) -> dict[str, Scores]:
    """(2,) seconds by part, of finding papers and looking closely at them."""
    spent = {part: np.zeros(2) for part in PARTS}
    retriever = searcher.retriever
    with ExitStack() as watched:
        for part, names in _CALLS.items():
            for name in names:
                watched.enter_context(_clocked(searcher.library, name, part, spent))
        watched.enter_context(_clocked(retriever, "_nearest", "vectors", spent))
        for name in ("embed_question", "embed_tokens"):
            watched.enter_context(_clocked(retriever.embedder, name, "embedding", spent))
        began = _now()
        hits = retriever.hits(question, RERANKED_PAPERS)
        found = _now() - began
        before = {part: value.copy() for part, value in spent.items()}
        searcher._reranker.rerank(question, hits, searcher.library)
        # Once more: papers whose tokens a library does not keep are read the first time, which is no matter of its size.
        spent |= before
        before = {part: value.copy() for part, value in spent.items()}
        began = _now()
        searcher._reranker.rerank(question, hits, searcher.library)
        close = _now() - began
    spent["tokens"] = close - sum(spent[part] - before[part] for part in ("embedding", "words", "sqlite"))
    spent["total"] = found + close
    spent["other"] = spent["total"] - sum(spent[part] for part in PARTS[:-2])
    return spent


@contextmanager
def _clocked(owner: object, name: str, part: str, spent: dict[str, Scores]) -> Iterator[None]:
    """What calls of a method take, added to a part."""
    method = getattr(owner, name)

    def timed(*given: Any, **named: Any) -> Any:
        began = _now()
        try:
            return method(*given, **named)
        finally:
            spent[part] = spent[part] + _now() - began

    object.__setattr__(owner, name, timed)
    try:
        yield
    finally:
        object.__delattr__(owner, name)


def _filtered(searcher: Searcher, questions: Sequence[str]) -> list[dict[str, Any]]:
    """The time of finding papers among about half of them, chosen by year, and among the few of one author."""
    details = searcher.library.details()
    years = sorted(one.year for one in details if one.year is not None)
    authors = sorted(author for one in details for author in one.authors[:1])
    chosen = []
    if years and years[0] != years[-1]:
        chosen.append(PaperFilter(from_year=years[len(years) // 2]))
    if authors:
        chosen.append(PaperFilter(authors=(authors[len(authors) // 2],)))
    return [_over(searcher, one, questions) for one in chosen]


def _over(searcher: Searcher, chosen: PaperFilter, questions: Sequence[str]) -> dict[str, Any]:
    began = time.perf_counter()
    some = searcher.over(chosen)
    with closing(some.library):
        some.retriever.hits(questions[0], RERANKED_PAPERS)
        first = time.perf_counter() - began
        times = []
        for question in questions:
            began = time.perf_counter()
            some.retriever.hits(question, RERANKED_PAPERS)
            times.append((time.perf_counter() - began) * 1_000)
        papers = some.library.count()
    return {"papers": papers, "chosen": chosen.label, "first_ms": round(first * 1_000), **_of_times(times)}


class _Exact(HybridRetriever):
    """The same, but that every window is compared with the question."""

    def __init__(self, other: HybridRetriever, ids: list[int], rows: Matrix) -> None:
        self.__dict__.update(other.__dict__)
        self._every, self._rows = np.array(ids), rows

    def _nearest(self, index: Any, vector: Matrix, limit: int) -> dict[int, float]:
        cosines = self._rows @ vector
        best = np.argsort(-cosines, kind="stable")[:limit]
        return dict(zip(self._every[best].tolist(), cosines[best].tolist(), strict=True))


def _same_as_exact(searcher: Searcher, questions: Sequence[str]) -> float:
    """The share (0..1) of the first ten papers that exact search has among its first ten too."""
    library, retriever = searcher.library, searcher.retriever
    ids = library.window_ids()
    rows = [library.windows_by_id(ids[start : start + _EXACT_ROWS]) for start in range(0, len(ids), _EXACT_ROWS)]
    exact = _Exact(
        retriever, [window.id for some, _ in rows for window in some], np.concatenate([one for _, one in rows])
    )
    shares = []
    for question in questions:
        here, there = ({hit.paper.id for hit in one.hits(question, _FIRST)} for one in (retriever, exact))
        shares.append(len(here & there) / max(1, len(there)))
    return round(float(np.mean(shares)), 4)


def _of_times(times: Sequence[float] | Scores) -> dict[str, float]:
    return {f"p{share}": round(float(np.percentile(times, share)), 2) for share in (50, 95)}


def _resident_mb() -> int:
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    lines = (line for line in status.read_text("ascii", "replace").splitlines() if line.startswith("VmRSS:"))
    return round(int(next(lines, "VmRSS: 0").split()[1]) * 1_024 / 1e6)


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return round(sum(one.stat().st_size for one in files) / 1e6, 1)
