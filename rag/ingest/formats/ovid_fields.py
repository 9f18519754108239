"""Ovid's text with the names of fields: `<1>`, then each name on a line of its own and its value indented below.

https://ospguides.ovid.com (Exporting citations). Databases differ in the names; `_LABELS` holds those that say what is kept here.
"""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import TaggedRecord, count_of, lines_of, people, present
from rag.ingest.formats.years import year_of

_LABELS = {
    "title": "title",
    "article title": "title",
    "book title": "title",
    "chapter title": "title",
    "original title": "original title",
    "abstract": "abstract",
    "author": "authors",
    "authors": "authors",
    "author(s)": "authors",
    "authors/editors": "authors",
    "author names": "full names",
    "authors full name": "full names",
    "full author names": "full names",
    "source": "source",
    "journal name": "venue",
    "journal": "venue",
    "book name": "venue",
    "year of publication": "year",
    "publication year": "year",
    "date of publication": "date",
    "publication date": "date",
    "digital object identifier": "doi",
    "doi": "doi",
    "unique identifier": "number",
    "accession number": "number",
    "pubmed id": "pmid",
    "pubmed identifier": "pmid",
    "pmid": "pmid",
    "pmc identifier": "pmcid",
    "isbn": "isbn",
    "publication type": "publication types",
    "database": "database",
    "url": "url",
    "link to the ovid full text or citation": "url",
}
_OPENS = re.compile(r"^\ufeff?<\d{1,9}>[ \t]{0,9}\r?$", re.MULTILINE)
_LABEL = re.compile(r"[A-Z][^.\t]{0,60}$")
_CODE = re.compile(r" {0,2}\[[A-Z]{2}\]$")
"""Some databases put their tag behind the name: "Title [TI]"."""
_SOURCE = re.compile(r"(.{2,300}?)[.;,](?: |$)")


def recognises(text: str) -> bool:
    """Whether a numbered record opens and one of its first lines is the name of a field."""
    opening = _OPENS.search(text)
    if opening is None:
        return False
    lines = lines_of([text[opening.end() : opening.end() + 4_000]])
    return any(_label(line) for _, line in zip(range(12), lines, strict=False))


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, _OPENS)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in _records(lines_of(pieces)):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _records(lines: Iterable[str]) -> Iterator[TaggedRecord]:
    record, label = None, ""
    for number, line in enumerate(lines, start=1):
        if _OPENS.match(line):
            if record:
                yield record
            record, label = TaggedRecord(number), ""
        if record is None:
            continue
        record.keep(line)
        text = line.strip()
        is_name = line[:1] not in (" ", "\t") and _LABEL.match(text) is not None
        if is_name:
            label = _label(line)
        elif text and label and not text.startswith("<"):
            record.add(label, text)
    if record:
        yield record


def _label(line: str) -> str:
    """What the name of a field stands for; "" of lines that are none, and of fields that are not kept."""
    return "" if line[:1] in (" ", "\t") else _LABELS.get(_CODE.sub("", line.strip().rstrip(":")).lower(), "")


def _fields(record: TaggedRecord) -> dict[str, object]:
    source = record.joined("source")
    venue = _SOURCE.match(source)
    is_medline = re.search(r"medline|pubmed", record.joined("database"), re.IGNORECASE) is not None
    return present(
        {
            "title": record.joined("title", "original title"),
            "abstract": record.joined("abstract"),
            "authors": people(name for line in record.all("full names", "authors") for name in _names(line)),
            "year": year_of(record.first("year", "date")) or year_of(source),
            "venue": record.joined("venue") or (venue[1] if venue else source),
            "doi": record.first("doi"),
            "pmid": record.first("pmid") or (record.first("number") if is_medline else ""),
            "pmcid": record.first("pmcid"),
            "isbn": record.values.get("isbn", []),
            "publication_types": record.values.get("publication types", []),
            "url": record.first("url"),
        }
    )


def _names(line: str) -> list[str]:
    """With semicolons a comma stands inside a name, without them between names."""
    return line.split(";") if ";" in line else line.rstrip(".").split(",")
