"""Which papers of a library are meant. A plain record and its words; what it does to a library is in `rag.library.filtering`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from rag.core.escaping import shorten
from rag.core.text import clean

_SHOWN = 3
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class PaperFilter:
    """Papers for which all that is given holds; of several values of one kind one is enough.

    `from_year` and `to_year` are inclusive, and a paper without a year is in no range. `authors` and `venues` hold where the words of
    the value stand in the name, whatever their case and accents. `sources` are names of files that papers came from, ends of their
    paths, or patterns of these. `ids` are ids, DOIs, arXiv ids, PMIDs and the like, and aliases. `text` holds where all of its words
    are in title, abstract, authors, venue or year. `added_since` is an aware time: papers that came in then or later.
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

    @property
    def parts(self) -> tuple["PaperFilter", ...]:
        """A filter of each kind that is given, alone; the two years are one kind."""
        kinds = (("from_year", "to_year"), *((field.name,) for field in fields(self)[2:]))
        alone = (PaperFilter(**{name: getattr(self, name) for name in kind}) for kind in kinds)
        return tuple(part for part in alone if not part.is_empty)

    @property
    def label(self) -> str:
        """Which papers these are, as words behind "papers:", such as "2020 or later, by Miller"; "" for all."""
        said = (
            _years(self.from_year, self.to_year),
            _any("by", self.authors),
            _any("in", self.venues),
            _any("from", self.sources),
            _any("called", self.ids),
            f"with “{_shown(self.text)}”" if self.text else "",
            f"added since {_time(self.added_since)}" if self.added_since else "",
        )
        return ", ".join(filter(None, said))


EVERY_PAPER = PaperFilter()


def _years(first: int | None, last: int | None) -> str:
    if first is None:
        return "" if last is None else f"{last} or earlier"
    if last is None:
        return f"{first} or later"
    return f"{first}" if first == last else f"{first} to {last}"


def _any(word: str, values: Sequence[str]) -> str:
    if not values:
        return ""
    shown = [_shown(value) for value in values[:_SHOWN]]
    if len(values) > _SHOWN:
        shown.append(f"{len(values) - _SHOWN:,} more")
    return f"{word} {' or '.join(shown)}"


def _shown(value: str) -> str:
    return shorten(clean(value), _SHOWN_CHARS)


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d}" if (time.hour, time.minute) == (0, 0) else f"{time:%Y-%m-%d %H:%M}"
