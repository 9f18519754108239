"""What size costs: the same questions asked of libraries of growing size, part by part.

Owns: which libraries are measured, one after another, each in a process of its own; the table and the plot. What is measured of one is
`evals.bench.scale_library`, what libraries are made of is `evals.bench.made`.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evals.bench.corpus import questions_from, take_papers
from evals.bench.made import made_library
from evals.bench.scale_library import PARTS, measured
from evals.errors import EvalError
from evals.report.charts import Axis, Box, Series, rounded_axis
from evals.runs.manifest import machine
from rag.core.sentences import embedded_text
from rag.core.settings import Settings
from rag.models.find import choose_device
from rag.wiring import open_embedder

Report = Callable[[str], None]
_ANCHORS = 300
_COLOURS = ("#2a6fb0", "#c2571a", "#3b8a3e", "#8a4fa3", "#a08500", "#777777", "#111111")
_WIDTH, _HEIGHT = 640, 360


def made_libraries(
    corpus: Path, sizes: Sequence[int], folder: Path, settings: Settings, progress: Report | None = None
) -> list[Path]:
    """Libraries of the first papers of a corpus, with made-up embeddings; those that are there are taken as they are.

    Raises:
        EvalError: the corpus cannot be read, or holds too few papers.
    """
    report = progress or (lambda _: None)
    report("Reading the papers")
    papers = take_papers(corpus, max(sizes))
    embedder = open_embedder(settings)
    texts = [embedded_text(paper.title, paper.abstract) for paper in papers[:_ANCHORS]]
    report("Embedding some of them, of which embeddings are made")
    anchors = embedder.embed_passages(texts)
    folders = []
    for size in sorted(sizes):
        one = folder / f"made-{size}"
        made_library(
            one, papers[:size], embedder.identity, anchors, lambda done, every: report(f"{done:,} of {every:,} papers")
        )
        folders.append(one)
    return folders


def bench_scale(
    folders: Sequence[Path],
    settings: Settings,
    questions: int,
    question_file: Path | None = None,
    exact: bool = True,
    progress: Report | None = None,
) -> dict[str, Any]:
    """Measure the same questions in each library. Libraries are opened, not changed, but for what a reader keeps beside them.

    Raises:
        EvalError: there is no library, a process ended early, or the file of questions cannot be read.
        CitewiseError: a library cannot be opened.
    """
    if not folders:
        raise EvalError("no library to measure: name some, or give --corpus and --sizes to make them")
    report = progress or (lambda _: None)
    texts = questions_from(question_file, questions) if question_file else ()
    results = []
    for folder in folders:
        report(f"Measuring {folder}")
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as process:
            work = process.submit(
                measured, settings.model_copy(update={"library": folder}), questions, tuple(texts), exact
            )
            try:
                results.append({"library": folder.name, **work.result()})
            except BrokenProcessPool as error:
                raise EvalError(f"measuring {folder} ended early; its own message stands above") from error
    results.sort(key=lambda one: one["papers"])
    return {"sizes": results, "machine": machine(choose_device(settings.device).name)}


def print_scale(result: dict[str, Any], console: Console | None = None) -> None:
    """A row a library; of times the median and the 95th percentile."""
    console = console or Console(highlight=False, width=150)
    for kind in ("wall_ms", "cpu_ms"):
        table = Table("papers", *PARTS, title=f"a question in ms ({kind.removesuffix('_ms')}): p50 / p95")
        for one in result["sizes"]:
            cells = (f"{one[kind][part]['p50']:.1f} / {one[kind][part]['p95']:.1f}" for part in PARTS)
            table.add_row(f"{one['papers']:,}", *cells)
        console.print(table)
    table = Table("papers", "opened (s, CPU)", "resident MB", "disk MB", "as exact", "filters: papers, p50 / p95 ms")
    for one in result["sizes"]:
        filters = "; ".join(f"{some['papers']:,}: {some['p50']:.0f} / {some['p95']:.0f}" for some in one["filters"])
        disk = ", ".join(f"{name} {size:g}" for name, size in one["disk_mb"].items())
        same = one.get("same_as_exact")
        table.add_row(
            f"{one['papers']:,}",
            f"{one['opened_s']['cpu']:g}",
            f"{one['resident_mb']:,}",
            disk,
            "–" if same is None else f"{same:.1%}",
            filters,
        )
    console.print(table)


def plotted(result: dict[str, Any], kind: str = "cpu_ms") -> str:
    """The medians of all parts over the number of papers, as an SVG."""
    sizes = result["sizes"]
    papers = [one["papers"] for one in sizes]
    lines = [Series(part, [(one["papers"], one[kind][part]["p50"]) for one in sizes]) for part in PARTS]
    x = Axis(0, max(papers), papers, "papers", 0)
    y = rounded_axis((value or 0 for line in lines for _, value in line.points), "ms")
    box = Box(x, y, 50, _WIDTH - 130, 20, _HEIGHT - 40)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{escape('Milliseconds of a question by part, over the number of papers')}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for tick in y.ticks:
        _, at = box.place(0, tick)
        drawn.append(f'<line x1="{box.left}" x2="{box.right}" y1="{at}" y2="{at}" stroke="#dddddd"/>')
        drawn.append(f'<text x="{box.left - 6}" y="{at + 4}" text-anchor="end">{y.text(tick)}</text>')
    free = box.left - 60
    for size in papers:
        at, _ = box.place(size, 0)
        if at - free >= 48:
            drawn.append(f'<text x="{at}" y="{box.bottom + 18}" text-anchor="middle">{x.text(size)}</text>')
            free = at
    drawn.append(f'<text x="{box.right + 12}" y="{box.bottom + 18}">papers</text><text x="6" y="12">ms, median</text>')
    for number, (line, colour) in enumerate(zip(lines, _COLOURS, strict=True)):
        drawn.append(f'<path d="{box.line(line)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [
            f'<circle cx="{left}" cy="{top}" r="3" fill="{colour}"><title>{escape(said)}</title></circle>'
            for left, top, said in box.dots(line)
        ]
        top = box.top + 18 * number
        drawn.append(f'<rect x="{box.right + 16}" y="{top}" width="10" height="10" fill="{colour}"/>')
        drawn.append(f'<text x="{box.right + 32}" y="{top + 9}">{escape(line.name)}</text>')
    return "\n".join([*drawn, "</svg>\n"])
