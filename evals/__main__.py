"""`python -m evals run | score`: measure a library and its answers on a question set."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.cli import DeviceOption, LibraryOption, exits_with_one_line
from rag.errors import EvalError
from rag.settings import Settings

app = typer.Typer(
    name="python -m evals",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Measure citewise on a question set.\n\n"
    "python -m evals run evals/sets/seeds-dev.jsonl --library library --out runs/dev.jsonl\n\n"
    "python -m evals score runs/dev.jsonl",
)


@app.command()
@exits_with_one_line
def run(
    question_set: Annotated[Path, typer.Argument(metavar="SET", help="Question set, JSONL; see evals/README.md.")],
    out: Annotated[Path, typer.Option(help="Run file to write; it must not be there yet.")],
    library: LibraryOption = None,
    mode: Annotated[str, typer.Option(help="retrieve (papers only) or quote (whole answers).")] = "quote",
    split: Annotated[str | None, typer.Option(help="Only questions of this split.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")] = None,
    device: DeviceOption = None,
) -> None:
    """Ask every question of SET; each line is written as it finishes."""
    from evals import run as running
    from evals import sets
    from rag.wiring import open_assistant

    if mode not in ("retrieve", "quote"):
        raise typer.BadParameter(f"{mode!r} is neither retrieve nor quote", param_hint="--mode")
    settings = Settings.load(library=library, device=device)
    loaded = sets.load_set(question_set)
    cases = sets.select(loaded.cases, split, limit)
    assistant = open_assistant(settings)
    try:
        sets.check_against(cases, assistant.papers())
        manifest = running.make_manifest(loaded, cases, assistant, settings, mode)
        running.run(assistant, cases, out, manifest, _counter(len(cases)))
    finally:
        assistant.close()


def _counter(total: int) -> Any:
    done = 0

    def show(line: dict[str, Any]) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty() or done % 25 == 0 or done == total:
            end = "\r" if sys.stderr.isatty() and done < total else "\n"
            print(f"{done}/{total} {line['id']}", file=sys.stderr, end=end, flush=True)

    return show


@app.command()
@exits_with_one_line
def score(
    run_file: Annotated[Path, typer.Argument(metavar="RUN", help="A run file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    floors: Annotated[
        Path | None, typer.Option(help='JSON file of bounds, {"hit@1": {"min": 0.8}, …}; exit 1 where one is broken.')
    ] = None,
) -> None:
    """Score a saved run: no models, no library."""
    from evals.run import load_run
    from evals.score import broken_bounds
    from evals.score import score as score_run
    from evals.tables import print_scores

    scores = score_run(load_run(run_file))
    if as_json:
        typer.echo(json.dumps(scores, ensure_ascii=False))
    else:
        print_scores(scores)
    try:
        broken = broken_bounds(scores, json.loads(floors.read_text("utf-8"))) if floors else []
    except (OSError, ValueError) as error:
        raise EvalError(f"cannot read the bounds {floors}: {error}") from error
    if broken:
        raise EvalError(f"{run_file} breaks the bounds of {floors}: " + "; ".join(broken))


if __name__ == "__main__":
    app()
