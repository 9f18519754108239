"""The panel of sources beside the chat: the cards of the papers behind each answer, as escaped HTML.

Owns the cards and their anchors. Pure; knows nothing of gradio or of how an answer comes about.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from rag.domain import Answer, Citation, Paper, Span
from rag.escaping import counted, escape_html, safe_url, shorten
from ui.conversation import ENDED, ChatTurn, Conversation

KEPT_TURNS = 20  # earlier turns whose sources stay in the panel
SHOWN_AUTHORS = 4


def anchor(turn: int, n: int) -> str:
    """The id of the source card that marker `n` of this turn points at."""
    return f"src-{turn}-{n}"


def panel(conversation: Conversation, papers: int) -> str:
    """The sources of all turns, the latest first and open, earlier ones folded, so that every chip finds its card."""
    latest, earlier = conversation.turns[-1:], conversation.turns[:-1]
    body = [_turn_sources(turn, papers) for turn in latest if turn.step not in ENDED or _has_sources(turn)]
    for turn in [turn for turn in earlier if _has_sources(turn)][: -KEPT_TURNS - 1 : -1]:
        question = escape_html(shorten(turn.question, 90))
        body.append(
            f'<details class="cw-older"><summary><span class="cw-older-label">Earlier</span> {question}</summary>'
            f"{_turn_sources(turn, papers)}</details>"
        )
    if not body:
        body = ['<p class="cw-empty">The papers behind an answer appear here, with the quoted words marked.</p>']
    return f'<div class="cw-sources">{"".join(body)}</div>'


def _has_sources(turn: ChatTurn) -> bool:
    return turn.answer is not None or bool(turn.hits)


def _turn_sources(turn: ChatTurn, papers: int) -> str:
    heading, cards = _cards(turn)
    count = f"<span>{counted(len(cards), 'paper')}</span>" if cards else ""
    nothing = "None." if turn.step in ENDED else "Searching …"
    body = "".join(cards) or f'<p class="cw-empty">{nothing}</p>'
    timing = timing_line(turn.answer, papers) if turn.answer is not None and turn.step == "done" else ""
    back = '<a class="cw-back" href="#cw-ask">Back to the chat ↑</a>'
    foot = f'<p class="cw-timing">{timing}</p>' if timing else ""
    return f'<section class="cw-turn"><h2>{heading}{count}{back}</h2>{body}{foot}</section>'


def _cards(turn: ChatTurn) -> tuple[str, list[str]]:
    """The heading and the cards of a turn: cited papers, else the nearest ones, else what has been found so far."""
    answer = turn.answer
    if answer is not None and answer.citations:
        return "Sources", [source_card(n, cited, anchor(turn.number, n)) for n, cited in _by_marker(answer.citations)]
    if answer is not None and turn.step == "done":
        return "Nearest papers", [paper_card(paper) for paper in answer.nearest]
    return "Found" if turn.hits else "Sources", [found_card(hit.paper) for hit in turn.hits]


def timing_line(answer: Answer, papers: int) -> str:
    """What was searched and read for the answer, and how long that took."""
    ms = answer.timings_ms
    searched = f"Searched {counted(papers, 'paper')}" + (f", {ms['retrieve'] / 1000:.2f} s" if "retrieve" in ms else "")
    reading_time = f", {ms['read'] / 1000:.1f} s" if "read" in ms else ""
    return f"{searched} · read {counted(len(answer.evidence), 'sentence')}{reading_time}"


def _by_marker(citations: Iterable[Citation]) -> list[tuple[int, list[Citation]]]:
    cited: dict[int, list[Citation]] = {}
    for citation in citations:
        cited.setdefault(citation.n, []).append(citation)
    return sorted(cited.items())


def source_card(n: int, citations: Sequence[Citation], element_id: str) -> str:
    """The card of a cited paper: its abstract, with the cited words marked."""
    paper = citations[0].paper
    abstract = marked(paper.abstract, [Span(citation.start, citation.end) for citation in citations])
    return (
        f'<article class="cw-card" id="{escape_html(element_id)}" aria-label="Source {n}">'
        f'<h3 dir="auto"><span class="cw-n">{n}</span>{_title(paper)}</h3>{_byline(paper)}'
        f'<p class="cw-abstract" dir="auto">{abstract}</p></article>'
    )


def paper_card(paper: Paper) -> str:
    """The card of a paper that is near but not cited, its abstract folded."""
    return (
        f'<article class="cw-card"><h3 dir="auto">{_title(paper)}</h3>{_byline(paper)}'
        f'<details><summary>Abstract</summary><p class="cw-abstract" dir="auto">{escape_html(paper.abstract)}</p>'
        "</details></article>"
    )


def found_card(paper: Paper) -> str:
    """The compact card of a paper that was found while the answer is still being made."""
    return f'<article class="cw-card cw-found"><h3 dir="auto">{_title(paper)}</h3>{_byline(paper)}</article>'


def marked(abstract: str, spans: Iterable[Span]) -> str:
    """The abstract as HTML with these ranges in `<mark>`; ranges that overlap or touch become one."""
    parts, position = [], 0
    for span in merged(spans, len(abstract)):
        parts.append(escape_html(abstract[position : span.start]))
        parts.append(f"<mark>{escape_html(span.of(abstract))}</mark>")
        position = span.end
    return "".join(parts) + escape_html(abstract[position:])


def merged(spans: Iterable[Span], length: int) -> list[Span]:
    """The ranges in order, cut to the text's length, overlapping and touching ones joined, empty ones left out."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        start, end = max(span.start, 0), min(span.end, length)
        if result and start <= result[-1].end:
            start, end = result[-1].start, max(end, result.pop().end)
        if start < end:
            result.append(Span(start, end))
    return result


def paper_link(paper: Paper) -> str | None:
    """Where the paper can be read: its URL, else by DOI, arXiv id or PMID, else the first link of its abstract."""
    by_id = [
        f"https://doi.org/{quote(paper.doi, safe='/')}" if paper.doi else None,
        f"https://arxiv.org/abs/{quote(paper.arxiv_id, safe='/')}" if paper.arxiv_id else None,
        f"https://pubmed.ncbi.nlm.nih.gov/{quote(paper.pmid, safe='')}/" if paper.pmid else None,
    ]
    return next(filter(None, map(safe_url, (paper.url, *by_id, *paper.links))), None)


def _title(paper: Paper) -> str:
    title, link = escape_html(shorten(paper.title, 300)) or "Untitled", paper_link(paper)
    if link is None:
        return title
    return f'<a href="{escape_html(link)}" target="_blank" rel="noopener noreferrer nofollow">{title}</a>'


def _byline(paper: Paper) -> str:
    authors = ", ".join(shorten(author, 60) for author in paper.authors[:SHOWN_AUTHORS])
    if len(paper.authors) > SHOWN_AUTHORS:
        authors += " et al."
    facts = [escape_html(fact) for fact in (authors, paper.venue or "", str(paper.year or "")) if fact]
    return f'<p class="cw-by" dir="auto">{" · ".join(facts)}</p>' if facts else ""
