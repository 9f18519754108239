"""Whether an answer would come out just so again, as long as the library stays as it is."""

from collections.abc import Mapping

from rag.answer import by_words
from rag.answer.writing import CUT_OFF, INSTEAD
from rag.core.domain import Answer


def comes_again(answer: Answer, description: Mapping[str, str]) -> bool:
    """Not where something was away that may be back the next time, and not what a server wrote: it may write otherwise each time."""
    if by_words.is_noticed(answer) or any(words in answer.notice for words in (INSTEAD, CUT_OFF)):
        return False
    return answer.mode != "write" or "://" not in description.get("writer_place", "")
