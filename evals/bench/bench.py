"""Benchmarks: how fast citewise ingests, retrieves, reads and answers, beside the naive stack on the same corpus in the same run.

Owns: choosing the corpus and the questions, the order of measuring, the form of the result. What each side does is
`evals.bench.sides`; their processes are `evals.bench.workers`. Knows nothing of whether answers are right.
"""

import importlib.util
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from evals.bench.corpus import questions_from, questions_of, take_papers, write_corpus
from evals.bench.naive import build_naive_index
from evals.bench.sides import SIDES, Job, Sample, candidate_sentences
from evals.bench.workers import Worker
from evals.errors import EvalError
from evals.runs.manifest import machine, versions
from rag.core.settings import Settings
from rag.models.find import choose_device
from rag.wiring import ingest_files

Report = Callable[[str], None]
_LIBRARIES = ("torch", "transformers", "sentence-transformers", "llama-index-core", "chromadb")
_WARM_PAPERS = 8
_APART = "the same, each window embedded by itself in full precision, as in libraries of before"
_OF = {
    "reingest": "unchanged file / first ingest (time)",
    "throughput_apart": "citewise / windows apart (papers a second)",
    "throughput_per_core_apart": "citewise / windows apart (papers a second of CPU time)",
}
"""What a ratio is of, where it is not citewise / baseline."""
_BUSY = 0.5
"""Load from which on a result is printed with a warning."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What is compared. `repeats`: how often each item is measured; the quick ones more often, as they are the noisiest."""

    unit: str
    citewise: str
    baseline: str
    repeats: int
    needs: str | None = None


PARTS = {
    "ingest": _Part(
        "papers",
        "read, split, embed, store, index",
        "sentence-transformers encode, batches of 32, nothing stored",
        3,
        needs="sentence_transformers",
    ),
    "retrieve": _Part("questions", "hybrid retriever, 10 papers", "llama-index over Chroma, dense top 10 windows", 3),
    "read": _Part("questions", "likelihood of the question", "plain generate, greedy, at most 64 tokens", 1),
    "chat": _Part("questions", "complete cited answer", "dense top 4 windows, then plain generate", 1),
}


def bench(
    part: str,
    corpus: Path,
    papers: int,
    questions: int,
    settings: Settings,
    question_file: Path | None = None,
    progress: Report | None = None,
) -> dict[str, Any]:
    """Measure one of `PARTS` and its baseline on the first `papers` papers of a corpus.

    Args:
        part: ingest, retrieve, read or chat.
        corpus: any file that `citewise ingest` reads; JSONL, also gzipped, is read only as far as needed.
        papers: number of papers, >= 1.
        questions: number of questions, >= 1; `ingest` asks none.
        settings: models and device. Its library is not touched: everything is made in a temporary folder.
        question_file: a question set in any shape; without it, titles of evenly spaced papers are asked.
        progress: gets a line of text before each slow step.

    Returns:
        Ready for JSON. `ratios` are citewise / baseline; times in milliseconds, memory in MB (10**6 bytes) of a side's whole process.

    Raises:
        EvalError: the part is unknown, a file is missing or holds too little, a library is not installed, a side failed.
        SourceError, ModelError: the corpus cannot be read, a model not loaded.
    """
    report = progress or (lambda _: None)
    plan = _checked(part, papers, questions)
    load_before = _load()
    sample = take_papers(corpus, papers)
    texts: tuple[str, ...] = ()
    if part != "ingest":
        texts = questions_from(question_file, questions) if question_file else questions_of(sample, questions)
    with tempfile.TemporaryDirectory(prefix="citewise-bench-") as temporary:
        folder = Path(temporary)
        job = Job(settings.model_copy(update={"library": folder / "library"}), folder, texts)
        write_corpus(sample, job.corpus)
        write_corpus(sample[:_WARM_PAPERS], job.warm_corpus)
        if part != "ingest":
            job = _prepared(part, job, report)
        sides = _measured(part, plan, job, max(1, len(texts)), report)
    size = papers if part == "ingest" else len(texts)
    citewise = _summary(plan.citewise, plan.unit, size, sides["citewise"])
    baseline = _summary(plan.baseline, plan.unit, size, sides["baseline"])
    apart = _summary(_APART, plan.unit, size, sides["apart"]) if "apart" in sides else None
    return {
        "part": part,
        "papers": papers,
        "questions": len(texts),
        "citewise": citewise,
        "baseline": baseline,
        **({"apart": apart} if apart else {}),
        "ratios": _ratios(citewise, baseline, apart),
        "machine": _machine(settings, load_before),
    }


def _checked(part: str, papers: int, questions: int) -> _Part:
    plan = PARTS.get(part)
    if plan is None:
        raise EvalError(f"there is no benchmark {part!r}; there are {', '.join(PARTS)}")
    if papers < 1 or (part != "ingest" and questions < 1):
        raise EvalError(f"{papers} papers and {questions} questions leave nothing to measure; give at least 1 of each")
    if plan.needs and importlib.util.find_spec(plan.needs) is None:
        name = plan.needs.replace("_", "-")
        raise EvalError(f'the baseline of {part} needs {name}, which is not installed: pip install "citewise[evals]"')
    return plan


def _prepared(part: str, job: Job, report: Report) -> Job:
    """The library, and what else a side needs beforehand; made here so that making it costs no side time or memory."""
    report("Making the library")
    ingest_files(job.settings, [job.corpus])
    if part in ("retrieve", "chat"):
        report("Making the index of the naive stack")
        build_naive_index(job.settings, job.chroma)
    return candidate_sentences(job) if part == "read" else job


@dataclass(frozen=True, slots=True)
class _Side:
    """What one process measured: samples by item, its peak memory in MB and the seconds it took to get ready."""

    samples: tuple[tuple[Sample, ...], ...]
    peak_mb: float | None
    ready_s: float


def _measured(part: str, plan: _Part, job: Job, items: int, report: Report) -> dict[str, _Side]:
    by_side: dict[str, list[list[Sample]]] = {side: [[] for _ in range(items)] for side in SIDES[part]}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for side in by_side:
            report(f"Loading and warming up: {side}")
            workers[side] = stack.enter_context(Worker(part, side, job))
        for repeat in range(plan.repeats):
            for item in range(items):
                report(f"Round {repeat + 1} of {plan.repeats}, {item + 1} of {items}")
                # The sides take turns, and in going first too, so that what else the machine does hits both alike.
                for side in sorted(workers, reverse=(repeat + item) % 2 == 0):
                    by_side[side][item].append(workers[side].measure(item))
        return {
            side: _Side(tuple(map(tuple, by_side[side])), worker.peak_mb(), worker.ready_s)
            for side, worker in workers.items()
        }


def _summary(name: str, unit: str, size: int, side: _Side) -> dict[str, Any]:
    times = [sample["ms"] for of_item in side.samples for sample in of_item]
    # Over the median of each item, so that one disturbed round does not count.
    total_s = sum(float(np.median([sample["ms"] for sample in of_item])) for of_item in side.samples) / 1_000
    more = {
        key: float(np.median([sample[key] for of_item in side.samples for sample in of_item]))
        for key in side.samples[0][0]
        if key != "ms"
    }
    return {
        "name": name,
        f"{unit}_per_second": _rounded(size / total_s),
        "p50_ms": _rounded(float(np.percentile(times, 50))),
        "p95_ms": _rounded(float(np.percentile(times, 95))),
        "samples": len(times),
        "peak_mb": None if side.peak_mb is None else round(side.peak_mb),
        "ready_s": _rounded(side.ready_s),
        **{key: _rounded(value) for key, value in more.items()},
    }


def _ratios(
    citewise: dict[str, Any], baseline: dict[str, Any], apart: dict[str, Any] | None
) -> dict[str, float | None]:
    """Each citewise / baseline, but `reingest`: time of ingesting the unchanged file / time of the first ingest, and what ends in
    `_apart`: papers a second (of time, of a core's time) / those where windows are embedded by themselves."""
    speed = next(key for key in citewise if key.endswith("_per_second"))
    ratios = {
        name: _rounded(citewise[key] / baseline[key]) if citewise[key] is not None and baseline[key] else None
        for name, key in {"throughput": speed, "p50": "p50_ms", "p95": "p95_ms", "peak_memory": "peak_mb"}.items()
    }
    if "reingest_ms" in citewise:
        ratios["reingest"] = _rounded(citewise["reingest_ms"] / citewise["p50_ms"])
    if apart:
        ratios["throughput_apart"] = _rounded(citewise[speed] / apart[speed])
        ratios["throughput_per_core_apart"] = _rounded(apart["cpu_ms"] / citewise["cpu_ms"])
    return ratios


def _rounded(value: float) -> float:
    """To four significant digits: more would only show noise."""
    return float(f"{value:.4g}")


def _load() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _machine(settings: Settings, load_before: float | None) -> dict[str, Any]:
    return {
        **machine(choose_device(settings.device).name),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
        # Processes that wanted to run in the last minute before all began: more than a few tenths is somebody else's work.
        "load_before": load_before,
        "versions": versions(_LIBRARIES),
    }


def print_bench(result: dict[str, Any], console: Console | None = None) -> None:
    """Ratios first, absolute numbers second: ratios carry over to other machines."""
    console = console or Console(highlight=False, width=120)
    here = result["machine"]
    questions = f", {result['questions']} questions" if result["questions"] else ""
    console.print(f"{result['part']}: {result['papers']:,} papers{questions}")
    ratios = Table("ratio", "value", "of")
    for name, value in result["ratios"].items():
        of = _OF.get(name, "citewise / baseline")
        ratios.add_row(name, "–" if value is None else f"{value:g}", of)
    console.print(ratios)
    sides = {name: result[name] for name in ("citewise", "baseline", "apart") if name in result}
    absolute = Table("measure", *sides)
    for key in dict.fromkeys(key for side in sides.values() for key in side):
        absolute.add_row(key, *(_cell(side.get(key)) for side in sides.values()))
    console.print(absolute)
    console.print(
        f"{here['cores']} cores, {here['device']}, {here['system']}, Python {here['python']}, "
        f"load before {_cell(here['load_before'])}"
    )
    if (here["load_before"] or 0) > _BUSY:
        # Not only slower: writing token by token waits for its threads far more often than reading in batches does.
        console.print("The machine was busy: ratios too are off. Measure again on an idle one.")


def _cell(value: Any) -> str:
    return "–" if value is None else value if isinstance(value, str) else f"{value:g}"
