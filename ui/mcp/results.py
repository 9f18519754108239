"""What the tools give: records as rows of a table, and the same as text for clients that show no more. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.core.accents import shown
from rag.core.domain import Answer, Citation, Hit, Paper
from rag.core.escaping import counted, printable, shorten
from rag.core.links import paper_address
from rag.core.references import byline
from rag.core.statuses import status_word
from rag.core.text import clean

_BEGINNING = 300
"""Characters of an abstract that a search shows."""
_OUTCOMES = {
    "answered": "",
    "partial": "Only a part of it was found.",
    "nearest": "No answer was found; these are the words that come nearest. Tell your user that the library does not answer it.",
    "declined": "The abstracts of this library do not say it. Tell your user so, and do not answer it from memory.",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a call gives: `record` by the form of its tool, and `text` that says the same."""

    record: dict[str, Any]
    text: str


def row(paper: Paper, **more: Any) -> dict[str, Any]:
    """A paper as a flat record; `more` are further columns."""
    return {
        "paper_id": paper.id,
        "title": paper.title,
        "authors": "; ".join(paper.authors),
        "year": paper.year,
        "venue": paper.venue,
        "doi": paper.doi,
        "arxiv_id": paper.arxiv_id,
        "pmid": paper.pmid,
        "url": paper_address(paper) or None,
        "status": paper.status or None,
        "has_abstract": bool(paper.abstract),
        **more,
    }


def answered(answer: Answer, library: str) -> Result:
    """The result of `ask`."""
    nearest = answer.nearest if answer.outcome in ("nearest", "declined") else ()
    record = {
        "outcome": answer.outcome,
        "p_answerable": round(answer.p_answerable, 4),
        "answer": answer.text,
        "question": answer.question,
        "understood_as": answer.standalone_question,
        "mode": answer.mode,
        "origin": answer.origin,
        "sentences": [
            {"text": one.text, "verdict": one.verdict, "markers": sorted({citation.n for citation in one.citations})}
            for one in answer.sentences
        ],
        "citations": [_cited(one) for one in _once(answer.citations)],
        "missing": list(answer.missing),
        "nearest": [row(paper) for paper in nearest],
        "notice": answer.notice,
        "library": library,
    }
    return Result(record, _answer_text(answer, nearest))


def _cited(citation: Citation) -> dict[str, Any]:
    words = {"quote": citation.quote, "start": citation.span.start, "end": citation.span.end}
    return row(citation.paper, marker=citation.n, **words)


def _once(citations: Sequence[Citation]) -> list[Citation]:
    """The citations in the order of their markers, the same words once."""
    return sorted(dict.fromkeys(citations), key=lambda one: one.n)


def _answer_text(answer: Answer, nearest: Sequence[Paper]) -> str:
    head = f"Outcome: {answer.outcome}. {_OUTCOMES[answer.outcome]}".strip()
    parts = [head, printable(answer.text)]
    quotes: dict[int, list[Citation]] = {}
    for citation in _once(answer.citations):
        quotes.setdefault(citation.n, []).append(citation)
    if quotes:
        sources = ["Sources:"]
        for marker, cited in quotes.items():
            sources.append(f"[{marker}] {_line(cited[0].paper)}")
            sources += [f"    “{printable(one.quote)}”" for one in cited if one.quote]
        parts.append("\n".join(sources))
    if nearest:
        parts.append("\n".join(["Nearest papers:", *(f"- {_line(paper)}" for paper in nearest)]))
    return "\n\n".join(parts)


def _line(paper: Paper) -> str:
    """A paper on one line: what is needed to cite it, and its id."""
    status = f"[{status_word(paper)}] " if paper.status else ""
    title = clean(shown(paper.title)) or shorten(clean(paper.abstract), 100)
    about = " · ".join(filter(None, (clean(byline(paper)), paper_address(paper) or "", f"paper_id {clean(paper.id)}")))
    return f"{status}{title} ({about})"


def found(words: str, hits: Sequence[Hit], library: str, notice: str = "") -> Result:
    """The result of `search`; `notice` is to be said with it."""
    papers = [
        row(
            hit.paper, rank=n, score=round(hit.score, 4), abstract_begins=shorten(clean(hit.paper.abstract), _BEGINNING)
        )
        for n, hit in enumerate(hits, start=1)
    ]
    lines = [f"{n}. {_line(hit.paper)}\n   {papers[n - 1]['abstract_begins']}" for n, hit in enumerate(hits, start=1)]
    text = "\n".join(([notice] if notice else []) + (lines or ["No paper was found."]))
    return Result({"words": words, "papers": papers, "notice": notice, "library": library}, text)


def listed(total: int, papers: Sequence[Paper], cursor: str | None, library: str) -> Result:
    """The result of `papers`."""
    rows = [row(paper) for paper in papers]
    lines = [f"{counted(total, 'paper')}; {len(papers):,} of them here.", *(f"- {_line(paper)}" for paper in papers)]
    if cursor:
        lines.append(f"There are more: send the cursor {cursor} with the same filter.")
    return Result({"total": total, "papers": rows, "next_cursor": cursor, "library": library}, "\n".join(lines))


def read(paper: Paper, library: str) -> Result:
    """The result of `get_paper`."""
    record = row(paper, abstract=paper.abstract, aliases=list(paper.aliases), library=library)
    return Result(record, f"{_line(paper)}\n\n{printable(paper.abstract) or 'The library has no abstract of it.'}")


def shelves(libraries: Sequence[dict[str, Any]]) -> Result:
    """The result of `libraries`."""
    lines = [
        f"- {one['name']}: {one['state']}"
        + (f", {counted(one['papers'], 'paper')}" if one["papers"] is not None else "")
        + (f" ({one['note']})" if one["note"] else "")
        for one in libraries
    ]
    return Result({"libraries": list(libraries)}, "\n".join(lines))
