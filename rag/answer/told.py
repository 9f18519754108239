"""What an answer that is looked up tells: a line, and the sentences below it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.core.domain import Evidence, Outcome, Paper, Span
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.evidence.injection import quotable
from rag.evidence.selection import of_first_papers
from rag.library.store import Library
from rag.question import kinds

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Told:
    """`lead` says what the sentences are."""

    lead: str
    evidence: tuple[Evidence, ...]
    outcome: Outcome = "answered"


def limited(told: Told, most_papers: int | None) -> Told:
    """What is told, of the first papers alone; the line says so where there are more."""
    kept = of_first_papers(told.evidence, most_papers)
    shown = len({item.paper.id for item in kept})
    if shown == len({item.paper.id for item in told.evidence}):
        return told
    return replace(told, evidence=tuple(kept), lead=f"{told.lead.removesuffix(':')}; the first {shown} shown:")


def evidence(paper: Paper, span: Span, score: float = 0.0) -> Evidence:
    """A sentence that was looked up, not ranked."""
    return Evidence(paper, span, score, {})


def sentences_of(papers: Iterable[Paper], library: Library) -> Iterator[tuple[Paper, list[Span]]]:
    """Each paper with the sentences of it that may be quoted, in the abstract's order."""
    by_id = {paper.id: paper for paper in papers}
    spans: dict[str, list[Span]] = {paper_id: [] for paper_id in by_id}
    for sentence in library.sentences(by_id)[0]:
        spans[sentence.paper_id].append(sentence.span)
    for paper_id, paper in by_id.items():
        yield paper, quotable(paper.abstract, spans[paper_id])


def introduction(paper: Paper, spans: Sequence[Span]) -> Span | None:
    """The sentence that says what a paper does: what it proposes, else names it, else tells what its authors do, else its first one."""
    texts = [span.of(paper.abstract) for span in spans]
    name = name_in_title(paper.title).lower()
    for says in (patterns("proposes").search, lambda text: name and name in text.lower(), kinds.tells_own_work):
        for span, text in zip(spans, texts, strict=True):
            if says(text):
                return span
    return spans[0] if spans else None
