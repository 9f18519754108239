"""Questions in other languages: whether a question is in one, and what it asks about a paper that it names.

Owns: what counts as another language, and the question in English that stands for one of a known form. The usual models read
English, so no more is claimed than its form tells: the words that tell it are in the lexicon. Nothing is translated. Pure functions on
strings.
"""

import re
from collections.abc import Sequence

from rag.core import lexicon
from rag.core.lexicon import patterns
from rag.core.text import STOP_WORDS, normalise
from rag.question import kinds

_LONGEST = 500
"""Characters of a question that is looked at."""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-z0-9](?:[\w.+/-]{0,60}[A-Za-z0-9+])?", re.ASCII)
_LETTERS = 0x24F
"""The last of the Latin letters that European languages have."""
_THIRD = 3
_TELLING, _SMALL = 2, 1
_ENOUGH = 2
"""What the words of another language must weigh where none is English."""
_SURE = 4
"""What they must weigh beside an English word, and more than all of these."""
_ACCENTED = re.compile(r"[\u00c0-\u024f\u00df]")


def is_foreign(question: str) -> bool:
    """Whether a question is in another language than English: a third of its letters are of another script, or its small words are
    another language's."""
    text = question[:_LONGEST]
    letters = [character for character in text if character.isalpha()]
    if letters and sum(ord(character) > _LETTERS for character in letters) > len(letters) / _THIRD:
        return True
    if patterns("other_script").search(text) and not set(_WORD.findall(text.lower())) & _ENGLISH:
        return True
    words = [word.replace("\u2019", "'") for word in _WORD.findall(normalise(text))]
    telling, small = lexicon.words("foreign"), lexicon.words("foreign_small")
    weight = sum(
        _TELLING if word in telling or (word.split("'")[0] in ("qu", "c") and "'" in word) else _SMALL
        for word in dict.fromkeys(words)
        if word in telling or word in small or (_ACCENTED.search(word) and word.islower()) or word[:2] in ("d'", "l'")
    )
    either = _EITHER if any(word in telling for word in words) else frozenset()
    english = len(set(words) & _ENGLISH - small - telling - either)
    if not weight:
        return False
    if not english:
        # "De novo" and "Los Alamos" hold one such word, and a term of two: a question has more, or has one that tells.
        return weight >= _ENOUGH and (weight > _ENOUGH or any(word in telling for word in words) or len(words) > _THIRD)
    return weight >= _SURE and weight > _TELLING * english


_EITHER = frozenset("was in an a is so do no me on as to i or es se paper papers".split())
"""English words that other languages have or borrow."""
_ENGLISH = lexicon.words("english_small") | (STOP_WORDS - lexicon.words("foreign_small"))


def latin_words(question: str) -> tuple[str, ...]:
    """The words of Latin letters, as they stand: also of a question without spaces between scripts."""
    return tuple(_LATIN.findall(question[:_LONGEST]))


def terms(question: str) -> tuple[str, ...]:
    """The Latin words that may be terms which the languages share, in lower case: no small word of any."""
    small = lexicon.words("foreign") | lexicon.words("foreign_small") | STOP_WORDS
    return tuple(
        dict.fromkeys(word.lower() for word in latin_words(question) if len(word) > 2 and word.lower() not in small)
    )


def in_english(question: str, names: Sequence[str]) -> str:
    """The question in English that asks the same of the papers of these names; "" where its form is not known.

    Args:
        question: in another language.
        names: as they are to stand in the English question; they also stand in the one that was typed.
    """
    others = [word for word in latin_words(question) if kinds.names(word) and not any(word in name for name in names)]
    rest = normalise(question[:_LONGEST]).replace("\u2019", "'")
    for name in names:
        rest = rest.replace(normalise(name), " ")
    for (form,), spellings in lexicon.table("foreign_questions"):
        if any(_stands_in(spelling, rest) for spelling in spellings) and (len(names) > 1 or "{names}" not in form):
            thing = _thing(rest) if "{things}" in form else ""
            if "{things}" in form and not thing:
                continue
            english = form.format(name=" and ".join(names), names=" and ".join(names), things=thing)
            # "How much faster is X?" asks for another value on another data set.
            return f"{english.removesuffix('?')} on {', '.join(dict.fromkeys(others))}?" if others else english
    return "" if _tells(rest) else f"What is {names[0]}?"


def _thing(text: str) -> str:
    rows = lexicon.table("foreign_things")
    return next(
        (row[0][0] for row in rows if any(_stands_in(spelling, text) for member in row for spelling in member)), ""
    )


def _stands_in(spelling: str, text: str) -> bool:
    """Whole words of scripts that part them; in others, and at the end of a stem, anywhere."""
    if ord(spelling[0]) > _LETTERS:
        return spelling in text
    return re.search(rf"(?<!\w){re.escape(spelling)}(?!\w)", text) is not None


def _tells(text: str) -> bool:
    """Whether words are left that ask for something."""
    small = lexicon.words("foreign") | lexicon.words("foreign_small")
    return any(word not in small for word in _WORD.findall(text)) or patterns("other_script").search(text) is not None
