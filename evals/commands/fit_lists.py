"""Fitting which papers a list question lists: fit-lists."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from evals.commands.fit import FITTED, SplitOption, _facts, _write
from evals.commands.options import SetsArgument
from rag.cli_options import DeviceOption, LibraryOption
from rag.core.settings import Settings


def fit_lists(
    question_sets: SetsArgument,
    library: LibraryOption = None,
    other: Annotated[
        list[Path] | None, typer.Option(help="A set about another library, so that words of one field do not count.")
    ] = None,
    other_library: Annotated[Path | None, typer.Option(help="The library of these other sets.")] = None,
    split: SplitOption = "fit",
    out: Annotated[Path, typer.Option(help="Folder to write listing.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit which papers a list question lists. Writes the model as data.

    Example: python -m evals fit-lists evals/sets/seeds-dev.jsonl evals/sets/manners.jsonl --library library
    """
    from evals.commands.reading import read_set
    from evals.fit import listing
    from evals.fit.answerability import own_cases
    from evals.fit.regression import OWN, examples_of, fingerprints, fit
    from rag.wiring import open_assistant

    own, others = [read_set(path) for path in question_sets], [read_set(path) for path in other or []]
    rows: list[Mapping[str, float]] = []
    truth: list[bool] = []
    facts: dict[str, Any] = {}
    for sets, folder in ((own, library), (others, other_library)):
        if not sets:
            continue
        with closing(open_assistant(Settings.load(library=folder, device=device))) as assistant:
            more, of_more = listing.listing_rows(assistant, own_cases(sets, split))
            facts = facts or {
                "sets": fingerprints(own),
                "split": split,
                "others": fingerprints(others),
                **_facts(assistant),
            }
        rows += more
        truth += of_more
    model = fit(examples_of(rows, truth, [OWN] * len(rows)), listing.listing_threshold, facts)
    area, examples = (model.fitted_on[key] for key in ("auroc_left_out", "examples"))
    _write(out, "listing", model.json(), f"AUROC {area} left out, threshold {model.threshold}, {examples} examples")
