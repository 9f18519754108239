"""The commands that keep a library as one file: `citewise backup` and `citewise restore`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rag.cli_options import JsonOption, LibraryOption, exits_with_one_line
from rag.core.escaping import counted
from rag.core.settings import Settings
from rag.output.progress import progress_bars
from rag.output.streams import dump_json

BackupForce = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
RestoreForce = Annotated[
    bool, typer.Option("--force", help="Put a library that is there aside, under a name with the date.")
]


@exits_with_one_line
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="The file to write.")],
    library: LibraryOption = None,
    force: BackupForce = False,
    as_json: JsonOption = False,
) -> None:
    """Save a library in one file.

    Windows may be open and papers be taken in meanwhile: the file holds the newest state that was complete. The vector index is not in
    it; it is made of the rest when the file is restored. Votes and reports of the library's folder are.

    Example: citewise backup papers.citewise --library my-library
    """
    from rag.library.backup import backup as write
    from rag.library.restore import shown_command

    settings = Settings.of_flags(library=library)
    with progress_bars() as progress:
        manifest = write(settings.library, file, force=force, progress=progress)
    size = file.stat().st_size
    if as_json:
        typer.echo(dump_json({"file": str(file), "bytes": size, "papers": manifest.papers, "made": manifest.made}))
        return
    typer.echo(f"{counted(manifest.papers, 'paper')} saved in {file}, {_shown(size)}")
    typer.echo(f"  put it back by: {shown_command(file, settings.library)}", err=True)


@exits_with_one_line
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A file that citewise backup made.")],
    library: LibraryOption = None,
    force: RestoreForce = False,
    replica: Annotated[
        bool,
        typer.Option("--replica", help="Replace the older copy of the same library that is there, which is only read."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a library of a file that citewise backup made.

    All of it is checked before anything is written. A folder with a library is left alone, unless --force puts that aside; nothing
    is deleted. With --replica an older copy of the same library is replaced, and nothing is put on a Chroma server (docs/chroma.md).
    Windows that are open go on with what is restored.

    Example: citewise restore papers.citewise --library my-library
    """
    from rag.library.chroma_server import server_of
    from rag.library.restore import restore as put_back

    settings = Settings.of_flags(library=library)
    with progress_bars() as progress:
        done = put_back(
            file,
            settings.library,
            datetime.now(),
            force=force,
            progress=progress,
            server=server_of(settings),
            replica=replica,
        )
    if as_json:
        told = {"library": str(settings.library), "papers": done.manifest.papers, "made": done.manifest.made}
        typer.echo(dump_json({**told, "aside": done.aside, "notes": done.notes}))
        return
    typer.echo(f"{counted(done.manifest.papers, 'paper')} of {done.manifest.made} restored: {settings.library}")
    for name in done.aside:
        typer.echo(f"  what was there is now {name}", err=True)
    for note in done.notes:
        typer.echo(f"  {note}", err=True)


def _shown(size: int) -> str:
    """A size in bytes for people."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size:,} bytes"
