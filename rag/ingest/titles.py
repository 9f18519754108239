"""What a title says of its paper's identity: its form for comparing, of what kind it is, and which of a series.

Pure functions on titles.
"""

import re
import unicodedata
from functools import lru_cache

from rag.core import lexicon
from rag.core.text import normalise, words

_MOST_CHARS = 2_000
_MARKED = ("title_retracted", "title_withdrawn", "title_corrected")
_TEX = re.compile(r"\\[a-zA-Z]{1,20}|[{}$]")
_ORDER = (
    "one i first 1st a",
    "two ii second 2nd b",
    "three iii third 3rd c",
    "four iv fourth d",
    "five v fifth e",
    "six vi sixth f",
    "seven vii seventh g",
    "eight viii eighth h",
    "nine ix ninth",
    "ten x tenth",
    "eleven xi eleventh",
    "twelve xii twelfth",
    "thirteen xiii thirteenth",
)
_NUMBERS = {word: str(number) for number, names in enumerate(_ORDER, start=1) for word in names.split()}
_AGREE = 0.6
"""Share of words that two spellings of one title have in common, at least."""
_FEW_WORDS = 3
_FEW_LETTERS = 20
"""A title of fewer words and letters names no paper for certain."""


@lru_cache(1 << 14)
def title_key(title: str) -> str:
    """A title without case, marks, accents and spaces, Greek letters by their names, and without what says that it was retracted."""
    plain = _TEX.sub(" ", normalise(without_marks(title)).replace("&", " and "))
    if plain.isascii():
        return re.sub(r"[\W_]+", "", plain)
    spelt = "".join(_spelt(letter) for letter in unicodedata.normalize("NFKD", plain))
    return re.sub(r"[\W_]+", "", spelt)


def _spelt(letter: str) -> str:
    if "\u0370" <= letter <= "\u03ff":
        return unicodedata.name(letter, "").rpartition(" ")[2].lower() or letter
    return "" if unicodedata.combining(letter) else letter


def without_marks(title: str) -> str:
    """A title without what a publisher added of the paper's retraction, withdrawal or correction."""
    low = title.lower()
    if "retract" not in low and "withdr" not in low and "remov" not in low and "correct" not in low:
        return title
    for name in _MARKED:
        match = lexicon.patterns(name).search(title)
        if match:
            rest = title[: match.start()] + " " + title[match.end() :]
            return rest if len(rest.strip()) >= _FEW_WORDS else title
    return title


@lru_cache(1 << 14)
def kind_of(title: str) -> str:
    """ "notice", "reply" or "data" for what belongs to another paper and may hold its title; "" for a paper."""
    head = title[:_MOST_CHARS]
    for kind in ("notice", "reply", "data"):
        if lexicon.patterns(f"title_of_{kind}").search(head):
            return kind
    return ""


@lru_cache(1 << 14)
def is_generic(title: str) -> bool:
    """Whether many papers have the title, or it is too short to name one."""
    few = words(title[:_MOST_CHARS])
    return (len(few) < _FEW_WORDS and sum(map(len, few)) < _FEW_LETTERS) or lexicon.patterns("title_generic").search(
        title[:_MOST_CHARS]
    ) is not None


@lru_cache(1 << 14)
def series_numbers(title: str) -> frozenset[str]:
    """Which of a series a title names: "Part II" and "2." are both "2"."""
    found = lexicon.patterns("title_number").finditer(title[:_MOST_CHARS])
    return frozenset(_number(words(match[0])[-1]) for match in found if words(match[0]))


def _number(word: str) -> str:
    # "Part2" and "10th" hold their digits in the word.
    digits = re.search(r"\d{1,4}", word)
    return digits[0].lstrip("0") or "0" if digits else _NUMBERS.get(word, word)


@lru_cache(1 << 14)
def _all_numbers(title: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d{1,9}", title[:_MOST_CHARS]))


def are_of_series(one: str, other: str) -> bool:
    """Whether two titles name different numbers: parts of a work, or the same thing in different years."""
    if title_key(one) == title_key(other):
        return False
    for numbers in (series_numbers, _all_numbers):
        mine, theirs = numbers(one), numbers(other)
        if mine and theirs and mine != theirs and not (mine < theirs or theirs < mine):
            return True
    mine, theirs = series_numbers(one), series_numbers(other)
    return mine != theirs and bool(mine and theirs)


def are_told_apart(one: str, other: str) -> bool:
    """Whether two titles are of two papers for certain: of two of a series, or of a notice, a reply or data and their paper."""
    return kind_of(one) != kind_of(other) or are_of_series(one, other)


def may_be_of_series(one: str, other: str) -> bool:
    """Whether one of two titles names a number of a series that the other does not name."""
    return title_key(one) != title_key(other) and series_numbers(one) != series_numbers(other)


def titles_agree(one: str, other: str) -> bool:
    """Whether two titles may be of one paper: the same words but for a few, or one without the subtitle of the other."""
    if title_key(one) == title_key(other):
        return True
    if are_of_series(one, other) or kind_of(one) != kind_of(other):
        return False
    mine, theirs = words(without_marks(one)), words(without_marks(other))
    short, long = sorted((mine, theirs), key=len)
    if len(short) > _FEW_WORDS and short in (long[: len(short)], long[-len(short) :]):
        return True
    first, second = set(mine), set(theirs)
    return len(first & second) >= _AGREE * len(first | second) if first | second else True
