"""The notice of an answer that cites papers which were retracted, withdrawn, corrected, or are under an expression of concern."""

from rag.answer.quoted import noticed
from rag.core.domain import Answer
from rag.core.statuses import status_lines


def with_status(answer: Answer) -> Answer:
    """The answer with a sentence in its notice on each of its papers that something became of: of those cited, or where none is, of the
    nearest ones."""
    if answer.origin == "guide":
        return answer
    cited = [(f"[{n}]", paper) for n, paper in enumerate(answer.cited_papers, start=1)]
    lines = status_lines(cited or [("", paper) for paper in answer.nearest])
    return noticed(answer, " ".join(line for line in lines if line not in answer.notice))
