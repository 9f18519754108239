"""Names of people as records and questions write them: "Ada Miller", "Miller, A.", "Miller AB", "Müller", "Mueller".

Owns: which of these may be the same person. Pure functions on strings; knows nothing of papers.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rag.core import lexicon

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019\u02bc][^\W\d_]+)?")
_INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,3}")
_LATIN = 0x250
_LONGEST = 200

Spellings = frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """A name cut up: `words`, each with its spellings, the `initials`, and which spellings are of the family name."""

    words: tuple[Spellings, ...]
    initials: tuple[str, ...]
    family: Spellings
    whole: str


def spellings(word: str) -> Spellings:
    """A word in lower case without its accents, and as its umlauts are spelt out."""
    lower = unicodedata.normalize("NFKC", word).lower().replace("\u2019", "'")
    return frozenset({_bare(lower), _bare(lower.translate(_SPELT_OUT))})


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(mark for mark in apart if not unicodedata.combining(mark)).replace("'", "")


@lru_cache(maxsize=1 << 12)
def person(name: str) -> Person:
    """The parts of a name. A comma parts the family name from the given one; else the family name is the last word with the small
    words before it, or what stands before initials."""
    name = name[:_LONGEST]
    family_part, comma, given_part = name.partition(",")
    chunks = [chunk for chunk in name.replace(",", " ").split() if _WORD.search(chunk)]
    kept = [chunk for chunk in chunks if chunk.lower().strip(".") not in lexicon.words("name_titles")] or chunks
    is_initial = [_INITIALS.fullmatch(chunk) is not None and not _is_word(chunk, kept) for chunk in kept]
    full = [chunk for chunk, initial in zip(kept, is_initial, strict=True) if not initial]
    letters = "".join(chunk for chunk, initial in zip(kept, is_initial, strict=True) if initial)
    if comma and given_part.strip():
        family = family_part.split()
    elif is_initial and is_initial[-1]:
        family = full
    else:
        family = full[_family_start(full) :]
    return Person(
        tuple(spellings(word) for chunk in full for word in _WORD.findall(chunk)),
        tuple(_bare(letter.lower()) for letter in letters if letter.isalpha()),
        frozenset[str]().union(*(spellings(word) for chunk in family for word in _WORD.findall(chunk))),
        "".join(_bare(word.lower()) for chunk in kept for word in _WORD.findall(chunk)),
    )


def _is_word(chunk: str, chunks: list[str]) -> bool:
    """ "LI" is a name where it is all there is, or where everything is in capitals."""
    return len(chunks) == 1 or ("." not in chunk and len(chunk) > 1 and all(one.isupper() for one in chunks))


def _family_start(chunks: list[str]) -> int:
    last = len(chunks) - 1
    particles = lexicon.words("name_particles")
    return next((place for place in range(1, last) if chunks[place].lower() in particles), max(last, 0))


def may_be(asked: str, author: str, by_given_name: bool = False) -> bool:
    """Whether the author of a record may be the person asked for: every word of the name asked for is in the author's, or begins with
    one of the author's initials, and one of them is the family name.

    Args:
        asked: the name in a question, such as "A. Miller" or "miller".
        author: the name in a record.
        by_given_name: a given name alone is enough.
    """
    wanted, there = person(asked), person(author)
    if wanted.whole and wanted.whole == there.whole:
        return True
    if not wanted.words or not there.words or ord(author.strip()[:1] or "a") > _LATIN:
        return False
    names = frozenset[str]().union(*there.words)
    others = set(there.initials) | {next(iter(word))[:1] for word in there.words if not word & there.family}
    missing = [word for word in wanted.words if not word & names]
    if any(not {spelling[:1] for spelling in word} & set(there.initials) for word in missing):
        return False
    if any(initial not in others for initial in wanted.initials):
        return False
    found = [word for word in wanted.words if word & names]
    if any(word & there.family for word in found):
        return not missing or len(found) < len(wanted.words)
    return bool(found) and (by_given_name or len(found) > 1) and not missing


def searchable(name: str) -> str:
    """A name as it can be looked through for the `spellings` of a word."""
    if name.isascii():
        return name.lower().replace("'", "")
    return " ".join(sorted(spellings(name[:_LONGEST])))
