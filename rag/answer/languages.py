"""Questions in another language than English, which the models of the usual embedder do not read.

Owns: which papers such a question names, whether it is asked in English instead, asked of these papers alone, or only looked for by the
words that the languages share; and what is said of that. What a form of question means is decided in `rag.question.languages`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.answer import quoted
from rag.answer.paper_facts import Called, introduces_by_name
from rag.answer.quoted import short_name
from rag.core.domain import Answer, Paper, Progress
from rag.core.names import name_in_title
from rag.core.text import normalise
from rag.library.store import Library
from rag.question import kinds
from rag.question.follow_up import Query
from rag.question.languages import in_english, is_foreign, latin_words, terms
from rag.question.talk import talk

READS_ENGLISH = "This library's model reads English."
OTHER_LANGUAGE = "This library's model reads English; ask in English."
_LOOKED_AT = 20
_MOST = 3
_MOST_TERMS = 6
_COMMON = 0.3
"""Share of the papers that hold a word; one that more hold tells nothing."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A question in another language. `papers` are those that it names, `english` is the question in English, "" where its form is
    not known."""

    question: str
    papers: tuple[Paper, ...]
    english: str

    def restored(self, steps: Iterator[Progress | Answer]) -> Iterator[Progress | Answer]:
        """What happens to the English question, told of the one that was typed."""
        for step in steps:
            if isinstance(step, Answer):
                told = quoted.noticed(step, READS_ENGLISH)
                yield replace(told, question=self.question)
            else:
                yield step

    def restricted(self, query: Query) -> Query:
        """The question as it was typed, asked of the papers that it names alone."""
        ids = tuple(paper.id for paper in self.papers)
        names = " and ".join(short_name(paper) for paper in self.papers)
        text = f"{query.typed} (about: {'; '.join(paper.title for paper in self.papers)})"
        notice = f"{READS_ENGLISH} What {names} says comes near; whether it answers is not known."
        return replace(query, text=text, about=ids, within=ids, by_identifier=True, notice=notice, shown=query.typed)


def foreign(question: str, library: Library) -> Foreign | None:
    """The question, where it is in another language and names papers of the library; None for any other."""
    if not is_foreign(question) or talk(question):
        return None
    named = _named(question, library)
    if not named:
        return None
    names = list(named.values())[:_MOST]
    papers = tuple(library.papers(list(named)[:_MOST]))
    return Foreign(question, papers, in_english(question, names))


def by_shared_words(query: Query, library: Library) -> Query | None:
    """The question by the words in it that abstracts here hold too, which claims no answer; None where there are none."""
    found = terms(query.typed)[:_MOST_TERMS]
    count = library.count()
    counts = library.holding(found)
    shared = [word for word in found if 0 < counts.get(word, 0) <= max(1.0, _COMMON * count)]
    if not shared:
        return None
    text = " ".join(shared)
    lead = f"{OTHER_LANGUAGE} These are the words that come nearest to \u201c{text}\u201d."
    return replace(query, own_words=text, text=text, sentence_question=text, shown=query.typed, no_claim=lead)


def _named(question: str, library: Library) -> dict[str, str]:
    """Paper ids with the name of each as the question has it, the longest first."""
    found = latin_words(question)
    if not found:
        return {}
    scores = library.lexical([word.lower() for one in found for word in re.findall(r"\w+", one)], _LOOKED_AT)
    asked = normalise(question)
    names: dict[str, str] = {}
    for paper in library.papers(scores):
        own = [paper.title, name_in_title(paper.title)]
        # A name that the abstract gives its method, where the title has none.
        own += [word for word in kinds.names(question) if word in kinds.names(paper.title)]
        name = next((one for one in own if one and _stands_in(normalise(one), asked)), "")
        if name and not _is_plain(name, library):
            names[paper.id] = name
    if not names:
        names = _introduced(question, library)
    return dict(sorted(names.items(), key=lambda item: -len(item[1])))


def _introduced(question: str, library: Library) -> dict[str, str]:
    """Names of methods that one abstract alone introduces."""
    called = Called(library)
    names: dict[str, str] = {}
    for name in latin_words(question):
        papers = (
            [paper for paper in called.near(name) if introduces_by_name(paper.abstract, name)] if len(name) > 2 else []
        )
        names |= {papers[0].id: name} if len(papers) == 1 else {}
    return names


def _stands_in(name: str, text: str) -> bool:
    """Whole words of Latin letters: a letter of another script may follow at once."""
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def _is_plain(name: str, library: Library) -> bool:
    """Whether a name is a common word of the library, written in small letters."""
    return not kinds.names(name) and len(name.split()) == 1 and library.holding([name]).get(name, 0) > _MOST
