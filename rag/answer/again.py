"""Whether an answer would come out just so again, as long as the library stays as it is."""

from collections.abc import Mapping

from rag.answer.by_words import is_noticed
from rag.answer.writing import CUT_OFF, INSTEAD
from rag.core.domain import Answer


def comes_again(answer: Answer, description: Mapping[str, str], *, is_whole: bool) -> bool:
    """Not where something was away that may be back the next time, and not what a server wrote: it may write otherwise each time.

    Args:
        answer: of now.
        description: of what made it.
        is_whole: whether the vectors of all papers are there; while papers come in, those of the last ones are not yet.
    """
    if is_noticed(answer) or any(words in answer.notice for words in (INSTEAD, CUT_OFF)):
        return False
    if answer.mode == "write" and "://" in description.get("writer_place", ""):
        return False
    return is_whole
