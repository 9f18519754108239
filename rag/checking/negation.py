"""Negation and direction: does one sentence say the opposite of another, though the words are the same?

Owns: how far a word that negates reaches, and when words exclude each other; which words do is in the lexicon. Pure functions on
strings. Words of negation and direction decide where similarity cannot: a sentence and its contrary are neighbours in every embedding
space.
"""

import re
from functools import cache

from rag.core import lexicon
from rag.core.text import STOP_WORDS, normalise, stem

_TOKEN = re.compile(r"[a-z0-9][a-z0-9+]*(?:-[a-z0-9]+)*|[.;:,]")
_NEGATOR = lexicon.word_pattern("negators")
_NEGATIVE = lexicon.word_pattern("negators", "negative")
_NEGATIVE_PREFIX = re.compile(r"un(?!der|i|til|like)[a-z]{4,}")
_CONTRARY_PREFIX = re.compile(r"^(?:un|non-?|in|im|dis|de)(?=[a-z]{4})")
_REACH = 4
"""Content words that a negation reaches, at most to the end of the clause."""
_NEAR = 7
"""Words around a word in which something negative excuses a negation."""


def tokens(text: str) -> list[str]:
    """Lower-case words (hyphenated ones whole) and the marks that end a clause."""
    plain = normalise(text).replace("\u2019", "'").replace("n't", " not").replace("cannot", "can not")
    return _TOKEN.findall(plain)


def is_negator(token: str) -> bool:
    """Whether a word negates what follows it."""
    return _NEGATOR.fullmatch(token) is not None


def negated(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """(stems in the reach of a negation, all content stems)."""
    inside: set[str] = set()
    every: set[str] = set()
    left = 0
    for token in tokens(text):
        if token in ".;:":
            left = 0
        elif token == ",":
            left = min(left, 1)
        elif is_negator(token):
            left = _REACH
        elif token.endswith("-free"):
            inside.add(stem(token[:-5]))
            every.add(stem(token[:-5]))
        elif token not in STOP_WORDS:
            prefixed = token.startswith("non-")
            stems = {stem(part) for part in token.removeprefix("non-").split("-")}
            every |= stems
            if left or prefixed:
                inside |= stems
            left = max(0, left - 1)
    return frozenset(inside), frozenset(every)


def negation_conflicts(sentence: str, source: str) -> tuple[str, ...]:
    """The stems that both texts share and that only one of them negates, while nothing near them in the other is negative; and the
    stems whose contrary ("invertible", "non-invertible") the other has."""
    inside, every = negated(sentence)
    source_inside, source_every = negated(source)
    shared = every & source_every
    conflicts = {word for word in shared & inside - source_inside if not _negative_near(word, source)}
    conflicts |= {word for word in shared & source_inside - inside if not _negative_near(word, sentence)}
    new, lost = every - source_every, source_every - every
    conflicts |= {word for word in new if _CONTRARY_PREFIX.sub("", word) in lost - source_inside}
    conflicts |= {word for word in lost if _CONTRARY_PREFIX.sub("", word) in new - inside}
    return tuple(sorted(conflicts))


def _negative_near(word: str, text: str) -> bool:
    """Whether something negative stands within a few words of a stem."""
    parts = [part for token in tokens(text) if token not in ".,;:" for part in token.split("-")]
    places = [i for i, part in enumerate(parts) if stem(part) == word]
    return any(_is_negative(part) for i in places for part in parts[max(0, i - _NEAR) : i + _NEAR])


def _is_negative(word: str) -> bool:
    return bool(_NEGATIVE.fullmatch(word) or _NEGATIVE_PREFIX.fullmatch(word))


def contrast_conflicts(sentence: str, source: str, reference: str = "") -> tuple[str, ...]:
    """Pairs of words that exclude each other, one said only by the sentence and the other only by the source.

    `reference` (such as the title) may supply a word as well as the source does.
    """
    here, there = f" {' '.join(_stems(sentence))} ", f" {' '.join(_stems(source))} "
    known = there + f"{' '.join(_stems(reference))} "
    conflicts: list[str] = []
    for members in _contrasts():
        new = [label for label, spellings in members if _any_in(spellings, here) and not _any_in(spellings, known)]
        lost = [label for label, spellings in members if _any_in(spellings, there) and not _any_in(spellings, here)]
        if new and lost:
            conflicts.append(f"{new[0]}/{lost[0]}")
    return tuple(conflicts)


def _any_in(spellings: tuple[str, ...], stems: str) -> bool:
    return any(f" {spelling} " in stems for spelling in spellings)


@cache
def _contrasts() -> tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]:
    """The sets of members that exclude each other: of each its first spelling, for people, and all spellings as stems."""
    return tuple(
        tuple(
            (spellings[0], tuple(dict.fromkeys(" ".join(_stems(spelling)) for spelling in spellings)))
            for spellings in row
        )
        for row in lexicon.table("contrasts")
    )


def _stems(text: str) -> list[str]:
    return [stem(part) for token in tokens(text) for part in token.split("-") if part.isalnum()]
