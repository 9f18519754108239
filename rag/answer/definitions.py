"""Sentences that say what a thing is, of whatever papers name it: "Scene text editing is a task that …".

Owns: how such a sentence is known, and which of several come first. Pure functions.
"""

import re
from collections.abc import Sequence

from rag.answer.named import spelling
from rag.core.domain import Evidence, Paper
from rag.core.lexicon import patterns
from rag.core.sentences import sentences
from rag.evidence.injection import quotable
from rag.question import kinds
from rag.question.summaries import comparable

_MOST_WORDS = 8
_MOST = 2
_PLAIN = 4.0
"""The grade from which a sentence says what a thing is."""
_LEADS = r"(?:^|(?<=, ))(?:the |an? |conventional |most |in \w+, )?"
_VERB = (
    r"(?:is|are|was|were|refers?|aims?|means?|denotes?|involves?|consists?|describes?|defines?|seeks?|freezes?|uses?|"
    r"provides?|enables?|allows?|generates?|learns?)\b"
)
_SAYS_NOT_WHAT = (
    r"(?:not|also|still|often|widely|now|increasingly|typically|usually|being|yet|to|used|known to|shown|prone|limited|able|"
    r"evaluated|trained|available|presented|proposed|introduced|pre-?trained|released|crucial|essential|important|needed|"
    r"competitive|effective)"
)
"""What follows "is" where it is not said what a thing is."""


def definitions(thing: str, papers: Sequence[Paper]) -> tuple[Evidence, ...]:
    """The sentences that define a thing, the plainest first, at most one a paper; none where no abstract does.

    Args:
        thing: as typed.
        papers: those that may define it, best first.
    """
    typed = comparable(thing).split()
    if not 1 <= len(typed) <= _MOST_WORDS:
        return ()
    forms = _forms(spelling(thing))
    found: list[tuple[int, int, Evidence]] = []
    for place, paper in enumerate(papers):
        spans = quotable(paper.abstract, sentences(paper.abstract))
        graded = [(_grade(span.of(paper.abstract), forms), -span.start, span) for span in spans]
        grade, _, span = max(graded, default=(0, 0, None))
        if grade and span is not None:
            found.append((-grade, place, Evidence(paper, span, float(grade), {})))
    found.sort(key=lambda item: item[:2])
    best = [item for grade, _, item in found if grade == found[0][0]]
    return tuple(best[:_MOST])


def defines(thing: str, papers: Sequence[Paper]) -> bool:
    """Whether an abstract says plainly what a thing is, as of something that is known and no paper's own."""
    found = definitions(thing, papers)
    return bool(found) and found[0].score >= _PLAIN and not kinds.tells_own_work(found[0].text)


def _grade(text: str, forms: Sequence[re.Pattern[str]]) -> int:
    """0 where a sentence defines nothing; more, the plainer it says what the thing is."""
    if patterns("contrasts").match(text):
        return 0  # what is said to be hard, popular or limited is not said what it is
    return next((len(forms) - place for place, form in enumerate(forms) if form.search(text)), 0)


def _forms(spelled: str) -> list[re.Pattern[str]]:
    """How a thing is defined, the plainest first."""
    short = r"(?: ?\([^()]{1,40}\))?"
    forms = [
        rf"{_LEADS}{spelled}{short} {_VERB}(?! {_SAYS_NOT_WHAT}\b)",
        rf"\b(?:called|termed|named|dubbed|known as|referred to as|defined as) (?:the |an? )?[^\w\s]?{spelled}",
        rf"{spelled}{short}, (?:which|a|an|the|i\.e\.|that is|where)\b",
        rf"\b(?:introduc|propos|present|develop|defin)\w* (?:\S+ ){{0,5}}?[^\w\s]?{spelled}",
        rf"(?:\b[\w-]+ ){{1,6}}\({spelled}\)",
        rf"{_LEADS}{spelled}{short} (?:have|has) (?:become|emerged|been)\b",
    ]
    return [re.compile(form, re.IGNORECASE) for form in forms]
