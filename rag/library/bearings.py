"""What the records of a library say by which papers are chosen, in memory: who wrote them, where and when they appeared.

Made once for each state of the library, for whoever looks names up or counts papers while somebody types. What a name or a word of a
filter means is what `rag.library.choosing` and `rag.library.filtering` say; here it is only found faster. Papers go by their keys.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag.core.people import searchable
from rag.core.text import words
from rag.library.choosing import has_words, is_named, longer
from rag.library.filtering import values_of
from rag.library.lines import Lines
from rag.library.sqlite import Database

Keys = frozenset[int]
_DETAILS = (
    "SELECT key, json_extract(details, '$.authors'), json_extract(details, '$.year'), json_extract(details, '$.venue') "
    "FROM papers"
)
_APOSTROPHE = re.compile("['’ʼ]")
_INDEXED = "SELECT rowid FROM papers_fts WHERE papers_fts MATCH :stem"
_NEAR = (
    "SELECT key FROM papers WHERE key IN (SELECT rowid FROM papers_fts WHERE papers_fts MATCH :near "
    f"EXCEPT {_INDEXED}) AND (title LIKE :part ESCAPE '\\' OR abstract LIKE :part ESCAPE '\\')"
)


class NamesOf:
    """Names of one kind, each with the papers that have it. They are looked through as one long text, a line each."""

    def __init__(self) -> None:
        self.papers: dict[str, list[int]] = {}
        self._names: list[str] = []
        self._searchable: Lines[str] | None = None
        self._lower: Lines[bytes] | None = None

    def add(self, name: str, key: int) -> None:
        """That this paper has this name; it may be said twice."""
        keys = self.papers.setdefault(name, [])
        if not keys or keys[-1] != key:
            keys.append(key)

    def meant(self, value: str, test: Callable[[str, str], bool]) -> Keys:
        """The papers of which a name passes the test with this value."""
        if self._searchable is None:
            self._names = list(self.papers)
            self._searchable = Lines(list(map(_searchable, self._names)), "\n")
        found: set[int] = set()
        for n in self._searchable.holding(_sought(value)):
            if test(value, self._names[n]):
                found.update(self.papers[self._names[n]])
        return frozenset(found)

    def holding(self, word: str) -> Iterator[int]:
        """The papers that have a name with this word in it, as LIKE sees it: without regard to the case of ASCII letters alone."""
        if self._lower is None:
            self._names = list(self.papers)
            self._lower = Lines([name.encode().lower() for name in self._names], b"\n")
        parts = {word.encode().lower(), word.capitalize().encode().lower()}
        for n in self._lower.holding(list(map(re.escape, parts))):
            yield from self.papers[self._names[n]]


def _sought(value: str) -> list[str]:
    """Patterns of which one is in every name that a value may mean. Whole words count, so that "li" is not in "Elizabeth"; what an
    apostrophe parts may be one word or two."""
    ends = "" if _APOSTROPHE.search(value) else r"(?![^\W\d_])"
    return [re.escape(spelling) + (ends if spelling.isascii() else "") for spelling in longer(value)]


def _searchable(name: str) -> str:
    """A name as it is looked through."""
    return " ".join((searchable(name), *words(name))) if _APOSTROPHE.search(name) else searchable(name)


@dataclass(slots=True)
class Bearings:
    """Authors, venues and years of all papers. Build it with `Bearings.of`; nothing changes it then."""

    authors: NamesOf
    venues: NamesOf
    years: dict[int, list[int]]

    @classmethod
    def of(cls, database: Database) -> "Bearings":
        """Those of a library, within a snapshot."""
        authors, venues, years = NamesOf(), NamesOf(), dict[int, list[int]]()
        for key, names, year, venue in database.rows(_DETAILS):
            for name in json.loads(names or "[]"):
                authors.add(name, key)
            if venue:
                venues.add(venue, key)
            if year is not None:
                years.setdefault(year, []).append(key)
        return cls(authors, venues, years)

    def of_years(self, first: int | None, last: int | None) -> Keys:
        """Both ends included; None leaves an end open."""
        meant = [year for year in self.years if (first or 0) <= year <= (9999 if last is None else last)]
        return frozenset(key for year in meant for key in self.years[year])

    def by(self, author: str) -> Keys:
        """By an author of this name."""
        return self.authors.meant(author, is_named)

    def published_in(self, venue: str) -> Keys:
        """In a venue whose name has these words."""
        return self.venues.meant(venue, has_words)

    def holding(self, word: str, database: Database) -> Keys:
        """With this word anywhere in the record."""
        values = values_of(word)
        keys = {key for (key,) in database.rows(_INDEXED, values)}
        # Looked at themselves are only those that the index has not found by the stem.
        keys.update(key for (key,) in database.rows(_NEAR, values))
        keys.update(self.authors.holding(word), self.venues.holding(word))
        keys.update(key for year, some in self.years.items() if word in str(year) for key in some)
        return frozenset(keys)
