"""What can be said of the library as a whole: how many papers, which titles, what it is about; and lines for who asks nothing.

Owns: their wording. Counts say what was counted. Knows nothing of models: what a library is
about is told by words that its titles share.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

from rag.answer import record_answers
from rag.answer.paper_facts import listing
from rag.answer.quoted import short_name
from rag.core.domain import Answer, AnswerSentence, Paper
from rag.core.escaping import counted
from rag.core.text import clean
from rag.library.bibliography import Bibliography
from rag.library.store import Library
from rag.question.examples import example_questions, subjects
from rag.question.follow_up import Query
from rag.question.talk import Talk, Whole

LISTED = 20
REST = "All are in the list of papers of the window, and in what `citewise papers` prints."
_TITLES = 500
"""Papers whose titles the examples and subjects are made of."""
_EXAMPLES = 2
_SUBJECTS = 6
_TOLD_TITLES = 5
_LINES: dict[Talk, str] = {
    "greeting": "Hello. Ask about the {papers} of this library: answers come from their abstracts, each sentence with its paper.",
    "help": "Ask about the {papers} of this library: what a method does, how well, which papers deal with something, or who wrote one. "
    "Answers come from the abstracts, each sentence with its paper.",
    "self": "This is citewise, a program that answers questions from the abstracts of the {papers} of this library, each sentence with "
    "its paper. It is no chat service, and knows nothing besides these abstracts.",
    "order": "That is nothing that abstracts can tell. citewise answers questions about the {papers} of this library, in the "
    "words of their abstracts; it does not write, translate or look elsewhere.",
    "world": "That is nothing that the abstracts of this library tell. It holds {papers}; ask about what is in them.",
    "noise": "That is no question yet. Ask about the {papers} of this library.",
    "marks": "That is no question yet. Ask about the {papers} of this library.",
    "complaint": "Sorry. It often helps to name the paper, or to ask in other words; abstracts do not say everything. This library "
    "holds {papers}.",
    "doubt": "What stands in quotation marks is in the abstract word for word: open its source to check it. Whether it answers "
    "the question is an estimate, and can be wrong.",
    "thanks": "You are welcome.",
    "assent": "Good. Ask on whenever you like.",
    "farewell": "Goodbye.",
}
_WITH_EXAMPLES: frozenset[Talk] = frozenset(
    {"greeting", "help", "self", "order", "world", "noise", "marks", "complaint"}
)
_EMPTY = "This library holds no papers yet. Add some: citewise ingest FILE"
_NOTHING_BEFORE = "There is no answer yet that could be gone on with. "


def guide_to(kind: Talk, query: Query, library: Library, nothing_before: bool = False) -> Answer:
    """A line for who asks nothing, with questions to begin with where one has come for them. `nothing_before`: there is no answer yet
    that could be gone on with, as one wished."""
    if kind not in _WITH_EXAMPLES:
        return record_answers.guide(query, _LINES[kind])
    count, first = library.find_papers("", _TITLES)
    if not count:
        return record_answers.guide(query, _EMPTY)
    line = (_NOTHING_BEFORE if nothing_before else "") + _LINES[kind].format(papers=counted(count, "paper"))
    return record_answers.guide(query, line, _examples(first), refused=kind in ("order", "world"))


def nothing_more(query: Query, papers: Sequence[Paper]) -> Answer:
    """What is said where the abstracts that an answer goes on with have been quoted to their end."""
    names = " and ".join(short_name(paper) for paper in papers)
    text = f"The abstract of {names} says" if len(papers) == 1 else f"The abstracts of {names} say"
    return replace(
        record_answers.guide(query, f"{text} no more than what was quoted."), standalone_question=query.asked_as
    )


def _examples(papers: Sequence[Paper]) -> list[str]:
    return example_questions((paper.title for paper in papers if paper.abstract), _EXAMPLES)


def answer(asked: Whole, query: Query, library: Library, bibliography: Callable[[], Bibliography]) -> Answer:
    """What is asked of the library as a whole."""
    count, first = library.find_papers("", _TITLES)
    if asked == "not_kept":
        return record_answers.not_recorded(
            query, "The records of this library do not say how often a paper is cited or read."
        )
    if not count:
        return record_answers.guide(query, _EMPTY)
    if asked in ("authors", "years", "venues"):
        return _listed(asked, query, bibliography())
    holds = f"This library holds {counted(count, 'paper')}, each with title and abstract"
    if bare := library.without_abstract(0)[0]:
        holds = (
            f"This library holds {counted(count, 'paper')}, {bare:,} of them by the title alone, without an abstract"
        )
    if asked == "count":
        return record_answers.from_records(query, (record_answers.said(f"{holds}."),))
    if asked == "titles":
        return _titles(query, count, first)
    return _subjects(query, holds, first, whole=asked == "summary")


def _titles(query: Query, count: int, first: Sequence[Paper]) -> Answer:
    shown = first[:LISTED]
    titles = [(paper, clean(paper.title) or clean(paper.abstract)[:80]) for paper in shown]
    head = f"{counted(count, 'paper')} in this library" + (f", the first {len(shown)}" if count > len(shown) else "")
    rest = (record_answers.said(REST),) if count > len(shown) else ()
    return record_answers.from_records(query, (record_answers.said(f"{head}:"), *record_answers.said_of(titles), *rest))


def _subjects(query: Query, holds: str, papers: Sequence[Paper], whole: bool) -> Answer:
    shared = subjects([clean(paper.title) for paper in papers])[:_SUBJECTS]
    lines: list[AnswerSentence] = []
    if whole:
        lines.append(
            record_answers.said("There is no summary of all papers: citewise quotes single papers, up to 20 at once.")
        )
    lines.append(record_answers.said(f"{holds}."))
    if shared:
        lines.append(record_answers.said(f"Subjects that several titles share: {', '.join(shared)}."))
    lines.append(record_answers.said("Among them:"))
    chosen = _typical(papers, shared)
    return record_answers.from_records(
        query, (*lines, *record_answers.said_of((paper, clean(paper.title)) for paper in chosen))
    )


def _typical(papers: Sequence[Paper], shared: Sequence[str]) -> list[Paper]:
    """Papers of different subjects: of each the first whose title holds it, then the first ones of the library."""
    titled = [paper for paper in papers if clean(paper.title)]
    of_subject = [next((paper for paper in titled if subject in paper.title.lower()), None) for subject in shared]
    first = {paper.id: paper for paper in (*of_subject, *titled) if paper}
    return list(first.values())[:_TOLD_TITLES]


def _listed(asked: Whole, query: Query, bibliography: Bibliography) -> Answer:
    """All authors, years or venues with the number of their papers, the most frequent ones first, years in their order."""
    every = len(bibliography.entries)
    counts: Counter[str]
    if asked == "authors":
        name, known, counts = "author", bibliography.with_authors, bibliography.authors
    elif asked == "years":
        name, known = "year", bibliography.with_year
        counts = Counter({str(year): n for year, n in sorted(bibliography.years.items())})
    else:
        name, known, counts = "journal or conference", bibliography.with_venue, bibliography.venues
    if not known:
        return record_answers.not_recorded(
            query, f"No record of this library names {'an' if name == 'author' else 'a'} {name}."
        )
    ordered = list(counts.items()) if asked == "years" else counts.most_common()
    shown = ", ".join(f"{clean(item)} ({n})" for item, n in ordered[: LISTED * 2])
    more = f" and {len(ordered) - LISTED * 2:,} more" if len(ordered) > LISTED * 2 else ""
    missing = (
        f" {counted(every - known, 'record')} of {every:,} name{'s' if every - known == 1 else ''} none."
        if known < every
        else ""
    )
    plural = "journals and conferences" if asked == "venues" else f"{name}s"
    head = f"{len(ordered):,} {plural if len(ordered) > 1 else name}"
    return record_answers.from_records(
        query, (record_answers.said(f"{head}, with the number of papers: {shown}{more}.{missing}"),)
    )


def any_paper(question: str, library: Library) -> Paper:
    """A paper for who wants any: the same one for the same words, others for others."""
    place = int(sha256(question.encode()).hexdigest(), 16) % library.count()
    return library.papers()[place]


def list_of(query: Query, head: str, papers: Sequence[Paper], count: int) -> Answer:
    """Papers as a list from their records, under a line that says which they are; `count` is how many there are in all."""
    shown = papers[:LISTED]
    rest = (record_answers.said(f"The first {len(shown)} are shown. {REST}"),) if count > len(shown) else ()
    lines = record_answers.said_of((paper, listing(paper)) for paper in shown)
    return record_answers.from_records(query, (record_answers.said(head), *lines, *rest))
