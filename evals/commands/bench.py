"""Measuring speed and memory: bench, bench-load, bench-scale, bench-writer."""

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


def bench_load(
    library: Annotated[Path, typer.Option(help="Folder of the library that the window opens.")],
    users: Annotated[
        list[int] | None, typer.Option(min=1, help="How many people ask; several for several runs.")
    ] = None,
    answers: Annotated[int, typer.Option(min=1, help="Questions of a run, of all people together.")] = 100,
    minutes: Annotated[float, typer.Option(min=0, help="How long a run takes, instead of so many questions.")] = 0.0,
    think: Annotated[
        float, typer.Option(min=0, help="Seconds on the mean between an answer and the next question.")
    ] = 2.0,
    cache: Annotated[
        list[int] | None, typer.Option(min=0, help="Answers kept, as CITEWISE_ANSWER_CACHE; several.")
    ] = None,
    flood: Annotated[int, typer.Option(min=0, help="Questions that one visitor asks at once before the others.")] = 0,
    naive: Annotated[bool, typer.Option(help="Beside it the same where whoever came first is served first.")] = False,
    set_: Annotated[Path, typer.Option("--set", help="Question set.")] = Path("evals/sets/seeds-dev.jsonl"),
    different: Annotated[int, typer.Option(min=1, help="How many different questions of it are asked.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Measure a window that many people ask at once. It runs in a process of its own; people ask over HTTP, as programs do."""
    from evals.bench.corpus import questions_from
    from evals.bench.load import Plan, print_load
    from evals.bench.load import bench_load as measure

    questions = questions_from(set_, different)
    orders = ("fair", "naive") if naive else ("fair",)
    results = []
    for plan in (
        Plan(n, answers, minutes, think, kept, order, flood)
        for n in users or [1, 10, 100]
        for kept in cache or [1_000]
        for order in orders
    ):
        print(f"{plan.users} users, {plan.cache} answers kept, {plan.order} order", file=sys.stderr)
        results.append(measure(plan, library, questions))
        if as_json:
            typer.echo(json.dumps(results[-1], ensure_ascii=False))
    if not as_json:
        print_load(results)


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


def bench_writer(
    server: Annotated[
        bool,
        typer.Option("--server", help="Instead, how many answers a minute a server writes, 1, 4 and 16 at a time."),
    ] = False,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the local writer on this machine. Time to the first token, tokens a second against what the memory allows, Stop, too
    long a prompt.

    Takes the writer that CITEWISE_WRITER names, else a small one with random weights, made on the spot. With --server the one at
    CITEWISE_WRITER_URL, else a stand-in that writes a token every 20 ms, however many answers it writes.
    """
    if server:
        _bench_server(device, as_json)
        return
    from evals.bench.writer import bench_write

    result = bench_write(Settings.load(device=device))
    if as_json:
        typer.echo(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name.replace('_', ' '):28} {value}")


def _bench_server(device: str | None, as_json: bool) -> None:
    from evals.bench.server import bench_server

    result = bench_server(Settings.load(device=device), lambda step: print(step, file=sys.stderr))
    if as_json:
        typer.echo(json.dumps(result))
        return
    print(result["server"])
    for name, row in result["rows"].items():
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in row.items())
        print(f"{name:26} {told}")
