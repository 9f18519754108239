"""The Cochrane Library's plain text: "Record #1 of 9", then lines such as "TI: …". https://www.cochranelibrary.com/help/export"""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("TI",)
_ABSTRACTS = ("AB",)
_AUTHORS = ("AU",)
_YEARS = ("YR",)
_VENUES = ("SO",)
_DOIS = ("DOI", "DO")
_URLS = ("US",)
_NUMBERS = ("PM", "XR")

_GRAMMAR = Grammar(tag=re.compile(r"(Record|[A-Z]{2,3})(?: #\d+ of \d+|: ?(.*))$"), opens=frozenset({"Record"}))
_OPENS = re.compile(r"^\ufeff?Record #\d{1,9} of \d{1,9}", re.MULTILINE)
_PMID = re.compile(r"PUBMED\s(\d{5,9})")


def recognises(text: str) -> bool:
    """Whether a line numbers a record and another has its id."""
    return _OPENS.search(text) is not None and re.search(r"^ID: ", text, re.MULTILINE) is not None


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, _OPENS)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in records(lines_of(pieces), _GRAMMAR, _TITLES):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _fields(record: TaggedRecord) -> dict[str, object]:
    numbers = (match[1] for tag in _NUMBERS for value in record.values.get(tag, ()) if (match := _PMID.search(value)))
    return present(
        {
            "title": record.joined(*_TITLES),
            "abstract": record.joined(*_ABSTRACTS),
            "authors": people(record.all(*_AUTHORS)),
            "year": year_of(record.first(*_YEARS)),
            "venue": record.first(*_VENUES),
            "doi": record.first(*_DOIS),
            "pmid": next(numbers, ""),
            "url": record.first(*_URLS),
            "publication_types": record.all("PT"),
        }
    )
