"""What is answered without reading an abstract: from the records of the papers, or by a line on what can be asked.

Owns: which question is answered so, and the papers that a question means by their records, among which the others are then searched.
Knows nothing of models: a library is enough.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.answer import library_facts, paper_facts, pasted, record_answers, without_abstract
from rag.answer.by_age import by_age
from rag.answer.by_status import by_status
from rag.answer.narrow import narrowed
from rag.answer.paper_facts import Called
from rag.answer.status_notes import with_status
from rag.answer.two_parts import two_parts
from rag.core.domain import Answer, Evidence, Paper
from rag.core.text import content_words
from rag.library.bibliography import Bibliography
from rag.library.store import Library
from rag.question import talk
from rag.question.follow_up import Query
from rag.question.identifiers import identifiers_in, without_identifiers
from rag.question.pasted import name_alone, passage
from rag.question.record_details import DetailQuestion, detail_question

_ABOUT = " (about: "


Introduction = Callable[[Paper], Sequence[Evidence]]


class Records:
    """The records of a library, looked through anew where it has changed. Any thread may ask."""

    def __init__(self, library: Library, introduction: Introduction | None = None) -> None:
        """`introduction` tells the sentence that says what a paper is; without it cards have none."""
        self.library = library
        self._introduction = introduction
        self._lock = threading.Lock()
        self._kept: tuple[int, Bibliography] | None = None
        self._bare: tuple[int, bool] | None = None

    def bibliography(self) -> Bibliography:
        """Authors, years and venues of all papers."""
        with self._lock:
            revision = self.library.revision
            if self._kept is None or self._kept[0] != revision:
                self._kept = (revision, Bibliography(self.library.details()))
            return self._kept[1]

    def _some_without_abstract(self) -> bool:
        """Whether there is any paper whose abstract is not known."""
        with self._lock:
            revision = self.library.revision
            if self._bare is None or self._bare[0] != revision:
                self._bare = (revision, self.library.without_abstract(0)[0] > 0)
            return self._bare[1]

    def answer(self, query: Query) -> Answer | Query:
        """The answer, where the records or nothing at all are asked for; else the query, restricted to the papers that it means by
        their records."""
        step = query.step or talk.step(query.typed)
        if step and query.about:
            return query
        alone = not query.about
        typed = query.typed.partition(_ABOUT)[0]
        kind = talk.talk(typed, alone)
        if kind == "world" and self._holds_all(typed):
            kind = None
        if kind or step:
            return library_facts.guide_to(kind or "help", query, self.library, nothing_before=bool(step))
        detail = detail_question(typed)
        of_the_papers = detail is not None and not detail.subject and not alone
        asked = None if of_the_papers else talk.whole(typed, alone)
        if asked == "random" and self.library.count():
            return self._card(query, library_facts.any_paper(typed, self.library))
        if asked:
            return library_facts.answer(asked, query, self.library, self.bibliography)
        if became := by_status(query, typed, self.library):
            return became
        if both := two_parts(query, self.library):
            return both
        told = self._detail(detail, query) if detail else None
        if told:
            return told
        if by_years := by_age(query, self.library):
            return by_years
        if shown := self._pasted(query, typed):
            return shown
        if self._some_without_abstract() and (papers := without_abstract.meant(query, typed, self.library)):
            return without_abstract.answer(query, papers)
        return narrowed(query, self.library, self.bibliography)

    def _card(self, query: Query, paper: Paper) -> Answer:
        return pasted.card(query, paper, self._introduction(paper) if self._introduction else ())

    def _holds_all(self, question: str) -> bool:
        """Whether an abstract here has all that a question about the world names."""
        named = content_words(question)
        return len(named) > 1 and self.library.find_papers(" ".join(named), 1)[0] > 0

    def _detail(self, detail: DetailQuestion, query: Query) -> Answer | None:
        """What the record of the paper that the question names says; None where it names none."""
        about = self._about(query)
        if detail.subject and not Called(self.library, about).papers(detail.subject):
            about = [paper.id for paper in pasted.papers_called(detail.subject, self.library)]
            if not about:
                return None
            detail = replace(detail, subject="")
        called = Called(self.library, about)
        if detail.detail == "abstract" and (papers := called.papers(detail.subject)):
            return pasted.whole_abstract(query, papers)
        return paper_facts.answer(detail, query, called)

    def _pasted(self, query: Query, typed: str) -> Answer | Query | None:
        """What shows the paper whose name, title, identifier or words were typed as they stand; None where none were."""
        identifiers = () if without_identifiers(typed).strip(" ?.!") else identifiers_in(typed)
        if query.by_identifier and identifiers:
            papers = self.library.papers(query.about)
        elif identifiers:
            return record_answers.not_recorded(query, f"No record of this library has {identifiers[0]}.")
        else:
            name = name_alone(typed)
            papers = pasted.papers_called(name, self.library) if name else []
        if len(papers) == 1:
            return self._card(query, papers[0])
        if papers:
            return library_facts.list_of(query, "Papers of this name:", papers, len(papers))
        text = passage(typed)
        if text is None or query.by_identifier:
            return None
        place = pasted.place_of(text, self.library)
        if place:
            return pasted.found(query, place)
        return pasted.nowhere(query, text) if text.asked else None

    def again(self, question: str) -> Answer | None:
        """The answer to a question that the records answer, without what was said before it; None where they do not."""
        typed = question.partition(_ABOUT)[0]
        about = self._about(Query(question, question, question, question))
        query = Query(typed if about else question, typed, question, question, about=tuple(about))
        if about and talk.step(typed) == "more":
            return library_facts.nothing_more(query, self.library.papers(about))
        told = self.answer(query)
        return with_status(told) if isinstance(told, Answer) else None

    def _about(self, query: Query) -> Sequence[str]:
        """Ids of the papers that the question leans on; also where it comes with their titles, as it was shown to the reader."""
        if query.about:
            return query.about
        _, mark, titles = query.typed.partition(_ABOUT)
        if not mark:
            return ()
        finder = Called(self.library)
        whole = titles.strip().removesuffix(")")
        papers = finder.titled(whole) or [paper for title in whole.split("; ") for paper in finder.titled(title)]
        return tuple(dict.fromkeys(paper.id for paper in papers))
