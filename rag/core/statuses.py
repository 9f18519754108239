"""What became of papers, in the words that readers see. Pure; knows nothing of where it is said or shown."""

from collections.abc import Iterable

from rag.core.accents import shown
from rag.core.domain import STATUSES, Paper, Status
from rag.core.escaping import shorten
from rag.core.lexicon import patterns
from rag.core.text import clean

STATUS_WORDS: dict[Status, str] = {
    "retracted": "Retracted",
    "withdrawn": "Withdrawn",
    "concern": "Expression of concern",
    "corrected": "Corrected",
}
_TITLE_CHARS = 120


def status_word(paper: Paper) -> str:
    """What became of a paper: "Retracted"; "" where nothing is known."""
    return STATUS_WORDS.get(paper.status, "")


def marks_of(paper: Paper) -> str:
    """What a list says behind a paper's title: "[Retracted] [no abstract]"; "" for most papers."""
    said = (status_word(paper), "" if paper.abstract else "no abstract")
    return " ".join(f"[{mark}]" for mark in said if mark)


def status_lines(papers: Iterable[tuple[str, Paper]]) -> list[str]:
    """A sentence on each paper, given with its marker, that something became of, the gravest first: "Retracted: TITLE [1]." """
    told = [(marker, paper) for marker, paper in papers if paper.status]
    told.sort(key=lambda item: -STATUSES.index(item[1].status))
    lines = []
    for marker, paper in told:
        remark = patterns("title_retracted", "title_withdrawn").match(paper.title)
        title = shown(clean(paper.title[remark.end() :] if remark else paper.title)) or clean(paper.abstract)
        title = shorten(title, _TITLE_CHARS).rstrip(".")
        lines.append(f"{status_word(paper)}: {' '.join(filter(None, (title, marker)))}.")
    return lines
