"""What an answer that is looked up tells: a line, and the sentences below it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answer import quoted
from rag.core.domain import Answer, Evidence, Hit, Outcome, Paper, Sentence, Span
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.sentences import sentences as split
from rag.evidence.injection import quotable, withheld
from rag.evidence.selection import of_first_papers
from rag.library.store import Library
from rag.question import kinds
from rag.question.follow_up import Query

_WORD = re.compile(r"\w+")
_NEAREST = 2
"""Quotes of an answer that claims nothing."""

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
    """Each paper with the sentences of it that may be quoted, in the abstract's order; none of one without an abstract."""
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


def quotable_sentences(paper: Paper) -> list[Span]:
    """The sentences of an abstract that may be quoted, in order."""
    return list(quotable(paper.abstract, split(paper.abstract)))


def words_with_spans(text: str) -> tuple[list[str], list[Span]]:
    """The lower-case words of a text, and where they stand in it."""
    found = list(_WORD.finditer(text))
    return [match.group().lower() for match in found], [Span(*match.span()) for match in found]


def answer(query: Query, told: Told) -> Answer:
    """The answer that shows what was looked up, its sentences in the order they have."""
    papers = list({item.paper.id: item.paper for item in told.evidence}.values())
    sentences = quoted.in_order_of_papers(told.evidence)
    by_id = {paper.id: paper for paper in papers}
    read = [Sentence(paper.id, span) for paper in papers for span in split(paper.abstract)]
    return Answer(
        question=query.typed,
        standalone_question=query.typed,
        mode="quote",
        outcome=told.outcome,
        p_answerable=float(told.outcome == "answered"),
        text=quoted.text_of(sentences, lead=told.lead),
        sentences=sentences,
        retrieved=tuple(Hit(paper, 1.0, {}) for paper in papers),
        evidence=told.evidence,
        notice=told.lead,
        withheld=withheld(read, by_id),
    )


def without_claim(answer: Answer, quotes: Sequence[Evidence], lead: str) -> Answer:
    """The answer as words that come near, under a line that says why they answer nothing; as it was declined where it has none."""
    shown = answer.sentences or quoted.quote(quotes[:_NEAREST])
    return replace(
        answer,
        outcome="nearest" if shown else "declined",
        p_answerable=round(min(answer.p_answerable, answer.threshold / 2), 4),
        text=quoted.text_of(shown, lead=lead) if shown else lead,
        sentences=shown,
        missing=(),
        nearest=() if shown else answer.nearest,
        notice=lead,
    )
