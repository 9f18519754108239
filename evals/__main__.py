"""`python -m evals run | score | compare | report | check | read | from-chat | checker | plant | fit-… | bench | …`:
arguments and exit codes."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from evals.written_commands import COMMANDS, FITTED
from rag.cli_options import DeviceOption, JsonOption, LibraryOption, exits_with_one_line
from rag.core.errors import EvalError
from rag.core.settings import Settings

app = typer.Typer(
    name="python -m evals",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Measure citewise on a question set. How to write one: evals/README.md.\n\n"
    "python -m evals run evals/sets/seeds-dev.jsonl --library library --out runs/dev.jsonl\n\n"
    "python -m evals score runs/dev.jsonl\n\n"
    "python -m evals compare runs/before.jsonl runs/dev.jsonl\n\n"
    "python -m evals report runs/dev.jsonl --library library --out report.html",
)

SetArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SET", help="Question set: .jsonl, .csv, .json (PubMedQA), .txt (a question a line), or a BEIR folder."
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run file.")]
LOG = Path(__file__).parent / "LOG.md"
RUBRIC = Path(__file__).parent / "marking" / "rubric.md"


@app.command()
@exits_with_one_line
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
    device: DeviceOption = None,
) -> None:
    """Ask every question of SET; each line is written as it finishes."""
    from evals.cases.question_set import load_set
    from evals.runs.session import Selection, run_set
    from evals.scores.tables import RunningScores

    settings = Settings.load(library=library, device=device)
    with RunningScores() as scores:
        done = run_set(
            load_set(question_set), settings, out, mode, Selection(split, limit, sample, seed), resume, scores.begin
        )
    failed = [line["id"] for line in done.lines if line.get("error")]
    print(f"{len(done.lines)} questions in {out}; score it: python -m evals score {out}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} questions failed, first {failed[0]}: their lines have the error", file=sys.stderr)


@app.command()
@exits_with_one_line
def score(run_file: RunArgument, as_json: JsonOption = False) -> None:
    """Score a saved run: no models, no library."""
    from evals.runs.run import load_run
    from evals.scores.scoring import score as score_run
    from evals.scores.tables import print_scores

    scores = score_run(load_run(run_file))
    if as_json:
        typer.echo(json.dumps(scores, ensure_ascii=False))
    else:
        print_scores(scores)


@app.command()
@exits_with_one_line
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The run before.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The run after.")],
    tolerance: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=X", help="How much worse a measure may get, such as facts=0.05. Repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question; exit 1 where B is worse than A by more than the tolerance."""
    from evals.runs.run import load_run
    from evals.scores.comparison import compare as compare_runs
    from evals.scores.comparison import comparison_json
    from evals.scores.tables import print_comparison

    found = compare_runs(load_run(before), load_run(after), dict(map(_tolerance, tolerance or [])))
    if as_json:
        typer.echo(json.dumps(comparison_json(found), ensure_ascii=False))
    else:
        print_comparison(found)
    if found.regressions:
        raise EvalError(f"{after} is worse than {before}: " + "; ".join(found.regressions))


def _tolerance(given: str) -> tuple[str, float]:
    name, _, value = given.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is not NAME=NUMBER", param_hint="--tolerance") from None


@app.command()
@exits_with_one_line
def report(
    run_files: Annotated[
        list[Path], typer.Argument(metavar="RUN…", help="Run files, oldest first; the last in detail.")
    ],
    out: Annotated[Path, typer.Option(help="HTML file to write; it must not be there yet.")],
    library: LibraryOption = None,
) -> None:
    """One HTML page of a run, to be opened in a browser: scores, plots, every question with its answer and sources."""
    from evals.report.page import write_report
    from evals.runs.run import load_run
    from evals.runs.session import papers_of_run

    runs = [load_run(path) for path in run_files]
    write_report(runs, papers_of_run(Settings.load(library=library), runs[-1]), out)
    print(f"wrote {out}; open it in a browser", file=sys.stderr)


@app.command()
@exits_with_one_line
def check(question_set: SetArgument, library: LibraryOption = None) -> None:
    """Check SET against a library: gold papers that are there, facts that are in them. Exit 1 where something is wrong."""
    from evals.cases.check import problems
    from evals.cases.question_set import load_set
    from evals.runs.session import papers_of

    loaded = load_set(question_set)
    wrong = problems(loaded.cases, papers_of(Settings.load(library=library)))
    for line in wrong:
        typer.echo(line)
    if wrong:
        raise EvalError(f"{question_set}: {len(wrong)} things are wrong in {len(loaded.cases)} questions")
    typer.echo(f"{len(loaded.cases)} questions, nothing wrong")


@app.command()
@exits_with_one_line
def read(
    run_file: RunArgument,
    reader: Annotated[str, typer.Option(help="Who reads; stands in the log.")] = "a person",
    log: Annotated[Path, typer.Option(help="Lab log that gets the marks.")] = LOG,
) -> None:
    """Read the answers of a run one by one and mark them by evals/rubric.md; the marks go into the log."""
    from evals.marking.reading import append_to_log, load_rubric, read_run
    from evals.runs.run import load_run

    done = load_run(run_file)
    if not log.is_file():
        raise EvalError(f"there is no log {log} to keep the marks in; name one by --log")
    marks = read_run(done, load_rubric(RUBRIC), input, print)
    append_to_log(log, done, marks, reader, date.today().isoformat())
    print(f"marks of {len(marks)} answers are in {log}", file=sys.stderr)


@app.command("from-chat")
@exits_with_one_line
def from_chat(
    conversation: Annotated[Path, typer.Argument(metavar="CONVERSATION", help="Saved by the chat window's Save.")],
    out: Annotated[Path, typer.Option(help="Question set to write; it must not be there yet.")],
) -> None:
    """Make question-set lines of a saved conversation, to be completed by hand."""
    from evals.cases.from_chat import write_set

    print(f"{write_set(conversation, out)} questions in {out}; complete them by hand", file=sys.stderr)


@app.command()
@exits_with_one_line
def suggestions(
    question_set: SetArgument,
    library: LibraryOption = None,
    split: Annotated[str | None, typer.Option(help="Only questions of this split.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="N questions by chance, each type with its share.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask what the window suggests after each answer of SET, and tell how often that is answered from the papers cited before."""
    from contextlib import closing
    from dataclasses import asdict

    from evals.cases.question_set import load_set, select
    from evals.scores.suggestions import follow, shares
    from evals.scores.tables import progress_of
    from rag.wiring import open_assistant

    cases = select(load_set(question_set).cases, split=split, sample=sample)
    with closing(open_assistant(Settings.load(library=library))) as assistant, progress_of("asking") as begin:
        made = follow(assistant, cases, begin(len(cases)))
    found = shares(made)
    if as_json:
        typer.echo(json.dumps({**found, "suggestions": [asdict(item) for item in made]}, ensure_ascii=False))
        return
    for name, value in found.items():
        typer.echo(f"{name:<12}{value:.3f}" if name != "n" else f"{name:<12}{value}")


@app.command("fit-decline")
@exits_with_one_line
def fit_decline(
    question_sets: Annotated[
        list[Path], typer.Argument(metavar="SET…", help="Question sets about the library, some not answerable.")
    ],
    library: LibraryOption = None,
    foreign: Annotated[
        list[Path] | None,
        typer.Option(help="A set about papers that the library does not have: all its questions are to be declined."),
    ] = None,
    each: Annotated[int, typer.Option(min=1, help="Questions taken of each foreign set, by chance.")] = 30,
    split: Annotated[str, typer.Option(help="Fit on this split only.")] = "fit",
    out: Annotated[Path, typer.Option(help="Folder to write declining.json and listing.json to.")] = FITTED,
    device: DeviceOption = None,
) -> None:
    """Fit when a question is declined, and which papers a list question lists; write both models as data.

    Example: python -m evals fit-decline evals/sets/seeds-dev.jsonl evals/sets/seeds-more.jsonl --library library
    """
    from evals.cases.question_set import load_set
    from evals.fit.fitting import fit_models
    from evals.scores.tables import progress_of

    settings = Settings.load(library=library, device=device)
    own, others = [load_set(path) for path in question_sets], [load_set(path) for path in foreign or []]
    with progress_of("fitting") as begin:
        models = fit_models(own, others, each, split, settings, begin)
    out.mkdir(parents=True, exist_ok=True)
    for name, model in models.items():
        (out / f"{name}.json").write_text(model.json(), "utf-8")
        print(
            f"wrote {out / name}.json: AUROC {model.fitted_on['auroc_left_out']} on examples left out, threshold "
            f"{model.threshold}, {model.fitted_on['examples']} examples",
            file=sys.stderr,
        )


@app.command()
@exits_with_one_line
def bench(
    part: Annotated[str, typer.Argument(metavar="PART", help="ingest, retrieve, read or chat.")],
    corpus: Annotated[Path, typer.Option(help="File of papers, as for citewise ingest; .jsonl.gz too.")],
    papers: Annotated[int, typer.Option(min=1, help="How many of its papers.")] = 500,
    questions: Annotated[int, typer.Option(min=1, help="How many questions to time.")] = 10,
    question_file: Annotated[Path | None, typer.Option(help="Question set; else the papers' titles are asked.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Speed and memory of a part beside the naive way to do it, in one run: ratios first."""
    from evals.bench.bench import bench as measure
    from evals.bench.bench import print_bench

    def progress(step: str) -> None:
        print(step, file=sys.stderr)

    result = measure(part, corpus, papers, questions, Settings.load(), question_file, progress)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        print_bench(result)


for command in COMMANDS:
    app.command()(exits_with_one_line(command))


if __name__ == "__main__":
    app()
