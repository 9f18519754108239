"""Questions about papers whose abstract the library does not have: which they are, and what is said.

Owns the answer to them. How such a paper stands among others in an answer is in `rag.answer.quoted`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.answer import quoted, record_answers
from rag.answer.paper_facts import Called
from rag.core.domain import Answer, Evidence, Paper
from rag.core.text import words
from rag.library.store import Library
from rag.question import kinds, spellings
from rag.question.aspects import aspect_request
from rag.question.follow_up import Query

_TITLE_WORDS = 3
"""Of a title that stands in a question, at least: a shorter one may be a topic."""


def evidence_of(papers: Iterable[Paper]) -> tuple[Evidence, ...]:
    """What stands in an answer for those of the papers that have no abstract."""
    return tuple(Evidence(paper, record_answers.NO_SPAN, 0.0, {}) for paper in papers if not paper.abstract)


def answer(query: Query, papers: Sequence[Paper]) -> Answer:
    """The answer to a question that only the abstracts of these papers could answer."""
    sentences = quoted.quote(evidence_of(papers))
    told = record_answers.from_records(query, sentences)
    return replace(told, outcome="declined", p_answerable=0.0, text=quoted.text_of(sentences))


def meant(query: Query, typed: str, library: Library) -> list[Paper]:
    """The papers without an abstract that a question is about, where it is about no other; none where it seeks papers."""
    papers = library.papers(query.about) if query.about else _named(typed, library)
    return papers if papers and not any(paper.abstract for paper in papers) else []


def _named(typed: str, library: Library) -> list[Paper]:
    near = Called(library).near(typed)
    titled = [paper for paper in near if _has_title(typed, paper)]
    if titled or kinds.form(typed) != "one":
        return titled
    request = aspect_request(typed)
    target = request.target.strip(" ?.!\u201c\u201d") if request else ""
    return [paper for paper in near if (target and paper.title.rstrip(".") == target) or _has_name(typed, paper)]


def _has_title(typed: str, paper: Paper) -> bool:
    title = words(paper.title)
    return len(title) >= _TITLE_WORDS and f" {' '.join(title)} " in f" {' '.join(words(typed))} "


def _has_name(typed: str, paper: Paper) -> bool:
    """Whether the name that the title begins with stands in the question."""
    is_name = bool(kinds.names(spellings.name_of(paper)))
    return bool(spellings.named(typed, [paper])) if is_name else spellings.stands_in(typed, paper)
