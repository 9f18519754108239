"""Records -> plain JSON values: the one form that the command line, the API and the run files share."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rag.core.domain import Answer, Citation, Evidence, Hit, Paper, Withheld
from rag.library.merges import Variant


def paper_json(paper: Paper, versions: Sequence[Variant] = ()) -> dict[str, Any]:
    """A `corpus.jsonl` object: id, title, abstract, and what else is known; with the records that it was merged from."""
    optional: dict[str, Any] = {
        "authors": list(paper.authors),
        "url": paper.url,
        "year": paper.year,
        "doi": paper.doi,
        "arxiv_id": paper.arxiv_id,
        "pmid": paper.pmid,
        "venue": paper.venue,
        "aliases": list(paper.aliases),
        "pmcid": paper.pmcid,
        "acl_id": paper.acl_id,
        "isbn": paper.isbn,
        "version": paper.version,
        "status": paper.status,
        "versions": [_known(asdict(version)) for version in versions],
    }
    return {"id": paper.id, "title": paper.title, "abstract": paper.abstract, **_known(optional)}


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], "")}


def hit_json(hit: Hit) -> dict[str, Any]:
    """A paper found, with its score and the parts of it."""
    parts = {name: round(value, 4) for name, value in hit.parts.items()}
    found = {"paper_id": hit.paper.id, "title": hit.paper.title, "score": round(hit.score, 4), "parts": parts}
    return found | _marks(hit.paper)


def _marks(paper: Paper) -> dict[str, Any]:
    """What few papers need said: what became of them, and that their abstract is not known."""
    status: dict[str, Any] = {"status": paper.status} if paper.status else {}
    return status if paper.abstract else status | {"has_abstract": False}


def search_json(question: str, hits: tuple[Hit, ...], notice: str = "") -> dict[str, Any]:
    """What `citewise search --json` prints; `notice` is to be said with it."""
    papers = {"question": question, "papers": [hit_json(hit) for hit in hits]}
    return papers | ({"notice": notice} if notice else {})


def answer_json(answer: Answer) -> dict[str, Any]:
    """What `citewise ask --json` prints, and a run file holds for each question."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "about": list(answer.about),
        "mode": answer.mode,
        "outcome": answer.outcome,
        "p_answerable": answer.p_answerable,
        "answer": answer.text,
        "sentences": [
            {
                "text": sentence.text,
                "verdict": sentence.verdict,
                "citations": [_citation(citation) for citation in sentence.citations],
            }
            for sentence in answer.sentences
        ],
        "dropped": [{"text": item.text, "reason": item.reason} for item in answer.dropped],
        "missing": list(answer.missing),
        "origin": answer.origin,
        "withheld": [_withheld(item) for item in answer.withheld],
        "nearest": [{"paper_id": paper.id, "title": paper.title} | _marks(paper) for paper in answer.nearest],
        "retrieved": [hit_json(hit) for hit in answer.retrieved],
        "timings_ms": dict(answer.timings_ms),
        "error": None,
        **({"notice": answer.notice} if answer.notice else {}),
    }


def why_json(answer: Answer) -> dict[str, Any]:
    """What `citewise ask --why` adds: the sentences read and what the probability was made of."""
    return {
        "evidence": [evidence_json(item) for item in answer.evidence],
        "signals": {name: round(value, 4) for name, value in answer.signals.items()},
        "threshold": answer.threshold,
        "sure": answer.sure,
    }


def evidence_json(item: Evidence) -> dict[str, Any]:
    """A sentence that was read, with the parts of its score (`citewise ask --why`)."""
    return {
        "paper_id": item.paper.id,
        "start": item.span.start,
        "end": item.span.end,
        "score": item.score,
        "parts": dict(item.parts),
        "text": item.text,
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "n": citation.n,
        "paper_id": citation.paper.id,
        "title": citation.paper.title,
        "start": citation.span.start,
        "end": citation.span.end,
        "quote": citation.quote,
        **_marks(citation.paper),
    }


def _withheld(item: Withheld) -> dict[str, Any]:
    return {
        "paper_id": item.paper.id,
        "title": item.paper.title,
        "start": item.span.start,
        "end": item.span.end,
        "text": item.text,
        "reason": item.reason,
    }
