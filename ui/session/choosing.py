"""Which papers are asked: the filter that a page sends, what it leaves, and what is told of that.

Owns the form in which a choice goes to the page and is kept there. What a filter does to a library is the assistant's; how a choice
looks is in `ui.views.chosen`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from rag.core.errors import CitewiseError, NothingChosen, RequestRefused
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.library.choices import Kind
from rag.output.filter_json import filter_json, filter_of
from ui.records import NAME_CHARS, Choice
from ui.session.loading import Answerer, Loader
from ui.views.chosen import NAMED, button_label, emptiness, names_note, note, of_line, parts, pills
from ui.views.status import library, welcome

_MOST_PAPERS = 10**9
_MOST_NAMES = 50
_EXPLAINED = 60
"""Of more parts it is not told which leaves nothing: each is looked up for that."""
_OFFERED = 50
"""Names that are shown at once; the others are found by their words."""
_WORDS_CHARS = 200


def chosen_of(sent: Any) -> PaperFilter:
    """The filter that a page sent.

    Raises:
        RequestRefused: it is none, or has more names than a library is looked through for at once.
    """
    chosen = filter_of(sent)
    for kind in ("authors", "venues"):
        if len(getattr(chosen, kind)) > _MOST_NAMES:
            raise RequestRefused(f"at most {_MOST_NAMES} {kind} are chosen at once; choose by other words, or by file")
    return chosen


def choice(assistant: Answerer, chosen: PaperFilter) -> Choice:
    """How many papers of how many the filter leaves now."""
    return Choice(chosen, assistant.count(chosen), assistant.count(PaperFilter()))


def choice_to_ask(assistant: Answerer, sent: Any) -> Choice | None:
    """The papers that a question is to be asked of; None for the whole library.

    Raises:
        RequestRefused: what was sent is no filter.
        NothingChosen: it leaves no paper; the message says which part of it does.
    """
    chosen = chosen_of(sent)
    if chosen.is_empty:
        return None
    made = choice(assistant, chosen)
    if not made.papers:
        raise NothingChosen(nothing_left(assistant, made))
    return made


def nothing_left(assistant: Answerer, made: Choice) -> str:
    """Which part of a filter that leaves no paper does so; "" where it leaves some."""
    if made.papers:
        return ""
    found = parts(made.filter)
    if len(found) > _EXPLAINED:
        return emptiness([], [], made.every)
    alone = [(part, assistant.count(part.alone)) for part in found]
    without = [(part, assistant.count(part.rest)) for part in found] if len(found) > 1 else []
    return emptiness(alone, without, made.every)


def told(assistant: Answerer, sent: Any) -> dict[str, Any]:
    """What the page shows of the choice that it sent: HTML of its pills, and plain texts.

    Raises:
        RequestRefused: it is no filter.
    """
    made = choice(assistant, chosen_of(sent))
    named = made.filter.ids if len(made.filter.ids) <= NAMED else ()
    titles = {paper.id: paper.title for paper in assistant.papers(named)} if named else {}
    return {
        "filter": filter_json(made.filter),
        "papers": made.papers,
        "every": made.every,
        "pills": str(pills(made.filter, titles)),
        "note": note(made),
        "button": button_label(made),
        "line": of_line(made),
        "problem": nothing_left(assistant, made),
    }


def names(assistant: Answerer, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Names to choose from, each with how many papers it has, and what is to be said of them. Too long ones are left out."""
    kind: Kind | Any = sent.get("kind")
    if kind not in get_args(Kind):
        raise RequestRefused(f"there is nothing to choose of {str(kind)[:40]!r}; there are {', '.join(get_args(Kind))}")
    found = assistant.names(kind, str(sent.get("words") or "")[:_WORDS_CHARS], _OFFERED)
    first = [[name, f"{papers:,}"] for name, papers in found.first if len(name) <= NAME_CHARS]
    return {"names": first, "note": names_note(kind, found)}


def overview(loader: Loader, sent: Any, settings: Settings) -> dict[str, Any]:
    """HTML of what an empty chat shows of the papers that a filter leaves: its middle, and what is in them."""
    made = choice(loader.assistant(), chosen_of(sent))
    loading = replace(loader.loading, overview=loader.over(made.filter).overview())
    return {"welcome": str(welcome(loading, settings, of=note(made))), "library": str(library(loading))}


def kept(made: Choice | None) -> dict[str, Any] | None:
    """What the browser keeps of the papers that a turn was asked of."""
    if made is None:
        return None
    return {"filter": filter_json(made.filter), "papers": made.papers, "every": made.every, "line": of_line(made)}


def kept_choice(sent: Any) -> Choice | None:
    """The same read back; None where nothing was kept or it cannot be read."""
    if not isinstance(sent, Mapping):
        return None
    numbers = [sent.get(name) for name in ("papers", "every")]
    if not all(type(number) is int and 0 <= number <= _MOST_PAPERS for number in numbers):
        return None
    try:
        chosen = chosen_of(sent.get("filter"))
    except CitewiseError:
        return None
    return None if chosen.is_empty else Choice(chosen, *numbers)  # type: ignore[arg-type]
