"""The command line: `citewise ingest | ask | search | papers | merges | export | remove | backup | restore | chat | doctor`.

Owns: arguments, exit codes, what is printed. Exit 0 is fine, 1 a domain error in one line, 2 wrong usage, 3 and 4 an answer that is
none, 130 Ctrl-C. Everything heavy is imported inside the command that needs it, so that `--help` answers at once.
"""

import logging
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag import __version__
from rag.cli_chat import chat
from rag.cli_filters import chosen_of, takes_filter
from rag.cli_library import backup, restore
from rag.cli_mcp import mcp
from rag.cli_merges import merges
from rag.cli_options import (
    NOT_FOUND,
    OUTCOMES,
    Commands,
    DeviceOption,
    JsonOption,
    LibraryOption,
    ModeOption,
    Question,
    QuestionArgument,
    RepairOption,
    WordsArgument,
    exits_with_one_line,
    typed_or_piped,
)
from rag.cli_papers import export, papers
from rag.cli_remove import remove
from rag.core.leftovers import end_cleanly_on_sigterm
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.core.settings import Settings
from rag.output.progress import progress_bars
from rag.output.streams import dump_json
from rag.output.terminal import status_line

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant
    from rag.core.domain import Answer

_GUIDE_SECONDS = 10.0
"""Time to find out which examples of a guide are answered."""

app = typer.Typer(
    name="citewise",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Ask a collection of paper abstracts; get answers in their exact words, each with its source.\n\n"
    "\b\n"
    "Three steps to begin with:\n"
    "  citewise ingest FILE               read your papers into a library\n"
    "  citewise ask What is DeepCache     one answer, here in the terminal\n"
    "  citewise chat                      the chat window, in your browser\n\n"
    "All commands take --library FOLDER; without it the library is ./library. citewise COMMAND --help tells more.\n\n"
    "\b\n"
    "Exit codes:\n"
    "  0    answered, or done\n"
    "  1    an error, told in one line\n"
    "  2    wrong usage: an unknown command, or a flag with a wrong value\n"
    "  3    ask: no answer, but words that come near\n"
    "  4    ask, search: nothing found; remove: no paper is chosen\n"
    "  130  stopped with Ctrl-C",
)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"citewise {__version__}")
        raise typer.Exit


@app.callback()
def main(
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            help="Tell more of what is done: -v, or -vv for all of it.",
            show_default=False,
        ),
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Configure logging (warnings only, unless asked for more) and how SIGTERM ends the process."""
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    end_cleanly_on_sigterm()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", force=True)
    for package in ("rag", "ui", "evals"):
        logging.getLogger(package).setLevel(level)


@app.command()
@exits_with_one_line
def ingest(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="Files of papers, folders, patterns such as 'exports/*.ris', zip archives, or - for standard input.",
        ),
    ],
    library: LibraryOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would become of each record, and write nothing.")
    ] = False,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read papers into a library.

    Exports of databases and reference managers are read as they are, and so are JSON records and pages of text (docs/papers.md). The
    simplest record is {"title": "…", "abstract": "…"}, one a line.

    Every record of a file is accounted for: new, updated, unchanged, merged into another record's paper, rejected with its reason, or
    without abstract. The sum is compared with an independent count of the file, and a difference is said. Whatever did not go in as it
    is stands in ingest-report.jsonl in the library's folder, with its place, the reason and its text.

    What the library has already costs nothing: a file that has not changed is not read again, and only new and changed abstracts are
    embedded. An ingest that was stopped goes on where it was when it is run again.

    What cannot be read is named, and the rest goes in with exit code 0. Where nothing of a file can be read, the exit code is 1, and no
    library is made.

    \b
    Examples:
      citewise ingest seeds/000_3710b9dbbfae9cef.txt --library library
      citewise ingest exports/ --dry-run
    """
    from rag.wiring import ingest_files

    settings = Settings.of_flags(library=library, device=device)
    with progress_bars() as progress:
        report = ingest_files(settings, files, progress, dry_run=dry_run)
    from rag.output import ingested

    if as_json:
        typer.echo(dump_json(ingested.report_json(report)))
    else:
        ingested.print_report(report, settings.library, dry_run=dry_run)
    if report.fruitless:
        names = ", ".join(map(str, report.fruitless))
        goes = "would go" if dry_run else "went"
        typer.echo(f"citewise: nothing of {names} {goes} in; the lines above say why", err=True)
        raise typer.Exit(1)


@app.command(cls=Question)
@exits_with_one_line
@takes_filter
def ask(
    question: QuestionArgument = None,
    library: LibraryOption = None,
    mode: ModeOption = None,
    device: DeviceOption = None,
    why: Annotated[
        bool,
        typer.Option(
            "--why", help="Also show the papers found, the sentences read, and how sure it is, with all scores."
        ),
    ] = False,
    as_json: JsonOption = False,
    chosen: PaperFilter = EVERY_PAPER,
) -> None:
    """Answer one question in exact words, with sources.

    Where the library does not tell, that is said, and what comes near is shown.

    \b
    Examples:
      citewise ask What is DeepCache
      citewise ask "Which papers are by Ada Miller?"
      echo "How fast is DeepCache?" | citewise ask --json
      citewise ask How many papers are there --year 2020- --author Miller

    Who wrote a paper, when and where it came out, and which papers are by an author or of a year, is told from their records.

    Exit codes: 0 answered, 3 no answer but words that come near, 4 nothing found, 1 an error, 2 wrong usage, 130 stopped with Ctrl-C.

    Answers can also be written by a language model, each sentence checked against the abstracts: docs/answers.md#a-model-that-writes.
    """
    from rag.wiring import open_assistant

    asked = typed_or_piped(question, "ask")
    settings = Settings.of_flags(library=library, mode=mode, device=device)
    with status_line() as status, closing(open_assistant(settings, status)) as whole:
        status("Reading")
        assistant = whole.over(chosen)
        answer = assistant.ask(asked)
        if answer.origin == "guide":
            answer = _with_checked_examples(assistant, answer)
    from rag.output import terminal, to_json
    from rag.output.filter_json import with_filter

    if as_json:
        value = with_filter(to_json.answer_json(answer), chosen)
        if why:
            value |= to_json.why_json(answer)
        typer.echo(dump_json(value))
    else:
        terminal.print_answer(answer, why=why)
    raise typer.Exit(OUTCOMES.get(answer.outcome, 0))


def _with_checked_examples(assistant: "Assistant", answer: "Answer") -> "Answer":
    """The guide with those of its examples that are answered."""
    from rag.answer.record_answers import guide_text, parts_of_guide
    from rag.answer.suggestions import Suggestions

    line, examples = parts_of_guide(answer.text)
    good = Suggestions(assistant).answered(examples, most=2, tries=3, seconds=_GUIDE_SECONDS)
    return replace(answer, text=guide_text(line, good))


@app.command(cls=Question)
@exits_with_one_line
@takes_filter
def search(
    words: WordsArgument = None,
    library: LibraryOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Most papers to show.")] = 10,
    device: DeviceOption = None,
    why: Annotated[bool, typer.Option("--why", help="Also show the parts of each paper's score.")] = False,
    as_json: JsonOption = False,
    chosen: PaperFilter = EVERY_PAPER,
) -> None:
    """Find papers, best first.

    \b
    Examples:
      citewise search image editing --limit 5
      citewise search image editing --year 2020-2023 --source scopus.ris
    """
    from rag.wiring import open_searcher

    wanted = typed_or_piped(words, "search")
    settings = Settings.of_flags(library=library, device=device)
    with status_line() as status, closing(open_searcher(settings, status)) as whole:
        searcher = whole.over(chosen)
        hits, by_words = searcher.search(wanted, limit), searcher.notice
        notices = [searcher.spelled(wanted).notice, chosen_of(searcher.library), by_words]
    from rag.output import terminal, to_json
    from rag.output.filter_json import with_filter

    if as_json:
        typer.echo(dump_json(with_filter(to_json.search_json(wanted, hits, by_words), chosen)))
    else:
        for notice in filter(None, notices):
            typer.echo(notice)
        terminal.print_hits(hits, why=why)
    raise typer.Exit(0 if hits else NOT_FOUND)


for command in (papers, merges, export, remove, backup, restore, chat, mcp):
    app.command()(command)


@app.command()
@exits_with_one_line
def doctor(
    library: LibraryOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
    repair: RepairOption = False,
) -> None:
    """Check whether everything is there and sound.

    Says what is installed, which models would run and on what, and how the library is.

    The whole library is read for it. Where something is wrong, or was lost in a repair, the exit code is 1.

    Example: citewise doctor --library my-library
    """
    from rag import doctor as checkup
    from rag.output import terminal

    settings = Settings.of_flags(library=library, device=device)
    with progress_bars() as progress:
        findings = checkup.repaired(settings, progress) if repair else []
    findings += checkup.examine(settings)
    if as_json:
        typer.echo(dump_json([{"check": item.check, "ok": item.ok, "detail": item.detail} for item in findings]))
    else:
        terminal.print_findings(findings)
    if not all(item.ok for item in findings):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
