"""What is said with a list of papers: that there is none of the kind, or that there are more than are shown."""

from collections.abc import Sequence
from dataclasses import replace

from rag.answer.quoted import declined_text
from rag.answer.told import MOST_LISTED
from rag.core.domain import Answer, Paper
from rag.library.store import Library
from rag.question.topics import name_of_topic, topic_words


def none_of_the_kind(question: str, answer: Answer, nearest: Sequence[Paper]) -> Answer:
    """The declined answer to a question for papers of which the library has none."""
    name = name_of_topic(question)
    lead = f"No paper here is about {name}." if name else "No paper here is of this kind."
    return replace(
        answer,
        outcome="declined",
        sentences=(),
        missing=(),
        nearest=tuple(nearest),
        notice=lead,
        text=declined_text(nearest, lead),
    )


def with_more(question: str, answer: Answer, library: Library) -> Answer:
    """The list, with a notice where more papers name the topic than a list shows."""
    if len(answer.cited_papers) < MOST_LISTED:
        return answer
    holding = library.find_papers(" ".join(topic_words(question)), 0)[0]
    if holding <= MOST_LISTED:
        return answer
    notice = f"{MOST_LISTED} are shown, the best first; {holding:,} papers here name these words."
    return replace(answer, notice=f"{answer.notice} {notice}".strip())
