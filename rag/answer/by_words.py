"""What an answer says where its papers were found by their words alone, since the vectors could not be asked."""

from rag.answer import quoted
from rag.core.domain import Answer
from rag.search.searcher import BY_WORDS, Searcher


class ByWords:
    """Whether the papers of one question were found so. It is asked in the thread that looks for them."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._notice = ""

    def look(self) -> None:
        """Note how the papers were found that were just looked for."""
        self._notice = self._searcher.notice

    def noticed(self, answer: Answer) -> Answer:
        """The answer, which says so."""
        return quoted.noticed(answer, self._notice)


def is_noticed(answer: Answer) -> bool:
    """Whether an answer says so: asked again later, it may be another one."""
    return BY_WORDS in answer.notice
