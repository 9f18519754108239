"""The papers that a question is about, in a few words for people. Pure."""

from collections.abc import Sequence

from rag.core.accents import shown
from rag.core.domain import Paper
from rag.core.escaping import counted, shorten
from rag.core.names import name_in_title

_NAMED = 2
"""Papers that are named; more of them are counted."""
_NAME_CHARS = 60


def about_label(papers: Sequence[Paper]) -> str:
    """Such as "DeepCache", "DeepCache and SaRA" or "3 papers"; "" where there are none."""
    if len(papers) > _NAMED:
        return counted(len(papers), "paper")
    return " and ".join(_name(paper) for paper in papers)


def _name(paper: Paper) -> str:
    title = shown(paper.title)
    return shorten(name_in_title(title, most_words=4) or title or paper.abstract, _NAME_CHARS)
