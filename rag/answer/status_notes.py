"""The notice of an answer that cites papers which were retracted, withdrawn, corrected, or are under an expression of concern."""

from rag.answer.quoted import noticed
from rag.core.domain import Answer
from rag.core.statuses import status_lines

_MOST = 5
"""Papers that are told; what is cited is marked in any case."""


def with_status(answer: Answer) -> Answer:
    """The answer with a sentence in its notice on each of its papers that something became of: of those cited, or where none is, of the
    nearest ones."""
    if answer.origin == "guide":
        return answer
    cited = [(f"[{n}]", paper) for n, paper in enumerate(answer.cited_papers, start=1)]
    lines = status_lines(cited or [("", paper) for paper in answer.nearest])
    more = [f"{len(lines) - _MOST} more are marked below."] if len(lines) > _MOST else []
    return noticed(answer, " ".join(line for line in (*lines[:_MOST], *more) if line not in answer.notice))
