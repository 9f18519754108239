"""What was talked about: the questions and answers of a conversation, and the papers of each answer.

Owns: which papers an answer is made of, whether it says so, quotes them, or was written with markers; which of them a follow-up means.
Papers are looked up for it, and only where they are asked for.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.core.domain import Hit, Message, Paper
from rag.core.lexicon import patterns
from rag.core.text import words
from rag.question import kinds, spellings, talk
from rag.question.record_details import detail_question

_QUOTED = re.compile('\u201c([^\u201c\u201d]{12,2000})\u201d|"([^"]{12,2000})"')
_MARKED = re.compile(r"([^\[\]]{12,2000})\[\d{1,3}\]")
_PLACES = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "latter": -1, "last": -1}
_MOST_CHARS = 20_000
"""Of an answer; the history comes from outside and has no limit of its own."""
_PASSAGES = 8
_QUESTION_CHARS = 500


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

    def papers_called(self, text: str, whole: bool = False) -> Sequence[Paper]:
        """Those whose short name stands in the text, or is the `whole` text in another spelling."""
        ...

    def hits_like(self, text: str, limit: int) -> Sequence[Hit]:
        """The best papers for a text, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of the conversation and its answer; `quotes` are the quoted passages of it, `papers` those that it is made of, in the
    order of their citation."""

    question: str
    answer: Message
    quotes: tuple[str, ...]
    papers: tuple[Paper, ...]


class Conversation:
    """The earlier messages, oldest first, without those that say nothing of papers."""

    def __init__(self, history: Sequence[Message], lookup: PaperLookup) -> None:
        self._messages = _of_papers(history)
        self._lookup = lookup
        self._known: dict[int, Exchange] = {}

    @property
    def asked(self) -> list[str]:
        """The questions, newest first."""
        asked = (
            message.content[:_QUESTION_CHARS].strip() for message in reversed(self._messages) if message.role == "user"
        )
        return [text for text in asked if text]

    def exchanges(self) -> Iterable[Exchange]:
        """The answers with their questions, newest first, each looked up when it is reached."""
        for place in reversed(range(len(self._messages))):
            if self._messages[place].role == "assistant":
                yield self._exchange(place)

    def last(self) -> Exchange | None:
        """The newest answer with its question."""
        return next(iter(self.exchanges()), None)

    def with_papers(self, least: int = 1) -> Exchange | None:
        """The newest answer that is made of so many papers."""
        return next((exchange for exchange in self.exchanges() if len(exchange.papers) >= least), None)

    def several(self) -> tuple[Paper, ...]:
        """The papers that "these" means: those of the newest answer with more than one, or of the last two with one each, whichever
        is newer; none where there is neither."""
        single: tuple[Paper, ...] = ()
        for exchange in self.exchanges():
            if len(exchange.papers) > 1:
                return exchange.papers
            single = tuple(dict.fromkeys((*single, *exchange.papers)))
            if len(single) > 1:
                return single[::-1]
        return ()

    def may_name(self, question: str) -> bool:
        """Whether the question has a name of the last answer or its question, or the answer tells its papers, so that these are worth
        a look."""
        last = next((message for message in reversed(self._messages) if message.role == "assistant"), None)
        if last is None:
            return False
        said = " ".join([*self.asked[:1], last.content[:_MOST_CHARS]])
        return bool(last.cited) or any(spellings.has(question, name) for name in kinds.names(said))

    def _exchange(self, place: int) -> Exchange:
        if place not in self._known:
            before = (message for message in reversed(self._messages[:place]) if message.role == "user")
            asked = next((message.content[:_QUESTION_CHARS].strip() for message in before), "")
            answer = self._messages[place]
            quotes = quotes_in(answer.content[:_MOST_CHARS])
            self._known[place] = Exchange(asked, answer, quotes, tuple(self._papers_of(answer, quotes, asked)))
        return self._known[place]

    def _papers_of(self, answer: Message, quotes: Sequence[str], asked: str) -> Sequence[Paper]:
        """Those it says it cites; else those of its quotes, or of its marked sentences; else those that its question names."""
        if answer.cited:
            by_id = {paper.id: paper for paper in self._lookup.papers(answer.cited)}
            return [by_id[paper_id] for paper_id in dict.fromkeys(answer.cited) if paper_id in by_id]
        if quotes:
            return self._lookup.papers_quoting(quotes)
        marked = [text.strip() for text in _MARKED.findall(answer.content[:_MOST_CHARS])][:_PASSAGES]
        told = [hit.paper for passage in marked for hit in self._lookup.hits_like(passage, 1)]
        return list({paper.id: paper for paper in told or self._lookup.papers_called(asked)}.values())


def quotes_in(text: str) -> tuple[str, ...]:
    """The quoted passages of an answer (their markers stand outside the quotation marks)."""
    return tuple((first or second).strip() for first, second in _QUOTED.findall(text))


def pointed_at(question: str, conversation: Conversation, last: Exchange) -> tuple[Paper, ...]:
    """The papers that a follow-up means: those of the last answer, or one of a list, where it says "the second" or "the other one"."""
    typed = words(question)
    if "other" in typed and ("one" in typed or "paper" in typed):
        listed = conversation.with_papers(least=2)
        rest = [paper for paper in listed.papers if paper not in last.papers] if listed else []
        return tuple(rest[:1]) or last.papers[-1:]
    match = patterns("points_to_place").search(question)
    if match is None:
        return last.papers
    said = [_PLACES.get(word, int(word) - 1 if word.isdigit() else None) for word in words(match.group())]
    place = next((number for number in said if number is not None), 0)
    listed = conversation.with_papers(least=max(2, place + 1))
    return (listed.papers[place],) if listed else last.papers


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
        or patterns("asks_age_among").search(question[:_QUESTION_CHARS]) is not None
    )
