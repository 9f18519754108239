"""What the commands of citewise and of its evals share: options, exit codes, and the edge at which an error becomes one line."""

import difflib
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from rag.core.environment import mend
from rag.core.errors import CitewiseError, WrongUsage
from rag.core.settings import Settings
from rag.output.streams import as_typed, dump_json, keep_printable, read_stdin

NEAREST, NOT_FOUND, STOPPED = 3, 4, 130
"""Exit codes beside 0 (answered, or done), 1 (an error) and 2 (wrong usage); 130 is what a shell gives after Ctrl-C."""
OUTCOMES = {"nearest": NEAREST, "declined": NOT_FOUND}
"""The exit codes of the outcomes that are not answers."""

P = ParamSpec("P")


R = TypeVar("R")


QuestionArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUESTION",
        show_default=False,
        help="Its words; quotation marks are not needed. With - or nothing, it is read from a pipe.",
    ),
]


WordsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="WORDS",
        show_default=False,
        help="Words or a question; quotation marks are not needed. With - or nothing, read from a pipe.",
    ),
]


LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", metavar="FOLDER", help="The library. Without it CITEWISE_LIBRARY, else ./library."),
]


LibrariesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--library",
        metavar="FOLDER",
        show_default=False,
        help="The library, or a folder with several in it. Given more than once, these libraries are offered, and one is chosen. "
        "Without it CITEWISE_LIBRARIES, CITEWISE_LIBRARY, else ./library.",
    ),
]


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]


ModeOption = Annotated[
    str | None,
    typer.Option(
        metavar="MODE",
        help="quote: in exact words. write: written by a model, and checked. auto, the default: write where a model is set up.",
    ),
]


DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="DEVICE", help="cpu, cuda, mps, or auto: the fastest that is there, and the default."
    ),
]


RepairOption = Annotated[
    bool,
    typer.Option(
        "--repair",
        help="First repair the library: make its index anew; put a damaged file aside, and save what can be read of it.",
    ),
]


def settings_over(libraries: Sequence[Path] | None, **flags: Any) -> Settings:
    """The settings of a command that may open several libraries.

    Raises:
        SettingsError: as `Settings.of_flags`.
    """
    named = list(libraries or ())
    several = tuple(named) if len(named) > 1 else None
    if named:
        flags |= {"library": named[0], "libraries": several or (named[0],)}
    return Settings.of_flags(**flags)


def closed_libraries(settings: Settings) -> dict[str, CitewiseError]:
    """Why libraries cannot be opened, by their names, of all that these settings name. Nothing but their files is opened.

    Raises:
        LibraryError: the only one cannot be opened.
    """
    from rag.library.several import shelves_of
    from rag.library.store import Library

    shelves, problems = shelves_of(settings), {}
    for shelf in shelves:
        try:
            Library.open(shelf.folder).close()
        except CitewiseError as error:
            problems[shelf.name] = error
    if len(problems) == len(shelves):
        raise next(iter(problems.values()))
    return problems


def exits_with_one_line(command: Callable[P, R]) -> Callable[P, R]:
    """Domain errors end the command with one line on stderr and exit code 1, or 2 for wrong usage; anything else is a bug and shows
    itself. With --json the error is printed as JSON too."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        keep_printable()
        for note in mend():
            typer.echo(f"citewise: {note}", err=True)
        for name, value in kwargs.items():
            if type(value) is str:  # an option of a fixed set stays what it is
                kwargs[name] = as_typed(value)
            elif type(value) is list and all(type(word) is str for word in value):
                kwargs[name] = [as_typed(word) for word in value]
        try:
            return command(*args, **kwargs)
        except CitewiseError as error:
            if kwargs.get("as_json"):
                typer.echo(dump_json({"error": str(error)}))
            typer.echo(f"citewise: {error}", err=True)
            raise typer.Exit(2 if isinstance(error, WrongUsage) else 1) from None
        except KeyboardInterrupt:
            typer.echo("citewise: stopped", err=True)
            raise typer.Exit(STOPPED) from None

    return run


def typed_or_piped(words: Sequence[str] | None, command: str) -> str:
    """The words of the command line as one text, or where there are none, or only `-`, what is piped in, on one line.

    Raises:
        WrongUsage: neither is there.
    """
    if words and list(words) != ["-"]:
        return " ".join(words).strip()
    try:
        text = "" if sys.stdin is None or sys.stdin.isatty() else " ".join(read_stdin().split())
    except UnicodeError:
        raise WrongUsage("what is piped in is no text in UTF-8") from None
    if not text:
        raise WrongUsage(f"nothing to {command}; type it behind the command: citewise {command} {_EXAMPLES[command]}")
    return text


_EXAMPLES = {"ask": "What is DeepCache", "search": "image editing"}
_OTHER_NAMES = {
    "papers": "list ls show all titles",
    "ingest": "add import load read upload index insert",
    "chat": "serve start run open web ui gui window app server",
    "search": "find query lookup grep",
    "ask": "question answer q",
    "export": "cite bibtex save references",
    "remove": "delete rm del drop forget discard purge clear",
    "doctor": "check status info health repair fix config settings version",
}
"""What other programs call such commands."""


_WRONG_USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""What all errors of usage are; typer does not export it."""


class Commands(TyperGroup):
    """The commands of citewise; one that is mistyped, or forgotten before a question, is told with the one that was meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See `TyperGroup`; without arguments the help is shown, which is no mistake."""
        if not args:
            typer.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """See `TyperGroup`; ends with exit code 2 where there is no such command."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            ctx.fail(f"There is no command {args[0]!r}. {self._meant(args)}")
        return super().resolve_command(ctx, args)

    def _meant(self, args: list[str]) -> str:
        typed = args[0].lower()
        named = [name for name, others in _OTHER_NAMES.items() if typed in others.split()]
        near = difflib.get_close_matches(typed, self.commands, n=1, cutoff=0.8)
        words = " ".join(takewhile(lambda word: not word.startswith("-"), args)).split()
        is_question = len(words) > 2 or any(word.endswith("?") for word in words)
        perhaps = difflib.get_close_matches(typed, self.commands, n=1)
        if (is_question and not near) or not [*named, *perhaps]:
            return f"To ask a question: citewise ask {' '.join(args)}"
        return f"Did you mean citewise {[*near, *named, *perhaps][0]}?"


class Question(TyperCommand):
    """A command whose words may begin with a dash: a quoted sentence is never a flag."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See `TyperCommand`; an unknown flag is told with the way to ask for its word."""
        flags = args[: args.index("--")] if "--" in args else args
        # A blank before its dash makes it a word, and is taken away with the others around a question.
        words = [f" {word}" if word.startswith("-") and " " in word.partition("=")[0] else word for word in flags]
        try:
            return super().parse_args(ctx, [*words, *args[len(flags) :]])
        except _WRONG_USAGE as error:
            if hasattr(error, "possibilities"):  # an unknown flag
                ctx.fail(f"{error}. If it belongs to the question: citewise {ctx.info_name} -- {' '.join(args)}")
            raise
