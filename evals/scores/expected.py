"""Is an answer of the kind that its question expects? By the object `expect` of the question and what the run file carries.

Owns: what each expectation means, and the words that say which one is not met. The form of `expect` is `evals.cases.expectation`'s.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from evals.cases.nuggets import alias_matches
from evals.scores import measures
from evals.scores.measures import Line
from rag.core.text import normalise


def as_expected(line: Line) -> float | None:
    """Whether everything that is expected of the answer holds; None where nothing is expected, or no answer was asked for."""
    if not line["case"].get("expect") or "answer" not in line:
        return None
    return float(not unmet(line))


def unmet(line: Line) -> list[str]:
    """One line for each expectation that the answer does not meet."""
    expected: Mapping[str, Any] = line["case"].get("expect") or {}
    if "answer" not in line:
        return []
    return [text for name, value in expected.items() for text in _CHECKS[name](line, value)]


def _outcome(line: Line, allowed: Sequence[str]) -> Iterator[str]:
    if line["outcome"] not in allowed:
        yield f"outcome is {line['outcome']}, not {' or '.join(allowed)}"


def _origin(line: Line, wanted: str) -> Iterator[str]:
    if line.get("origin", "abstracts") != wanted:
        yield f"origin is {line.get('origin', 'abstracts')}, not {wanted}"


def _about(line: Line, names: Sequence[str]) -> Iterator[str]:
    ids = line.get("resolved", {})
    wanted, got = {ids.get(name, name) for name in names}, set(line.get("about", []))
    if wanted != got:
        yield f"about {', '.join(sorted(got)) or 'no paper'}, not {', '.join(names) or 'no paper'}"


def _first(line: Line, facts: Sequence[Sequence[str]]) -> Iterator[str]:
    sentences = line.get("sentences") or [{"text": ""}]
    yield from _without(facts, sentences[0]["text"], "the first sentence does not hold")


def _says(line: Line, facts: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from _without(facts, _shown(line), "it does not say")


def _without(facts: Sequence[Sequence[str]], text: str, what: str) -> Iterator[str]:
    normal = normalise(text)
    for aliases in facts:
        if not any(alias_matches(normalise(alias), normal) for alias in aliases):
            yield f"{what} {' | '.join(aliases)!r}"


def _not_says(line: Line, forbidden: Sequence[str]) -> Iterator[str]:
    text = normalise(_shown(line))
    yield from (f"it says {item!r}" for item in forbidden if normalise(item) in text)


def _shown(line: Line) -> str:
    """All words of the answer: its notice stands beside its text, unless the text begins with it."""
    return f"{line['answer']}\n{line.get('notice', '')}"


def _only(line: Line, _: bool) -> Iterator[str]:
    right = {*measures.gold(line), *measures.also_ok(line)}
    for paper_id, title in _cited(line).items():
        if paper_id not in right:
            yield f"it cites {title or paper_id!r}"


def _all(line: Line, _: bool) -> Iterator[str]:
    cited = _cited(line)
    titles = {paper_id: name for name, paper_id in line.get("resolved", {}).items()}
    yield from (f"it does not cite {titles.get(item, item)}" for item in measures.gold(line) if item not in cited)


def _cited(line: Line) -> dict[str, str]:
    """The titles of all papers whose words are shown, by id."""
    return {item["paper_id"]: item["title"] for sentence in line["sentences"] for item in sentence["citations"]}


def _order(line: Line, _: bool) -> Iterator[str]:
    starts: dict[str, list[int]] = {}
    for sentence in line["sentences"]:
        for item in sentence["citations"]:
            starts.setdefault(item["paper_id"], []).append(item["start"])
    for paper_id, of_paper in starts.items():
        if any(after < before for before, after in pairwise(of_paper)):
            yield f"the quotes of {_cited(line)[paper_id] or paper_id} do not stand in the abstract's order"


_CHECKS: Mapping[str, Callable[[Line, Any], Iterator[str]]] = {
    "outcome": _outcome,
    "origin": _origin,
    "about": _about,
    "first": _first,
    "says": _says,
    "not_says": _not_says,
    "only": _only,
    "all": _all,
    "order": _order,
}
