"""The command line: `citewise ingest | ask | search | papers | export | chat | doctor`.

Owns: arguments, exit codes, what is printed. Exit 0 is fine, 1 a domain error in one line, 2 wrong usage. Everything
heavy is imported inside the command that needs it, so that `--help` answers at once.
"""

import logging
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag import __version__
from rag.cli_options import (
    AllowHostOption,
    AuthOption,
    DeviceOption,
    HostOption,
    JsonOption,
    LibraryOption,
    ModeOption,
    PortOption,
    RepairOption,
    RootPathOption,
    TrustedProxyOption,
    exits_with_one_line,
)
from rag.core.environment import is_loopback
from rag.core.errors import FileNotWritten, SavedAnswersDamaged, SourceError
from rag.core.leftovers import end_cleanly_on_sigterm
from rag.core.settings import Settings
from rag.output.streams import dump_json, read_stdin
from rag.output.terminal import progress_bars, status_line

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant
    from rag.core.domain import Answer

_GUIDE_SECONDS = 10.0
"""Time to find out which examples of a guide are answered."""

app = typer.Typer(
    name="citewise",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Ask a library of paper abstracts; get answers in their exact words, each with its citation.\n\n"
    "Start with:  citewise ingest FILE   then:  citewise ask 'your question'   or:  citewise chat",
)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"citewise {__version__}")
        raise typer.Exit


@app.callback()
def main(
    verbose: Annotated[int, typer.Option("-v", "--verbose", count=True, help="Log more: -v info, -vv debug.")] = 0,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
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
            help="Files of papers: JSON records, one a line or in a list, or a page of titles and abstracts."
        ),
    ],
    library: LibraryOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add papers to a library; unchanged ones cost nothing.

    A record is {"title": "…", "abstract": "…"} and optionally "id", "authors", "url", "year", "doi", "arxiv_id", "pmid", "venue"; the
    names and forms that BEIR, the arXiv, Crossref, OpenAlex and others use are read too. A page has titles and abstracts in
    turn, also with labels, headings or authors: docs/pages.md.

    Records of one paper become one paper. A record that cannot be read is named with its line, and the rest goes in; where nothing of
    a file does, the exit code is 1.

    Example: citewise ingest seeds/000_3710b9dbbfae9cef.txt --library library
    """
    from rag.wiring import ingest_files

    settings = Settings.load(library=library, device=device)
    with progress_bars() as progress:
        report = ingest_files(settings, files, progress)
    from rag.output import ingested

    if as_json:
        typer.echo(dump_json(ingested.report_json(report)))
    else:
        ingested.print_report(report, settings.library)
    if report.fruitless:
        raise SourceError(f"nothing of {', '.join(map(str, report.fruitless))} went in; the lines above say why")


@app.command()
@exits_with_one_line
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    library: LibraryOption = None,
    mode: ModeOption = None,
    device: DeviceOption = None,
    why: Annotated[
        bool,
        typer.Option(
            "--why",
            help="Show the papers found, the sentences read and the decline probability, with the parts of each score.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer one question in exact, cited words, or say that it is not in the library.

    Example: citewise ask "How much faster does DeepCache make Stable Diffusion?"

    Who wrote a paper, when and where it came out, and which papers are by an author or of a year is answered from the records of the
    papers: citewise ask "Which papers are by Ada Miller?"

    With a writer the answer is written, each sentence checked against its evidence: CITEWISE_WRITER_URL names an OpenAI-compatible
    server, CITEWISE_WRITER its model, or a local model by hub name or folder.
    """
    from rag.wiring import open_assistant

    settings = Settings.load(library=library, mode=mode, device=device)
    with status_line() as status, closing(open_assistant(settings, status)) as assistant:
        status("Reading")
        answer = assistant.ask(question)
        if answer.origin == "guide":
            answer = _with_checked_examples(assistant, answer)
    from rag.output import terminal, to_json

    if as_json:
        value = to_json.answer_json(answer)
        if why:
            value |= to_json.why_json(answer)
        typer.echo(dump_json(value))
    else:
        terminal.print_answer(answer, why=why)


def _with_checked_examples(assistant: "Assistant", answer: "Answer") -> "Answer":
    """The guide with those of its examples that are answered."""
    from rag.answer.record_answers import guide_text, parts_of_guide
    from rag.answer.suggestions import Suggestions

    line, examples = parts_of_guide(answer.text)
    good = Suggestions(assistant).answered(examples, most=2, tries=3, seconds=_GUIDE_SECONDS)
    return replace(answer, text=guide_text(line, good))


@app.command()
@exits_with_one_line
def search(
    words: Annotated[str, typer.Argument(help="Words or a question.")],
    library: LibraryOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most papers to show.")] = 10,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find papers, best first, without loading the LLM."""
    from rag.wiring import open_searcher

    settings = Settings.load(library=library, device=device)
    with status_line() as status, closing(open_searcher(settings, status)) as searcher:
        hits = searcher.search(words, limit)
        notice = searcher.spelled(words).notice
    from rag.output import terminal, to_json

    if as_json:
        typer.echo(dump_json(to_json.search_json(words, hits)))
    else:
        if notice:
            typer.echo(notice)
        terminal.print_hits(hits)


@app.command()
@exits_with_one_line
def papers(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the library's papers; with --json as corpus.jsonl lines."""
    from rag.core.accents import shown
    from rag.library.store import Library
    from rag.output import to_json

    opened = Library.open(Settings.load(library=library).library)
    for paper in opened.papers():
        typer.echo(dump_json(to_json.paper_json(paper)) if as_json else f"{paper.id}  {shown(paper.title)}")
    opened.close()


class ExportFormat(StrEnum):
    """The formats of `citewise export`."""

    markdown = "markdown"
    bibtex = "bibtex"
    ris = "ris"
    csl_json = "csl-json"


@app.command()
@exits_with_one_line
def export(
    answers: Annotated[
        Path | None,
        typer.Argument(help="A conversation saved by the window, or answers of ask --json (- reads them from stdin)."),
    ] = None,
    library: LibraryOption = None,
    form: Annotated[
        ExportFormat, typer.Option("--format", help="markdown has the answers with footnotes, the others the papers.")
    ] = ExportFormat.bibtex,
    out: Annotated[Path | None, typer.Option(help="File to write; one that is there is never overwritten.")] = None,
) -> None:
    """Write the papers that answers cite, or without answers all papers, for a reference manager.

    Every citation is looked up in the library again; sentences whose words are no longer there are left out, with a line on stderr.

    Example: citewise ask "What is DeepCache?" --json | citewise export - --format ris
    """
    from rag.output.export import FORMATS, export_file

    settings = Settings.load(library=library)
    text = None if answers is None else _read(answers)
    exported, lost = export_file(settings.library, text, FORMATS[form.value])
    if lost:
        typer.echo(f"citewise: {lost} left out: their words are no longer in {settings.library}", err=True)
    if out is None:
        typer.echo(exported, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(exported)
    except FileExistsError as error:
        raise FileNotWritten(f"{out} is there already; nothing was overwritten") from error
    except OSError as error:
        raise FileNotWritten(f"cannot write {out}: {error.strerror or error}") from error


def _read(path: Path) -> str:
    try:
        return read_stdin() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise SavedAnswersDamaged(f"cannot read {path}: {error}") from error


@app.command()
@exits_with_one_line
def chat(
    library: LibraryOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 7860,
    auth: AuthOption = None,
    root_path: RootPathOption = None,
    allow_host: AllowHostOption = None,
    trusted_proxy: TrustedProxyOption = None,
    mode: ModeOption = None,
    device: DeviceOption = None,
) -> None:
    """Serve the chat window for a browser, at http://127.0.0.1:7860 unless told otherwise (Ctrl-C ends it).

    Conversations stay in the browser; votes on answers go to feedback.jsonl in the library's folder.
    """
    from ui.app import launch

    behind = {"root_path": root_path, "allow_host": allow_host, "trusted_proxy": trusted_proxy}
    settings = Settings.load(library=library, mode=mode, device=device, auth=auth, **behind)
    if settings.auth is None and not is_loopback(host):
        typer.echo(
            f"citewise: warning: {host} is open to others and there is no --auth: whoever reaches this address can ask, read the "
            "whole library and use this machine's time. Set --auth NAME:PASSWORD, and put https in front: names and passwords "
            "go over plain http as they are.",
            err=True,
        )
    launch(settings, host=host, port=port)


@app.command()
@exits_with_one_line
def doctor(
    library: LibraryOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
    repair: RepairOption = False,
) -> None:
    """Say what is installed, which weights and device would run, and whether the library and its index are sound.

    The whole library is read. Exit code 1 where something is wrong, or was lost.
    """
    from rag import doctor as checkup
    from rag.output import terminal

    settings = Settings.load(library=library, device=device)
    findings = (checkup.repaired(settings) if repair else []) + checkup.examine(settings)
    if as_json:
        typer.echo(dump_json([{"check": item.check, "ok": item.ok, "detail": item.detail} for item in findings]))
    else:
        terminal.print_findings(findings)
    if not all(item.ok for item in findings):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
