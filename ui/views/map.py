"""What the page is given of a map: the points as columns, the list of its groups as HTML, and what is told of it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from rag.core.accents import shown
from rag.core.domain import Paper
from rag.core.escaping import counted, printable, shorten
from rag.core.text import clean
from rag.map.record import PaperMap
from ui.views.hits import hits
from ui.views.sources import paper_card
from ui.views.templating import render

_TITLE_CHARS = 160
_EXTENT = 100.0

Told = tuple[str, int | None]
"""The title and the year of a paper."""


def drawn(one: PaperMap, papers: Mapping[str, Told]) -> dict[str, Any]:
    """The points of those papers of a map that are still there, and the list of its groups.

    Args:
        one: the map.
        papers: title and year by id, of the papers that the library holds now.
    """
    there = [n for n, paper in enumerate(one.ids) if paper in papers]
    xs, ys = _scaled([one.places[n] for n in there])
    told = [papers[one.ids[n]] for n in there]
    labels = [one.labels[n] for n in there]
    names = [_name(group.terms, n) for n, group in enumerate(one.groups)]
    sizes = Counter(labels)
    rows = [
        {"n": n, "name": names[n], "terms": ", ".join(map(printable, group.terms[1:])), "papers": f"{sizes[n]:,}"}
        for n, group in enumerate(one.groups)
        if sizes[n]
    ]
    return {
        "ids": [one.ids[n] for n in there],
        "x": xs,
        "y": ys,
        "titles": [_title(title) for title, _ in told],
        "years": [year for _, year in told],
        "labels": labels,
        "names": names,
        "groups": str(render("map_groups", groups=rows)),
        "note": note(one, len(there)),
    }


def _scaled(places: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """The places around 0, the farthest at 100; their proportions stay."""
    if not places:
        return [], []
    xs, ys = zip(*places, strict=True)
    middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    half = max(max(xs) - min(xs), max(ys) - min(ys)) / 2 or 1.0
    return tuple(  # type: ignore[return-value]
        [round((one - center) / half * _EXTENT, 2) for one in column]
        for column, center in zip((xs, ys), middle, strict=True)
    )


def _title(title: str) -> str:
    return shorten(clean(shown(title)), _TITLE_CHARS) or "Untitled"


def _name(terms: Sequence[str], n: int) -> str:
    return printable(terms[0]) if terms else f"Group {n + 1}"


def note(one: PaperMap, there: int) -> str:
    """What is told above a map of so many papers."""
    if not one.papers:
        return "There are no papers yet."
    if not there:
        return "No paper of this library has an embedding, so that none has a place."
    said = f"{counted(there, 'paper')}; the nearer two of them, the more alike are their abstracts."
    if len(one.ids) + one.bare < one.papers:
        said = f"{there:,} of {counted(one.papers, 'paper')}, spread over the library. The nearer two of them, the more alike they are."
    if one.bare:
        said += f" {counted(one.bare, 'paper')} without an embedding {'has' if one.bare == 1 else 'have'} no place."
    return said


def card(paper: Paper, words: str = "") -> Markup:
    """What opens at a point: the paper, with what these words have found in its abstract marked."""
    facts = paper_card(paper, "cw-row", marks=hits(paper.abstract, words))
    return render("map_card", paper=facts, ask=_title(paper.title))


def changed(came: int, went: int) -> str:
    """That the library is no longer the one of the map."""
    parts = [f"{counted(number, 'paper')} {verb}" for number, verb in ((came, "came in"), (went, "went out")) if number]
    what = " and ".join(parts) or "the text of papers changed"
    return f"This map is of an earlier state of the library: since then {what}."
