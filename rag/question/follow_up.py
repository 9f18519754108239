"""Question + history -> a standalone question, without an LLM.

A question that leans on what was said ("Does it need retraining?") gets the papers that the last answer cited named in it; "the other
one" and "the second" pick among them, "compare it with X" adds another, "what about X?" asks the same of X. A message of the history
says which papers it cites; where a caller sends plain text only, they are looked up by its words. Knows nothing of libraries: papers
are looked up for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.core.domain import Message, Paper
from rag.core.lexicon import patterns
from rag.core.logistic import Logistic
from rag.core.text import STOP_WORDS, normalise, words
from rag.question import kinds, leaning, spellings, talk
from rag.question.conversation import Conversation, Exchange, PaperLookup, pointed_at, quotes_in
from rag.question.leaning import points_back
from rag.question.record_details import detail_question
from rag.question.talk import Step

__all__ = ["PaperLookup", "Query", "leans_on_history", "points_back", "quotes_in", "repeats", "standalone"]

_MOST_MEANT = 3
"""Papers of the last answer that a follow-up is about, unless it points to all of them."""
_MOST_OF_ALL = 20
_NEAR = 3
"""Best papers of the library among which those of the last answer may be."""
_MOST_COMPARED = 2
"""Papers of the last answer that are compared with another."""


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


def leans_on_history(question: str) -> bool:
    """Whether a question needs what was said before, by its words alone."""
    return leaning.leans_by_words(question)


def standalone(question: str, history: Sequence[Message], lookup: PaperLookup, model: Logistic | None = None) -> Query:
    """The question as it is asked without its history.

    Args:
        question: the newest one.
        history: earlier messages, oldest first. Where the last answer says which papers it cites, these are taken; else the papers
            are looked up by the passages that stand in quotation marks or before a marker.
        lookup: finds papers.
        model: tells whether a question leans where its words alone do not; without one, what points back leans.
    """
    if not history:
        return _alone(question)
    talked = Conversation(history, lookup)
    step = "more" if leaning.affirms(question) else talk.step(question)
    if step:
        return _read_on(question, step, talked)
    kind = leaning.leaning(question)
    if kind == "alone" or (kind == "unsure" and not _goes_on(question, talked, lookup, model)):
        return _of_its_own(question, talked)
    last = talked.last()
    if last is None:
        return _alone(question)
    if (same := _the_same_asked(question, talked, last, lookup)) is not None:
        return same
    return _leaning(question, talked, last, lookup)


def _leaning(question: str, talked: Conversation, last: Exchange, lookup: PaperLookup) -> Query:
    named = spellings.named(question, last.papers)
    others = () if leaning.is_fragment(question) else _others(question, last.papers, lookup)
    if others and not patterns("compares").search(question):
        # It names another paper's method: a new topic.
        return _alone(question)
    meant = tuple(named) or pointed_at(question, talked, last)
    if others:
        meant = (*meant[: 1 if " it " in f" {question.lower()} " else _MOST_COMPARED], *others)
    elif len(meant) == 1 and meant == last.papers and not named and leaning.points_to_several(question):
        meant = talked.several() or meant
    most = _MOST_OF_ALL if leaning.points_among(question) else _MOST_MEANT
    meant = tuple(paper for paper in meant if paper.title)[:most]
    if not meant:
        before = next(iter(talked.asked), "")
        return _follow_up(f"{question} (after: {before})" if before else question, question, last.quotes)
    if others:
        names = " and ".join(map(_name, meant))
        known = set(words(names))
        aspect = any(word not in known for word in leaning.topic_words(question))
        asked = question if aspect else f"What do {names} propose, and what do they achieve?"
        return _about(question, meant, last.quotes, asked, own_words=f"Compare {names}: {question}")
    sentence_question = question
    if leaning.begins_in_the_middle(question) and last.question and leaning.leaning(last.question) == "alone":
        sentence_question = f"{last.question.rstrip(' ?.!')} {question}"
    return _about(question, meant, last.quotes, sentence_question)


def _of_its_own(question: str, talked: Conversation) -> Query:
    """A question of its own. One that asks for papers like "it" gets the title of that paper, but is asked of the whole library; one
    with the name of a paper of the last answer is about that paper."""
    alone = _alone(question)
    if talk.talk(question, alone=False) or talk.whole(question, alone=False):
        return alone
    if leaning.asks_library(question):
        last = talked.last() if points_back(question) else None
        if last is None or len(last.papers) != 1 or not last.papers[0].title:
            return alone
        text = f"{alone.text} (about: {last.papers[0].title})"
        return Query(question, alone.own_words, text, text, shown=question)
    last = talked.last() if talked.may_name(question) else None
    named = tuple(spellings.named(question, last.papers)) if last else ()
    if last is None or not named or kinds.form(question) != "one" or patterns("compares").search(question):
        return alone
    return _about(question, named, last.quotes)


def _goes_on(question: str, talked: Conversation, lookup: PaperLookup, model: Logistic | None) -> bool:
    """Whether a question whose words alone do not tell is about the papers of the last answer."""
    if model is None:
        return leaning.leans_by_words(question)
    last = talked.last()
    papers = last.papers if last else ()
    return model.probability(signals_of(question, papers, lookup)) >= model.threshold


def signals_of(question: str, papers: Sequence[Paper], lookup: PaperLookup) -> dict[str, float]:
    """What the fitted model looks at (`rag.question.leaning.signals`)."""
    return leaning.signals(question, papers, lookup.hits_like(question, _NEAR))


def _others(question: str, papers: Sequence[Paper], lookup: PaperLookup) -> tuple[Paper, ...]:
    """Papers that the question names and that are none of these."""
    known = {paper.id for paper in papers}
    found = [*lookup.papers_called(question), *lookup.papers_called(leaning.compared_with(question), whole=True)]
    for name in kinds.names(question):
        owners = lookup.papers_named(name)
        if not known & {paper.id for paper in owners}:
            found += owners[:1] if not any(spellings.has(name, spellings.short(paper)) for paper in found) else []
    return tuple({paper.id: paper for paper in found if paper.id not in known}.values())


def _the_same_asked(question: str, talked: Conversation, last: Exchange, lookup: PaperLookup) -> Query | None:
    """The last question asked of what "what about X?" names: another paper, or another topic; None where it names none."""
    thing = leaning.what_about(question)
    if not thing or points_back(thing) or leaning.points_among(thing):
        return None
    known = {paper.id for paper in last.papers}
    called = [*lookup.papers_called(thing), *lookup.papers_called(thing, whole=True)]
    called += [paper for name in kinds.names(thing) for paper in lookup.papers_named(name)[:1]]
    others = [paper for paper in called if paper.id not in known and paper.title]
    asked = _to_ask_again(talked) or last
    before = asked.question
    if others:
        paper = others[0]
        same = _in_place(before, asked.papers, _name(paper)) or before
        return _about(question, (paper,), last.quotes, same, text=f"{same} (about: {paper.title})")
    topics = leaning.topic_words(thing)
    if not topics or spellings.named(thing, last.papers) or _say(last.papers, topics):
        return None
    listed = (
        leaning.other_topic(before, thing) if leaning.asks_library(before) else _in_place(before, asked.papers, thing)
    )
    text = listed or f"Which papers are about {thing}?"
    return Query(question, text, text, text, shown=text)


def _to_ask_again(talked: Conversation) -> Exchange | None:
    """The newest question that can be asked of another thing: no wish for more, no choice among papers, no "what about X?"."""
    for exchange in talked.exchanges():
        text = exchange.question
        aside = talk.step(text) or leaning.affirms(text) or leaning.points_among(text) or leaning.what_about(text)
        if text and not aside and not patterns("compares").search(text):
            return exchange
    return None


def _in_place(before: str, papers: Sequence[Paper], thing: str) -> str | None:
    """The earlier question with the name of one of its papers replaced."""
    replaced = (spellings.without_name(before, paper, thing) for paper in papers)
    return next((text for text in replaced if text), None)


def _say(papers: Sequence[Paper], topics: Sequence[str]) -> bool:
    """Whether the papers have all of these words."""
    text = " ".join(words(" ".join(f"{paper.title} {paper.abstract}" for paper in papers)))
    return all(topic.rstrip("s") in text for topic in topics)


def _read_on(question: str, step: Step, talked: Conversation) -> Query:
    """The wish for more about the papers of the last answer that had any, or for less, whatever was asked of them last."""
    exchange = talked.with_papers()
    meant = [paper for paper in exchange.papers if paper.title][:_MOST_MEANT] if exchange else []
    if not meant:
        return _alone(question)
    titles = "; ".join(paper.title for paper in meant)
    asked = (text for text in talked.asked if not talk.step(text) and not leaning.affirms(text))
    before = next((text for text in asked if not detail_question(text)), "")
    oldest_first = reversed([exchange.quotes for exchange in talked.exchanges()])
    quoted = (words for quotes in oldest_first for words in quotes) if step == "more" else ()
    return Query(
        typed=question,
        own_words=question,
        text=f"{question} (about: {titles})",
        sentence_question=f"{before} {titles}".strip() if leans_on_history(before) else before,
        quoted=tuple(dict.fromkeys(quoted)),
        about=tuple(paper.id for paper in meant),
        by_identifier=True,
        step=step,
    )


def _about(
    question: str,
    papers: Sequence[Paper],
    quotes: tuple[str, ...],
    sentence_question: str = "",
    own_words: str = "",
    text: str = "",
) -> Query:
    """A question about these papers. Of many the titles are left out of what is searched for, and these papers alone are looked
    through."""
    titles = "; ".join(paper.title for paper in papers)
    ids = tuple(paper.id for paper in papers)
    shown = text or f"{question} (about: {titles})"
    many = len(papers) > _MOST_MEANT
    query = _follow_up(question if many else shown, question, quotes, ids, sentence_question)
    return Query(
        query.typed,
        own_words or query.own_words,
        query.text,
        query.sentence_question,
        quotes,
        ids,
        within=ids if many else None,
        shown=shown,
    )


def _follow_up(
    text: str, typed: str, quotes: tuple[str, ...], about: tuple[str, ...] = (), sentence_question: str = ""
) -> Query:
    """A follow-up's sentences are ranked for what was typed, where that has a word of its own and there is something it follows."""
    asked = sentence_question or typed
    of_its_own = bool(set(words(asked)) - STOP_WORDS)
    return Query(typed, typed, text, asked if of_its_own and (quotes or about) else text, quotes, about)


def _alone(question: str) -> Query:
    asked = talk.without_greeting(question)
    return Query(question, asked, asked, asked, shown=question)


def _name(paper: Paper) -> str:
    return spellings.name_of(paper) or paper.title


def repeats(text: str, quotes: Sequence[str]) -> bool:
    """Whether a sentence is one of the quotes, holds one, or is part of one."""
    wanted = normalise(text)
    return any(wanted in normalise(quote) or normalise(quote) in wanted for quote in quotes)
