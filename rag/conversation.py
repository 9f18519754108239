"""Question + history -> a standalone question, without an LLM.

A question that leans on what was said ("Does it need retraining?") gets the papers that the last answer cited named in
it. Which those were is read off the last answer's quotation marks: every quote is an exact part of an abstract.
"""

import re
from collections.abc import Callable, Sequence

from rag.domain import Paper, Turn
from rag.text import content_words, words

_QUOTED = re.compile('\u201c([^\u201c\u201d]{12,2000})\u201d|"([^"]{12,2000})"')
_LEANS = frozenset(
    "it its itself they them their theirs this these those he she his her former latter both same ones there".split()
)
# "that" as a pronoun ("does that help?"), not as a conjunction ("shows that pruning helps").
_THAT = re.compile(
    r"\b(?:does|did|do|is|was|has|can|could|would|about|like|of|with|by)\s+that\b|\bthat\W*$", re.IGNORECASE
)
_OPENERS = ("and ", "but ", "so ", "also ", "what about", "how about", "why", "how so", "or ", "then ", "what else")
_SHORT = 2
_MAX_CHARS = 20_000
"""Of the last answer; the history comes from outside and has no limit of its own."""


def leans_on_history(question: str) -> bool:
    """Whether a question needs what was said before: a pronoun, an opener such as "what about", or hardly any content."""
    lowered = question.strip().lower()
    asked = words(question)
    return (
        bool(_LEANS & set(asked[:12]))
        or _THAT.search(question) is not None
        or lowered.startswith(_OPENERS)
        or len(set(content_words(question))) < _SHORT
    )


def quotes_in(text: str) -> tuple[str, ...]:
    """The quoted passages of an answer (their markers stand outside the quotation marks)."""
    return tuple((first or second).strip() for first, second in _QUOTED.findall(text))


def standalone_question(
    question: str, history: Sequence[Turn], papers_quoting: Callable[[Sequence[str]], Sequence[Paper]]
) -> str:
    """The question as it is asked without its history.

    Args:
        question: the newest one.
        history: earlier turns, oldest first.
        papers_quoting: finds the papers that hold the quoted passages.
    """
    if not history or not leans_on_history(question):
        return question
    said = next((turn.content[:_MAX_CHARS] for turn in reversed(history) if turn.role == "assistant"), "")
    titles = [paper.title for paper in papers_quoting(quotes_in(said)) if paper.title]
    if titles:
        return f"{question} (about: {'; '.join(titles[:3])})"
    asked = next((turn.content[:500] for turn in reversed(history) if turn.role == "user"), "")
    return f"{question} (after: {asked.strip()})" if asked.strip() else question
