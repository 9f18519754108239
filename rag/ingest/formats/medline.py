"""MEDLINE text, as PubMed saves it (.nbib, .txt). The tags: https://www.nlm.nih.gov/bsd/mms/medlineelements.html"""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("TI", "BTI", "CTI", "TT")
_ABSTRACTS = ("AB", "OAB")
_AUTHORS = ("FAU", "AU", "CN")
_YEARS = ("DP", "DEP", "EDAT", "CRDT")
_VENUES = ("JT", "TA")
_IDENTIFIERS = ("LID", "AID", "SO")
_UPDATES = {
    "RIN": "RetractionIn",
    "PRIN": "PartialRetractionIn",
    "EIN": "ErratumIn",
    "ECI": "ExpressionOfConcernIn",
    "CRI": "CorrectedandRepublishedIn",
}
"""Tags of the notices that were published on a paper."""

_GRAMMAR = Grammar(tag=re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)"), opens=frozenset({"PMID"}))
_OPENS = re.compile(r"^\ufeff?PMID {0,2}- ?\d", re.MULTILINE)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>,;\[\]]{1,300}")


def recognises(text: str) -> bool:
    """Whether a line gives the number of a record."""
    return _OPENS.search(text) is not None


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, _OPENS)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in records(lines_of(pieces), _GRAMMAR, ("TI",)):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _fields(record: TaggedRecord) -> dict[str, object]:
    named = [value for tag in _IDENTIFIERS for value in record.values.get(tag, ()) if "doi" in value.lower()]
    doi = next((found[0].rstrip(".") for value in named if (found := _DOI.search(value))), "")
    title = record.joined(*_TITLES)
    return present(
        {
            # A title that was translated into English stands in brackets.
            "title": title[1:].removesuffix(".").removesuffix("]") if title.startswith("[") else title,
            "abstract": record.joined(*_ABSTRACTS),
            "authors": people(record.all(*_AUTHORS)),
            "year": year_of(record.first(*_YEARS)),
            "venue": record.first(*_VENUES),
            "doi": doi,
            "pmid": record.first("PMID"),
            "pmcid": record.first("PMC"),
            "isbn": record.first("ISBN"),
            "publication_types": record.all("PT"),
            "updates": [kind for tag, kind in _UPDATES.items() if tag in record.values],
        }
    )
