"""Fitting what the package keeps as data: fit-decline, fit-checker, fit-ranking."""

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals.commands.options import SetsArgument
from rag.cli_options import DeviceOption, LibraryOption
from rag.core.settings import Settings

if TYPE_CHECKING:
    from evals.cases.question_set import QuestionSet
    from evals.fit.answerability import Asked
    from evals.fit.regression import Examples
    from rag.answer.assistant import Assistant

FITTED = Path(__file__).parent.parent.parent / "rag" / "core" / "fitted"
"""Where the package keeps its fitted data."""

_NOT_FOUND = "Of the questions that the library answers, how many may be called not found."
_RIGHT = "Of the questions called answered, how many are to hold the answer."
_KEPT = (
    "Of the questions that the library answers, how many are called answered at least, whatever that makes of --right."
)
SplitOption = Annotated[str, typer.Option(help="Fit on this split only.")]


def fit_decline(
    question_sets: Annotated[
        list[Path], typer.Argument(metavar="SET…", help="Question sets about the library, some not answerable.")
    ],
    library: LibraryOption = None,
    signals: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file that keeps the signals of the answers. One that is not there is written; those that are there are fitted on "
            "too, and where all are, nothing is asked. Repeatable."
        ),
    ] = None,
    foreign: Annotated[
        list[Path] | None,
        typer.Option(help="A set about papers that the library does not have: all its questions are to be declined."),
    ] = None,
    each: Annotated[int, typer.Option(min=1, help="Questions taken of each foreign set, by chance.")] = 30,
    not_found: Annotated[float, typer.Option(min=0, max=1, help=_NOT_FOUND)] = 0.05,
    right: Annotated[float, typer.Option(min=0, max=1, help=_RIGHT)] = 0.9,
    kept: Annotated[float, typer.Option(min=0, max=1, help=_KEPT)] = 0.85,
    split: SplitOption = "fit",
    out: Annotated[Path, typer.Option(help="Folder to write answerability.json and listing.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit what counts as answered, as nearest words and as not found, and which papers to list. Writes both models as data.

    Example: python -m evals fit-decline evals/sets/seeds-dev.jsonl evals/sets/seeds-more.jsonl --library library
    """
    from evals.commands.reading import read_set
    from evals.fit import answerability, listing
    from evals.fit.regression import file_fingerprints, fingerprints, fit

    there = [path for path in signals or [] if path.exists()]
    loaded = [answerability.load(path) for path in there]
    items = [item for asked, _ in loaded for item in asked]
    own, others = [read_set(path) for path in question_sets], [read_set(path) for path in foreign or []]
    facts = {
        "sets": fingerprints(own),
        "split": split,
        "foreign": fingerprints(others),
        "signals": file_fingerprints(there),
    }
    for _, of_models in reversed(loaded):
        facts |= of_models
    papers = None
    if len(there) < len(signals or []) or not there:
        asked, papers, of_models = _ask_for_fit(own, others, each, split, Settings.load(library=library, device=device))
        facts |= of_models
        for path in set(signals or []) - set(there):
            answerability.save(asked, path, of_models)
        items += asked
    models = {"answerability": answerability.fit_verdicts(items, facts, not_found, right, kept)}
    print(f"of questions left out: {models['answerability'].fitted_on['reached']}", file=sys.stderr)
    if papers is not None:
        models["listing"] = fit(papers, listing.listing_threshold, facts)
    for name, model in models.items():
        area, examples = (model.fitted_on[key] for key in ("auroc_left_out", "examples"))
        thresholds = f"thresholds {model.threshold} and {model.sure}" if model.sure else f"threshold {model.threshold}"
        _write(out, name, model.json(), f"AUROC {area} on examples left out, {thresholds}, {examples} examples")


def _ask_for_fit(
    own: "Sequence[QuestionSet]", others: "Sequence[QuestionSet]", each: int, split: str, settings: Settings
) -> "tuple[list[Asked], Examples | None, dict[str, Any]]":
    """What came of all questions, the papers of those that ask for lists, and what answered them."""
    from evals.cases.question_set import check_against
    from evals.fit import answerability, listing
    from evals.runs.session import papers_of
    from evals.scores.tables import progress_of
    from rag.wiring import open_assistant

    cases = answerability.own_cases(own, split)
    check_against(cases, papers_of(settings))
    foreign = answerability.foreign_cases(others, each, seed=0)
    with closing(open_assistant(settings)) as assistant, progress_of("fitting") as begin:
        progress = begin(len(cases) + len(foreign) + len(answerability.with_papers(cases)))
        asked = list(answerability.ask_all(assistant, cases, foreign, progress))
        return asked, listing.listing_examples(assistant, cases), _facts(assistant)


def fit_checker(
    pairs_files: Annotated[list[Path], typer.Argument(metavar="PAIRS…", help="Pairs of which all count fully.")],
    also: Annotated[
        list[Path] | None, typer.Option(help="Pairs of another field; each counts a tenth. Repeatable.")
    ] = None,
    split: Annotated[str, typer.Option(help="Fit on this split of PAIRS only.")] = "dev",
    out: Annotated[Path, typer.Option(help="Folder to write support.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit how the checker weighs its signals. Writes the model as data.

    Example: python -m evals fit-checker evals/sets/checker.jsonl
    """
    from evals.fit.checking import fit_checking
    from evals.scores.checker import load_pairs
    from evals.scores.tables import progress_of
    from rag.wiring import open_checker, open_embedder

    settings = Settings.load(device=device)
    own = [pair for path in pairs_files for pair in load_pairs(path, split)]
    other = [pair for path in also or [] for pair in load_pairs(path)]
    checker = open_checker(settings, open_embedder(settings))
    with progress_of("checking") as begin:
        model = fit_checking(own, other, checker, [*pairs_files, *(also or [])], begin(len(own) + len(other)))
    _write(out, "support", model.json(), f"AUROC {model.fitted_on['auroc_left_out']} on pairs left out")


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
    out: Annotated[Path, typer.Option(help="Folder to write ranking.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit how sentence ranking weighs its signals. Writes the weights as data.

    Example: python -m evals fit-ranking evals/sets/seeds-dev.jsonl evals/sets/seeds-more.jsonl --library library --judge test
    """
    from evals.cases.question_set import check_against
    from evals.commands.reading import read_set
    from evals.fit import ranking
    from evals.fit.answerability import own_cases
    from evals.fit.regression import fingerprints
    from evals.runs.session import papers_of
    from evals.scores.tables import progress_of
    from rag.wiring import open_assistant

    settings = Settings.load(library=library, device=device, read_sentences=sentences)
    own = [read_set(path) for path in question_sets]
    cases = {name: own_cases(own, name) for name in (split, judge) if name}
    check_against([case for of_split in cases.values() for case in of_split], papers_of(settings))
    with closing(open_assistant(settings)) as assistant, progress_of("fitting") as begin:
        progress = begin(sum(map(len, cases.values())))
        items = {name: ranking.rankings(assistant, of_split, progress) for name, of_split in cases.items()}
        facts = {"sets": fingerprints(own), "split": split, **_facts(assistant)}
    model = ranking.fit_ranking(items[split], facts)
    share = model.fitted_on["pairs_right_left_out"]
    _write(out, "ranking", model.json(), f"{share} of the pairs of questions left out are ordered rightly")
    for name, of_split in items.items():
        print(
            f"{name}: of pairs of sentences, with and without a fact, these weights order {model.rightly_ordered(of_split):.3f} "
            f"rightly, those in use {ranking.in_use_rightly_ordered(of_split):.3f} ({len(of_split)} questions)",
            file=sys.stderr,
        )


def _facts(assistant: "Assistant") -> dict[str, Any]:
    """What a model was fitted with, kept beside it."""
    return {
        "library": assistant.library.fingerprint(),
        "embedder": assistant.description["embedder"],
        "reader": assistant.description["reader"],
    }


def _write(folder: Path, name: str, text: str, message: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(text, "utf-8")
    print(f"wrote {path}: {message}", file=sys.stderr)
