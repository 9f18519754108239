"""Who wrote the papers of a library, in which years and where: the details of all its records, to be looked through.

Owns: which records are of an author, of some years, of a venue. Knows nothing of SQL or of questions; papers are named by their ids.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.core.people import Spellings, may_be, person, searchable
from rag.core.text import normalise, words
from rag.library.lines import Lines

_INITIAL = re.compile(r"\b[^\W\d_]{1,3}\b")
_APOSTROPHE = re.compile("['’ʼ]")
_YEAR_AT_END = re.compile(r"[\s,']+(?:19|20)?\d\d$")


@dataclass(frozen=True, slots=True)
class Details:
    """What the record of a paper says of it besides title and abstract."""

    id: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""


class Bibliography:
    """The details of all papers of a library, in its order. Nothing changes it once it is made."""

    def __init__(self, entries: Iterable[Details]) -> None:
        self.entries: Sequence[Details] = tuple(entries)
        by_author: dict[str, list[int]] = {}
        by_venue: dict[str, list[int]] = {}
        for place, entry in enumerate(self.entries):
            for author in dict.fromkeys(entry.authors):
                by_author.setdefault(author, []).append(place)
            if entry.venue:
                by_venue.setdefault(entry.venue, []).append(place)
        self._by_author = by_author
        self._by_venue = by_venue
        self._authors = list(by_author)
        self._searchable = [searchable(author) for author in by_author]
        self._lines = Lines(self._searchable, "\n")
        self._with_apostrophe = frozenset(n for n, author in enumerate(self._authors) if _APOSTROPHE.search(author))
        self.with_authors = sum(bool(entry.authors) for entry in self.entries)
        self.with_year = sum(entry.year is not None for entry in self.entries)
        self.with_venue = sum(bool(entry.venue) for entry in self.entries)

    @property
    def authors(self) -> Counter[str]:
        """Per author, as the records write the name, how many papers there are."""
        return Counter({author: len(places) for author, places in self._by_author.items()})

    @property
    def venues(self) -> Counter[str]:
        """Per venue how many papers there are."""
        return Counter({venue: len(places) for venue, places in self._by_venue.items()})

    @property
    def years(self) -> Counter[int]:
        """Per year how many papers there are."""
        return Counter(entry.year for entry in self.entries if entry.year is not None)

    def of_author(self, name: str, by_given_name: bool = False) -> tuple[str, ...]:
        """Ids of the papers that a person of this name may have written, in the library's order."""
        asked = person(name)
        parts = asked.words or ((frozenset({asked.whole}),) if asked.whole else ())
        if not parts:
            return ()
        places: set[int] = set()
        for n in self._near(parts):
            if may_be(name, self._authors[n], by_given_name):
                places.update(self._by_author[self._authors[n]])
        return self._ids(places)

    def _near(self, parts: Sequence[Spellings]) -> set[int]:
        """The numbers of the authors who may have a name of these parts. A word that is not there can only be an initial of theirs."""
        anywhere = [set(self._lines.holding([re.escape(one) for one in part])) for part in parts]
        whole = [
            self._with_whole_word(part) | (some & self._with_apostrophe)
            for part, some in zip(parts, anywhere, strict=True)
        ]
        if len(parts) == 1:
            return whole[0] if parts[0] and min(parts[0]).isascii() else anywhere[0]
        some = {n for n in set[int]().union(*whole) if _INITIAL.search(self._searchable[n])}
        return some | set.intersection(*anywhere)

    def _with_whole_word(self, part: Spellings) -> set[int]:
        return set(self._lines.holding([rf"{re.escape(one)}(?![^\W\d_])(?<![^\W\d_]{re.escape(one)})" for one in part]))

    def of_years(self, first: int | None, last: int | None) -> tuple[str, ...]:
        """Ids of the papers of these years, both ends included; None leaves an end open."""
        return tuple(
            entry.id
            for entry in self.entries
            if entry.year is not None
            and (first is None or entry.year >= first)
            and (last is None or entry.year <= last)
        )

    def of_venue(self, name: str) -> tuple[str, ...]:
        """Ids of the papers of the venues that are called so, or whose names hold this name as whole words."""
        wanted = words(name)
        if not wanted:
            return ()
        same = [venue for venue in self._by_venue if words(_YEAR_AT_END.sub("", normalise(venue))) == wanted]
        if not same:
            phrase = f" {' '.join(wanted)} "
            same = [venue for venue in self._by_venue if phrase in f" {' '.join(words(venue))} "]
        return self._ids({place for venue in same for place in self._by_venue[venue]})

    def _ids(self, places: set[int]) -> tuple[str, ...]:
        return tuple(self.entries[place].id for place in sorted(places))
