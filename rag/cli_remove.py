"""The command that takes papers out of a library: `citewise remove`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli_filters import takes_filter
from rag.cli_options import NOT_FOUND, JsonOption, LibraryOption, exits_with_one_line
from rag.core.errors import WrongUsage
from rag.core.escaping import counted, shorten
from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from rag.core.settings import Settings
from rag.output.streams import dump_json

if TYPE_CHECKING:
    from pathlib import Path

    from rag.library.removal import Removal

_SHOWN = 10
"""Titles that are shown before the papers go."""


@exits_with_one_line
@takes_filter
def remove(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", show_default=False, help="Papers by id, DOI, arXiv id, PMID and the like; as --id."
        ),
    ] = None,
    library: LibraryOption = None,
    everything: Annotated[bool, typer.Option("--all", help="All papers; an empty library is left.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can be asked.")] = False,
    as_json: JsonOption = False,
    chosen: PaperFilter = EVERY_PAPER,
) -> None:
    """Take papers out of a library.

    What would go is shown first. Of a file that is named with --source the papers go that no other file brought; the others stay, and
    no longer count as from this file. Ingesting the files again brings the papers back. Votes on answers stay.

    \b
    Examples:
      citewise remove 10.1000/182 arXiv:2301.00001
      citewise remove --source old.ris --dry-run
      citewise remove --year -1999 --text editorial --yes

    Exit codes: 0 done, 4 no paper is chosen, 1 an error, 2 wrong usage, 130 stopped with Ctrl-C.
    """
    from rag.library import removal
    from rag.library.chroma_server import server_of

    wanted = _with_ids(chosen, ids or ())
    if wanted.is_empty != everything:
        raise WrongUsage(
            "--all means all papers; leave out the rest"
            if everything
            else "say which papers: an id, --source FILE, --year, --author and the like, or --all"
        )
    settings = Settings.of_flags(library=library)
    folder = settings.library
    plan = removal.planned(folder, wanted)
    if plan.is_empty:
        _nothing(folder, wanted, as_json)
    if len(wanted.ids) > len(plan.papers) and (unknown := removal.unknown(folder, wanted.ids)):
        typer.echo(f"citewise: not in this library: {', '.join(shorten(one, 60) for one in unknown)}", err=True)
    if not as_json:
        _show(plan)
    if not dry_run:
        if not yes and not _agrees(plan):
            typer.echo("Nothing was removed.")
            return
        plan = removal.remove(folder, wanted, plan, server_of(settings))
        if not as_json:
            typer.echo(f"{counted(len(plan.papers), 'paper')} removed from {folder}.")
    if as_json:
        from rag.output.filter_json import filter_json

        done = {"dry_run": dry_run, "removed": [name for name, _ in plan.papers], "staying": plan.staying}
        typer.echo(dump_json(done | {"sources": plan.sources, "filter": filter_json(wanted)}))


def _with_ids(chosen: PaperFilter, ids: list[str] | tuple[str, ...]) -> PaperFilter:
    from dataclasses import replace

    from rag.cli_filters import filter_of_flags

    return replace(chosen, ids=(*chosen.ids, *filter_of_flags(identifier=ids).ids))


def _nothing(folder: "Path", wanted: PaperFilter, as_json: bool) -> None:
    """End where no paper is chosen, and say why."""
    from rag.library.store import Library
    from rag.library.view import View

    library = Library.open(folder)
    why = View.of(library, wanted).why_none() if library.count() else f"The library {folder} holds no papers."
    library.close()
    if as_json:
        typer.echo(dump_json({"removed": [], "staying": [], "error": why}))
    typer.echo(f"citewise: {why} Nothing was removed.", err=True)
    raise typer.Exit(NOT_FOUND)


def _show(plan: "Removal") -> None:
    from rag.core.accents import shown

    typer.echo(f"{counted(len(plan.papers), 'paper')} to remove{':' if plan.papers else '.'}")
    for name, title in plan.papers[:_SHOWN]:
        typer.echo(f"  {name}  {shown(shorten(title, 100))}")
    if len(plan.papers) > _SHOWN:
        typer.echo(f"  and {len(plan.papers) - _SHOWN:,} more")
    if plan.staying:
        typer.echo(
            f"{counted(len(plan.staying), 'paper')} of {', '.join(plan.sources)} will stay, since other files brought them too. "
            "What was merged into them stays in them."
        )


def _agrees(plan: "Removal") -> bool:
    """Whether the person says yes.

    Raises:
        WrongUsage: nobody can be asked.
    """
    if not _can_ask():
        raise WrongUsage("nobody can be asked here, and nothing was removed; look with --dry-run, then add --yes")
    return typer.confirm(f"Remove {counted(len(plan.papers), 'paper')}?")


def _can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
