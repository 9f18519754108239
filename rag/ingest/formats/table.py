"""CSV and TSV with a row of column names: Scopus, Lens, OpenAlex, Embase, Web of Science, and tables that people make.

Owns finding the row of names and the delimiter, and going on after a row that is damaged. The columns are understood as the fields of
other records are (`keys`); `_COLUMNS` holds the names that only tables have.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.core.domain import Rejected
from rag.core.escaping import counted, shorten
from rag.ingest.formats import keys
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import lines_of, people

_COLUMNS = {
    "authorshipsauthordisplayname": "authors",
    "primarylocationsourcedisplayname": "venue",
    "primarylocationlandingpageurl": "url",
    "idspmid": "pmid",
    "idsdoi": "doi",
    "authorfullnames": "author_full_names",
    "articletitle": "title",
    "documenttitle": "title",
    "originaltitle": "original_title",
    "manuscripttitle": "title",
    "authornames": "authors",
    "yearofpublication": "year",
    "publicationdate": "date",
    "pubmedid": "pmid",
    "idpubmed": "pmid",
    "externalids": "external_ids",
    "lensid": "lens_id",
    "so": "venue",
    "di": "doi",
    "dt": "document_type",
    "bn": "isbn",
    "pm": "pmid",
    "af": "author_full_names",
    "pdflink": "pdf_url",
}
_TITLES = frozenset((*keys.TITLES[:5], "documenttitle", "manuscripttitle", "ti"))
_ABSTRACTS = frozenset((*keys.ABSTRACTS[:8], "description"))
_OTHERS = frozenset((*keys.DOIS, *keys.AUTHORS, *keys.YEARS, *keys.VENUES, *keys.PMIDS))
_NOTHING = frozenset(("", "na", "n/a", "nan", "null", "none", "-", "#n/a"))
_SCOPUS_NUMBER = re.compile(r"\s{0,3}\(\d{5,15}\)")
_EMBASE_SOURCE = re.compile(r"([^()]{2,300}?) \((\d{4})\) ")
_DELIMITERS = ",;\t|"
_FIRST_ROWS = 10
"""Lines in which the column names may stand: exports put a title or "sep=;" before them."""
_MOST_LINES, _MOST_CHARS = 400, 200_000
"""Of one row; a row that is longer has a quotation mark that nothing closes."""


@dataclass(frozen=True, slots=True)
class Header:
    """The column names, the delimiter between them, and the 0-based line in which they stand."""

    names: tuple[str, ...]
    delimiter: str
    line: int


def header_of(text: str) -> Header | None:
    """The row of column names; None where there is none with a title or an abstract among others."""
    for number, line in enumerate(lines_of(text[:100_000])[:_FIRST_ROWS]):
        for delimiter in sorted(_DELIMITERS, key=lambda mark: -line.count(mark)):
            names = _cells(line, delimiter)
            plain = {keys.plain_key(name) for name in names}
            if len(names) > 1 and not plain.isdisjoint(_TITLES) and not plain.isdisjoint(_ABSTRACTS | _OTHERS):
                return Header(tuple(names), delimiter, number)
    return None


def recognises(text: str) -> bool:
    """Whether one of the first lines is a row of column names."""
    return header_of(text) is not None


def read(text: str) -> Iterator[Entry | Rejected]:
    """One paper a row; rows without any content are passed over."""
    header = header_of(text)
    if header is None:
        return
    for line, cells in _rows(lines_of(text), header):
        if isinstance(cells, str):
            yield Rejected(line, cells)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        more = [cell for cell in cells[len(header.names) :] if cell.strip()]
        if more:
            yield Rejected(
                line,
                f"the row has {counted(len(cells), 'cell')} for {counted(len(header.names), 'column')}; is a "
                f"“{header.delimiter}” inside a text without quotation marks? It ends in {shorten(more[-1], 60)!r}",
            )
            continue
        yield entry_of(_fields(header.names, cells), line)


def _rows(lines: Sequence[str], header: Header) -> Iterator[tuple[int, list[str] | str]]:
    """(1-based line, cells, or why there are none) of each row after the names."""
    start = header.line + 1
    while start < len(lines):
        row, end = _row(lines, start, header.delimiter)
        yield start + 1, row
        start = end


def _row(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str] | str, int]:
    """The cells of the row that begins in a line, and the line after it."""
    end, quotes, chars = start, 0, 0
    while end < len(lines):
        quotes += lines[end].count('"')
        chars += len(lines[end])
        end += 1
        if quotes % 2 == 0 or '"' not in lines[start]:
            break
        if end - start > _MOST_LINES or chars > _MOST_CHARS:
            return "a quotation mark opens that nothing closes", start + 1
    else:
        if quotes % 2 and '"' in lines[start] and end - start > 1:
            return "a quotation mark opens that nothing closes", start + 1
    try:
        return _cells("\n".join(lines[start:end]), delimiter), end
    except csv.Error as error:
        return f"it is no row of a table: {error}", start + 1


def _cells(line: str, delimiter: str) -> list[str]:
    csv.field_size_limit(_MOST_CHARS)
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, skipinitialspace=True), [])


def _fields(names: Sequence[str], cells: Sequence[str]) -> Mapping[str, object]:
    fields: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=False):
        key = _COLUMNS.get(keys.plain_key(name), name)
        if cell.strip().lower() not in _NOTHING and not fields.get(key):
            fields[key] = cell.strip()
    if full := fields.pop("author_full_names", None):
        fields = {"authors": people(_SCOPUS_NUMBER.sub("", str(full)).split(";")), **_without_authors(fields)}
    if embase := _EMBASE_SOURCE.match(str(fields.get("Source", ""))):
        fields |= {"venue": embase[1], "year": embase[2]}
    if re.fullmatch(r"https?://openalex\.org/W\d{1,12}", str(fields.get("id", ""))):
        fields["url"] = fields.pop("id")
    return fields


def _without_authors(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields without the authors' names in short."""
    return {name: value for name, value in fields.items() if keys.plain_key(name) not in keys.AUTHORS}
