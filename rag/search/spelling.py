"""Misspelled words of a question, read as words of the library: "prunning" as "pruning", "DeepCahce" as "DeepCache".

Owns: which words are looked at, which word each is read as, and that doubt changes nothing. A word that the library has, that the
embedder knows, or that is built on one of these stays as it is. A misspelled word has one letter left out, added, exchanged or
swapped with its neighbour (Damerau 1964), never the first one, and only where people slip so: most words that differ in a letter are
just other words ("phage", "phase").
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.core import lexicon
from rag.core.edits import distance
from rag.core.text import STOP_WORDS
from rag.library.store import Library
from rag.library.vocabulary import stems, texts_with
from rag.question.languages import is_foreign

_WORD = re.compile(r"(?<![\w/@.:~#-])[A-Za-z]+(?:-[A-Za-z]+)*(?![\w/@:~#]|\.\w)")
_LETTERS = re.compile(r"[A-Za-z]+")
_SHORTEST, _LONGEST = 5, 24
"""Letters of a word that is looked at."""
_LONG, _NAME = 8, 7
"""Letters of a long word, and of a name that is looked at: short ones are near each other."""
_MOST_CHARS, _MOST_CHANGES = 300, 3
"""A longer question is no typed one; where more words seem wrong, it is another language or field."""
_STEMS_TRIED, _PAPERS_READ = 8, 12
_APART = 2
"""Letters in which the beginning of a word and a stem may differ."""
_PART, _HALF = 4, 5
"""Letters of a word's part without ending, and of each half of a word put together of two."""
_VARIANTS = re.compile(r"(?<=[iy])[sz]")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A question as it is read, and which words were read as others."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()

    @property
    def notice(self) -> str:
        """How it was read, for people; "" where it is as typed."""
        return f"Read as: {', '.join(right for _, right in self.changes)}." if self.changes else ""


class Speller:
    """Reads misspelled words as words of a library. Its words are read when the first one is needed, and anew where they have changed.
    Safe for several threads. `knows` tells whether a lower-case word is one that the embedder has as a whole."""

    def __init__(self, library: Library, knows: Callable[[str], bool]) -> None:
        self._library = library
        self._knows = knows
        self._lock = threading.Lock()
        self._kept: tuple[int, dict[str, list[tuple[str, int]]]] | None = None

    def prepare(self) -> None:
        """Read the words of the library, where they have changed."""
        self._stems()

    def read(self, question: str) -> Spelling:
        """The question with its misspelled words as they are meant; as typed where that is in doubt."""
        if len(question) > _MOST_CHARS or is_foreign(question):
            return Spelling(question)
        changes: dict[str, str] = {}
        for start, word in _words(question):
            if word not in changes and (right := self._right(word, start)):
                changes[word] = right
        if not changes or len(changes) > _MOST_CHANGES:
            return Spelling(question)
        text = _LETTERS.sub(lambda match: changes.get(match.group(), match.group()), question)
        return Spelling(text, tuple(changes.items()))

    def _right(self, word: str, start: int) -> str:
        """The word that is meant by a misspelled one; "" where it is right, or in doubt."""
        lower = word.lower()
        if not _SHORTEST <= len(word) <= _LONGEST or word.isupper() or lower in STOP_WORDS or self._is_known(lower):
            return ""
        is_name = any(letter.isupper() for letter in word[1:]) or (word[0].isupper() and start > 0)
        if is_name and len(word) < _NAME:
            return ""
        found = [
            (likely, -papers, near)
            for near, papers in self._near(lower)
            if (not is_name or near[0].isupper()) and (likely := slip(lower, near.lower())) is not None
        ]
        if not found or _is_variant(lower, min(found)[2].lower()):
            return ""
        right = min(found)[2]
        if any(letter.isupper() for letter in right[1:]) and len(word) < _LONG and min(found)[0] > 0:
            return ""
        return right if is_name or any(letter.isupper() for letter in right[1:]) else _in_case_of(word, right)

    def _is_known(self, lower: str) -> bool:
        """Whether it is a word, or is built on one."""
        if self._has(lower):
            return True
        ended = (lower.removesuffix(ending) for ending in _ENDINGS if lower.endswith(ending))
        begun = (lower.removeprefix(beginning) for beginning in _BEGINNINGS if lower.startswith(beginning))
        bases = [base for part in (*ended, *begun) if len(part) >= _PART for base in (part, part + "e")]
        if any(self._has(base) for base in bases):
            return True
        parts = ((lower[:i], lower[i:]) for i in range(_HALF, len(lower) - _HALF + 1))
        return any(self._has(left) and self._has(right) for left, right in parts)

    def _has(self, lower: str) -> bool:
        if self._knows(lower):
            return True
        papers = self._library.papers(self._library.lexical([lower], _PAPERS_READ))
        texts = [f"{paper.title} {paper.abstract}" for paper in papers]
        return any(lower == form.lower() for form, _ in _forms(texts, lower[0]))

    def _near(self, lower: str) -> Iterator[tuple[str, int]]:
        """Words of the library whose stem is near, with how often they were seen."""
        near = [
            (2 * apart - len(term), -papers, term)
            for term, papers in self._stems().get(lower[0], ())
            if len(term) <= len(lower) + 1 and (apart := distance(lower[: len(term)], term, _APART)) <= _APART
        ]
        terms = [term for _, _, term in sorted(near)[:_STEMS_TRIED]]
        for texts in texts_with(self._library.folder, terms, _PAPERS_READ).values():
            yield from _forms(texts, lower[0])

    def _stems(self) -> dict[str, list[tuple[str, int]]]:
        """Stems with the number of papers, by their first letter."""
        with self._lock:
            revision = self._library.revision
            if self._kept is None or self._kept[0] != revision:
                by_letter: dict[str, list[tuple[str, int]]] = {}
                for term, papers in stems(self._library.folder, _PART - 1, _LONGEST):
                    by_letter.setdefault(term[0], []).append((term, papers))
                self._kept = (revision, by_letter)
            return self._kept[1]


def _forms(texts: Sequence[str], letter: str) -> list[tuple[str, int]]:
    """The words of these texts that begin with a letter, as they stand, with how often they do."""
    seen = Counter(match.group() for text in texts for match in _LETTERS.finditer(text))
    return [(form, count) for form, count in seen.items() if form[0].lower() == letter]


_ENDINGS = sorted(lexicon.words("endings"))
_BEGINNINGS = sorted(lexicon.words("beginnings"))


def _words(question: str) -> Iterator[tuple[int, str]]:
    """Words that may be misspelled, without addresses and identifiers, and where they begin."""
    for match in _WORD.finditer(question):
        for part in _LETTERS.finditer(match.group()):
            yield match.start() + part.start(), part.group()


def _in_case_of(word: str, right: str) -> str:
    return right.lower().capitalize() if word[0].isupper() else right.lower()


def _is_variant(one: str, other: str) -> bool:
    """Whether they are British and American for one word, or differ in a regular ending only."""
    if _VARIANTS.sub("*", one) == _VARIANTS.sub("*", other) or one.replace("our", "or") == other.replace("our", "or"):
        return True
    return _same_word(one, other)


def _same_word(one: str, other: str) -> bool:
    """Whether two words differ in their endings only."""
    one, other = one.lower(), other.lower()
    common = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    ends = ("", *_ENDINGS)
    return common >= _PART and one[common:] in ends and other[common:] in ends


_VOWELS = frozenset("aeiou")
_ALIKE = frozenset(frozenset(pair) for pair in ("ck", "cs", "sz", "vw", "iy", "ae"))
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NO_END = re.compile(r"[^aeiouy][^aeiouy][^aeiouy]|[bcdfgkpqtvz][rlnm]$")
"""What English words seldom have: there a vowel is missing."""


def slip(typed: str, right: str) -> int | None:
    """How likely one word was typed for another, both in lower case: 0 (two letters swapped, or one not doubled) to 3 (a key beside);
    None where it is no slip, but likely another word."""
    start = next((i for i, (a, b) in enumerate(zip(typed, right, strict=False)) if a != b), min(len(typed), len(right)))
    most = min(len(typed), len(right)) - start
    end = next((i for i in range(most) if typed[-1 - i] != right[-1 - i]), most)
    one, other = typed[start : len(typed) - end], right[start : len(right) - end]
    if (
        start == 0
        or max(len(one), len(other)) > 2
        or (len(one), len(other)) in ((0, 0), (0, 2), (2, 0), (1, 2), (2, 1))
    ):
        return None
    if len(one) == 2:
        return 0 if one == other[::-1] else None
    if len(one) == len(other):
        return _exchanged(typed, one, other, last=not end)
    whole, letter = (right, other) if other else (typed, one)
    if letter in (whole[start - 1], whole[start + 1 : start + 2]):
        return 0
    if letter in _VOWELS:
        return 1 if end and (len(typed) >= _NAME or (other and _NO_END.search(typed))) else None
    # A letter before the last one makes another word too often ("formulae", "formulate").
    return 2 if end > 1 and len(typed) >= (_NAME if other else _LONG) else None


def _exchanged(typed: str, one: str, other: str, last: bool) -> int | None:
    if {one, other} <= _VOWELS:
        return 1 if len(typed) > _SHORTEST and not last else None
    if frozenset((one, other)) in _ALIKE:
        return 2 if len(typed) >= _NAME else None
    beside = any(one + other in row or other + one in row for row in _KEYS)
    return 3 if beside and len(typed) > _LONG and not last else None
