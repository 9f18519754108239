"""Question + history -> a standalone question, without an LLM.

A question that leans on what was said ("Does it need retraining?") gets the papers that the last answer cited named in
it; "the other one" and "the second" pick among them. Which those were is read off the last answer's quotation marks: every
quote is an exact part of an abstract.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.core.domain import Paper, Turn
from rag.core.text import STOP_WORDS, content_words, normalise, words
from rag.question import kinds

_QUOTED = re.compile('\u201c([^\u201c\u201d]{12,2000})\u201d|"([^"]{12,2000})"')
_LEANS = frozenset(
    "it its itself they them their theirs this these those he she his her former latter both same ones there".split()
)
# "that" and "one" as pronouns ("does that help?", "the largest one"), not in "shows that pruning helps" or "one model".
_PRONOUN = re.compile(
    r"\b(?:does|did|do|is|was|has|can|could|would|about|like|of|with|by)\s+that\b|n[\u2019']t\s+that\b|\bthat\W*$"
    r"|\b(?:the|that|this) (?:\w+ )?one\b|\bone\W*$|\b(?:first|second|third) (?:paper|method|approach|work)\b|,\s*then\W*$",
    re.IGNORECASE,
)
# Words that look like pronouns but point to nothing said before: "it is often said that", "are there", "this library".
_EMPTY = re.compile(
    r"\bit(?:\s+is|[\u2019']s)\b[^.?!]{0,60}?\b(?:that|to|whether)\b|\bis it\b[^.?!]{0,40}?\b(?:that|to|whether)\b"
    r"|\b(?:is|are|was|were) there\b|\bthere (?:is|are|was|were|exists?)\b"
    r"|\b(?:this|these|the) (?:library|collection|papers|abstracts|corpus)\b|\b(?:one and )?the same\b",
    re.IGNORECASE,
)
_OPENERS = ("and ", "but ", "so ", "also ", "what about", "how about", "why", "how so", "or ", "then ", "what else")
_NEW_TOPIC = re.compile(
    r"^\W*(?:ok(?:ay)?|thanks?|thank you|now)?\W*"
    r"(?:something else|(?:a )?(?:new|different|another) (?:question|topic)|changing (?:the )?(?:topic|subject))",
    re.IGNORECASE,
)
_ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2}
_SHORT = 2
_MAX_CHARS = 20_000
"""Of the last answer; the history comes from outside and has no limit of its own."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question as it is asked without its history: `text` finds the papers; `asked` is what was typed, which chooses the
    sentences; `said` are the quotes of the last answer, which need not be said again."""

    text: str
    asked: str
    said: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    """Ids of the papers that it is about, where it leans on the last answer or names them by an identifier."""
    named: bool = False
    """Whether it is an identifier that names them."""

    @property
    def to_read(self) -> str:
        """The question that sentences are read for: the title is in every prompt already, so it need not be in the question."""
        return self.asked if self.said and set(words(self.asked)) - STOP_WORDS else self.text


def leans_on_history(question: str) -> bool:
    """Whether a question needs what was said before: a pronoun, an opener such as "what about", or hardly any content."""
    if _NEW_TOPIC.search(question):
        return False
    lowered = question.strip().lower()
    pointing = _EMPTY.sub(" ", question)
    return (
        bool(_LEANS & set(words(pointing)[:12]))
        or _PRONOUN.search(pointing) is not None
        or lowered.startswith(_OPENERS)
        or len(set(content_words(question))) < _SHORT
    )


def quotes_in(text: str) -> tuple[str, ...]:
    """The quoted passages of an answer (their markers stand outside the quotation marks)."""
    return tuple((first or second).strip() for first, second in _QUOTED.findall(text))


def standalone_question(
    question: str,
    history: Sequence[Turn],
    papers_quoting: Callable[[Sequence[str]], Sequence[Paper]],
    papers_named: Callable[[str], Sequence[Paper]],
) -> Standalone:
    """The question as it is asked without its history.

    Args:
        question: the newest one.
        history: earlier turns, oldest first.
        papers_quoting: finds the papers that hold the quoted passages.
        papers_named: finds the papers that a name of a method or data set belongs to.
    """
    if not history or not leans_on_history(question):
        return Standalone(question, question)
    said = next((turn.content[:_MAX_CHARS] for turn in reversed(history) if turn.role == "assistant"), "")
    quotes = quotes_in(said)
    papers = list(papers_quoting(quotes))
    cited = {paper.id for paper in papers}
    owners = [papers_named(name) for name in kinds.names(question)]
    if any(found and not cited & {paper.id for paper in found} for found in owners):
        # It names another paper's method: a new topic, or a comparison that says what it needs.
        return Standalone(question, question)
    meant = [paper for paper in _pointed_at(question, papers) if paper.title][:3]
    if meant:
        titles = "; ".join(paper.title for paper in meant)
        return Standalone(f"{question} (about: {titles})", question, quotes, tuple(paper.id for paper in meant))
    asked = next((turn.content[:500] for turn in reversed(history) if turn.role == "user"), "")
    return Standalone(f"{question} (after: {asked.strip()})" if asked.strip() else question, question, quotes)


def _pointed_at(question: str, papers: Sequence[Paper]) -> Sequence[Paper]:
    """Of the papers of the last answer those that the question means: one, where it says "the second" or "the other one"."""
    if len(papers) < 2:
        return papers
    asked = words(question)
    if "other" in asked and ("one" in asked or "paper" in asked):
        return papers[-1:]
    place = next((_ORDINALS[word] for word in asked if word in _ORDINALS), None)
    if place is None or place >= len(papers):
        return papers
    return [papers[place]]


def is_said(text: str, said: Sequence[str]) -> bool:
    """Whether a sentence was quoted in the last answer."""
    wanted = normalise(text)
    return any(wanted in normalise(quote) or normalise(quote) in wanted for quote in said)
