"""What the commands of citewise and of its evals share: options, and the edge at which an error becomes one line."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from rag.core.environment import mend
from rag.core.errors import CitewiseError
from rag.output.streams import as_typed, keep_printable

P = ParamSpec("P")


R = TypeVar("R")


LibraryOption = Annotated[
    Path | None, typer.Option("--library", help="Folder of the library. Default: CITEWISE_LIBRARY, else ./library.")
]


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]


ModeOption = Annotated[
    str | None,
    typer.Option(
        help="auto, quote or write: in exact words, or written and checked. Auto writes where a writer is there."
    ),
]


DeviceOption = Annotated[str | None, typer.Option("--device", help="auto, cuda, mps or cpu. Default: auto.")]


RepairOption = Annotated[
    bool,
    typer.Option(
        "--repair",
        help="First repair the library: make its index anew; put a damaged file aside, and save what can be read of it.",
    ),
]


HostOption = Annotated[
    str, typer.Option(help="Address to listen on; 127.0.0.1 is this machine only, 0.0.0.0 every network.")
]


PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]


AuthOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME:PASSWORD|@FILE",
        help="Ask visitors for this name and password. From a file, or as CITEWISE_AUTH, it does not show in the list of processes.",
    ),
]


RootPathOption = Annotated[
    str | None,
    typer.Option(help="Path below which a proxy serves the window, such as /papers, or its whole address."),
]


AllowHostOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,…", help="Other names by which the window may be called; sites whose pages may call it."
    ),
]


TrustedProxyOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS,…", help="Addresses of proxies that say whom they ask for (X-Forwarded-For)."),
]


def exits_with_one_line(command: Callable[P, R]) -> Callable[P, R]:
    """Domain errors end the command with one line on stderr and exit code 1; anything else is a bug and shows itself."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        keep_printable()
        for note in mend():
            typer.echo(f"citewise: {note}", err=True)
        for name, value in kwargs.items():
            if type(value) is str:  # an option of a fixed set stays what it is
                kwargs[name] = as_typed(value)
        try:
            return command(*args, **kwargs)
        except CitewiseError as error:
            typer.echo(f"citewise: {error}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("citewise: stopped", err=True)
            raise typer.Exit(130) from None

    return run
