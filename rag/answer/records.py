"""What is answered without reading an abstract: from the records of the papers, or by a line on what can be asked.

Owns: which question is answered so, and the papers that a question means by their records, among which the others are then searched.
Knows nothing of models: a library is enough.
"""

import threading
from collections.abc import Sequence

from rag.answer import library_facts, paper_facts
from rag.answer.by_age import by_age
from rag.answer.narrow import narrowed
from rag.answer.paper_facts import Called
from rag.answer.two_parts import two_parts
from rag.core.domain import Answer
from rag.library.bibliography import Bibliography
from rag.library.store import Library
from rag.question import talk
from rag.question.follow_up import Query
from rag.question.record_details import detail_question

_ABOUT = " (about: "


class Records:
    """The records of a library, looked through anew where it has changed. Any thread may ask."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._lock = threading.Lock()
        self._kept: tuple[int, Bibliography] | None = None

    def bibliography(self) -> Bibliography:
        """Authors, years and venues of all papers."""
        with self._lock:
            revision = self.library.revision
            if self._kept is None or self._kept[0] != revision:
                self._kept = (revision, Bibliography(self.library.details()))
            return self._kept[1]

    def answer(self, query: Query) -> Answer | Query:
        """The answer, where the records or nothing at all are asked for; else the query, restricted to the papers that it means by
        their records."""
        step = query.step or talk.step(query.typed)
        if step and query.about:
            return query
        alone = not query.about
        typed = query.typed.partition(_ABOUT)[0]
        kind = talk.talk(typed, alone)
        if kind or step:
            return library_facts.guide_to(kind or "help", query, self.library, nothing_before=bool(step))
        asked = talk.whole(typed, alone)
        if asked:
            return library_facts.answer(asked, query, self.library, self.bibliography)
        if both := two_parts(query, self.library):
            return both
        detail = detail_question(typed)
        if detail:
            told = paper_facts.answer(detail, query, Called(self.library, self._about(query)))
            if told:
                return told
        if told := by_age(query, self.library):
            return told
        return narrowed(query, self.library, self.bibliography)

    def again(self, question: str) -> Answer | None:
        """The answer to a question that the records answer, without what was said before it; None where they do not."""
        typed = question.partition(_ABOUT)[0]
        about = self._about(Query(question, question, question, question))
        query = Query(typed if about else question, typed, question, question, about=tuple(about))
        if about and talk.step(typed) == "more":
            return library_facts.nothing_more(query, self.library.papers(about))
        told = self.answer(query)
        return told if isinstance(told, Answer) else None

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
