"""Lines that begin with a tag of a few letters -> records: what RIS, MEDLINE and Web of Science files have in common.

Owns the splitting into lines, continuations and records. What the tags mean is in the module of each format.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rag.ingest.formats.authors import in_reading_order
from rag.ingest.formats.record import RAW_CHARS
from rag.ingest.formats.source import LINE_BYTES
from rag.ingest.formats.years import year_of

_NOBODY = re.compile(r"\[no author|\[anonymous\]|anonymous$|et al\.?$", re.IGNORECASE)


@dataclass(slots=True)
class TaggedRecord:
    """The values of one record by tag, in file order; `line` is the 1-based line in which it begins, `raw` the beginning of what
    stands there."""

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)
    raw: str = ""
    _open: str = ""
    _rest: list[str] = field(default_factory=list)

    def add(self, tag: str, value: str) -> None:
        """One more value of a tag."""
        self.close()
        self.values.setdefault(tag, []).append(value)

    def go_on(self, tag: str, text: str) -> None:
        """A further line of the last value of a tag."""
        if tag != self._open:
            self.close()
            self._open = tag
        self._rest.append(text)

    def close(self) -> None:
        """Put the lines of the last value together: all at once, since a value may have a million of them."""
        if self._rest:
            values = self.values[self._open]
            values[-1] = " ".join((values[-1], *self._rest)).strip()
            self._rest = []

    def take(self, other: "TaggedRecord") -> None:
        """The values of another record, behind the own ones."""
        self.close()
        other.close()
        for tag, values in other.values.items():
            self.values.setdefault(tag, []).extend(values)

    def keep(self, line: str) -> None:
        """A line as it stands in the file, as far as it is kept."""
        if len(self.raw) < RAW_CHARS:
            self.raw += f"{line[:RAW_CHARS]}\n"

    def all(self, *tags: str) -> list[str]:
        """The values of the first of these tags that has any."""
        return next((found for tag in tags if (found := [text for text in self.values.get(tag, ()) if text])), [])

    def first(self, *tags: str) -> str:
        """The first value of the first of these tags that has any; else ""."""
        return next(iter(self.all(*tags)), "")

    def joined(self, *tags: str) -> str:
        """All values of the first of these tags that has any, as one text."""
        return " ".join(self.all(*tags))


@dataclass(frozen=True, slots=True)
class Grammar:
    """How the lines of a format look.

    `tag` matches a line that begins with a tag: group 1 is the tag, one of the further groups the value. `opens` are the tags that
    begin a record, `closes` those that end one. Of `lists` each further line is a value of its own. With `may_lack_opening` the
    tags before the first record are one too, if a title is among them.
    """

    tag: re.Pattern[str]
    opens: frozenset[str]
    closes: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    may_lack_opening: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """The tags of a format under which what most records have stands, the best first."""

    titles: tuple[str, ...]
    abstracts: tuple[str, ...]
    authors: tuple[str, ...]
    years: tuple[str, ...]
    venues: tuple[str, ...]
    dois: tuple[str, ...]
    urls: tuple[str, ...]

    def fields_of(self, record: TaggedRecord) -> dict[str, object]:
        """These fields of a record, empty ones too."""
        return {
            "title": record.joined(*self.titles),
            "abstract": record.joined(*self.abstracts),
            "authors": people(record.all(*self.authors)),
            "year": year_of(record.first(*self.years)),
            "venue": record.first(*self.venues),
            "doi": record.first(*self.dois),
            "url": record.first(*self.urls),
        }


def records(lines: Iterable[str], grammar: Grammar, titles: Iterable[str]) -> Iterator[TaggedRecord]:
    """The records of a text.

    A record ends where the next one opens, whether or not it is closed. Tags behind a closing one belong to the record before, unless
    they bring a second title. What stands before the first record is passed over, but for a record that lacks its opening.

    Args:
        lines: of the file.
        grammar: how they look.
        titles: the tags of a title, which a record has once.
    """
    titles = frozenset(titles)
    record: TaggedRecord | None = None
    behind: TaggedRecord | None = None
    last, is_loose = "", False
    for number, line in enumerate(lines, start=1):
        match = grammar.tag.match(line)
        tag, value = _parts(match)
        if tag in grammar.opens:
            if not is_loose or _is_titled(record, titles):
                yield from _whole(record, behind)
            record, behind, is_loose = TaggedRecord(number), None, False
        elif record is None and tag and tag not in grammar.closes and grammar.may_lack_opening:
            record, is_loose = TaggedRecord(number), True
        elif behind and tag in titles and _is_titled(record, titles):
            yield from _whole(record, None)
            record, behind = behind, None
        place = behind or record
        if place is not None:
            place.keep(line)
        if match is None:
            _continue(place, last, line, grammar)
        elif tag in grammar.closes:
            if record is not None and behind is not None:
                record.take(behind)
            behind, last = TaggedRecord(number + 1) if record else None, ""
        elif place is not None:
            if not place.values:
                place.line = number
            place.add(tag, value)
            last = tag
    if not is_loose or _is_titled(record, titles):
        yield from _whole(record, behind)


def _is_titled(record: TaggedRecord | None, titles: frozenset[str]) -> bool:
    return record is not None and not titles.isdisjoint(record.values)


def _parts(match: re.Match[str] | None) -> tuple[str, str]:
    """The tag of a line and the value behind it, which may be in any further group."""
    if match is None:
        return "", ""
    return match[1].strip(), next((value.strip() for value in match.groups()[1:] if value), "")


def _whole(record: TaggedRecord | None, behind: TaggedRecord | None) -> Iterator[TaggedRecord]:
    """A record with what stood behind its end, where it holds anything."""
    if record is not None and behind is not None:
        record.take(behind)
    if record is not None and record.values:
        record.close()
        yield record


def _continue(record: TaggedRecord | None, tag: str, line: str, grammar: Grammar) -> None:
    """A line without a tag goes on with the value before it."""
    text = line.strip()
    if record is None or not tag or not text:
        return
    if tag in grammar.lists:
        record.add(tag, text)
    else:
        record.go_on(tag, text)


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a text that comes in pieces, whatever ends them; other characters that may end a line are part of it.

    A line of more than `LINE_BYTES` characters comes cut, so that it cannot fill the memory.
    """
    rest, is_first = "", True
    for piece in pieces:
        if len(rest) >= LINE_BYTES and "\n" not in piece and "\r" not in piece:
            continue
        text = rest + (piece.lstrip("\ufeff") if is_first else piece)
        is_first = False
        held = "\r" if text.endswith("\r") else ""
        lines = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        rest = lines.pop()[:LINE_BYTES] + held
        yield from lines
    yield from rest.removesuffix("\r").split("\n")


def count_of(
    pieces: Iterable[str],
    opens: re.Pattern[str],
    ends: re.Pattern[str] | None = None,
    titles: re.Pattern[str] | None = None,
) -> int:
    """How many records a text has: lines that open one, and titles without one, which stand first or behind an end."""
    number, is_titled, is_ended = 0, False, False
    for line in lines_of(pieces):
        if opens.match(line):
            number, is_titled, is_ended = number + 1, False, False
        elif ends is not None and ends.match(line):
            is_ended = number > 0
        elif titles is not None and titles.match(line):
            if number == 0 or (is_titled and is_ended):
                number, is_ended = number + 1, False
            is_titled = True
    return number


def people(values: Iterable[str]) -> list[str]:
    """Names as readers write them: "Miller, A." becomes "A. Miller"."""
    names = (name.strip() for value in values for name in value.split(";"))
    return [in_reading_order(name) for name in names if name and not _NOBODY.match(name)]


def present(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that hold anything, and the abstract in any case: a record of an export is one of a paper also without it."""
    return {name: value for name, value in fields.items() if value or name == "abstract"}
