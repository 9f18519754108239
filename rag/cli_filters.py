"""Which papers a command is about: the options of `papers`, `ask`, `search` and `remove`, and the filter that they make."""

import inspect
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.core.errors import WrongUsage
from rag.core.filter_values import TIMES, YEARS, since, years
from rag.core.paper_filter import PaperFilter
from rag.core.text import clean

if TYPE_CHECKING:
    from rag.library.store import Library

_Many = list[str] | None
_One = str | None
_AGAIN = "Given several times, one of them is enough."

_OPTIONS: dict[str, Any] = {
    "year": Annotated[
        _One, typer.Option("--year", metavar="YEARS", help=f"Only papers of a year or a range of years: {YEARS}.")
    ],
    "author": Annotated[
        _Many, typer.Option("--author", metavar="NAME", help=f"Only papers by this author, such as Miller. {_AGAIN}")
    ],
    "venue": Annotated[
        _Many, typer.Option("--venue", metavar="NAME", help=f"Only papers of this journal or conference. {_AGAIN}")
    ],
    "source": Annotated[
        _Many,
        typer.Option(
            "--source",
            metavar="FILE",
            help=f"Only papers that came from this file: its name, the end of its path, or a pattern. {_AGAIN}",
        ),
    ],
    "identifier": Annotated[
        _Many,
        typer.Option(
            "--id", metavar="ID", help=f"Only the paper of this id, DOI, arXiv id, PMID and the like. {_AGAIN}"
        ),
    ],
    "text": Annotated[
        _One,
        typer.Option(
            "--text", metavar="WORDS", help="Only papers with all of these words in title, abstract or details."
        ),
    ],
    "added_since": Annotated[
        _One, typer.Option("--added-since", metavar="TIME", help=f"Only papers that came in since then: {TIMES}.")
    ],
}


def takes_filter(command: Callable[..., None]) -> Callable[..., None]:
    """The command with these options; it gets the filter as `chosen`."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        given = {name: kwargs.pop(name, None) for name in _OPTIONS}
        command(*args, chosen=filter_of_flags(**given), **kwargs)

    del run.__wrapped__  # typer looks at the signature below
    own = inspect.signature(command)
    kept = [parameter for name, parameter in own.parameters.items() if name != "chosen"]
    kind = inspect.Parameter.KEYWORD_ONLY
    more = [inspect.Parameter(name, kind, default=None, annotation=option) for name, option in _OPTIONS.items()]
    run.__signature__ = own.replace(parameters=[*kept, *more])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*kept, *more)} | {"return": None}
    return run


def filter_of_flags(
    year: str | None = None,
    author: Sequence[str] | None = None,
    venue: Sequence[str] | None = None,
    source: Sequence[str] | None = None,
    identifier: Sequence[str] | None = None,
    text: str | None = None,
    added_since: str | None = None,
) -> PaperFilter:
    """The filter that these flags make.

    Raises:
        WrongUsage: a value cannot be read; the message names the flag and what it takes.
    """
    first, last = _years(year)
    return PaperFilter(
        first,
        last,
        _texts("--author", author, "Miller"),
        _texts("--venue", venue, "NeurIPS"),
        _texts("--source", source, "scopus.ris"),
        _texts("--id", identifier, "10.1000/182"),
        " ".join(_texts("--text", None if text is None else [text], '"image editing"')),
        _since(added_since),
    )


def chosen_of(library: "Library") -> str:
    """Of how many papers was asked, or why none was chosen; "" where no filter was given."""
    from rag.library.view import View

    if not isinstance(library, View):
        return ""
    return library.notice() if library.count() else library.why_none()


def _years(value: str | None) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    read = years(value)
    if read is None:
        raise WrongUsage(f"--year {value!r} is no year and no range from an earlier to a later one; it takes {YEARS}")
    return read


def _since(value: str | None) -> datetime | None:
    if value is None:
        return None
    time = since(value, datetime.now().astimezone())
    if time is None:
        raise WrongUsage(f"--added-since {value!r} is no time; it takes {TIMES}")
    return time


def _texts(flag: str, values: Sequence[str] | None, example: str) -> tuple[str, ...]:
    texts = tuple(dict.fromkeys(map(clean, values or ())))
    signs = "*?" if flag == "--source" else ""
    if not all(any(character.isalnum() or character in signs for character in text) for text in texts):
        raise WrongUsage(f"{flag} says nothing; it takes something like {flag} {example}")
    return texts
