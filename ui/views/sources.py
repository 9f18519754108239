"""The sources of a turn: the cards of the papers behind it, in the order of their citation, as escaped HTML.

Owns the cards and their anchors. Pure; knows nothing of gradio or of how an answer comes about.
"""

from collections.abc import Iterable, Mapping, Sequence

from rag.core.domain import Answer, Citation, Evidence, Hit, Paper, Span
from rag.core.escaping import counted, escape_html, shorten
from rag.output.references import bibtex, paper_link, reference
from ui.records import ENDED, ChatTurn
from ui.views.marks import Mark, marked, prose

SHOWN_AUTHORS = 4
NEXT_BEST = 3
Keys = Mapping[tuple[str, int, int], str]


def anchor(turn_id: str, n: int) -> str:
    """The id of the source card that marker `n` of this turn points at."""
    return f"src-{turn_id}-{n}"


def citation_keys(answer: Answer) -> Keys:
    """A name for each cited range of words, shared by the chip that points at it and the mark that shows it."""
    keys: dict[tuple[str, int, int], str] = {}
    for citation in answer.citations:
        keys.setdefault((citation.paper.id, citation.start, citation.end), str(len(keys)))
    return keys


def sources_label(turn: ChatTurn) -> str:
    """What the turn's sources are, in two or three words of plain text; empty while there are none."""
    heading, papers = _heading(turn)
    return f"{heading}: {counted(papers, 'paper')}" if papers else ""


def _heading(turn: ChatTurn) -> tuple[str, int]:
    if turn.answer is not None and turn.answer.citations:
        return "Sources", len(turn.answer.cited_papers)
    if turn.answer is not None and turn.step == "done":
        return "Nearest papers", len(turn.answer.nearest)
    return "Found so far" if turn.step not in ENDED else "Found", len(turn.hits)


def sources(turn: ChatTurn, papers: int) -> str:
    """The cards of a turn: cited papers, else the nearest ones, else what has been found so far; below them what was searched.

    `papers` is how many the library holds.
    """
    foot = f'<p class="cw-note">{timing_line(turn.answer, papers)}</p>' if turn.answer and turn.step == "done" else ""
    return _cards(turn) + foot


def timing_line(answer: Answer, papers: int) -> str:
    """What was searched and read for the answer, and how long that took."""
    ms = answer.timings_ms
    searched = f"Searched {counted(papers, 'paper')}" + (f", {ms['retrieve'] / 1000:.2f} s" if "retrieve" in ms else "")
    reading_time = f", {ms['read'] / 1000:.1f} s" if "read" in ms else ""
    return f"{searched} · read {counted(len(answer.evidence), 'sentence')}{reading_time}"


def _cards(turn: ChatTurn) -> str:
    answer = turn.answer
    if answer is not None and answer.citations:
        cited = {paper.id for paper in answer.cited_papers}
        keys = citation_keys(answer)
        read = _next_best(answer)
        cards = [source_card(n, group, read, keys, turn.id) for n, group in _by_marker(answer.citations)]
        return "".join(cards) + _others([hit for hit in answer.retrieved if hit.paper.id not in cited])
    if answer is not None and turn.step == "done":
        near = {paper.id for paper in answer.nearest}
        cards = [paper_card(paper) for paper in answer.nearest]
        return "".join(cards) + _others([hit for hit in answer.retrieved if hit.paper.id not in near])
    return "".join(paper_card(hit.paper, "cw-found") for hit in turn.hits)


def _next_best(answer: Answer) -> list[Evidence]:
    """The best sentences that were read and are not cited: of a short abstract all are read, which would mark all of it."""
    cited = [(c.paper.id, Span(c.start, c.end)) for c in answer.citations]
    free = [
        item
        for item in answer.evidence
        if not any(item.paper.id == paper and item.span.overlaps(span) for paper, span in cited)
    ]
    return free[:NEXT_BEST]


def _others(hits: Sequence[Hit]) -> str:
    """The papers that were found and are not shown above, dimmed and folded."""
    if not hits:
        return ""
    cards = "".join(paper_card(hit.paper, "cw-other", hit.score) for hit in hits)
    return f'<details class="cw-others"><summary>Also found: {counted(len(hits), "paper")}</summary>{cards}</details>'


def _by_marker(citations: Iterable[Citation]) -> list[tuple[int, list[Citation]]]:
    cited: dict[int, list[Citation]] = {}
    for citation in citations:
        cited.setdefault(citation.n, []).append(citation)
    return sorted(cited.items())


def source_card(n: int, citations: Sequence[Citation], evidence: Sequence[Evidence], keys: Keys, turn_id: str) -> str:
    """The card of a cited paper: its abstract with the cited words marked, and more faintly what else of it was read."""
    paper = citations[0].paper
    marks = [Mark(Span(c.start, c.end), keys[paper.id, c.start, c.end]) for c in citations]
    marks += [Mark(item.span) for item in evidence if item.paper.id == paper.id]
    return (
        f'<article class="cw-card" id="{escape_html(anchor(turn_id, n))}" data-paper="{escape_html(paper.id)}" tabindex="-1" '
        f'aria-label="Source {n}">'
        f'<h3 dir="auto"><span class="cw-n">{n}</span>{_title(paper)}</h3>{_byline(paper)}'
        f'<p class="cw-abstract" dir="auto">{marked(paper.abstract, marks)}</p>{_tools(paper)}</article>'
    )


def paper_card(paper: Paper, kind: str = "", score: float | None = None) -> str:
    """The card of a paper that is not cited, its abstract folded."""
    shown = f'<span class="cw-score cw-scores">{score:+.2f}</span> ' if score is not None else ""
    return (
        f'<article class="cw-card {kind}" data-paper="{escape_html(paper.id)}">'
        f'<h3 dir="auto">{shown}{_title(paper)}</h3>{_byline(paper)}'
        f'<details><summary>Abstract</summary><p class="cw-abstract" dir="auto">{prose(paper.abstract)}</p>'
        f"{_tools(paper)}</details></article>"
    )


def similar_cards(hits: Sequence[Hit]) -> str:
    """What “More like this” opens in a card."""
    if not hits:
        return '<p class="cw-note">There is no other paper in this library.</p>'
    return "".join(paper_card(hit.paper, "cw-like") for hit in hits)


def paper_rows(papers: Sequence[Paper]) -> str:
    """Papers as a list to look through."""
    return "".join(paper_card(paper, "cw-row") for paper in papers)


def _tools(paper: Paper) -> str:
    link = paper_link(paper)
    opened = f'<a href="{escape_html(link)}" {_OUTSIDE}>Open</a>' if link else ""
    return (
        f'<div class="cw-tools">{opened}'
        f'<button type="button" data-do="copy-text" data-text="{escape_html(reference(paper))}">Copy citation</button>'
        f'<button type="button" data-do="copy-text" data-text="{escape_html(bibtex([paper]))}">Copy BibTeX</button>'
        '<button type="button" data-do="similar" aria-expanded="false">More like this</button></div>'
        '<div class="cw-similar" aria-live="polite" hidden></div>'
    )


_OUTSIDE = 'target="_blank" rel="noopener noreferrer nofollow"'


def _title(paper: Paper) -> str:
    title, link = prose(shorten(paper.title, 300)) or "Untitled", paper_link(paper)
    return title if link is None else f'<a href="{escape_html(link)}" {_OUTSIDE}>{title}</a>'


def _byline(paper: Paper) -> str:
    authors = ", ".join(shorten(author, 60) for author in paper.authors[:SHOWN_AUTHORS])
    if len(paper.authors) > SHOWN_AUTHORS:
        authors += " et al."
    facts = [escape_html(fact) for fact in (authors, paper.venue or "", str(paper.year or "")) if fact]
    return f'<p class="cw-by" dir="auto">{" · ".join(facts)}</p>' if facts else ""
