"""How a question is understood: one thing asked, papers side by side, or all papers of a kind, and which papers those are.

Owns: the plan, from the question's words and the papers found: two papers that each own a name of the question are compared whatever
the words are. Which papers a list lists is decided by a fitted model (`fitted/listing.json`), which is handed in, on the signals of
`rag.evidence.members`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rag.core.domain import Hit, Sentence, Span
from rag.core.lexicon import patterns
from rag.core.logistic import Logistic
from rag.evidence import members
from rag.question import kinds, spellings
from rag.question.follow_up import Query
from rag.question.kinds import Form
from rag.search.paper_names import owners
from rag.search.reranker import SearchResult

_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """The `form` of a question, and the ids of the papers whose sentences must be read for it. `only`: these alone are read (the
    papers that a list lists, or those that a follow-up is about); else the best papers found are read as well. `reasons` are, by paper,
    the sentences that say why a list lists it."""

    form: Form
    papers: tuple[str, ...] = ()
    only: bool = False
    reasons: Mapping[str, Span] = field(default_factory=dict)


def plan(query: Query, result: SearchResult, sentences: Sequence[Sentence], listing: Logistic) -> Plan:
    """The form of a question and its papers.

    Args:
        query: the question; the papers that it is about come first.
        result: papers found, best first, and how the question's words match them.
        sentences: those of these papers.
        listing: tells which of them a list lists; it may list none.
    """
    hits = result.hits
    question = query.own_words if query.about else query.text
    form = form_of(question, hits)
    about = tuple(hit.paper.id for hit in hits if hit.paper.id in query.about)
    if about and (form == "one" or len(about) > 1):
        return Plan("several" if form == "several" else "one", about, only=True)
    if form == "list":
        every = members.candidates(question, result, sentences)
        listed = [one for one in every if one.belongs(listing)][:_MOST_LISTED]
        if not listed and not patterns("asks_papers_about").search(question):
            # "Which method needs one step?" asks for one thing as well.
            return Plan("one")
        reasons = {one.hit.paper.id: one.reason for one in listed if one.reason}
        return Plan(form, tuple(one.hit.paper.id for one in listed), only=True, reasons=reasons)
    # One paper more than is shown: its sentences may turn out better.
    return Plan(form, compared(question, hits, spare=1) if form == "several" else ())


def form_of(question: str, hits: Sequence[Hit]) -> Form:
    """As `kinds.form`, but also "several" where two of the papers found each own a name of the question."""
    return "several" if len(owners(question, hits)) > 1 else kinds.form(question)


def compared(question: str, hits: Sequence[Hit], spare: int = 0) -> tuple[str, ...]:
    """Ids of the papers that a question about several means: those it names, then the best found, as many as it says."""
    named = owners(question, hits)
    bare = [hit.paper for hit in hits if not hit.paper.abstract and hit.paper.id not in named]
    named += tuple(paper.id for paper in bare if spellings.stands_in(question, paper))
    wanted = max(len(named), kinds.papers_asked_for(question)) + spare
    others = [hit.paper.id for hit in hits if hit.paper.id not in named and hit.paper.abstract]
    return (*named, *others[: wanted - len(named)])
