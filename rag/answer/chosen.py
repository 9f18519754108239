"""What an answer says where it is asked of a part of the library only: of how many papers, or that there are none."""

from dataclasses import replace

from rag.answer import quoted, record_answers
from rag.core.domain import Answer
from rag.library.store import Library
from rag.library.view import View
from rag.question.follow_up import Query


def noticed(answer: Answer, library: Library) -> Answer:
    """The answer with a notice of how many papers it was asked; as it is where it was asked of all, or there are none."""
    return quoted.noticed(answer, library.notice()) if isinstance(library, View) and library.count() else answer


def nothing_in(query: Query, library: Library) -> Answer | None:
    """The answer where a filter leaves no papers; None where it leaves some or there is no filter."""
    if not isinstance(library, View) or library.count() or not library.total:
        return None
    return replace(record_answers.not_recorded(query, library.why_none()), standalone_question=query.typed)
