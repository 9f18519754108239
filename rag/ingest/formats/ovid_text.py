"""Ovid's tagged text ("Reprint/Medlars", "Ovid (full)"): "VN  - Ovid Technologies", then lines such as "TI  - …"."""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("TI",)
_ABSTRACTS = ("AB",)
_AUTHORS = ("FA", "AU")
_YEARS = ("YR", "DP", "SO")
_VENUES = ("JN", "JT", "SO")
_DOIS = ("DO", "DI")
_NUMBERS = ("UI", "PM")

_GRAMMAR = Grammar(
    tag=re.compile(r"([A-Z][A-Z0-9]) {2}- (.*)|(<)\d{1,9}>$"), opens=frozenset({"VN"}), closes=frozenset({"<"})
)
_OPENS = re.compile(r"^\ufeff?VN {2}- Ovid", re.MULTILINE)
_VENUE = re.compile(r"([^.]{2,300})\. ")


def recognises(text: str) -> bool:
    """Whether a line names Ovid as the maker of a record."""
    return _OPENS.search(text) is not None


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, _OPENS)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in records(lines_of(pieces), _GRAMMAR, _TITLES):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _fields(record: TaggedRecord) -> dict[str, object]:
    is_medline = re.search(r"medline|pubmed", record.first("DB"), re.IGNORECASE) is not None
    venue = record.first(*_VENUES)
    source = _VENUE.match(venue)
    return present(
        {
            "title": record.joined(*_TITLES),
            "abstract": record.joined(*_ABSTRACTS),
            "authors": people(record.all(*_AUTHORS)),
            "year": year_of(record.first(*_YEARS)),
            "venue": source[1] if source else venue,
            "doi": record.first(*_DOIS),
            "pmid": record.first(*_NUMBERS) if is_medline else "",
            "publication_types": record.all("PT"),
        }
    )
