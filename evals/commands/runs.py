"""Asking a set, and what is done with the run file: run, score, compare, report."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from evals.commands.options import RunArgument, SetArgument
from evals.errors import EvalError
from rag.cli_options import DeviceOption, JsonOption, LibraryOption
from rag.core.settings import Settings


def run(
    question_set: SetArgument,
    out: Annotated[Path, typer.Option(help="Run file to write. One that is there is never overwritten.")],
    library: LibraryOption = None,
    mode: Annotated[str, typer.Option(help="retrieve (papers only), quote (whole answers) or write.")] = "quote",
    split: Annotated[str | None, typer.Option(help="Only questions of this split.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="N questions by chance, each type with its share.")] = None,
    seed: Annotated[int, typer.Option(help="Chance that --sample starts from.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was cut short.")] = False,
    at_once: Annotated[
        int | None, typer.Option(min=1, max=64, help="Questions asked at the same time, where a server writes.")
    ] = None,
    device: DeviceOption = None,
) -> None:
    """Ask every question of SET. Each line is written as it finishes, in the order of the set."""
    from evals.commands.reading import read_set
    from evals.runs.session import Selection, run_set
    from evals.scores.tables import RunningScores
    from rag.answer.writing import INSTEAD

    settings = Settings.load(library=library, device=device, answers_at_once=at_once)
    with RunningScores() as scores:
        result = run_set(
            read_set(question_set), settings, out, mode, Selection(split, limit, sample, seed), resume, scores.begin
        )
    failed = [line["id"] for line in result.lines if line.get("error")]
    instead = [line for line in result.lines if INSTEAD in str(line.get("notice"))]
    print(f"{len(result.lines)} questions in {out}; score it: python -m evals score {out}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} questions failed, first {failed[0]}: their lines have the error", file=sys.stderr)
    if instead:
        print(
            f"{len(instead)} answers were not written, first {instead[0]['id']}: {instead[0]['notice']}",
            file=sys.stderr,
        )


def score(
    run_file: RunArgument,
    as_json: JsonOption = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Instead, list the answers that are not as expected, and what of it.")
    ] = False,
) -> None:
    """Score a saved run: no models, no library."""
    from evals.runs.run import load_run
    from evals.scores.summary import score as score_run
    from evals.scores.tables import print_scores, print_unmet

    saved = load_run(run_file)
    if failed:
        print_unmet(saved.lines)
        return
    scores = score_run(saved)
    if as_json:
        typer.echo(json.dumps(scores, ensure_ascii=False))
    else:
        print_scores(scores)


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The run before.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The run after.")],
    tolerance: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=X", help="How much worse a measure may get, such as facts=0.05. Repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question. Exit 1 where B is worse than A by more than the tolerance."""
    from evals.runs.run import load_run
    from evals.scores.comparison import compare as compare_runs
    from evals.scores.comparison import comparison_json
    from evals.scores.tables import print_comparison

    changes = compare_runs(load_run(before), load_run(after), dict(map(_tolerance, tolerance or [])))
    if as_json:
        typer.echo(json.dumps(comparison_json(changes), ensure_ascii=False))
    else:
        print_comparison(changes)
    if changes.regressions:
        raise EvalError(f"{after} is worse than {before}: " + "; ".join(changes.regressions))


def _tolerance(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not NAME=NUMBER", param_hint="--tolerance") from None


def report(
    run_files: Annotated[
        list[Path], typer.Argument(metavar="RUN…", help="Run files, oldest first; the last in detail.")
    ],
    out: Annotated[Path, typer.Option(help="HTML file to write; it must not be there yet.")],
    library: LibraryOption = None,
) -> None:
    """Write a run as one page for a browser. It has scores, plots, every question with its answer and sources."""
    from evals.report.page import write_report
    from evals.runs.run import load_run
    from evals.runs.session import papers_of_run

    runs = [load_run(path) for path in run_files]
    write_report(runs, papers_of_run(Settings.load(library=library), runs[-1]), out)
    print(f"wrote {out}; open it in a browser", file=sys.stderr)
