"""The papers of one question, as the page shows them: those quoted, with the quoted words marked, and those that a right answer cites.

Pure. Owns which words of which paper are marked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.cases.nuggets import alias_matches
from evals.report.marks import Pieces, pieces, places
from evals.scores import measures
from evals.scores.measures import Line
from rag.core.domain import Paper, Span
from rag.core.text import normalise

Papers = Mapping[str, Paper]
"""By id, and by normalised title too: lines of older runs name right papers by their titles."""


def shelf(papers: Sequence[Paper]) -> Papers:
    """The papers by the names that a run calls them."""
    return {normalise(paper.title): paper for paper in papers if paper.title} | {paper.id: paper for paper in papers}


def citations(line: Line) -> list[dict[str, Any]]:
    """All citations of an answer, in reading order."""
    return [citation for sentence in line.get("sentences", []) for citation in sentence["citations"]]


def holds(citation: Mapping[str, Any], papers: Papers) -> bool:
    """Whether the paper holds the quote where it is said to be; a paper that is not at hand is believed."""
    paper = papers.get(citation["paper_id"])
    return paper is None or paper.abstract[citation["start"] : citation["end"]] == citation["quote"]


@dataclass(frozen=True, slots=True)
class Source:
    """A paper that the answer cites by marker `n`: what is marked in its abstract, and the quotes that cannot be marked there."""

    anchor: str
    n: int
    title: str
    url: str | None
    right: str
    unmarked: tuple[str, ...]
    misplaced: bool
    abstract: Pieces


def quoted_sources(place: int, line: Line, papers: Papers) -> list[Source]:
    """One for each marker of the answer; `place` is that of the question in the run, for its anchors."""
    by_marker: dict[int, list[dict[str, Any]]] = {}
    for item in citations(line):
        by_marker.setdefault(item["n"], []).append(item)
    return [_source(f"q-{place}-{n}", n, cited, line, papers) for n, cited in sorted(by_marker.items())]


def _source(anchor: str, n: int, cited: Sequence[dict[str, Any]], line: Line, papers: Papers) -> Source:
    paper_id = cited[0]["paper_id"]
    paper = papers.get(paper_id)
    exact = [item for item in cited if holds(item, papers)] if paper else []
    unmarked = tuple(item["quote"] for item in cited if item not in exact)
    return Source(
        anchor,
        n,
        (paper.title if paper else cited[0]["title"]) or paper_id,
        paper.url if paper else None,
        _right(line, paper_id),
        unmarked,
        bool(paper and unmarked),
        pieces(paper.abstract, [Span(item["start"], item["end"]) for item in exact]) if paper else [],
    )


def _right(line: Line, paper_id: str) -> str:
    gold = measures.gold(line)
    if not gold:
        return ""
    return "right paper" if paper_id in gold else "allowed" if paper_id in measures.also_ok(line) else "other paper"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that a right answer holds, in its spellings, and whether the answer states it."""

    aliases: tuple[str, ...]
    stated: bool


def facts(line: Line) -> list[Fact]:
    """The facts that a right answer holds."""
    answer = normalise(" ".join(sentence["text"] for sentence in line.get("sentences", [])))
    return [
        Fact(tuple(nugget), any(alias_matches(normalise(alias), answer) for alias in nugget))
        for nugget in line["case"].get("nuggets") or []
    ]


@dataclass(frozen=True, slots=True)
class GoldPaper:
    """A paper that a right answer cites, its facts marked; `place` is its rank among the papers found, None where it was not found."""

    title: str
    url: str | None
    place: int | None
    abstract: Pieces


def gold_papers(line: Line, papers: Papers) -> list[GoldPaper]:
    """The papers that a right answer cites."""
    return [_gold_paper(line, name, papers) for name in measures.gold(line)]


def _gold_paper(line: Line, name: str, papers: Papers) -> GoldPaper:
    paper = papers.get(name) or papers.get(normalise(name))
    hits = line.get("retrieved", [])
    place = next((n for n, item in enumerate(hits, 1) if item["paper_id"] == name), None)
    if paper is None:
        titles = (item["title"] for item in [*hits, *citations(line)] if item["paper_id"] == name and item["title"])
        return GoldPaper(next(titles, name), None, place, [])
    nuggets = line["case"].get("nuggets") or []
    spans = [span for nugget in nuggets for alias in nugget for span in places(alias, paper.abstract)]
    return GoldPaper(paper.title or name, paper.url, place, pieces(paper.abstract, spans))
