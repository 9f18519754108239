"""Answers that no abstract was read for: told from the records of the papers, or a line on what can be asked.

Owns their form: each says of what it is made, and is as sure as a record is. Pure functions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.answer.quoted import record_text
from rag.core.domain import Answer, AnswerSentence, Citation, Hit, Origin, Paper, Span
from rag.question.follow_up import Query

FROM_RECORDS = "From the records of the papers, not from their abstracts."
NO_SPAN = Span(0, 0)
_EXAMPLES = "\n\nFor example:\n"
_MARK = "- "


def said(text: str) -> AnswerSentence:
    """A sentence on the library, which names no paper."""
    return AnswerSentence(text, "record", ())


def said_of(papers: Iterable[tuple[Paper, str]], first: int = 1) -> tuple[AnswerSentence, ...]:
    """A sentence on each paper, numbered from `first`."""
    return tuple(
        AnswerSentence(text, "record", (Citation(n, paper, NO_SPAN),)) for n, (paper, text) in enumerate(papers, first)
    )


def from_records(query: Query, sentences: Sequence[AnswerSentence]) -> Answer:
    """An answer made of what the records say."""
    return _answer(query, record_text(sentences), "records", tuple(sentences))


def not_recorded(query: Query, text: str, papers: Sequence[Paper] = ()) -> Answer:
    """A declined answer: the records of these papers do not say what is asked for."""
    return Answer(
        question=query.typed,
        standalone_question=query.asked_as,
        mode="quote",
        outcome="declined",
        p_answerable=0.0,
        text=text,
        nearest=tuple(papers),
        retrieved=_found(papers),
        origin="records",
    )


def guide(query: Query, text: str, examples: Sequence[str] = (), refused: bool = False) -> Answer:
    """A line on what can be asked, with questions to begin with. `refused`: something else was asked for, which is not done."""
    answer = _answer(query, guide_text(text, examples), "guide", ())
    return replace(answer, outcome="declined", p_answerable=0.0) if refused else answer


def guide_text(line: str, examples: Sequence[str]) -> str:
    """A line on what can be asked, with the questions below it."""
    return line + (_EXAMPLES + "\n".join(_MARK + example for example in examples) if examples else "")


def parts_of_guide(text: str) -> tuple[str, tuple[str, ...]]:
    """The line of a guide, and the questions that it offers."""
    line, _, offered = text.partition(_EXAMPLES)
    return line, tuple(item.removeprefix(_MARK) for item in offered.splitlines())


def _answer(query: Query, text: str, origin: Origin, sentences: tuple[AnswerSentence, ...]) -> Answer:
    return Answer(
        question=query.typed,
        # What asks nothing of the papers is not about those of the last answer either.
        standalone_question=query.typed if origin == "guide" else query.asked_as,
        mode="quote",
        outcome="answered",
        p_answerable=1.0,
        text=text,
        sentences=sentences,
        retrieved=_found([citation.paper for sentence in sentences for citation in sentence.citations]),
        origin=origin,
    )


def _found(papers: Sequence[Paper]) -> tuple[Hit, ...]:
    """The papers as found by their records: none fits better than another."""
    return tuple(Hit(paper, 1.0, {}) for paper in papers)
