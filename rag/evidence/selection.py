"""Evidence -> the sentences of the answer: for one thing asked, for papers side by side, for all papers of a kind.

Owns: which papers and which sentences are shown, and when to stop. Knows nothing of how they were scored or how they are printed.
The form comes from the question's words and from the papers found: two papers that each own a name of the question are compared
whatever the words are.
"""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace

from rag.core import logistic
from rag.core.domain import Evidence, Hit, Span
from rag.question import kinds
from rag.question.kinds import Form
from rag.search.paper_names import owners

MARGIN = 1.0
SAME_PAPER_BONUS = 1.0
"""Chosen on the `fit` halves of the development questions for the most facts at about 60 words (evals/LOG.md)."""
_PER_PAPER = 2
_MOST_LISTED = 20
_OWN_BONUS = 0.1
"""A paper is listed for what it does itself rather than for its background."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is understood: its form, the ids of the papers whose sentences must be read for it, and whether `only`
    these are read (the papers that a list lists, or those that a follow-up is about) or the best papers found as well."""

    form: Form
    papers: tuple[str, ...] = ()
    only: bool = False


def plan(question: str, hits: Sequence[Hit], about: Sequence[str] = ()) -> Plan:
    """The form of a question and its papers.

    Args:
        question: standalone.
        hits: papers found, best first.
        about: ids of the papers that the conversation is about, where the question leans on it.
    """
    form = form_of(question, hits)
    there = tuple(hit.paper.id for hit in hits if hit.paper.id in about)
    if there and (form == "one" or len(there) > 1):
        return Plan("several" if form == "several" else "one", there, only=True)
    if form == "list":
        listed = [hit.paper.id for hit in hits if is_of_the_kind(hit, hits)]
        return Plan(form, tuple(listed[:_MOST_LISTED] or [hit.paper.id for hit in hits[:1]]), only=True)
    # One paper more than is shown: reading may prefer it.
    return Plan(form, compared(question, hits, spare=1) if form == "several" else ())


def form_of(question: str, hits: Sequence[Hit]) -> Form:
    """As `asking.form`, but also "several" where two of the papers found each own a name of the question."""
    return "several" if len(owners(question, hits)) > 1 else kinds.form(question)


def compared(question: str, hits: Sequence[Hit], spare: int = 0) -> tuple[str, ...]:
    """Ids of the papers that a question about several means: those it names, then the best found, as many as it says."""
    named = owners(question, hits)
    wanted = max(len(named), kinds.papers_asked_for(question)) + spare
    others = [hit.paper.id for hit in hits if hit.paper.id not in named]
    return (*named, *others[: wanted - len(named)])


def choose(
    question: str, planned: Plan, hits: Sequence[Hit], evidence: Sequence[Evidence], most: int
) -> tuple[Evidence, ...]:
    """The sentences worth showing, grouped by paper, the most fitting first.

    Args:
        question: standalone.
        planned: how it is understood.
        hits: papers found, best first, after reading.
        evidence: sentences read, best first.
        most: sentences shown, at most, unless papers are listed: then each has one.
    """
    if planned.form == "list":
        # The sentence that shows why the paper is listed: the one that says what was asked, not something new about it.
        return _best_of(planned.papers, sorted(evidence, key=lambda item: -_says_it(item)), 1)
    if planned.form == "several":
        papers = planned.papers if planned.only else compared(question, hits)
        return _best_of(papers, evidence, max(1, min(_PER_PAPER, most // len(papers)))) if papers else ()
    return closest(evidence, most)


def of_first_papers(chosen: Sequence[Evidence], most: int | None) -> tuple[Evidence, ...]:
    """Those of the first `most` papers; all where there is no limit."""
    return tuple(chosen) if most is None else of_papers(chosen, first_papers(chosen, most))


def first_papers(evidence: Sequence[Evidence], most: int) -> set[str]:
    """Ids of the first `most` papers."""
    return set(list(dict.fromkeys(item.paper.id for item in evidence))[:most])


def of_papers(evidence: Sequence[Evidence], papers: Container[str]) -> tuple[Evidence, ...]:
    """Those of these papers, by id."""
    return tuple(item for item in evidence if item.paper.id in papers)


def closest(evidence: Sequence[Evidence], most: int) -> tuple[Evidence, ...]:
    """The best sentence, and those not far behind it.

    After k sentences the next may be behind the best by `MARGIN / k` at most, so that a clear winner stands alone and a
    flat field gives several. Sentences of the best one's paper come `SAME_PAPER_BONUS` nearer: most questions are about
    one paper, and its neighbours complete the answer.
    """
    if not evidence:
        return ()
    best = evidence[0]
    behind = [
        (best.score - item.score - SAME_PAPER_BONUS * (item.paper.id == best.paper.id), place, item)
        for place, item in enumerate(evidence[1:])
    ]
    chosen = [best]
    for distance, _, item in sorted(behind, key=lambda entry: entry[:2]):
        if len(chosen) == most or distance > MARGIN / len(chosen):
            break
        chosen.append(item)
    return tuple(chosen)


def _says_it(item: Evidence) -> float:
    return item.parts["match"] + item.parts["dense"] + _OWN_BONUS * item.parts["own"]


def _best_of(papers: Sequence[str], evidence: Sequence[Evidence], most: int) -> tuple[Evidence, ...]:
    """Of each paper its best sentences, the next ones only where they are close to its best."""
    chosen: list[Evidence] = []
    for paper_id in papers:
        of_paper = [item for item in evidence if item.paper.id == paper_id]
        chosen += [item for item in of_paper[:most] if of_paper[0].score - item.score <= MARGIN]
    return tuple(chosen)


def is_of_the_kind(hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether a paper is one of those that a list question asks for, by a fitted model of its place among the papers found."""
    model = logistic.load("listing")
    return model.probability(listing_features(hit, hits)) >= model.threshold


def listing_features(hit: Hit, hits: Sequence[Hit]) -> dict[str, float]:
    """What tells a paper of the kind from the others: its scores, and how far they are behind the best."""
    parts = hit.parts
    most_lexical = max(other.parts["lexical"] for other in hits) or 1.0
    return {
        "late": parts["late"],
        "dense": parts["dense"],
        "sentence": parts["sentence"],
        "lexical_share": parts["lexical"] / most_lexical,
        "late_behind": parts["late"] - max(other.parts["late"] for other in hits),
        "behind": hit.score - max(other.score for other in hits),
    }


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


def clauses_of(abstract: str, span: Span) -> tuple[Span, ...]:
    """The clauses of a sentence, in order, each of at least `_SHORTEST` words; the sentence where there is only one."""
    starts = [span.start, *(match.end() for match in _BREAK.finditer(abstract, span.start, span.end))]
    ends = [*(match.start() for match in _BREAK.finditer(abstract, span.start, span.end)), span.end]
    made: list[Span] = []
    for start, end in zip(starts, ends, strict=True):
        short = len(abstract[start:end].split()) < _SHORTEST
        if made and (short or len(made[-1].of(abstract).split()) < _SHORTEST):
            made[-1] = Span(made[-1].start, end)
        else:
            made.append(Span(start, end))
    return tuple(made)


def narrowed(item: Evidence, question: str, score: Callable[[Sequence[Span]], float]) -> Evidence:
    """The evidence with the run of clauses that answers, where its sentence is long; `score` tells how well the words of
    spans match the question."""
    if len(item.text.split()) <= _LONG:
        return item
    pieces = clauses_of(item.paper.abstract, item.span)
    if len(pieces) < 2:
        return item
    scores = [score([piece]) for piece in pieces]
    wants_number = kinds.asks(question, "number")
    kept = [
        i
        for i, piece in enumerate(pieces)
        if scores[i] >= _KEPT_SHARE * max(scores)
        or (wants_number and kinds.holds(piece.of(item.paper.abstract), "number"))
    ]
    return replace(item, span=Span(pieces[kept[0]].start, pieces[kept[-1]].end))
