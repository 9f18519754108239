"""The commands that write papers out: `citewise papers` and `citewise export`."""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag.cli_filters import chosen_of, takes_filter
from rag.cli_options import JsonOption, LibraryOption, exits_with_one_line
from rag.core.errors import FileNotWritten, SavedAnswersDamaged
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.core.settings import Settings
from rag.output.streams import dump_json, read_stdin


@exits_with_one_line
@takes_filter
def papers(
    library: LibraryOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Most papers to print; without it all.", show_default=False)
    ] = None,
    long: Annotated[
        bool, typer.Option("--long", help="Also print authors, venue, year, and the files each paper came from.")
    ] = False,
    as_json: JsonOption = False,
    chosen: PaperFilter = EVERY_PAPER,
) -> None:
    """List the papers of a library, or those that are chosen.

    With --json it is a file that can be read in again; of a paper that was merged from several records it lists these as `versions`.

    \b
    Examples:
      citewise papers --library my-library --json > papers.jsonl
      citewise papers --year 2020- --author Miller --long
      citewise papers --added-since 7d
    """
    from rag.core.accents import shown
    from rag.core.references import byline
    from rag.core.statuses import marks_of
    from rag.library.choosing import came_from
    from rag.library.store import Library
    from rag.library.view import View
    from rag.output import to_json

    opened = Library.open(Settings.of_flags(library=library).library)
    with closing(opened), closing(opened if chosen.is_empty else View.of(opened, chosen)) as part:
        printed = part.papers()[:limit]
        files = came_from(part, [paper.id for paper in printed]) if long and not as_json else {}
        for paper in printed:
            if as_json:
                typer.echo(dump_json(to_json.paper_json(paper, opened.variants(paper.id))))
                continue
            typer.echo(f"{paper.id}  {shown(paper.title)}  {marks_of(paper)}".rstrip())
            if about := " · ".join(filter(None, (byline(paper), *files.get(paper.id, ())))) if long else "":
                typer.echo(f"    {about}")
        if not printed and (why := chosen_of(part)):
            typer.echo(f"citewise: {why}", err=True)


class ExportFormat(StrEnum):
    """The formats of `citewise export`."""

    markdown = "markdown"
    bibtex = "bibtex"
    ris = "ris"
    csl_json = "csl-json"


@exits_with_one_line
def export(
    answers: Annotated[
        Path | None,
        typer.Argument(
            metavar="[ANSWERS]",
            show_default=False,
            help="A conversation saved by the window, or answers of ask --json; with - from a pipe.",
        ),
    ] = None,
    library: LibraryOption = None,
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="markdown (the answers with footnotes), bibtex, ris or csl-json (their papers).",
        ),
    ] = ExportFormat.bibtex,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; one that is there is never overwritten.")
    ] = None,
) -> None:
    """Write references for a reference manager.

    Of the papers that answers cite, or without answers of all papers.

    Every citation is looked up in the library again; a sentence whose words are no longer there is left out, and it is said so.

    Example: citewise ask "What is DeepCache?" --json | citewise export - --format ris
    """
    from rag.output.export import FORMATS, export_file

    settings = Settings.of_flags(library=library)
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
    except OSError as error:
        raise SavedAnswersDamaged(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeError as error:
        raise SavedAnswersDamaged(f"cannot read {path}: it is no text in UTF-8") from error
