"""The names of papers as people type them: "deep cache", "Deep-Cache" and "deepcach" are DeepCache.

Owns: which of some papers a text names. Pure functions; the papers are handed in.
"""

import re
from collections.abc import Iterator, Sequence

from rag.core.domain import Paper
from rag.core.edits import distance
from rag.core.names import name_in_title
from rag.core.text import words
from rag.question import kinds

_DASH = re.compile(r"\s[\u2013\u2014-]+\s")
_MOST_WORDS = 4
"""Words of a name; more of them are a title."""
_LEAST_LETTERS = 3
_LETTERS_A_SLIP = 6
"""A name of so many letters may have one wrong, of twice as many two."""


def named(text: str, papers: Sequence[Paper]) -> list[Paper]:
    """Those whose short name the text has, also in another spelling, in the order of the papers."""
    pieces = set(_pieces(words(text)))

    def has_name(paper: Paper) -> bool:
        # "Language Models: A Survey" is not named by whoever speaks of language models.
        plain = " " in name_of(paper) and not kinds.names(name_of(paper))
        return stands_in(text, paper) if plain else any(_same(piece, short(paper)) for piece in pieces)

    return [paper for paper in papers if short(paper) and has_name(paper)]


def stands_in(text: str, paper: Paper) -> bool:
    """Whether the paper's short name stands in the text, written as in its title."""
    name = name_of(paper)
    return bool(short(paper)) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def is_name(text: str, paper: Paper) -> bool:
    """Whether the text is the paper's short name, also in another spelling."""
    return bool(short(paper)) and "".join(words(text)) == short(paper)


def has(text: str, name: str) -> bool:
    """Whether the text has this name, also in another spelling."""
    letters = "".join(words(name))
    return len(letters) >= _LEAST_LETTERS and any(_same(piece, letters) for piece in _pieces(words(text)))


def without_name(text: str, paper: Paper, instead: str) -> str | None:
    """The text with the name of the paper replaced; None where it has none."""
    name = short(paper)
    typed = text.split()
    for size in range(_MOST_WORDS, 0, -1):
        for start in range(len(typed) - size + 1):
            piece = "".join(words(" ".join(typed[start : start + size])))
            if name and _same(piece, name):
                end = "".join(mark for mark in typed[start + size - 1][-1:] if mark in "?.!,;:")
                return " ".join([*typed[:start], instead + end, *typed[start + size :]])
    return None


def name_of(paper: Paper) -> str:
    """What stands before the colon or the dash of its title, "" where that is no name of up to four words."""
    before_dash = _DASH.split(paper.title, maxsplit=1)[0].strip()
    name = name_in_title(before_dash) or (before_dash if before_dash != paper.title.strip() else "")
    return name if len(name.split()) <= _MOST_WORDS else ""


def short(paper: Paper) -> str:
    """The letters and digits of the paper's short name, in lower case; "" where it has none."""
    name = "".join(words(name_of(paper)))
    return name if len(name) >= _LEAST_LETTERS else ""


def _pieces(typed: Sequence[str]) -> Iterator[str]:
    """Runs of up to four words, written as one."""
    for start in range(len(typed)):
        for end in range(start + 1, min(start + _MOST_WORDS, len(typed)) + 1):
            yield "".join(typed[start:end])


def _same(piece: str, name: str) -> bool:
    slips = min(2, len(name) // _LETTERS_A_SLIP)
    return piece == name or (slips > 0 and piece[:1] == name[:1] and distance(piece, name, slips) <= slips)
