"""Fitting how sentences are ranked: fit-ranking."""

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evals.commands.fit import FITTED, SplitOption, TablesOption, WeightsOption, _facts, _write
from evals.commands.options import SetsArgument
from rag.cli_options import DeviceOption, LibraryOption
from rag.core.settings import Settings

if TYPE_CHECKING:
    from evals.fit.ranking import Fit, Ranking


def fit_ranking(
    question_sets: SetsArgument,
    library: LibraryOption = None,
    split: SplitOption = "fit",
    judge: Annotated[
        str | None, typer.Option(help="Also say how well the weights order the sentences of this split.")
    ] = None,
    sentences: Annotated[
        int | None, typer.Option(min=2, max=100, help="Candidate sentences a question. Default: as answers are made.")
    ] = None,
    tables: TablesOption = None,
    weights: WeightsOption = None,
    model: Annotated[
        Literal["linear", "trees"],
        typer.Option(help="linear: a weight a signal, in ranking.json; trees: boosted trees, in ranking_trees.json."),
    ] = "linear",
    out: Annotated[Path, typer.Option(help="Folder to write the model to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit how sentence ranking weighs its signals. Writes the model as data.

    Example: python -m evals fit-ranking evals/sets/seeds-dev.jsonl evals/sets/seeds-more.jsonl --library library --judge test
    """
    from evals.cases.question_set import check_against
    from evals.commands.reading import read_set
    from evals.fit import ranking
    from evals.fit.answerability import own_cases
    from evals.fit.from_table import read_table, table_rankings, weights_of
    from evals.fit.regression import file_fingerprints, fingerprints
    from evals.runs.session import papers_of
    from evals.scores.tables import progress_of
    from rag.models.readers import kind_named
    from rag.wiring import open_assistant

    settings = Settings.load(library=library, device=device, read_sentences=sentences)
    by_source = weights_of(weights or [])
    rows = [row for path in tables or [] for row in read_table(path)]
    own = [read_set(path) for path in question_sets]
    splits = dict.fromkeys(name for name in (split, judge) if name)
    cases = {name: own_cases(own, name) for name in splits}
    check_against([case for of_split in cases.values() for case in of_split], papers_of(settings))
    with closing(open_assistant(settings)) as assistant, progress_of("fitting") as begin:
        progress = begin(sum(map(len, cases.values())))
        items = {name: ranking.rankings(assistant, of_split, progress) for name, of_split in cases.items()}
        facts = {"sets": fingerprints(own), "split": split, **_facts(assistant)}
    facts |= {"tables": file_fingerprints(tables or []), "weights": by_source}
    for name in splits:
        items[name] += table_rankings(rows, name, by_source)
    fit: Fit
    fit = (
        ranking.fit_ranking(items[split], facts)
        if model == "linear"
        else ranking.fit_ranking_trees(items[split], facts)
    )
    share = fit.fitted_on["pairs_right_left_out"]
    ranked_by = kind_named(str(facts.get("reads"))).ranking
    name = ranked_by if model == "linear" else f"{ranked_by}_trees"
    _write(out, name, fit.json(), f"{share} of the pairs of questions left out are ordered rightly")
    for name, of_split in items.items():
        _judge(name, of_split, fit)


def _judge(split: str, items: "Sequence[Ranking]", fit: "Fit") -> None:
    """Say how well what was fitted orders the sentences, and what is in use, of the sets and of each source."""
    from evals.fit.ranking import orders

    for source in dict.fromkeys(item.source for item in items):
        some = [item for item in items if item.source == source]
        told = [
            f"{what}: {', '.join(f'{name} {value:.3f}' for name, value in orders(some, by).items())}"
            for what, by in (("fitted", fit), ("in use", None))
        ]
        print(f"{split}, {source or 'sets'} ({len(some)} questions): {'; '.join(told)}", file=sys.stderr)
