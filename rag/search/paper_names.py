"""Which papers a name belongs to: the method that a title begins with, or that an abstract introduces. Pure functions."""

import re
from collections.abc import Sequence

from rag.core.domain import Hit, Paper
from rag.core.names import name_in_title
from rag.core.text import normalise
from rag.question import kinds

OWNERS = 3
"""A name that more papers hold is no paper's own."""


def owners(question: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Ids of the papers that own a name of the question: it begins the title, stands in it or more than once in the abstract, or
    is introduced there, and in few others."""
    ids = [hit.paper.id for hit in hits if _is_named(hit.paper, question)]
    for name in kinds.names(question):
        holders = [hit.paper.id for hit in hits if is_about(hit.paper, name)]
        if 1 <= len(holders) <= OWNERS and not set(holders) & set(ids):
            ids.append(holders[0])
    return tuple(ids)


def _is_named(paper: Paper, question: str) -> bool:
    """Whether the question has the words before the colon of the title, where they are a name of more than one word."""
    name = name_in_title(paper.title)
    return " " in name and normalise(name) in normalise(question)


def is_about(paper: Paper, name: str) -> bool:
    """Whether the name stands in the title, more than once in the abstract, or is introduced there."""
    word = rf"(?<!\w){re.escape(name)}(?!\w)"
    introduced = rf"\b(?:introduc|propos|present|call|nam|term|dub)\w*\W+(?:\w+\W+){{0,4}}?{word}"
    return (
        re.search(word, paper.title, re.IGNORECASE) is not None
        or len(re.findall(word, paper.abstract, re.IGNORECASE)) > 1
        or re.search(introduced, paper.abstract, re.IGNORECASE) is not None
    )
