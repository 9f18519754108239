"""Measuring speed and memory: bench, bench-scale, bench-writer."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.cli_options import DeviceOption, JsonOption
from rag.core.settings import Settings


def bench(
    part: Annotated[str, typer.Argument(metavar="PART", help="ingest, retrieve, read or chat.")],
    corpus: Annotated[Path, typer.Option(help="File of papers, as for citewise ingest; .jsonl.gz too.")],
    papers: Annotated[int, typer.Option(min=1, help="How many of its papers.")] = 500,
    questions: Annotated[int, typer.Option(min=1, help="How many questions to time.")] = 10,
    question_file: Annotated[Path | None, typer.Option(help="Question set; else the papers' titles are asked.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the speed and memory of a part. Beside it, in the same run, the naive way to do it; ratios first."""
    from evals.bench.bench import bench as measure
    from evals.bench.bench import print_bench

    def progress(step: str) -> None:
        print(step, file=sys.stderr)

    result = measure(part, corpus, papers, questions, Settings.load(), question_file, progress)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        print_bench(result)


def bench_scale(
    libraries: Annotated[list[Path] | None, typer.Argument(metavar="LIBRARY…", help="Libraries to measure.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="File of papers, of which libraries with made-up embeddings are made.")
    ] = None,
    sizes: Annotated[str, typer.Option(help="How many papers each of these has.")] = "1000,5000,20000",
    made: Annotated[Path, typer.Option(help="Folder that they are kept in; what is there is not made again.")] = Path(
        "runs/made"
    ),
    questions: Annotated[int, typer.Option(min=10, help="How many questions to time.")] = 50,
    question_file: Annotated[Path | None, typer.Option(help="Question set; else the papers' titles are asked.")] = None,
    exact: Annotated[bool, typer.Option(help="Compare the papers found with those of exact search.")] = True,
    plot: Annotated[Path | None, typer.Option(help="SVG file to draw the medians into.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure what a question costs in libraries of growing size, part by part. Give libraries, or a corpus to make them of."""
    from evals.bench.scale import bench_scale as measure
    from evals.bench.scale import made_libraries, plotted, print_scale
    from evals.errors import EvalError

    def progress(step: str) -> None:
        print(step, file=sys.stderr)

    settings = Settings.load()
    folders = list(libraries or ())
    if corpus:
        wanted = [one.strip() for one in sizes.split(",")]
        if not all(one.isdecimal() and int(one) for one in wanted):
            raise EvalError(f"--sizes takes numbers of papers with commas between, such as 1000,5000, not {sizes!r}")
        folders += made_libraries(corpus, [int(one) for one in wanted], made, settings, progress)
    result = measure(folders, settings, questions, question_file, exact, progress)
    if plot:
        plot.write_text(plotted(result), "utf-8")
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        print_scale(result)


def bench_writer(device: DeviceOption = None, as_json: JsonOption = False) -> None:
    """Measure the local writer on this machine. Time to the first token, tokens a second against what the memory allows, Stop, too
    long a prompt.

    Takes the writer that CITEWISE_WRITER names, else a small one with random weights, made on the spot.
    """
    from evals.bench.writer import bench_write

    result = bench_write(Settings.load(device=device))
    if as_json:
        typer.echo(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name.replace('_', ' '):28} {value}")
