"""Words as the titles of a library spell them: what was likely meant by one that no paper holds.

Owns how near is near enough: one slip in a short word, two in a long one. Knows nothing of how papers are looked up.
"""

import re
import threading
from collections import Counter

from rag.core.edits import distance
from rag.core.text import normalise
from rag.library.store import Library

_LETTERS = re.compile(r"[^\W\d_]{4,30}")
_LONG = 7


class TitleWords:
    """The words of a library's titles, read anew where it has changed. Any thread may ask."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._kept: tuple[int, Counter[str]] | None = None

    def respelled(self, words: str) -> str:
        """The words with those corrected that no title has, as far as a title has a near one; nothing where none is corrected."""
        known = self._known()
        every = normalise(words).split()
        mended = [word if word in known else nearest(word, known) or word for word in every]
        return " ".join(mended) if mended != every else ""

    def _known(self) -> Counter[str]:
        with self._lock:
            revision = self._library.revision
            if self._kept is None or self._kept[0] != revision:
                self._kept = (revision, self._count())
            return self._kept[1]

    def _count(self) -> Counter[str]:
        with self._library.beside() as database:
            titles = database.rows("SELECT title FROM papers")
            return Counter(word for (title,) in titles for word in _LETTERS.findall(normalise(title)))


def nearest(word: str, known: Counter[str]) -> str | None:
    """The most frequent of the nearest known words; None where none is near enough or the word is no word."""
    if not _LETTERS.fullmatch(word):
        return None
    most = 2 if len(word) >= _LONG else 1
    near: dict[str, int] = {}
    for other in known:
        # A slip in the first letter is rare, and one in both of the first two is none.
        if abs(len(other) - len(word)) <= most and (
            other[0] == word[0] or other[1:3] == word[1:3] or other[:2] == word[1::-1]
        ):
            slips = distance(word, other, most)
            if slips <= most:
                near[other] = slips
    return min(near, key=lambda other: (near[other], -known[other], other), default=None)
