"""The papers that are asked, in words and as pills: what of a filter was chosen, and how much it leaves.

Pure; knows nothing of how a filter is looked up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from rag.answer.quoted import lead_of
from rag.core.domain import Answer
from rag.core.escaping import counted, printable, shorten
from rag.core.paper_filter import PaperFilter
from rag.core.text import clean
from rag.library.choices import Kind, Names
from ui.records import ChatTurn, Choice
from ui.views.templating import render

_FULL_CHARS = 300
_TITLE_CHARS = 50
NAMED = 5
"""More identifiers than these are one pill, and are not named."""
_NO_TITLES: Mapping[str, str] = {}
_LISTED = ("authors", "venues", "sources", "ids")
_KINDS: dict[Kind, str] = {"authors": "authors", "venues": "venues", "sources": "files"}
_UNKNOWN: dict[Kind, str] = {
    "authors": "No paper here names its authors.",
    "venues": "No paper here names where it was published.",
    "sources": "This library does not know which files its papers came from; ingest them again, and it will.",
}
_ASKED_OF = "Asked of "


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a filter that can be taken away: what it says, in full too, where it stands in the filter as JSON (`n` in a list; None
    for all of the field), the filter with it alone, and the filter without it."""

    label: str
    full: str
    field: str
    n: int | None
    alone: PaperFilter
    rest: PaperFilter


def parts(chosen: PaperFilter) -> list[Part]:
    """The parts of a filter, in the order of the form."""
    return list(_parts(chosen))


def _parts(chosen: PaperFilter) -> Iterator[Part]:
    years = PaperFilter(from_year=chosen.from_year, to_year=chosen.to_year)
    if not years.is_empty:
        yield _part(years, replace(chosen, from_year=None, to_year=None), "years")
    if chosen.text:
        yield _part(PaperFilter(text=chosen.text), replace(chosen, text=""), "text", full=chosen.text)
    for field in _LISTED:
        values = getattr(chosen, field)
        if field == "ids" and len(values) > NAMED:
            one = _part(PaperFilter(ids=values), replace(chosen, ids=()), field)
            yield replace(one, label=_one_by_one(values))
            continue
        for n, value in enumerate(values):
            rest = _with(chosen, field, (*values[:n], *values[n + 1 :]))
            yield _part(_with(PaperFilter(), field, (value,)), rest, field, n, value)
    if chosen.added_since:
        yield _part(PaperFilter(added_since=chosen.added_since), replace(chosen, added_since=None), "added_since")


def _with(chosen: PaperFilter, field: str, values: tuple[str, ...]) -> PaperFilter:
    return replace(chosen, **{field: values})  # type: ignore[arg-type]


def _part(alone: PaperFilter, rest: PaperFilter, field: str, n: int | None = None, full: str = "") -> Part:
    label = printable(alone.label)
    return Part(label, shorten(clean(printable(full)), _FULL_CHARS) or label, field, n, alone, rest)


def _one_by_one(ids: Sequence[str]) -> str:
    return f"{len(ids):,} chosen one by one"


def pills(chosen: PaperFilter, titles: Mapping[str, str] = _NO_TITLES) -> Markup:
    """A pill for each part, with a button that takes it away; a paper that is named by its id is shown by its title of `titles`."""
    return render("pills", parts=[_with_title(part, titles) for part in parts(chosen)])


def _with_title(part: Part, titles: Mapping[str, str]) -> Part:
    title = clean(printable(titles.get("".join(part.alone.ids), "")))
    return replace(part, label=f"“{shorten(title, _TITLE_CHARS)}”", full=shorten(title, _FULL_CHARS)) if title else part


def note(made: Choice) -> str:
    """How many papers are meant."""
    if made.filter.is_empty:
        return f"All {counted(made.every, 'paper')}"
    return f"{made.papers:,} of {counted(made.every, 'paper')}"


def button_label(made: Choice) -> str:
    """What the button says that opens the form."""
    return "all papers" if made.filter.is_empty else note(made)


def of_line(made: Choice) -> str:
    """What a question was asked of, as a sentence; empty for the whole library."""
    if made.filter.is_empty:
        return ""
    label = made.filter.label
    if len(made.filter.ids) > NAMED:  # some ids of a row of them say little
        label = ", ".join(filter(None, (replace(made.filter, ids=()).label, _one_by_one(made.filter.ids))))
    return f"{_ASKED_OF}{note(made)}: {printable(label)}."


def of_turn(turn: ChatTurn) -> Markup:
    """The line under a question that was asked of a part of the library; empty for the whole."""
    return Markup("") if turn.of is None else render("of_turn", line=of_line(turn.of))


def told_once(answer: Answer, of: Choice | None) -> Answer:
    """The answer without the notice that says of which papers it was asked: the line under the question does."""
    if of is None or not answer.notice.startswith(_ASKED_OF):
        return answer
    _, end, others = answer.notice.partition(f": {of.filter.label}.")
    if not end:
        return answer
    others = others.strip()
    text = f"{others}{answer.text.removeprefix(answer.notice)}".strip() if lead_of(answer) else answer.text
    return replace(answer, notice=others, text=text)


def emptiness(alone: Sequence[tuple[Part, int]], without: Sequence[tuple[Part, int]], every: int) -> str:
    """Why no paper is left: the parts that none matches, or how many there are without each part.

    Args:
        alone: each part with how many papers match it alone.
        without: each part with how many papers match all others.
        every: how many the library holds.
    """
    if not every:
        return "This library holds no papers."
    none = [_quoted(part.label) for part, papers in alone if not papers]
    if none:
        return f"No paper here matches {_either(none)}."
    freed = [f"{counted(papers, 'paper')} without {_quoted(part.label)}" for part, papers in without if papers]
    return (
        f"No paper matches all of this; there would be {_either(freed)}." if freed else "No paper matches all of this."
    )


def _quoted(label: str) -> str:
    inner = label.replace("“", "‘").replace("”", "’")
    return f"“{inner}”"


def _either(phrases: Sequence[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def names_note(kind: Kind, names: Names) -> str:
    """What is to be said of the names that can be chosen."""
    what = _KINDS[kind]
    if not names.every:
        return _UNKNOWN[kind]
    if not names.found:
        return f"None of the {names.every:,} {what} here is called so. Press Enter to take the words all the same."
    if names.found > len(names.first):
        return f"The first {len(names.first)} of {names.found:,} {what}, those of the most papers first. Type to find others."
    return ""
