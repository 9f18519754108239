"""Questions of two parts, one about the record of a paper and one about its abstract: "who wrote GrainSort and how does it work?".

Owns: which question is one, and the query for its abstract part, which says the other part in its notice.
"""

import re
from dataclasses import replace

from rag.answer import paper_facts
from rag.answer.paper_facts import Called
from rag.answer.quoted import short_name
from rag.core.domain import Paper
from rag.core.text import clean
from rag.library.store import Library
from rag.question import spellings
from rag.question.follow_up import Query
from rag.question.record_details import DetailQuestion, detail_question

_AND = re.compile(r"(?:[,;?]? and |\? |; )(?=(?:what|how|who|when|where|which|why|does|is|can)\b)", re.IGNORECASE)
_MOST_CHARS = 300
_FIRST_PAPERS = 20


def two_parts(query: Query, library: Library) -> Query | None:
    """The query for the part that the abstract answers, with what the record says as its notice; None where the question has not these
    two parts, or names no paper that has a record of it."""
    found = _AND.search(query.typed) if len(query.typed) <= _MOST_CHARS else None
    if found is None:
        return None
    first, second = query.typed[: found.start()], query.typed[found.end() :]
    details = [detail_question(first), detail_question(second)]
    if (details[0] is None) == (details[1] is None):
        return None
    detail, rest = (details[0], second) if details[0] else (details[1], first)
    assert detail is not None  # one of the two is there
    papers = Called(library, query.about).papers(detail.subject) or _named_in(rest, library)
    if len(papers) != 1 or not papers[0].title:
        return None
    return _with_record(query, detail, rest.strip(" ?.!"), papers[0])


def _with_record(query: Query, detail: DetailQuestion, rest: str, paper: Paper) -> Query | None:
    said = paper_facts.fact(detail, paper)
    if not said:
        return None
    asked = f"{rest}?"
    return replace(
        query,
        own_words=asked,
        text=f"{asked} (about: {paper.title})",
        sentence_question=asked,
        about=(paper.id,),
        shown=query.asked_as,
        notice=f"From the record of {clean(short_name(paper))}: {said}.",
    )


def _named_in(text: str, library: Library) -> list[Paper]:
    scores = library.lexical(text.split()[:_FIRST_PAPERS], _FIRST_PAPERS)
    return [paper for paper in library.papers(scores) if spellings.stands_in(text, paper)]
