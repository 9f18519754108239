"""Judging what a set's numbers do not say: read, checker, suggestions."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from evals.commands.options import RunArgument, SetArgument
from evals.errors import EvalError
from rag.cli_options import DeviceOption, JsonOption, LibraryOption
from rag.core.settings import Settings

_EVALS = Path(__file__).parent.parent
LOG = _EVALS / "LOG.md"
RUBRIC = _EVALS / "marking" / "rubric.md"


def read(
    run_file: RunArgument,
    reader: Annotated[str, typer.Option(help="Who reads; stands in the log.")] = "a person",
    log: Annotated[Path, typer.Option(help="Lab log that gets the marks.")] = LOG,
) -> None:
    """Mark the answers of a run one by one. The marks, by evals/marking/rubric.md, go into the log."""
    from evals.marking.dialogue import read_run
    from evals.marking.log import append_to_log
    from evals.marking.rubric import load_rubric
    from evals.runs.run import load_run

    answers = load_run(run_file)
    if not log.is_file():
        raise EvalError(f"there is no log {log} to keep the marks in; name one by --log")
    marks = read_run(answers, load_rubric(RUBRIC), input, print)
    append_to_log(log, answers, marks, reader, date.today().isoformat())
    print(f"marks of {len(marks)} answers are in {log}", file=sys.stderr)


def checker(
    pairs_file: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            help='.jsonl with a line {"id", "sentence", "title", "evidence", "supported", "kind"} a pair.',
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Only pairs of this split.")] = None,
    as_json: JsonOption = False,
    device: DeviceOption = None,
) -> None:
    """Judge pairs of a sentence and its evidence. Tells how many wrong ones the checker catches.

    Example: python -m evals checker evals/sets/checker.jsonl --split test
    """
    from evals.scores.checker import judge, load_pairs, pair_json, summary
    from evals.scores.tables import print_checker, progress_of
    from rag.wiring import open_embedder
    from rag.wiring_writers import open_checker

    settings = Settings.load(device=device)
    pairs = load_pairs(pairs_file, split)
    embedder = open_embedder(settings)
    with progress_of("checking") as begin:
        verdicts = judge(pairs, open_checker(settings, embedder), begin(len(pairs)))
    result = summary(verdicts, embedder)
    if as_json:
        typer.echo(json.dumps({"pairs": [pair_json(item) for item in verdicts], **result}, ensure_ascii=False))
    else:
        print_checker(result)


def suggestions(
    question_set: SetArgument,
    library: LibraryOption = None,
    split: Annotated[str | None, typer.Option(help="Only questions of this split.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="N questions by chance, each type with its share.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask what the window suggests to ask next. Tells how often what is suggested after the answers to SET is
    answered from the papers that these cited."""
    from contextlib import closing
    from dataclasses import asdict

    from evals.cases.question_set import select
    from evals.commands.reading import read_set
    from evals.runs.suggestions import follow, shares
    from evals.scores.tables import progress_of
    from rag.wiring import open_assistant

    cases = select(read_set(question_set).cases, split=split, sample=sample)
    with closing(open_assistant(Settings.load(library=library))) as assistant, progress_of("asking") as begin:
        follow_ups = follow(assistant, cases, begin(len(cases)))
    result = shares(follow_ups)
    if as_json:
        typer.echo(json.dumps({**result, "suggestions": [asdict(item) for item in follow_ups]}, ensure_ascii=False))
        return
    for name, value in result.items():
        typer.echo(f"{name:<12}{value:.3f}" if name != "n" else f"{name:<12}{value}")
