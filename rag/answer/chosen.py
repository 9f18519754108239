"""What an answer says where it is asked of a part of the library only: of how many papers, or that there are none."""

from dataclasses import replace

from rag.answer import quoted, record_answers
from rag.core.domain import Answer
from rag.library.store import Library
from rag.library.view import View
from rag.question.follow_up import Query

_WHOLE, _PART = "his library", "his part of the library"


def noticed(answer: Answer, library: Library) -> Answer:
    """The answer with a notice of how many papers it was asked; as it is where it was asked of all, or there are none."""
    if not isinstance(library, View) or not library.count():
        return answer
    if answer.origin != "abstracts":
        answer = _of_a_part(answer)
    return quoted.noticed(answer, library.notice())


def _of_a_part(answer: Answer) -> Answer:
    """What is told of the library is told of a part of it; what names a paper stays as it is."""
    if not answer.sentences:
        return replace(answer, text=answer.text.replace(_WHOLE, _PART))
    text, sentences = answer.text, []
    for sentence in answer.sentences:
        if not sentence.citations and _WHOLE in sentence.text:
            told = replace(sentence, text=sentence.text.replace(_WHOLE, _PART))
            text, sentence = text.replace(sentence.text, told.text, 1), told
        sentences.append(sentence)
    return replace(answer, text=text, sentences=tuple(sentences))


def nothing_in(query: Query, library: Library) -> Answer | None:
    """The answer where a filter leaves no papers; None where it leaves some or there is no filter."""
    if not isinstance(library, View) or library.count() or not library.total:
        return None
    return replace(record_answers.not_recorded(query, library.why_none()), standalone_question=query.typed)
