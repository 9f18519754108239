"""The papers of one question: those quoted, with the quoted words marked; those that a right answer cites; those found.

Pure. Owns where quotes and facts are marked in an abstract.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from evals.cases.nuggets import alias_matches
from evals.report.markup import Range, esc, link, marked, number, table
from evals.scores import measures
from evals.scores.measures import Line
from rag.core.domain import Paper
from rag.core.text import normalise

Papers = Mapping[str, Paper]
"""By id, and by normalised title too: lines of older runs name right papers by their titles."""


def shelf(papers: Sequence[Paper]) -> Papers:
    """The papers by the names that a run calls them."""
    return {normalise(paper.title): paper for paper in papers if paper.title} | {paper.id: paper for paper in papers}


def _paper(name: str, papers: Papers) -> Paper | None:
    return papers.get(name) or papers.get(normalise(name))


def citations(line: Line) -> list[dict[str, Any]]:
    """All citations of an answer, in reading order."""
    return [citation for sentence in line.get("sentences", []) for citation in sentence["citations"]]


def holds(citation: Mapping[str, Any], papers: Papers) -> bool:
    """Whether the paper holds the quote where it is said to be; a paper that is not at hand is believed."""
    paper = papers.get(citation["paper_id"])
    return paper is None or paper.abstract[citation["start"] : citation["end"]] == citation["quote"]


def quoted_cards(place: int, line: Line, papers: Papers) -> str:
    """A card for each marker of the answer; `place` is that of the question in the run, for its anchors."""
    by_marker: dict[int, list[dict[str, Any]]] = {}
    for item in citations(line):
        by_marker.setdefault(item["n"], []).append(item)
    cards = [_source(f"q-{place}-{n}", n, cited, line, papers) for n, cited in sorted(by_marker.items())]
    return f"<h3>Quoted</h3>{''.join(cards)}" if cards else ""


def _source(anchor: str, n: int, cited: Sequence[dict[str, Any]], line: Line, papers: Papers) -> str:
    paper_id = cited[0]["paper_id"]
    paper = papers.get(paper_id)
    exact = [item for item in cited if holds(item, papers)] if paper else []
    # What cannot be marked in the abstract is shown by itself: nothing quoted may go unseen.
    loose = "".join(f'<blockquote dir="auto">{esc(item["quote"])}</blockquote>' for item in cited if item not in exact)
    wrong = '<p class="wrong">These words are not at the place that is cited:</p>' if paper and loose else ""
    abstract = _abstract(paper.abstract, [Range(item["start"], item["end"]) for item in exact]) if paper else ""
    title = link(paper.title or paper_id, paper.url) if paper else esc(cited[0]["title"] or paper_id)
    right = _tags(line, paper_id)
    return f'<article id="{anchor}"><h4 dir="auto"><b class="n">{n}</b> {title} {right}</h4>{wrong}{loose}{abstract}</article>'


def _abstract(text: str, ranges: Sequence[Range]) -> str:
    return f'<p class="abstract" dir="auto">{marked(text, ranges)}</p>'


def _tags(line: Line, paper_id: str) -> str:
    gold = measures.gold(line)
    if not gold:
        return ""
    word = "right paper" if paper_id in gold else "allowed" if paper_id in measures.also_ok(line) else "other paper"
    return _chip(word, "good" if paper_id in gold else "")


def gold_cards(line: Line, papers: Papers) -> str:
    """The facts that a right answer holds and the papers that it cites, with these facts marked."""
    nuggets = line["case"].get("nuggets") or []
    names = measures.gold(line)
    if not names and not nuggets:
        return ""
    heading = "<h3>What a right answer holds</h3>"
    return heading + _nuggets(line, nuggets) + "".join(_gold_paper(line, name, nuggets, papers) for name in names)


def _nuggets(line: Line, nuggets: Sequence[Sequence[str]]) -> str:
    said = normalise(" ".join(sentence["text"] for sentence in line.get("sentences", [])))
    rows = []
    for nugget in nuggets:
        found = any(alias_matches(normalise(alias), said) for alias in nugget)
        # Where no answer was asked for or came, nothing was missed.
        chip = _chip("found" if found else "missed", "good" if found else "bad") if "answer" in line else ""
        rows.append(f'<li>{chip} <span dir="auto">{esc(" / ".join(nugget))}</span></li>')
    return f'<ul class="facts">{"".join(rows)}</ul>' if rows else ""


def _gold_paper(line: Line, name: str, nuggets: Sequence[Sequence[str]], papers: Papers) -> str:
    paper = _paper(name, papers)
    shown = [*line.get("retrieved", []), *citations(line)]
    title = next((item["title"] for item in shown if item["paper_id"] == name and item["title"]), name)
    heading = link(paper.title or name, paper.url) if paper else esc(title)
    hits = [hit for nugget in nuggets for alias in nugget for hit in places(alias, paper.abstract)] if paper else []
    abstract = _abstract(paper.abstract, hits) if paper else ""
    return f'<article class="gold"><h4 dir="auto">{heading} {_place(line, name)}</h4>{abstract}</article>'


def _place(line: Line, name: str) -> str:
    """At which place a right paper was found; nothing where the search itself failed."""
    if "retrieved" not in line:
        return ""
    place = next((n for n, item in enumerate(line["retrieved"], 1) if item["paper_id"] == name), None)
    return _chip(f"found at place {place}", "good" if place == 1 else "") if place else _chip("not found", "bad")


def _chip(text: str, kind: str) -> str:
    return f'<span class="chip {kind}">{text}</span>'


def places(alias: str, text: str) -> list[Range]:
    """Where a fact stands in a text that is not normalised, by the same rule by which answers are searched for facts."""
    letters: list[tuple[str, int]] = []
    for index, letter in enumerate(text):
        for made in normalise(letter) or " ":
            if made != " " or (letters and letters[-1][0] != " "):
                letters.append((made, index))
    whole, wanted = "".join(letter for letter, _ in letters), normalise(alias)
    found, at = [], whole.find(wanted) if wanted else -1
    while at >= 0:
        # Two characters around it decide whether digits touch.
        if alias_matches(wanted, whole[max(at - 2, 0) : at + len(wanted) + 2]):
            found.append(Range(letters[at][1], letters[at + len(wanted) - 1][1] + 1))
        at = whole.find(wanted, at + 1)
    return found


def found_table(line: Line) -> str:
    """The papers that retrieval found, best first, with the parts of their scores."""
    hits = line.get("retrieved") or []
    if not hits:
        return ""
    names = list(dict.fromkeys(name for hit in hits for name in hit.get("parts") or {}))
    rows = []
    for place, hit in enumerate(hits, start=1):
        tag = f" {_chip('right paper', 'good')}" if hit["paper_id"] in measures.gold(line) else ""
        title = f'{place}. <span dir="auto">{esc(hit["title"] or hit["paper_id"])}</span>{tag}'
        rows.append([title, number(hit.get("score")), *(number((hit.get("parts") or {}).get(name)) for name in names)])
    return f"<h3>Found</h3>{table(['paper', 'score', *map(esc, names)], rows, 'Papers found with their scores')}"
