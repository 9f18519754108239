"""CSV and TSV with a row of column names: Scopus, Lens, OpenAlex, Embase, Web of Science, and tables that people make.

Owns finding the row of names and the delimiter, and going on after a row that is damaged. The columns are understood as the fields of
other records are (`keys`); `_COLUMNS` holds the names that only tables have.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from urllib.parse import unquote

from rag.core.domain import Rejected
from rag.core.escaping import counted, shorten
from rag.ingest.formats import keys
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import RAW_CHARS, Entry
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
    "itemtitle": "title",
    "itemdoi": "doi",
    "journalbook": "venue",
    "contenttype": "document_type",
    "pmcid": "pmcid",
    "idspmcid": "pmcid",
    "primarytitle": "title",
    "secondarytitle": "venue",
    "articleabstract": "abstract",
    "doilink": "doi_url",
    "lensurl": "url",
}
_TITLES = frozenset((*keys.TITLES[:5], "documenttitle", "manuscripttitle", "itemtitle", "originaltitle", "ti"))
_ABSTRACTS = frozenset((*keys.ABSTRACTS[:8], "description"))
_OTHERS = frozenset(("itemdoi", "publicationyear", *keys.DOIS, *keys.AUTHORS, *keys.YEARS, *keys.VENUES, *keys.PMIDS))
_NOBODY = re.compile(r"\s{0,9}\[no (?:author|abstract)", re.IGNORECASE)
_NOTHING = frozenset(("", "na", "n/a", "nan", "null", "none", "-", "#n/a"))
_SCOPUS_NUMBER = re.compile(r"\s{0,3}\(\d{5,15}\)")
_EMBASE_SOURCE = re.compile(r"([^()]{2,300}?) \((\d{4})\) ")
_LINKED_DOI = re.compile(r"[?&]id=doi:([^&\s]{5,300})", re.IGNORECASE)
_ROW_NUMBERS = ("recordid", "key", "number", "articleid", "rank", "no")
_ZOTERO_KEY = re.compile(r"[A-Z0-9]{8}")
_DELIMITERS = ",;\t|"
_CLOSING = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')
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
    if text[:1_000].lstrip("\ufeff \t\r\n").startswith("<"):
        return None
    for number, line in enumerate(islice(lines_of((text[:100_000],)), _FIRST_ROWS)):
        for delimiter in sorted(_DELIMITERS, key=lambda mark: -line.count(mark)):
            names = _cells(line, delimiter)
            plain = {keys.plain_key(name) for name in names}
            if len(names) > 1 and not plain.isdisjoint(_TITLES) and not plain.isdisjoint(_ABSTRACTS | _OTHERS):
                return Header(tuple(names), delimiter, number)
    return None


def recognises(text: str) -> bool:
    """Whether one of the first lines is a row of column names."""
    return header_of(text) is not None


def count(pieces: Iterable[str]) -> int:
    """How many rows a text has behind the column names, counted by line ends outside quotation marks; empty rows do not count."""
    rest = iter(pieces)
    head = next(rest, "")
    header = header_of(head)
    if header is None:
        return 0
    opening = re.compile(rf'(?:^|{re.escape(header.delimiter)})[ \t]{{0,9}}"')
    blank = f'{header.delimiter} \t"'
    coming = islice(lines_of(chain((head,), rest)), header.line + 1, None)
    number = 0
    held: deque[str] = deque()
    while (line := held.popleft() if held else next(coming, None)) is not None:
        row = [line]
        is_open = _is_open(line, False, opening)
        while (
            is_open and len(row) <= _MOST_LINES and (more := held.popleft() if held else next(coming, None)) is not None
        ):
            row.append(more)
            is_open = _is_open(more, True, opening)
        if is_open:
            held.extendleft(reversed(row[1:]))
            row = row[:1]
        number += any(part.strip(blank) for part in row)
    return number


def _is_open(line: str, is_open: bool, opening: re.Pattern[str]) -> bool:
    """Whether a line ends inside a quoted cell."""
    place = 0
    while True:
        match = (_CLOSING.match if is_open else opening.search)(line, place)
        if match is None:
            return is_open
        place, is_open = match.end(), not is_open


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """One paper a row; rows without any content are passed over."""
    rest = iter(pieces)
    head = next(rest, "")
    header = header_of(head)
    if header is None:
        return
    seen: set[str] = set()
    for line, cells, raw in _rows(lines_of(chain((head,), rest)), header):
        if isinstance(cells, str):
            yield Rejected(line, cells, raw=raw)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        more = [cell for cell in cells[len(header.names) :] if cell.strip()]
        if more:
            reason = (
                f"the row has {counted(len(cells), 'cell')} for {counted(len(header.names), 'column')}; is a "
                f"“{header.delimiter}” inside a text without quotation marks? It ends in {shorten(more[-1], 60)!r}"
            )
            yield Rejected(line, reason, raw=raw)
            continue
        fields = _fields(header.names, cells)
        yield entry_of(fields, line, _id_notes(fields, seen), raw)


def _id_notes(fields: dict[str, object], seen: set[str]) -> tuple[str, ...]:
    """Leave out ids that are no more than the number of a row, or that another row has too."""
    names = [name for name in fields if keys.plain_key(name) in (*keys.IDS, *_ROW_NUMBERS)]
    for name in names:
        plain, value = keys.plain_key(name), str(fields[name])
        if plain in _ROW_NUMBERS and not _ZOTERO_KEY.fullmatch(value):
            del fields[name]
        elif value in seen:
            del fields[name]
            return (f"id left out: another row has {shorten(value, 60)!r} too",)
        else:
            seen.add(value)
    return ()


def _rows(lines: Iterable[str], header: Header) -> Iterator[tuple[int, list[str] | str, str]]:
    """(1-based line, cells or why there are none, beginning of what stands there) of each row after the names."""
    coming = iter(lines)
    held = deque(islice(coming, header.line + 1, header.line + 1 + _MOST_LINES))
    number = header.line + 2
    while held:
        row, used = _row(held, coming, header.delimiter)
        raw = "\n".join(islice(held, used))[:RAW_CHARS]
        yield number, row, raw
        number += used
        for _ in range(used):
            held.popleft()
        if len(held) < 2:
            held.extend(islice(coming, _MOST_LINES))


def _row(held: deque[str], coming: Iterator[str], delimiter: str) -> tuple[list[str] | str, int]:
    """The cells of the row that begins with the first line held, and how many lines it has."""
    csv.field_size_limit(_MOST_CHARS)
    lines = _Lines(held, coming)
    try:
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        cells = next(reader, [])
    except csv.Error as error:
        return f"it is no row of a table: {error}", 1
    return ("a quotation mark opens that nothing closes", 1) if lines.are_over else (cells, reader.line_num)


class _Lines:
    """The lines of one row: as many as it takes, and notes where it takes more than there may be."""

    def __init__(self, held: deque[str], coming: Iterator[str]) -> None:
        self._held, self._coming = held, coming
        self._place, self._chars = 0, 0
        self.are_over = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._place == len(self._held):
            self._held.extend(islice(self._coming, _MOST_LINES))
        if self._place == len(self._held) or self._place > _MOST_LINES or self._chars > _MOST_CHARS:
            self.are_over = True
            raise StopIteration
        line = self._held[self._place]
        self._place += 1
        self._chars += len(line)
        return f"{line}\n"


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, skipinitialspace=True), [])


def _fields(names: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=False):
        key = _COLUMNS.get(keys.plain_key(name), name)
        if cell.strip().lower() not in _NOTHING and not _NOBODY.match(cell) and not fields.get(key):
            fields[key] = cell.strip()
    if full := fields.pop("author_full_names", None):
        fields = {"authors": people(_SCOPUS_NUMBER.sub("", str(full)).split(";")), **_without_authors(fields)}
    if "doi" not in {keys.plain_key(name) for name in fields} and (
        doi := _LINKED_DOI.search(str(fields.get("Open URL Link", "")))
    ):
        fields["doi"] = unquote(doi[1])
    if embase := _EMBASE_SOURCE.match(str(fields.get("Source", ""))):
        fields |= {"venue": embase[1], "year": embase[2]}
    if re.fullmatch(r"https?://openalex\.org/W\d{1,12}", str(fields.get("id", ""))):
        fields["url"] = fields.pop("id")
    # A row is the record of a paper also without an abstract; of two columns of a name the first counts.
    return {**fields, "abstract": fields.get("abstract", "")}


def _without_authors(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields without the authors' names in short."""
    return {name: value for name, value in fields.items() if keys.plain_key(name) not in keys.AUTHORS}
