"""Lines that begin with a tag of a few letters -> records: what RIS, MEDLINE and Web of Science files have in common.

Owns the splitting into lines, continuations and records. What the tags mean is in the module of each format.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rag.ingest.formats.authors import in_reading_order


@dataclass(slots=True)
class TaggedRecord:
    """The values of one record by tag, in file order; `line` is the 1-based line in which it begins."""

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)

    def add(self, tag: str, value: str) -> None:
        """One more value of a tag."""
        self.values.setdefault(tag, []).append(value)

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

    `tag` matches a line that begins with a tag: group 1 is the tag, group 2 the value. `opens` are the tags that begin a record,
    `closes` those that end one. Of `lists` each further line is a value of its own.
    """

    tag: re.Pattern[str]
    opens: frozenset[str]
    closes: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


def records(lines: Iterable[str], grammar: Grammar, titles: Iterable[str]) -> Iterator[TaggedRecord]:
    """The records of a text.

    A record ends where the next one opens, whether or not it is closed. Tags behind a closing one belong to the record before, unless
    they bring a second title. What stands before the first record is passed over.

    Args:
        lines: of the file.
        grammar: how they look.
        titles: the tags of a title, which a record has once.
    """
    titles = frozenset(titles)
    record: TaggedRecord | None = None
    last, is_closed = "", False
    for number, line in enumerate(lines, start=1):
        match = grammar.tag.match(line)
        if match is None:
            _continue(record, last, line, grammar)
            continue
        tag, value = match[1].strip(), (match[2] or "").strip()
        if tag in grammar.closes:
            is_closed, last = True, ""
            continue
        is_second = is_closed and record is not None and tag in titles and not titles.isdisjoint(record.values)
        if tag in grammar.opens or is_second:
            if record is not None and record.values:
                yield record
            record, is_closed = TaggedRecord(number), False
        if record is not None:
            record.add(tag, value)
            last = tag
    if record is not None and record.values:
        yield record


def _continue(record: TaggedRecord | None, tag: str, line: str, grammar: Grammar) -> None:
    """A line without a tag goes on with the value before it."""
    text = line.strip()
    if record is None or not tag or not text:
        return
    if tag in grammar.lists:
        record.add(tag, text)
    else:
        values = record.values[tag]
        values[-1] = f"{values[-1]} {text}".strip()


def lines_of(text: str) -> list[str]:
    """The lines of a text, whatever ends them; other characters that may end a line are part of it."""
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def people(values: Iterable[str]) -> list[str]:
    """Names as readers write them: "Miller, A." becomes "A. Miller"."""
    return [in_reading_order(name) for value in values if (name := value.strip(" ;"))]


def present(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that hold anything, and the abstract in any case: a record of an export is one of a paper also without it."""
    return {name: value for name, value in fields.items() if value or name == "abstract"}
