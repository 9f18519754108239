"""Which papers of a library a list of identifiers, titles and references names. Looked up by words alone: no model is asked."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from rag.core.domain import Paper
from rag.core.text import content_words, words
from rag.library.store import Library
from rag.question.paper_lists import Name

_CANDIDATES = 8
_ALIKE = 0.93
"""How alike the letters of two titles are that are one (0..1): a slip of the pen, another dash."""
_TITLE_WORDS = 4
"""A title of so many words is recognised inside a reference."""


def papers_named(names: Sequence[Name], library: Library) -> list[tuple[Name, Paper | None]]:
    """Each name with the paper that it means; None where the library has none."""
    return [(name, _paper(name, library)) for name in names]


def _paper(name: Name, library: Library) -> Paper | None:
    for key in name.keys:
        if found := library.papers_identified([key]):
            return found[0]
    typed = words(name.text)
    if not typed or (name.keys and len(typed) < _TITLE_WORDS):
        return None
    ids = library.lexical(content_words(name.text) or typed, _CANDIDATES)
    return next((paper for paper in library.papers(ids) if _means(typed, paper)), None)


def _means(typed: Sequence[str], paper: Paper) -> bool:
    title = words(paper.title)
    said, held = "".join(typed), "".join(title)
    if not held:
        return False
    if said == held or (len(title) >= _TITLE_WORDS and held in said):
        return True
    matcher = SequenceMatcher(None, said, held, autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE
