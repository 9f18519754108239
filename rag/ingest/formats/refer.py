"""EndNote's tagged text (.enw), also called refer, as Google Scholar, the ACM and others offer it.

The tags: https://en.wikipedia.org/wiki/EndNote#Tags_and_fields
"""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_GRAMMAR = Grammar(tag=re.compile(r"%([0-9A-Z@!#$&(*+<>?^~])(?:[ \t](.*)|$)"), opens=frozenset({"0"}))
_OPENS = re.compile(r"^\ufeff?%0 {1,3}[A-Z]", re.MULTILINE)


def recognises(text: str) -> bool:
    """Whether a line names the type of a record."""
    return _OPENS.search(text) is not None


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, _OPENS)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in records(lines_of(pieces), _GRAMMAR, ("T",)):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _fields(record: TaggedRecord) -> dict[str, object]:
    return present(
        {
            "title": record.joined("T"),
            "abstract": record.joined("X"),
            "authors": people(record.all("A")),
            "year": year_of(record.first("D", "8")),
            "venue": record.first("J", "B", "I"),
            "doi": record.first("R"),
            "url": record.first("U"),
            "isbn": record.values.get("@", []),
            "document_type": record.first("9"),
            "notes": record.values.get("Z", []),
            "keywords": record.values.get("K", []),
        }
    )
