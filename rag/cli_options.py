"""What the commands of citewise and of its evals share: options, and the edge at which an error becomes one line."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from rag.core.errors import CitewiseError

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


def exits_with_one_line(command: Callable[P, R]) -> Callable[P, R]:
    """Domain errors end the command with one line on stderr and exit code 1; anything else is a bug and shows itself."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except CitewiseError as error:
            typer.echo(f"citewise: {error}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("citewise: stopped", err=True)
            raise typer.Exit(130) from None

    return run
