"""RIS, as Zotero, EndNote, Mendeley, Scopus, Embase, Ovid, ProQuest, Web of Science, PubMed and others export it.

The tags: https://en.wikipedia.org/wiki/RIS_(file_format). Databases differ in which of them they use; where a record has two texts for
the abstract, the longer one is taken.
"""

import re
from collections.abc import Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("TI", "T1", "CT", "BT")
_ABSTRACTS = ("AB", "N2")
_AUTHORS = ("AU", "A1")
_YEARS = ("PY", "Y1", "YR", "DA")
_VENUES = ("T2", "JF", "JO", "JA", "J2", "BT", "T3")
_DOIS = ("DO", "DI", "M3", "L3", "N1", "L2", "UR", "LK")
_URLS = ("UR", "LK", "L2", "L1")
_NUMBERS = ("AN", "PM", "C7", "U2", "N1")
_DATABASES = ("DB", "DP")

_GRAMMAR = Grammar(
    tag=re.compile(r"([A-Z][A-Z0-9]) {0,3}-(?:[ \t](.*)|$)"), opens=frozenset({"TY"}), closes=frozenset({"ER"})
)
_OPENS = re.compile(r"^\ufeff?TY {0,3}- ?[A-Z]", re.MULTILINE)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>,;]{1,300}")
_PMID = re.compile(r"(?:PMID:?\s?|^)(\d{5,9})(?=$|[^\w/.])")


def recognises(text: str) -> bool:
    """Whether a line names the type of a record."""
    return _OPENS.search(text) is not None


def count(text: str) -> int:
    """How many records a text has, counted without reading them."""
    return len(_OPENS.findall(text))


def read(text: str) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in records(lines_of(text), _GRAMMAR, ("TI", "T1")):
        yield entry_of(_fields(record), record.line)


def _fields(record: TaggedRecord) -> dict[str, object]:
    abstract = max((record.joined(tag) for tag in _ABSTRACTS), key=len)
    doi = next((found[0] for value in _values(record, _DOIS) if (found := _DOI.search(value))), "")
    return present(
        {
            "title": record.joined(*_TITLES),
            "abstract": abstract,
            "authors": people(record.all(*_AUTHORS)),
            "year": year_of(record.first(*_YEARS)),
            "venue": record.first(*_VENUES),
            "doi": doi,
            "pmid": _pmid(record),
            "pmcid": next((value for value in record.values.get("C2", ()) if value.upper().startswith("PMC")), ""),
            "isbn": record.values.get("SN", []),
            "document_type": record.values.get("M3", []),
            "notes": record.values.get("N1", []),
            "keywords": record.values.get("KW", []),
            "url": next(
                (url for value in _values(record, _URLS) for url in value.split(";") if url.strip()), ""
            ).strip(),
        }
    )


def _values(record: TaggedRecord, tags: tuple[str, ...]) -> Iterator[str]:
    return (value for tag in tags for value in record.values.get(tag, ()))


def _pmid(record: TaggedRecord) -> str:
    """The number that PubMed gives; other databases have numbers of their own under the same tags."""
    of_pubmed = any(re.search(r"pubmed|medline|nlm", name, re.IGNORECASE) for name in _values(record, _DATABASES))
    for value in _values(record, _NUMBERS):
        match = _PMID.search(value)
        if match and (of_pubmed or "PMID" in value):
            return match[1]
    return ""
