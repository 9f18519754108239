"""Questions that could be asked next, made from the papers that an answer cites. Knows no subject: any library gets its own.

Each asks for something that an abstract of these papers says and the answer has not quoted yet: what the paper is for, how it works,
what it achieves, where its code is, how it compares with the other paper cited.
"""

import re
from collections.abc import Iterator
from itertools import chain, zip_longest

from rag.answer.record_answers import parts_of_guide
from rag.core.domain import Answer, Paper, Span
from rag.core.escaping import shorten
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.text import clean, normalise

LIMIT = 3
_LONGEST_NAME = 60
_PROPOSES = patterns("proposes")
_RESULTS = (
    (re.compile(r"\bachiev", re.I), "What does {} achieve?"),
    (re.compile(r"\bimprov", re.I), "What does {} improve?"),
    (re.compile(r"\boutperform", re.I), "What does {} outperform?"),
    (re.compile(r"\breduc", re.I), "What does {} reduce?"),
    (re.compile(r"\d|\bresults\b", re.I), "What results does {} report?"),
)
"""A question in the abstract's own words finds its sentence. The first one that fits is offered."""
_PROBLEM = re.compile(r"\b(challenge|limitation|problem|issue)", re.I)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\d])")


def follow_ups(answer: Answer, limit: int = LIMIT) -> list[str]:
    """Up to `limit` questions, those about different papers in turn; none that repeats the last question. Whether they are answered has
    to be tried (`rag.answer.suggestions`)."""
    if answer.origin == "guide":
        return list(parts_of_guide(answer.text)[1])
    if answer.outcome == "declined":
        names = [_name_of(paper) for paper in answer.nearest if paper.title and paper.abstract]
        forms = ("What is {}?", "How does {} work?", "What does {} report?")
        questions: Iterator[str] = (form.format(name) for form in forms for name in names)
    else:
        papers = [paper for paper in answer.cited_papers if paper.title and paper.abstract][:3]
        each = [list(_about(paper, answer)) for paper in papers]
        in_turn = chain.from_iterable(zip_longest(*each))
        questions = (question for question in chain(_comparison(papers, answer), in_turn) if question)
    before = {_comparable(answer.question), _comparable(answer.standalone_question)}
    new = dict.fromkeys(question for question in questions if _comparable(question) not in before)
    return list(new)[:limit]


def _about(paper: Paper, answer: Answer) -> Iterator[str]:
    """Questions that sentences of the abstract answer which were not quoted."""
    name = _name_of(paper)
    cited = [c.span for c in answer.citations if c.paper.id == paper.id]
    unread = [words for span, words in _sentences(paper.abstract) if not any(map(span.overlaps, cited))]
    if any(map(_PROPOSES.search, unread)):
        yield f"How does {name} work?"
    results = " ".join(words for words in unread if not _PROPOSES.search(words))
    yield from [question.format(name) for sign, question in _RESULTS if sign.search(results)][:1]
    if any(link in words for link in paper.links for words in unread):
        yield f"Where is the code of {name}?"
    if not any(span.start == 0 for span in cited):
        problem = _PROBLEM.search(paper.abstract)
        yield f"Which {problem[1].lower() if problem else 'problem'} does {name} address?"


def _comparison(papers: list[Paper], answer: Answer) -> Iterator[str]:
    if len(papers) >= 2 and not re.search(r"\b(?:compare|differ|versus|vs)", answer.question, re.IGNORECASE):
        yield f"How do {_name_of(papers[0])} and {_name_of(papers[1])} differ?"


def _name_of(paper: Paper) -> str:
    """The paper's name: what stands before the colon of its title, if the abstract uses it too, else the title in quotation marks."""
    title = clean(paper.title)
    name = name_in_title(title, most_words=4)
    if name and len(name) <= _LONGEST_NAME and normalise(name) in normalise(paper.abstract):
        return name
    return f"\u201c{shorten(title.rstrip('.'), 110)}\u201d"


def _sentences(abstract: str) -> Iterator[tuple[Span, str]]:
    start = 0
    for end in (*(match.start() for match in _SENTENCE_END.finditer(abstract)), len(abstract)):
        yield Span(start, end), abstract[start:end]
        start = end


def _comparable(question: str) -> str:
    return normalise(question).rstrip("?. ")
