"""Which papers of a library a list of identifiers, titles and references names. Looked up by words alone: no model is asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from rag.core.domain import Paper
from rag.core.text import content_words, words
from rag.library.store import Library
from rag.question.paper_lists import Name

_CANDIDATES = 8
_FEW = 20
"""As many identifiers are looked up one by one."""
_ALIKE = 0.93
"""How alike the letters of two titles are that are one (0..1): a slip of the pen, another dash."""
_TITLE_WORDS = 4
"""A title of so many words is recognised inside a reference."""


def papers_named(
    names: Sequence[Name], library: Library, progress: Callable[[int, int], None] = lambda *_: None
) -> list[tuple[Name, Paper | None]]:
    """Each name with the paper that it means; None where the library has none. `progress` gets how many were looked up, of how many."""
    known = _identified([key for name in names for key in name.keys], library)
    found: list[tuple[Name, Paper | None]] = []
    for name in names:
        found.append((name, _paper(name, known, library)))
        progress(len(found), len(names))
    return found


def _identified(keys: Sequence[str], library: Library) -> dict[str, Paper]:
    """The papers by those of these identifiers that they have. Each look goes through all papers, so for many there is one for all."""
    if len(keys) <= _FEW:
        return {key: found[0] for key in keys if (found := library.papers_identified([key]))}
    wanted, known = set(keys), dict[str, Paper]()
    for paper in library.papers():
        for key in _called(paper):
            if key in wanted:
                known.setdefault(key, paper)
    return known


def _called(paper: Paper) -> Iterator[str]:
    """The identifiers of a paper as `Library.papers_identified` compares them."""
    plain = (paper.id, paper.doi, paper.arxiv_id, paper.pmid, paper.pmcid, paper.acl_id, paper.isbn, *paper.aliases)
    yield from (one.lower() for one in plain if one)
    yield from (one for one in (paper.url, *paper.links) if one)


def _paper(name: Name, known: Mapping[str, Paper], library: Library) -> Paper | None:
    for key in name.keys:
        if key in known:
            return known[key]
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
