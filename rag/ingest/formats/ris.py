"""RIS, as Zotero, EndNote, Mendeley, Scopus, Embase, Ovid, ProQuest, Web of Science, PubMed and others export it.

The tags: https://en.wikipedia.org/wiki/RIS_(file_format). Databases differ in which of them they use; where a record has two texts for
the abstract, the longer one is taken.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("TI", "T1", "CT", "BT", "ST")
_ABSTRACTS = ("AB", "N2")
_AUTHORS = ("AU", "A1", "A2", "ED")
_YEARS = ("PY", "Y1", "YR", "DA")
_VENUES = ("T2", "JF", "JO", "JA", "J2", "BT", "T3")
_DOIS = ("DO", "DOI", "DI", "ID", "M3", "L3", "N1", "L2", "UR", "LK")
_URLS = ("UR", "LK", "L2", "L1")
_NUMBERS = ("AN", "PM", "PMID", "C7", "U2", "XR", "N1")
_DATABASES = ("DB", "DP")

_TAG = r"(?:[A-Z][A-Z0-9]|DOI|PMID)"
_GRAMMAR = Grammar(
    tag=re.compile(rf"({_TAG})(?: {{0,3}}-(?:[ \t](.*)|$)| {{2}}-(\S.*))"),
    opens=frozenset({"TY"}),
    closes=frozenset({"ER"}),
    may_lack_opening=True,
)
_LOOSE = re.compile(rf"[ \t]{{0,9}}({_TAG})([ \t]{{1,3}}-)(?=\s|[^\s-]|$)", re.IGNORECASE)
"""Tags in small letters, behind spaces or before tabs: only of files that have no others."""
_OPENS = re.compile(r"^\ufeff?TY {0,3}- ?[A-Z]", re.MULTILINE)
_OPENS_LOOSELY = re.compile(r"^\ufeff?[ \t]{0,9}TY[ \t]{1,3}-[ \t]?[A-Z]", re.MULTILINE | re.IGNORECASE)
_TYPE = re.compile(r"TY {0,3}-")
_BARE_TITLE = re.compile(r"^\ufeff?T[I1] {1,3}- \S", re.MULTILINE)
_BARE_END = re.compile(r"^ER {1,3}-", re.MULTILINE)
_ENDS = re.compile(r"ER {0,3}-")
_TITLE = re.compile(r"T[I1] {0,3}- ?\S")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>,;]{1,300}")
_PMID = re.compile(r"(?:PMID:?\s?|PUBMED\s|^)(\d{5,9})(?=$|[^\w/.])")


def recognises(text: str) -> bool:
    """Whether a line names the type of a record, or, where none does, there are a title and an end."""
    if _OPENS_LOOSELY.search(text):
        return True
    return _BARE_TITLE.search(text) is not None and _BARE_END.search(text) is not None


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(_strict(pieces), _TYPE, _ENDS, _TITLE)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in records(lines_of(_strict(pieces)), _GRAMMAR, ("TI", "T1")):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _strict(pieces: Iterable[str]) -> Iterator[str]:
    """The text with its tags where the format has them: in capitals at the beginning of the line."""
    coming = iter(pieces)
    head = next(coming, "")
    if _OPENS.search(head) or not _OPENS_LOOSELY.search(head):
        yield from chain((head,), coming)
        return
    for line in lines_of(chain((head,), coming)):
        yield f"{_LOOSE.sub(lambda tag: f'{tag[1].upper()}  -', line, count=1)}\n"


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
        if match and (of_pubmed or "PMID" in value or "PUBMED" in value):
            return match[1]
    return ""
