"""Question + history -> a standalone question, without an LLM.

A question that leans on what was said ("Does it need retraining?") gets the papers that the last answer cited named in it; "the other
one" and "the second" pick among them. A message of the history says which papers it cites; where a caller sends plain text only, they
are read off its quotation marks: every quote is an exact part of an abstract. Knows nothing of libraries: papers are looked up for it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.core import lexicon
from rag.core.domain import Message, Paper
from rag.core.lexicon import patterns
from rag.core.text import STOP_WORDS, content_words, normalise, words
from rag.question import kinds, talk
from rag.question.record_details import detail_question
from rag.question.talk import Step

_QUOTED = re.compile('\u201c([^\u201c\u201d]{12,2000})\u201d|"([^"]{12,2000})"')
_PRONOUNS = lexicon.words("pronouns")
_ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2}
_FIRST_WORDS = 12
"""Words at the start of a question among which a pronoun points back."""
_SHORT = 2
"""Words that carry a topic, below which a question leans."""
_MOST_MEANT = 3
"""Papers of the last answer that a follow-up is about."""
_MAX_CHARS = 20_000
"""Of the last answer; the history comes from outside and has no limit of its own."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is asked without its history.

    `typed` is what was typed; `own_words` is that without the identifiers of papers. `text` finds the papers. `sentence_question` is
    what their sentences are ranked for: in a follow-up the title is in every prompt already, so it need not be in the question.
    `quoted` are the quotes of the last answer, which need not be shown again. `about` are the ids of the papers that the question is
    about, where it leans on the last answer or names them by an identifier (`by_identifier`).

    `step` is "more" or "shorter" where the reader wants that of the last answer. `within` are the ids of the papers that alone are
    looked through, None where all are. `shown` is the question as a reader sees it, where that is not `text`. `notice` says how it was
    understood. `no_claim` says why what is found is shown but answers nothing, "" where it may answer.
    """

    typed: str
    own_words: str
    text: str
    sentence_question: str
    quoted: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    by_identifier: bool = False
    step: Step = ""
    within: tuple[str, ...] | None = None
    shown: str = ""
    notice: str = ""
    no_claim: str = ""

    @property
    def asked_as(self) -> str:
        """The question as it was understood, for people."""
        return self.shown or self.text


class PaperLookup(Protocol):
    """What finds the papers that a follow-up may mean; `rag.search.searcher.Searcher` is one."""

    def papers(self, ids: Iterable[str]) -> Sequence[Paper]:
        """Those with these ids, unknown ones left out."""
        ...

    def papers_quoting(self, passages: Sequence[str]) -> Sequence[Paper]:
        """Those whose abstracts hold these passages."""
        ...

    def papers_named(self, name: str) -> Sequence[Paper]:
        """Those that a name of a method or data set belongs to."""
        ...


def leans_on_history(question: str) -> bool:
    """Whether a question needs what was said before: it points back, or has hardly any content."""
    if patterns("new_topic").search(question) or talk.whole(question, alone=False) or talk.talk(question, alone=False):
        return False
    return points_back(question) or len(set(content_words(question))) < _SHORT


def points_back(question: str) -> bool:
    """Whether a question says that it goes on: a pronoun, an opener such as "what about", or the wish for more."""
    pointing = patterns("pronouns_of_nothing").sub(" ", question)
    detail = detail_question(question)
    return (
        bool(talk.step(question))
        or (detail is not None and not detail.subject)
        or bool(_PRONOUNS & set(words(pointing)[:_FIRST_WORDS]))
        or patterns("pronouns").search(pointing) is not None
        or patterns("follow_up_openers").search(question) is not None
    )


def quotes_in(text: str) -> tuple[str, ...]:
    """The quoted passages of an answer (their markers stand outside the quotation marks)."""
    return tuple((first or second).strip() for first, second in _QUOTED.findall(text))


def standalone(question: str, history: Sequence[Message], lookup: PaperLookup) -> Query:
    """The question as it is asked without its history.

    Args:
        question: the newest one.
        history: earlier messages, oldest first. Where the last answer says which papers it cites, these are taken; else the papers
            are looked up by the passages that stand in quotation marks.
        lookup: finds papers.
    """
    if not history or not leans_on_history(question):
        return _alone(question)
    history = _of_papers(history)
    step = talk.step(question)
    if step:
        return _read_on(question, step, history, lookup)
    answer = next((message for message in reversed(history) if message.role == "assistant"), None)
    quotes = quotes_in(answer.content[:_MAX_CHARS]) if answer else ()
    papers = _papers_cited(answer, quotes, lookup)
    cited = {paper.id for paper in papers}
    owners = [lookup.papers_named(name) for name in kinds.names(question)]
    if any(of_name and not cited & {paper.id for paper in of_name} for of_name in owners):
        # It names another paper's method: a new topic, or a comparison that says what it needs.
        return _alone(question)
    meant = [paper for paper in _pointed_at(question, papers) if paper.title][:_MOST_MEANT]
    if meant:
        titles = "; ".join(paper.title for paper in meant)
        return _follow_up(f"{question} (about: {titles})", question, quotes, tuple(paper.id for paper in meant))
    before = next((message.content[:500].strip() for message in reversed(history) if message.role == "user"), "")
    return _follow_up(f"{question} (after: {before})" if before else question, question, quotes)


def _of_papers(history: Sequence[Message]) -> list[Message]:
    """The history without what asked nothing of single papers, or nothing that their records say, and its answers."""
    kept: list[Message] = []
    idle = False
    for message in history:
        if message.role == "user":
            idle = _says_nothing_of_papers(message.content)
        elif idle and not message.cited and kept and kept[-1].role == "user":
            kept.pop()
            continue
        kept.append(message)
    return kept


def _says_nothing_of_papers(question: str) -> bool:
    """Whether an answer to it that cites nothing leaves the talk where it was: the records did not say who wrote "it", for example."""
    detail = detail_question(question)
    return (
        talk.talk(question) is not None
        or talk.whole(question) is not None
        or (detail is not None and not detail.subject)
    )


def _read_on(question: str, step: Step, history: Sequence[Message], lookup: PaperLookup) -> Query:
    """The wish for more about the papers of the last answer that had any, or for less, whatever was asked of them last."""
    answers = [message for message in history if message.role == "assistant"]
    quotes = [quotes_in(answer.content[:_MAX_CHARS]) for answer in answers]
    for place in reversed(range(len(answers))):
        meant = [paper for paper in _papers_cited(answers[place], quotes[place], lookup) if paper.title][:_MOST_MEANT]
        if meant:
            break
    else:
        return _alone(question)
    titles = "; ".join(paper.title for paper in meant)
    asked = (message.content[:500].strip() for message in reversed(history) if message.role == "user")
    before = next((text for text in asked if text and not talk.step(text) and not detail_question(text)), "")
    said = tuple(dict.fromkeys(words for of_answer in quotes for words in of_answer)) if step == "more" else ()
    return Query(
        typed=question,
        own_words=question,
        text=f"{question} (about: {titles})",
        sentence_question=f"{before} {titles}".strip() if leans_on_history(before) else before,
        quoted=said,
        about=tuple(paper.id for paper in meant),
        by_identifier=True,
        step=step,
    )


def _papers_cited(answer: Message | None, quotes: Sequence[str], lookup: PaperLookup) -> list[Paper]:
    """The papers of the last answer, in the order of their citation."""
    if answer is None or not answer.cited:
        return list(lookup.papers_quoting(quotes))
    by_id = {paper.id: paper for paper in lookup.papers(answer.cited)}
    return [by_id[paper_id] for paper_id in dict.fromkeys(answer.cited) if paper_id in by_id]


def _follow_up(text: str, typed: str, quotes: tuple[str, ...], about: tuple[str, ...] = ()) -> Query:
    """A follow-up's sentences are ranked for what was typed, where that has a word of its own and there is something it follows."""
    of_its_own = bool(set(words(typed)) - STOP_WORDS)
    return Query(typed, typed, text, typed if of_its_own and (quotes or about) else text, quotes, about)


def _alone(question: str) -> Query:
    asked = talk.without_greeting(question)
    return Query(question, asked, asked, asked, shown=question)


def _pointed_at(question: str, papers: Sequence[Paper]) -> Sequence[Paper]:
    """Of the papers of the last answer those that the question means: one, where it says "the second" or "the other one"."""
    if len(papers) < 2:
        return papers
    typed = words(question)
    if "other" in typed and ("one" in typed or "paper" in typed):
        return papers[-1:]
    place = next((_ORDINALS[word] for word in typed if word in _ORDINALS), None)
    if place is None or place >= len(papers):
        return papers
    return [papers[place]]


def repeats(text: str, quotes: Sequence[str]) -> bool:
    """Whether a sentence is one of the quotes, holds one, or is part of one."""
    wanted = normalise(text)
    return any(wanted in normalise(quote) or normalise(quote) in wanted for quote in quotes)
