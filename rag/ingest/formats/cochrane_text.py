"""The Cochrane Library's plain text: "Record #1 of 9", then lines such as "TI: …". https://www.cochranelibrary.com/help/export"""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, Names, TaggedRecord, count_of, lines_of, present, records

_NAMES = Names(
    titles=("TI",),
    abstracts=("AB",),
    authors=("AU",),
    years=("YR",),
    venues=("SO",),
    dois=("DOI", "DO"),
    urls=("US",),
)
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
    for record in records(lines_of(pieces), _GRAMMAR, _NAMES.titles):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _fields(record: TaggedRecord) -> dict[str, object]:
    numbers = (match[1] for tag in _NUMBERS for value in record.values.get(tag, ()) if (match := _PMID.search(value)))
    return present(
        {
            **_NAMES.fields_of(record),
            "pmid": next(numbers, ""),
            "publication_types": record.all("PT"),
        }
    )
