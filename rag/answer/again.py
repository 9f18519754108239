"""Whether an answer would come out just so again, as long as the library stays as it is."""

from collections.abc import Mapping

from rag.answer.writing import CUT_OFF, INSTEAD
from rag.core.domain import Answer
from rag.library.publishing import is_up_to_date
from rag.library.store import Library


def comes_again(answer: Answer, description: Mapping[str, str], library: Library) -> bool:
    """Not where something was away that may be back the next time, and not what a server wrote: it may write otherwise each time."""
    if any(words in answer.notice for words in (INSTEAD, CUT_OFF)):
        return False
    if answer.mode == "write" and "://" in description.get("writer_place", ""):
        return False
    # While papers come in, the vectors of the last ones are not there yet.
    return is_up_to_date(library)
