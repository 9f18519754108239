"""Which papers a question means by what it names: by a title, a name, or a thing that an abstract introduces. Pure functions."""

import re
from collections.abc import Sequence

from rag.core import lexicon
from rag.core.domain import Hit, Paper
from rag.core.lexicon import patterns
from rag.core.names import name_in_title
from rag.core.text import content_words, words
from rag.question import kinds
from rag.question.details import MEASURES
from rag.question.summaries import comparable
from rag.search.paper_names import owners

MOST = 3
"""Papers that a question for one aspect can be about."""
_MOST_OF_TITLE = 0.8
_LEAST_WORDS = 4
"""Of a title that is typed in other words or in part."""
_MOST_NAME_WORDS = 6
_WHERE = re.compile(r" (?:in|for) |, | \(")
"""What parts a name from where it belongs: "DTR in diffusion models"."""
_BETWEEN = re.compile(r",? (?:and|or|&) |, ")
_POINTERS = frozenset("one first second third last previous other author authors thing mean work works".split())


def papers_named(target: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """The ids of the papers that a text of a question names; none where it is the name of none, or of too many.

    Args:
        target: what stands in the question in the place of a name.
        hits: papers found by it, best first.
    """
    papers = [hit.paper for hit in hits]
    called = paper_called(target, papers)
    if called:
        return (called,)
    head = _WHERE.split(target)[0].strip()
    if any(measure.named.fullmatch(comparable(head)) for measure in MEASURES):
        return ()
    for name in dict.fromkeys((target, head)):
        found = _owning(name, hits) or introducing(name, papers)
        if 1 <= len(found) <= MOST and (name == target or _is_a_name(head) or exactly_called(head, papers)):
            return found
    return ()


def paper_called(target: str, papers: Sequence[Paper]) -> str | None:
    """The id of the first paper whose name or title this is; None where it is that of none."""
    if (exactly := exactly_called(target, papers)) is not None:
        return exactly
    typed = set(content_words(comparable(target)))
    titles = {paper.id: set(comparable(paper.title).split()) for paper in papers}
    for paper_id, title in titles.items():
        shared = len(typed & title)
        if shared >= _LEAST_WORDS and shared >= _MOST_OF_TITLE * len(typed) and shared >= len(title) / 2:
            return paper_id
    # "The paper on scene text editing" is the one with these words in its title.
    holders = [paper_id for paper_id, title in titles.items() if typed <= title]
    told_so = patterns("says_paper").search(target) is not None
    return holders[0] if told_so and len(holders) == 1 and len(typed) > 1 else None


def exactly_called(target: str, papers: Sequence[Paper]) -> str | None:
    """The id of the first paper whose name or title this is, word for word."""
    wanted = comparable(target)
    called = (comparable(name_in_title(paper.title)) for paper in papers)
    return next(
        (
            paper.id
            for name, paper in zip(called, papers, strict=True)
            if wanted and wanted in (name, comparable(paper.title))
        ),
        None,
    )


def is_pronoun(target: str) -> bool:
    """Whether a paper is meant that was spoken of: "it", "this paper", or nothing at all."""
    return set(comparable(target).split()) <= lexicon.words("pronouns") | _POINTERS


def introducing(name: str, papers: Sequence[Paper]) -> tuple[str, ...]:
    """The ids of the papers whose abstract introduces a thing of this name, or whose title begins with it."""
    typed = comparable(name).split()
    if not typed or len(typed) > _MOST_NAME_WORDS or set(typed) <= lexicon.words("pronouns"):
        return ()
    spelled = spelling(name)
    introduced = re.compile(
        r"\b(?:introduc|propos|present|call|nam|term|dub|develop|design|describ|creat|construct|build|defin)\w*\s+"
        rf"(?:\S+\s+){{0,6}}?[^\w\s]{{0,3}}{spelled}",
        re.IGNORECASE,
    )
    begins = re.compile(rf"{spelled}", re.IGNORECASE)
    in_title = [paper.id for paper in papers if begins.match(paper.title) and len(typed) > 1]
    found = [paper.id for paper in papers if introduced.search(paper.abstract)]
    return tuple(dict.fromkeys((*in_title, *found)))


def spelling(name: str) -> str:
    """A pattern of a name as texts spell it: with spaces or hyphens, in the singular or plural, not as part of another name."""
    *before, last = comparable(name).split() or [""]
    parts = [*map(re.escape, before), re.escape(last.removesuffix("s")) + r"(?:s|es)?"]
    joined = r"[\s-]{1,2}".join(parts)
    return rf"(?<![\w-]){joined}(?![\w-])"


def _owning(name: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """The papers that own all that this says, where it says names alone: each name, so that the FID of a method is no name of it."""
    found: list[str] = []
    for piece in _BETWEEN.split(name):
        each = [owners(word, hits) for word in kinds.names(piece)]
        owned = [paper_id for paper_id in owners(piece, hits) if all(paper_id in of_word for of_word in each)]
        if not owned or not _is_a_name(piece):
            return ()
        found += owned[:1]
    return tuple(dict.fromkeys(found))


def _is_a_name(text: str) -> bool:
    # "How X works" asks for one thing of X, not for a summary.
    return set(content_words(comparable(text))) <= {word for name in kinds.names(text) for word in words(name)}
