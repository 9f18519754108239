"""Evidence -> the sentences of the answer: for one thing asked, for papers side by side, for all papers of a kind.

Owns: which sentences are quoted, when to stop, and which clauses of a long sentence are kept. Knows nothing of how sentences were
scored or how they are printed.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import replace

from rag.core.domain import Evidence, Span
from rag.core.logistic import Logistic
from rag.evidence.choosing import worth_showing
from rag.evidence.plan import Plan, compared
from rag.question import kinds
from rag.search.late_interaction import PaperMatch
from rag.search.reranker import SearchResult

MARGIN = 1.0
"""How far a paper's second sentence may be behind its first where papers stand side by side."""
_PER_PAPER = 2
_LONG = 30
_SHORTEST = 8
"""Words: of a sentence that is worth shortening, and of a clause that stands alone."""
_KEPT_SHARE = 0.75
"""A clause that matches the question this nearly as well as the best one is kept."""
_BREAK = re.compile(
    r";\s+(?:and\s+)?|(?:,?\s+and)?\s+(?=\(?(?:ii|iii|iv|2|3|4)\)\s)"
    r"|,\s+(?=(?:while|whereas|although|but|and (?:we|it|they|our|its|this|these|can|is|are))\b)",
    re.IGNORECASE,
)


def choose(
    result: SearchResult, plan: Plan, evidence: Sequence[Evidence], most: int, choosing: Logistic
) -> tuple[Evidence, ...]:
    """The sentences worth showing, grouped by paper, the most fitting first.

    Args:
        result: the standalone question and the papers, best first, after their sentences were ranked.
        plan: how the question is understood.
        evidence: sentences read, best first.
        most: sentences shown, at most, unless papers are listed: then each has one.
        choosing: tells what a further sentence adds where one thing is asked.
    """
    if plan.form == "list":
        # The sentence that says why the paper is listed, not something new about it.
        told_first = sorted(evidence, key=lambda item: item.span != plan.reasons.get(item.paper.id))
        return (*_best_of(plan.papers, told_first, 1), *_wordless(plan.papers, result))
    if plan.form == "several":
        papers = plan.papers if plan.only else compared(result.question, result.hits)
        best = _best_of(papers, evidence, max(1, min(_PER_PAPER, most // len(papers)))) if papers else ()
        return (*best, *_wordless(papers, result))
    return worth_showing(_without_code(evidence, result.question), choosing, most)


def _without_code(evidence: Sequence[Evidence], question: str) -> Sequence[Evidence]:
    """Without the sentences that say where the code is, unless that is asked or nothing is better."""
    if kinds.asks(question, "code"):
        return evidence
    return [item for place, item in enumerate(evidence) if place == 0 or not kinds.holds(item.text, "code")]


def _wordless(papers: Sequence[str], result: SearchResult) -> tuple[Evidence, ...]:
    """Evidence of no words for those of these papers whose abstract is not known: they stand in the answer, and are not quoted."""
    by_id = {hit.paper.id: hit.paper for hit in result.hits if not hit.paper.abstract}
    return tuple(Evidence(by_id[paper_id], Span(0, 0), 0.0, {}) for paper_id in papers if paper_id in by_id)


def of_first_papers(quotes: Sequence[Evidence], most: int | None) -> tuple[Evidence, ...]:
    """Those of the first `most` papers; all where there is no limit."""
    return tuple(quotes) if most is None else of_papers(quotes, first_papers(quotes, most))


def first_papers(evidence: Sequence[Evidence], most: int) -> set[str]:
    """Ids of the first `most` papers."""
    return set(list(dict.fromkeys(item.paper.id for item in evidence))[:most])


def of_papers(evidence: Sequence[Evidence], papers: Container[str]) -> tuple[Evidence, ...]:
    """Those of these papers, by id."""
    return tuple(item for item in evidence if item.paper.id in papers)


def _best_of(papers: Sequence[str], evidence: Sequence[Evidence], most: int) -> tuple[Evidence, ...]:
    """Of each paper its best sentences, the next ones only where they are close to its best."""
    quotes: list[Evidence] = []
    for paper_id in papers:
        of_paper = [item for item in evidence if item.paper.id == paper_id]
        quotes += [item for item in of_paper[:most] if of_paper[0].score - item.score <= MARGIN]
    return tuple(quotes)


def clauses_of(abstract: str, span: Span) -> tuple[Span, ...]:
    """The clauses of a sentence, in order, each of at least `_SHORTEST` words; the sentence where there is only one."""
    starts = [span.start, *(match.end() for match in _BREAK.finditer(abstract, span.start, span.end))]
    ends = [*(match.start() for match in _BREAK.finditer(abstract, span.start, span.end)), span.end]
    clauses: list[Span] = []
    for start, end in zip(starts, ends, strict=True):
        short = len(abstract[start:end].split()) < _SHORTEST
        if clauses and (short or len(clauses[-1].of(abstract).split()) < _SHORTEST):
            clauses[-1] = Span(clauses[-1].start, end)
        else:
            clauses.append(Span(start, end))
    return tuple(clauses)


def narrow(item: Evidence, question: str, match: PaperMatch) -> Evidence:
    """The evidence with the run of clauses that answers, where its sentence is long; `match` tells how well the question's words are
    matched in its paper."""
    if len(item.text.split()) <= _LONG:
        return item
    pieces = clauses_of(item.paper.abstract, item.span)
    if len(pieces) < 2:
        return item
    scores = [match.score([piece]) for piece in pieces]
    wants_number = kinds.asks(question, "number")
    kept = [
        i
        for i, piece in enumerate(pieces)
        if scores[i] >= _KEPT_SHARE * max(scores)
        or (wants_number and kinds.holds(piece.of(item.paper.abstract), "number"))
    ]
    return replace(item, span=Span(pieces[kept[0]].start, pieces[kept[-1]].end))
