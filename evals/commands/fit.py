"""Fitting what the package keeps as data: fit-decline, fit-checker, fit-follow-ups, fit-roles."""

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
    from rag.answer.assistant import Assistant

FITTED = Path(__file__).parent.parent.parent / "rag" / "core" / "fitted"
"""Where the package keeps its fitted data."""

_NOT_FOUND = "Of the questions that the library answers, how many may be called not found."
_RIGHT = "Of the questions called answered, how many are to hold the answer."
_KEPT = (
    "Of the questions that the library answers, how many are called answered at least, whatever that makes of --right."
)
SplitOption = Annotated[str, typer.Option(help="Fit on this split only.")]
TablesOption = Annotated[
    list[Path] | None,
    typer.Option("--table", help="A training table, fitted on too; it may still be growing. Repeatable."),
]
WeightsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--weight",
        metavar="SOURCE=X",
        help="What a question of this source of a table counts; 0.2 unless given, one of SET counts 1. Repeatable.",
    ),
]


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
    not_found: Annotated[float, typer.Option(min=0, max=1, help=_NOT_FOUND)] = 0.02,
    right: Annotated[float, typer.Option(min=0, max=1, help=_RIGHT)] = 0.9,
    kept: Annotated[float, typer.Option(min=0, max=1, help=_KEPT)] = 0.94,
    tables: TablesOption = None,
    weights: WeightsOption = None,
    split: SplitOption = "fit",
    out: Annotated[Path, typer.Option(help="Folder to write answerability.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit what counts as answered, as nearest words and as not found. Writes the model as data.

    Example: python -m evals fit-decline evals/sets/seeds-dev.jsonl evals/sets/seeds-more.jsonl --library library
    """
    from evals.commands.reading import read_set
    from evals.fit import answerability
    from evals.fit.from_table import read_table, table_askings, weights_of
    from evals.fit.regression import file_fingerprints, fingerprints
    from rag.models.readers import kind_named

    by_source = weights_of(weights or [])
    of_tables = [asked for path in tables or [] for asked in table_askings(read_table(path), split, by_source)]
    there = [path for path in signals or [] if path.exists()]
    loaded = [answerability.load(path) for path in there]
    items = [item for asked, _ in loaded for item in asked]
    own, others = [read_set(path) for path in question_sets], [read_set(path) for path in foreign or []]
    facts = {
        "sets": fingerprints(own),
        "split": split,
        "foreign": fingerprints(others),
        "signals": file_fingerprints(there),
        "tables": file_fingerprints(tables or []),
        "weights": by_source,
    }
    for _, of_models in reversed(loaded):
        facts |= of_models
    if len(there) < len(signals or []) or not there:
        asked, of_models = _ask_for_fit(own, others, each, split, Settings.load(library=library, device=device))
        facts |= of_models
        for path in set(signals or []) - set(there):
            answerability.save(asked, path, of_models)
        items += asked
    model = answerability.fit_verdicts([*items, *of_tables], facts, not_found, right, kept)
    print(f"of questions left out: {model.fitted_on['reached']}", file=sys.stderr)
    area, examples = (model.fitted_on[key] for key in ("auroc_left_out", "examples"))
    message = f"AUROC {area} on examples left out, thresholds {model.threshold} and {model.sure}, {examples} examples"
    _write(out, kind_named(str(facts.get("reads"))).answerability, model.json(), message)


def _ask_for_fit(
    own: "Sequence[QuestionSet]", others: "Sequence[QuestionSet]", each: int, split: str, settings: Settings
) -> "tuple[list[Asked], dict[str, Any]]":
    """What came of all questions, and what answered them."""
    from evals.cases.question_set import check_against
    from evals.fit import answerability
    from evals.runs.session import papers_of
    from evals.scores.tables import progress_of
    from rag.wiring import open_assistant

    cases = answerability.own_cases(own, split)
    check_against(cases, papers_of(settings))
    foreign = answerability.foreign_cases(others, each, seed=0)
    with closing(open_assistant(settings)) as assistant, progress_of("fitting") as begin:
        progress = begin(len(cases) + len(foreign) + len(answerability.with_papers(cases)))
        asked = list(answerability.ask_all(assistant, cases, foreign, progress))
        return asked, _facts(assistant)


def fit_checker(
    pairs_files: Annotated[list[Path], typer.Argument(metavar="PAIRS…", help="Pairs of which all count fully.")],
    also: Annotated[
        list[Path] | None, typer.Option(help="Pairs of another field; each counts a tenth. Repeatable.")
    ] = None,
    split: Annotated[str, typer.Option(help="Fit on this split of PAIRS only.")] = "dev",
    out: Annotated[Path, typer.Option(help="Folder to write support.json and support_trees.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit how the checker weighs its signals: a line and trees, which are averaged. Writes both as data.

    Example: python -m evals fit-checker evals/sets/checker.jsonl
    """
    from evals.fit.checking import fit_checking
    from evals.scores.checker import load_pairs
    from evals.scores.tables import progress_of
    from rag.checking.signals import SignalsOf
    from rag.checking.support import LINE, TREES
    from rag.wiring import open_embedder

    settings = Settings.load(device=device)
    own = [pair for path in pairs_files for pair in load_pairs(path, split)]
    other = [pair for path in also or [] for pair in load_pairs(path)]
    signals_of = SignalsOf(open_embedder(settings))
    with progress_of("checking") as begin:
        model = fit_checking(own, other, signals_of, [*pairs_files, *(also or [])], begin(len(own) + len(other)))
    message = f"AUROC {model.trees.fitted_on['auroc_both_left_out']} on pairs of papers left out"
    _write(out, LINE, model.line.json(), message)
    _write(out, TREES, model.trees.json(), message)


def fit_follow_ups(
    question_sets: SetsArgument,
    library: LibraryOption = None,
    split: SplitOption = "fit",
    judge: Annotated[
        str | None, typer.Option(help="Also say how many turns of this split are read rightly, by words and model.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write follow_ups.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit whether a question leans on the last answer. Writes the model as data.

    Example: python -m evals fit-follow-ups evals/sets/seeds-dev.jsonl evals/sets/seeds-more.jsonl --library library --judge test
    """
    from evals.cases.question_set import check_against
    from evals.commands.reading import read_set
    from evals.fit import follow_ups
    from evals.fit.answerability import own_cases
    from evals.fit.regression import fingerprints, fit
    from evals.runs.session import papers_of
    from rag.wiring import open_searcher

    settings = Settings.load(library=library, device=device)
    sets = [read_set(path) for path in question_sets]
    by_split = {name: own_cases(sets, name) for name in (split, judge) if name is not None}
    for cases in by_split.values():
        check_against(cases, papers_of(settings))
    with closing(open_searcher(settings)) as searcher:
        facts = {"sets": fingerprints(sets), "split": split, "library": searcher.library.fingerprint()}
        facts["embedder"] = searcher.description["embedder"]
        examples = follow_ups.follow_up_examples(searcher, by_split[split])
        model = fit(examples, follow_ups.follow_up_threshold, facts)
        message = f"AUROC {model.fitted_on['auroc_left_out']} on examples left out, threshold {model.threshold}"
        _write(out, "follow_ups", model.json(), message)
        if judge is not None:
            print(follow_ups.judged(searcher, by_split[judge], model), file=sys.stderr)


def fit_roles(
    train: Annotated[Path, typer.Argument(help="Abstracts with labelled sentences (.jsonl or .jsonl.gz) to fit to.")],
    dev: Annotated[Path, typer.Argument(help="Others, by which the strength of regularisation is chosen.")],
    test: Annotated[Path, typer.Argument(help="Others, by which the fit is judged.")],
    out: Annotated[Path, typer.Option(help="Folder to write roles.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit the roles of sentences in abstracts. Writes the weights as data.

    Example: python -m evals fit-roles csabstruct-train.jsonl.gz csabstruct-dev.jsonl.gz csabstruct-test.jsonl.gz
    """
    from evals.fit import roles
    from evals.scores.tables import progress_of
    from rag.wiring import open_embedder

    embedder = open_embedder(Settings.load(device=device))
    parts = []
    with progress_of("embedding") as begin:
        labelled = [roles.read_labelled(path) for path in (train, dev, test)]
        progress = begin(len(labelled))
        for abstracts in labelled:
            texts = [text for abstract in abstracts for text in abstract.sentences]
            parts.append(roles.Part(abstracts, embedder.embed_passages(texts)))
            progress()
    kinds = {"places": (False, False), "without": (True, False), "with_vectors": (True, True)}
    with progress_of("fitting") as begin:
        progress = begin(len(kinds) * len(roles.STRENGTHS))
        fits = {
            name: roles.fit_roles(parts[0], parts[1], words=words, vectors=vectors, progress=progress)
            for name, (words, vectors) in kinds.items()
        }
    judged = {name: roles.measures(parts[2].truth, roles.told_by(fit.weights, parts[2])) for name, fit in fits.items()}
    facts = {
        "sets": {path.name: roles.fingerprint(path) for path in (train, dev, test)},
        "abstracts": [len(part.abstracts) for part in parts],
        "embedder": embedder.identity.name,
        "strength": {name: fit.strength for name, fit in fits.items()},
        "test": {name: {"micro": round(m.micro, 3), "macro": round(m.macro, 3)} for name, m in judged.items()},
    }
    del fits["places"]  # only to compare with
    message = "; ".join(f"{name}: {measured}" for name, measured in judged.items())
    _write(out, "roles", roles.stored(fits, embedder.identity.sha256, facts), message)


def _facts(assistant: "Assistant") -> dict[str, Any]:
    """What a model was fitted with, kept beside it."""
    return {
        "library": assistant.library.fingerprint(),
        "embedder": assistant.description["embedder"],
        "reader": assistant.description["reader"],
        "reads": assistant.description.get("reads"),
    }


def _write(folder: Path, name: str, text: str, message: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(text, "utf-8")
    print(f"wrote {path}: {message}", file=sys.stderr)
