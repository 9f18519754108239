"""How a question is understood: one thing asked, papers side by side, or all papers of a kind, and which papers those are.

Owns: the plan, from the question's words and the papers found: two papers that each own a name of the question are compared whatever
the words are. Which papers a list lists is decided by a fitted model (`fitted/listing.json`), which is handed in. Knows nothing of
sentences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.core.domain import Hit
from rag.core.logistic import Logistic
from rag.question import kinds
from rag.question.follow_up import Query
from rag.question.kinds import Form
from rag.search.paper_names import owners

_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """The `form` of a question, and the ids of the papers whose sentences must be read for it. `only`: these alone are read (the
    papers that a list lists, or those that a follow-up is about); else the best papers found are read as well."""

    form: Form
    papers: tuple[str, ...] = ()
    only: bool = False


def plan(query: Query, hits: Sequence[Hit], listing: Logistic) -> Plan:
    """The form of a question and its papers.

    Args:
        query: the question; the papers that it is about come first.
        hits: papers found, best first.
        listing: tells which of them a list lists.
    """
    question = query.own_words if query.about else query.text
    form = form_of(question, hits)
    about = tuple(hit.paper.id for hit in hits if hit.paper.id in query.about)
    if about and (form == "one" or len(about) > 1):
        return Plan("several" if form == "several" else "one", about, only=True)
    if form == "list":
        listed = [hit.paper.id for hit in hits if is_of_the_kind(hit, hits, listing)]
        return Plan(form, tuple(listed[:_MOST_LISTED] or [hit.paper.id for hit in hits[:1]]), only=True)
    # One paper more than is shown: its sentences may turn out better.
    return Plan(form, compared(question, hits, spare=1) if form == "several" else ())


def form_of(question: str, hits: Sequence[Hit]) -> Form:
    """As `kinds.form`, but also "several" where two of the papers found each own a name of the question."""
    return "several" if len(owners(question, hits)) > 1 else kinds.form(question)


def compared(question: str, hits: Sequence[Hit], spare: int = 0) -> tuple[str, ...]:
    """Ids of the papers that a question about several means: those it names, then the best found, as many as it says."""
    named = owners(question, hits)
    wanted = max(len(named), kinds.papers_asked_for(question)) + spare
    others = [hit.paper.id for hit in hits if hit.paper.id not in named]
    return (*named, *others[: wanted - len(named)])


def is_of_the_kind(hit: Hit, hits: Sequence[Hit], listing: Logistic) -> bool:
    """Whether a paper is one of those that a list question asks for."""
    return listing.probability(listing_features(hit, hits)) >= listing.threshold


def listing_features(hit: Hit, hits: Sequence[Hit]) -> Mapping[str, float]:
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
