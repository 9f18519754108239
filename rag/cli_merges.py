"""The command that lists which records were merged into one paper, and takes one back: `citewise merges`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli_options import JsonOption, LibraryOption, exits_with_one_line
from rag.core.errors import WrongUsage
from rag.core.settings import Settings
from rag.output.streams import dump_json

if TYPE_CHECKING:
    from rag.ingest.merging import Record


@exits_with_one_line
def merges(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORDS]", show_default=False, help="Only papers that hold these words, or have this id."
        ),
    ] = None,
    library: LibraryOption = None,
    undo: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Take the record of this id out of its paper, for good."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --undo: only show what would be done.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List which records were merged into one paper, and why.

    A record that says the same as another, word for word, is kept once and not listed: the report of the ingest names it.

    With --undo a record becomes a paper of its own again. The two are never merged again, also where their files change.

    Example: citewise merges --undo 10.1101/2024.01.01.123456 --dry-run
    """
    settings = Settings.of_flags(library=library)
    if undo is not None:
        _undo(settings, undo, dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        raise WrongUsage("--dry-run goes with --undo: without it nothing is changed")
    _list(settings, [word.lower() for word in words or ()], as_json=as_json)


def _list(settings: Settings, words: Sequence[str], *, as_json: bool) -> None:
    from rag.core.escaping import printable
    from rag.library.store import Library

    opened = Library.open(settings.library)
    count = 0
    for paper_id, records in opened.merges():
        if not _holds(paper_id, records, words):
            continue
        count += 1
        if as_json:
            typer.echo(dump_json({"id": paper_id, "records": [_json(record) for record in records]}))
            continue
        [paper] = opened.papers([paper_id])
        typer.echo(printable(f"{paper.id}  {paper.title}"))
        for record in records:
            told = "; ".join(filter(None, (record.place, record.reason or "the first record")))
            typer.echo(printable(f"    {_name(record)}  {told}"))
    opened.close()
    if not as_json:
        typer.echo(f"{count:,} {'paper was' if count == 1 else 'papers were'} made of several records")


def _holds(paper_id: str, records: Sequence["Record"], words: Sequence[str]) -> bool:
    text = " ".join(
        f"{one.id} {one.title} {one.doi or ''} {' '.join(one.authors)}" for one in (record.paper for record in records)
    )
    low = f"{paper_id} {text}".lower()
    return all(word in low for word in words)


def _name(record: "Record") -> str:
    paper = record.paper
    version = paper.version or record.version
    further = [str(paper.year or ""), paper.venue or "", f"version {version}" if version else ""]
    told = ", ".join(filter(None, further))
    return f"{paper.id} ({told})" if told else paper.id


def _json(record: "Record") -> dict[str, Any]:
    paper = record.paper
    return {
        "id": paper.id,
        "title": paper.title,
        "year": paper.year,
        "venue": paper.venue,
        "doi": paper.doi,
        "version": paper.version or record.version or None,
        "place": record.place,
        "reason": record.reason,
    }


def _undo(settings: Settings, record_id: str, *, dry_run: bool, as_json: bool) -> None:
    from rag.core.escaping import printable
    from rag.wiring import undo_merge

    work = undo_merge(settings, record_id, dry_run=dry_run)
    if as_json:
        told = {"undone": not dry_run, "paper": work.paper_id, "alone": work.alone.id, "rest": work.rest.id}
        typer.echo(dump_json(told))
        return
    count = len(work.taken[1].records)
    typer.echo(
        printable(
            f"{record_id} {'would become' if dry_run else 'is'} a paper of its own; "
            f"{work.rest.id} {'would keep' if dry_run else 'keeps'} {count} {'record' if count == 1 else 'records'}. "
            + ("Nothing was changed" if dry_run else "They are not merged again")
        )
    )
