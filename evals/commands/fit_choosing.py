"""Fitting how many sentences an answer has: fit-choosing."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from evals.commands.fit import FITTED, SplitOption, _facts, _write
from evals.commands.options import SetsArgument
from rag.cli_options import DeviceOption, LibraryOption
from rag.core.settings import Settings


def fit_choosing(
    question_sets: SetsArgument,
    library: LibraryOption = None,
    split: SplitOption = "fit",
    judge: Annotated[str | None, typer.Option(help="Also say what the answers to this split come to.")] = None,
    words: Annotated[int, typer.Option(min=10, max=400, help="The median length of an answer, at most.")] = 55,
    out: Annotated[Path, typer.Option(help="Folder to write choosing.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit how many sentences an answer has. Writes the model as data.

    Example: python -m evals fit-choosing evals/sets/seeds-dev.jsonl evals/sets/seeds-more.jsonl --library library --judge test
    """
    from evals.cases.question_set import check_against
    from evals.commands.reading import read_set
    from evals.fit import choosing
    from evals.fit.answerability import own_cases
    from evals.fit.regression import fingerprints
    from evals.runs.session import papers_of
    from evals.scores.tables import progress_of
    from rag.wiring import open_assistant

    settings = Settings.load(library=library, device=device)
    own = [read_set(path) for path in question_sets]
    cases = {name: own_cases(own, name) for name in dict.fromkeys((split, judge)) if name}
    check_against([case for of_split in cases.values() for case in of_split], papers_of(settings))
    pairs = {name: choosing.joined(of_split) for name, of_split in cases.items()}
    with closing(open_assistant(settings)) as assistant, progress_of("fitting") as begin:
        progress = begin(sum(len(cases[name]) + len(pairs[name]) for name in cases))
        items = {
            name: (
                list(choosing.read_all(assistant, cases[name], progress)),
                list(choosing.read_all(assistant, pairs[name], progress)),
            )
            for name in cases
        }
        facts = {"sets": fingerprints(own), "split": split, **_facts(assistant)}
    of_split, of_pairs = items[split]
    model = choosing.fit_choosing(of_split, of_pairs, facts, words)
    _write(out, "choosing", model.json(), f"threshold {model.threshold}")
    for name, (single, joined) in items.items():
        for what, some in (("questions", single), ("two questions joined", joined)):
            if some:
                found, length = choosing.outcome(some, model)
                print(
                    f"{name}: {len(some)} {what}, facts {found:.3f}, median {length:.0f} words; with 1, 2, 3, 4 sentences "
                    + ", ".join(f"{choosing.with_sentences(some, most):.3f}" for most in (1, 2, 3, 4)),
                    file=sys.stderr,
                )
