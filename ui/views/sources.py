"""The sources of a turn: the cards of the papers behind it, in the order of their citation.

Owns the cards and their anchors. Pure; knows nothing of gradio or of how an answer comes about.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from rag.answer.record_answers import FROM_RECORDS
from rag.core.accents import shown
from rag.core.domain import Answer, Citation, Evidence, Hit, Paper, Span
from rag.core.escaping import counted, shorten
from rag.core.links import paper_link
from rag.core.references import bibtex, byline, reference
from rag.core.statuses import status_word
from ui.records import ENDED, ChatTurn
from ui.views.excerpts import pieces_with_marks
from ui.views.hits import any_hits, hits, passage
from ui.views.marks import Mark, prose, with_marks
from ui.views.templating import render

NEXT_BEST = 3
NO_ABSTRACT = "No abstract in the library; only the title is known."
Keys = Mapping[tuple[str, Span], str]
Facts = dict[str, Any]


def anchor(turn_id: str, n: int) -> str:
    """The id of the source card that marker `n` of this turn points at."""
    return f"src-{turn_id}-{n}"


def citation_keys(answer: Answer) -> Keys:
    """A name for each cited range of words, shared by the chip that points at it and the mark that shows it."""
    keys: dict[tuple[str, Span], str] = {}
    for citation in answer.citations:
        keys.setdefault((citation.paper.id, citation.span), str(len(keys)))
    return keys


def sources_label(turn: ChatTurn) -> str:
    """What the turn's sources are, in two or three words of plain text; empty while there are none."""
    heading, papers = _heading(turn)
    return f"{heading}: {counted(papers, 'paper')}" if papers else ""


def _heading(turn: ChatTurn) -> tuple[str, int]:
    if turn.answer is not None and turn.answer.citations:
        heading = "Nearest words" if turn.answer.outcome == "nearest" else "Sources"
        return heading, len(turn.answer.cited_papers)
    if turn.answer is not None and turn.step == "done":
        return "Nearest papers" if turn.answer.origin == "abstracts" else "Papers", len(turn.answer.nearest)
    return "Found so far" if turn.step not in ENDED else "Found", len(turn.hits)


def sources(turn: ChatTurn, papers: int) -> Markup:
    """The cards of a turn: cited papers, else the nearest ones, else what has been found so far; below them what was searched.

    `papers` is how many the library holds.
    """
    answer, done = turn.answer, turn.step == "done"
    if answer is not None and answer.origin == "guide":
        return Markup("")
    if answer is None or not (answer.citations or done):
        above = [paper_card(hit.paper, "cw-found") for hit in turn.hits]
        return render("sources", cited=(), papers=above, others=(), searched="")
    first = answer.cited_papers if answer.citations else answer.nearest
    ids = {paper.id for paper in first}
    others = [
        paper_card(hit.paper, "cw-other", hit.score, _kept_back(answer, hit.paper))
        for hit in answer.retrieved
        if hit.paper.id not in ids
    ]
    return render(
        "sources",
        cited=_cited_cards(answer, turn.id),
        papers=() if answer.citations else [paper_card(paper, marks=_kept_back(answer, paper)) for paper in first],
        others=others,
        others_count=counted(len(others), "paper"),
        searched=timing_line(answer, papers) if done else "",
    )


def timing_line(answer: Answer, papers: int) -> str:
    """What was searched and read for the answer, and how long that took."""
    if answer.origin == "records":
        return FROM_RECORDS
    ms = answer.timings_ms
    if "cached" in ms:
        return f"Answered before: searched {counted(papers, 'paper')} and read {counted(len(answer.evidence), 'sentence')} then"
    searched = f"Searched {counted(papers, 'paper')}" + (f", {ms['retrieve'] / 1000:.2f} s" if "retrieve" in ms else "")
    reading_time = f", {ms['read'] / 1000:.1f} s" if "read" in ms else ""
    return f"{searched} · read {counted(len(answer.evidence), 'sentence')}{reading_time}"


def _cited_cards(answer: Answer, turn_id: str) -> list[Facts]:
    keys, read, groups = citation_keys(answer), _next_best(answer), _by_marker(answer.citations)
    folds = len(answer.cited_papers) > 1
    return [cited_card(n, group, read, keys, turn_id, _kept_back(answer, group[0].paper), folds) for n, group in groups]


def _kept_back(answer: Answer, paper: Paper) -> list[Mark]:
    return [Mark(item.span, kept_back=item.reason) for item in answer.withheld if item.paper.id == paper.id]


def _next_best(answer: Answer) -> list[Evidence]:
    """The best sentences that were read and are not cited: of a short abstract all are read, which would mark all of it."""
    cited = [(c.paper.id, c.span) for c in answer.citations]
    free = [
        item
        for item in answer.evidence
        if not any(item.paper.id == paper and item.span.overlaps(span) for paper, span in cited)
    ]
    return free[:NEXT_BEST]


def _by_marker(citations: Iterable[Citation]) -> list[tuple[int, list[Citation]]]:
    cited: dict[int, list[Citation]] = {}
    for citation in citations:
        cited.setdefault(citation.n, []).append(citation)
    return sorted(cited.items())


def cited_card(
    n: int,
    citations: Sequence[Citation],
    evidence: Sequence[Evidence],
    keys: Keys,
    turn_id: str,
    kept_back: Sequence[Mark] = (),
    folds: bool = False,
) -> Facts:
    """A cited paper: its abstract with the cited words marked, and more faintly what else of it was read. Where it `folds`, the cited
    sentences are shown first, with one around each."""
    paper = citations[0].paper
    marks = [Mark(c.span, keys[paper.id, c.span]) for c in citations]
    marks += [Mark(item.span) for item in evidence if item.paper.id == paper.id]
    marks += kept_back
    quoted = [c.span for c in citations] if folds else [Span(0, len(paper.abstract))]
    pieces = pieces_with_marks(paper.abstract, marks, quoted)
    return _facts(paper) | {"n": n, "anchor": anchor(turn_id, n), "pieces": pieces, "folded": len(pieces) > 1}


def paper_card(paper: Paper, kind: str = "", score: float | None = None, marks: Sequence[Mark] = ()) -> Facts:
    """A paper that is not cited; `marks` lie over its abstract."""
    text = f"{score:+.2f}" if score is not None else ""
    return _facts(paper) | {
        "abstract": with_marks(paper.abstract, marks),
        "kind": kind,
        "score": text,
        "passage": "",
        "ask": "",
    }


def similar_cards(hits: Sequence[Hit]) -> Markup:
    """What “More like this” opens in a card."""
    cards = [paper_card(hit.paper, "cw-like") for hit in hits]
    return render("papers", papers=cards, empty_note="There is no other paper in this library.")


def paper_rows(papers: Sequence[Paper], words: str = "") -> Markup:
    """Papers as a list to look through, with what a filter of these words has found in them marked."""
    return render("papers", papers=[_row(paper, words) for paper in papers], empty_note="")


def _row(paper: Paper, words: str) -> Facts:
    title, by = shorten(shown(paper.title), 300), byline(paper)
    # What neither title nor names hold is in the abstract, which is folded.
    around = "" if any_hits((title, by), words) else passage(paper.abstract, words)
    marked = {
        "title": with_marks(title, hits(title, words)) or "Untitled",
        "byline": with_marks(by, hits(by, words)),
        "passage": with_marks(around, hits(around, words)),
        "ask": shorten(shown(paper.title), 160),
    }
    return paper_card(paper, "cw-row", marks=hits(paper.abstract, words)) | marked


def _facts(paper: Paper) -> Facts:
    """What any card says of a paper."""
    link, by = paper_link(paper), byline(paper)
    return {
        "id": paper.id,
        "status": status_word(paper),
        "grave": paper.status in ("retracted", "withdrawn"),
        "bare": "" if paper.abstract else NO_ABSTRACT,
        "title": prose(shorten(shown(paper.title), 300)) or "Untitled",
        "link": link,
        "byline": by,
        "reference": reference(paper),
        "known_as": reference(paper) if by or link else "",  # more than its title
        "bibtex": bibtex([paper]),
    }
