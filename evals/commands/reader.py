"""The reader's training: train-reader, ship-reader."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from evals.commands.fit import FITTED
from evals.errors import EvalError
from rag.cli_options import DeviceOption
from rag.core.settings import Settings

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of NAME.jsonl.gz files.")]


def train_reader(
    folder: FolderArgument,
    sets: Annotated[list[str], typer.Option("--set", help="A NAME to train on. Repeatable.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, and for what was trained.")],
    judge: Annotated[list[str] | None, typer.Option(help="A NAME to judge on alone. Repeatable.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of training.")] = 2_000,
    rank: Annotated[int, typer.Option(min=1, max=64, help="Rank of what is added to each matrix.")] = 16,
    seed: Annotated[int, typer.Option(help="Of the first factors, and of the order of questions.")] = 0,
    questions: Annotated[int, typer.Option(min=1, help="Questions of one step.")] = 32,
    at_once: Annotated[int, typer.Option(min=1, help="Questions of one pass; fewer need less memory.")] = 8,
    each: Annotated[int, typer.Option(min=1, help="Steps between checkpoints.")] = 50,
    device: DeviceOption = None,
) -> None:
    """Train the reader to tell which sentence answers. Goes on where it was stopped.

    Example: python -m evals train-reader ~/questions --set covid-qa --set selqa --judge wikiqa --out runs/reader
    """
    from evals.fit.reader_rows import licences, read_rows
    from evals.fit.reader_training import Plan, Trainer, train
    from rag.models.find import choose_device, find_model

    settings = Settings.load(device=device)
    rows = read_rows(folder, sets)
    taught = [row for row in rows if not row.is_kept_out]
    tested = [row for row in rows if row.is_kept_out] + (read_rows(folder, judge) if judge else [])
    if not taught:
        raise EvalError("all questions of these sets are kept out for judging; name more sets")
    files = find_model(settings.reader, settings.cache)
    plan = Plan(steps, rank, seed, questions, at_once)
    trainer = Trainer(files, choose_device(settings.device), plan)
    out.mkdir(parents=True, exist_ok=True)

    def progress(step: int, loss: float) -> None:
        if step % 10 == 0 or step == steps:
            print(f"step {step} of {steps}: loss {loss:.3f}", file=sys.stderr)

    train(trainer, taught, out, each, progress)
    judged = trainer.judge(tested)
    for name, (count, *shares) in judged.items():
        print(f"{name}: the answer among the best 1, 2, 3 sentences in {shares} of {count} questions")
    stated = licences(folder, sets)
    counts = {name: sum(row.source == name for row in taught) for name in sets}
    trained_on = {
        "sets": [{"name": name, "questions": counts[name], "licence": stated[name]} for name in sets],
        "questions": len(taught),
        "method": f"LoRA of rank {rank} on all linear layers; softmax over a passage's sentences, and binary cross-entropy",
        "seed": seed,
        "steps": steps,
        "questions_a_step": questions,
        "learning_rate": plan.rate,
        "judged": {name: list(values) for name, values in judged.items()},
    }
    print(f"wrote {trainer.write(out, trained_on)}", file=sys.stderr)


def ship_reader(
    trained: Annotated[
        Path, typer.Argument(metavar="TRAINED", help="Factors (.safetensors) with a .json beside them.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write reader.json and reader.safetensors to.")] = FITTED,
) -> None:
    """Make the package's file of a trained reader: in eight bits, with the record of how it was made.

    Example: python -m evals ship-reader runs/reader/trained.safetensors
    """
    from evals.fit.reader import ship
    from rag.models.find import find_model
    from rag.models.readers import ADAPTER

    beside = trained.with_suffix(".json")
    try:
        trained_on = json.loads(beside.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EvalError(f"{beside} cannot be read, which says what {trained.name} was trained on: {error}") from error
    settings = Settings.load()
    path = ship(trained, find_model(settings.reader, settings.cache), trained_on, out, ADAPTER)
    print(f"wrote {path} and {path.with_suffix('.safetensors').name} beside it", file=sys.stderr)
