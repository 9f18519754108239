"""Which papers of a library are meant. A plain record; what it does to a library is in `rag.library.filtering`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PaperFilter:
    """Papers for which all that is given holds; of several values of one kind one is enough.

    `from_year` and `to_year` are inclusive, and a paper without a year is in no range. `authors`, `venues` and `sources` (names of the
    files that papers came from) hold where the words of the value stand in the name, whatever their case. `ids` are ids, DOIs, arXiv
    ids, PMIDs and the like, and aliases. `text` holds where all of its words are in title, abstract, authors, venue or year.
    `added_since` is an aware time: papers that came in then or later.
    """

    from_year: int | None = None
    to_year: int | None = None
    authors: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    text: str = ""
    added_since: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every paper is meant."""
        return self == PaperFilter()
