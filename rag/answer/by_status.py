"""Questions for what became of papers: which of the library were retracted, and whether one was. Told from the records."""

from rag.answer import record_answers
from rag.answer.library_facts import LISTED, list_of
from rag.answer.named import is_pronoun
from rag.answer.paper_facts import Called
from rag.answer.quoted import short_name
from rag.core.domain import Answer, Status
from rag.core.escaping import counted
from rag.core.lexicon import patterns
from rag.core.statuses import STATUS_WORDS, status_word
from rag.library.store import Library
from rag.question.follow_up import Query

_ASKED: dict[str, tuple[Status, ...]] = {
    "retracted": ("retracted", "withdrawn"),
    "withdrawn": ("withdrawn", "retracted"),
    "corrected": ("corrected",),
    "concern": ("concern",),
}
"""Which statuses answer a word: publishers use "retracted" and "withdrawn" for each other."""


def by_status(query: Query, typed: str, library: Library) -> Answer | None:
    """What the records say of papers that were retracted, withdrawn or corrected; None where the question is not for that."""
    wanted = next((statuses for word, statuses in _ASKED.items() if word in typed.lower()), ())
    if not wanted:
        return None
    if not query.about and patterns("asks_status").search(typed):
        return _all(query, wanted, library)
    asked = patterns("asks_status_of").search(typed)
    if asked is None:
        return None
    subject = "" if is_pronoun(asked["subject"]) else asked["subject"]
    papers = Called(library, query.about).papers(subject)
    if not papers:
        return None
    lines = [
        (paper, f"{short_name(paper)}: {status_word(paper) or 'its record says nothing of the kind'}")
        for paper in papers
    ]
    return record_answers.from_records(query, record_answers.said_of(lines))


def _all(query: Query, wanted: tuple[Status, ...], library: Library) -> Answer:
    count, papers = library.papers_of_status(wanted, LISTED)
    names = " or ".join(STATUS_WORDS[status].lower() for status in wanted)
    if not count:
        return record_answers.not_recorded(query, f"No record of this library says that its paper is {names}.")
    head = f"{counted(count, 'paper')} of {library.count():,} {'is' if count == 1 else 'are'} on record as {names}:"
    return list_of(query, head, papers, count)
