"""Files that users have -> papers. One module a format; this one opens files and picks the format by content.

Owns: recognising. Knows nothing of the library. Decompression, decoding and limits are in `source`. A reader of pages has
`recognises(text) -> bool` and `read(text) -> Iterator[Paper | Rejected | Note]`; records of JSON are read a line at a time, or one by
one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.core.domain import Note, Paper, Rejected
from rag.core.errors import SourceError
from rag.ingest.formats import (
    acl_xml,
    arxiv_atom,
    bibtex,
    cochrane_text,
    corpus_jsonl,
    endnote_xml,
    europe_pmc_xml,
    jats_xml,
    json_count,
    json_document,
    medline,
    mistakes,
    noteexpress,
    oai_xml,
    ovid_fields,
    ovid_text,
    pubmed_xml,
    refer,
    refworks,
    ris,
    seed_page,
    table,
    web_of_science,
    zotero_database,
    zotero_rdf,
)
from rag.ingest.formats.decoding import Strange
from rag.ingest.formats.record import Entry
from rag.ingest.formats.source import Source, has_bad

READERS = {
    "corpus.jsonl": corpus_jsonl,
    "a list of records in JSON": json_document,
    "Zotero's database": zotero_database,
    "page of titles and abstracts": seed_page,
}
EXPORTS = {
    "PubMed XML": pubmed_xml,
    "arXiv Atom": arxiv_atom,
    "ACL Anthology XML": acl_xml,
    "EndNote XML": endnote_xml,
    "Europe PMC XML": europe_pmc_xml,
    "OAI-PMH": oai_xml,
    "Zotero RDF": zotero_rdf,
    "JATS": jats_xml,
    "Ovid": ovid_text,
    "Ovid with names of fields": ovid_fields,
    "RIS": ris,
    "EndNote tags": refer,
    "MEDLINE": medline,
    "Web of Science": web_of_science,
    "Cochrane": cochrane_text,
    "NoteExpress": noteexpress,
    "RefWorks": refworks,
    "BibTeX": bibtex,
    "a table with column names": table,
}
"""What reference managers and databases write, the surest to recognise first."""

Read = Entry | Rejected | Note


def read_papers(path: Path) -> Iterator[Paper | Rejected]:
    """The papers of a file in file order; records that cannot be read come as `Rejected` and the rest goes on.

    Raises:
        SourceError: as `read_records`.
    """
    records = read_records(path)
    return (item.paper if isinstance(item, Entry) else item for item in records if not isinstance(item, Note))


def read_records(path: Path) -> Iterator[Read]:
    """The records of a file in file order, with their lines and what was left out of them.

    Raises:
        SourceError: the file is missing, empty, binary, too large, in another encoding than UTF-8 or UTF-16, or of unknown format.
            What is damaged further down shows itself while the records are read.
    """
    return _some(path, _reading(Source(path)).read())


def counted(path: Path) -> int | None:
    """How many records a file has, counted by what opens each and not by reading them; None where nothing can be counted, as in a page.

    Raises:
        SourceError: as `read_records`.
    """
    count = _reading(Source(path)).count
    return count() if count else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the records of one file are read, and how they are counted (None: they cannot be)."""

    read: Callable[[], Iterator[Read]]
    count: Callable[[], int] | None = None


def _reading(source: Source) -> _Reading:
    """How a file is read.

    Raises:
        SourceError: it is in no format that is known, or none that can be read.
    """
    path, head = source.path, source.head_text()
    if zotero_database.recognises(source.head):
        return _Reading(lambda: zotero_database.read(path), lambda: zotero_database.count(path))
    if kind := mistakes.mistake(source.head):
        raise SourceError(f"{path} is {kind}")
    if (export := _export(head)) is not None:
        return _Reading(lambda: _exported(source, export), lambda: export.count(source.pieces(Strange())))
    _check_encoding(source, head)
    if (reading := _json(source, head)) is not None:
        return reading
    if source.is_binary:
        raise SourceError(f"{path} is a binary file, not text")
    if reason := mistakes.is_no_text(head):
        raise SourceError(f"{path} is {reason}")
    text = source.text()
    shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if seed_page.recognises(shown):
        return _Reading(lambda: _page(text, seed_page.read(shown)))
    if has_bad(text):
        raise source.not_utf8()
    raise SourceError(
        f"{path} is in no format that citewise knows ({'; '.join((*READERS, *EXPORTS))}). "
        'The simplest is one JSON object a line: {"title": "…", "abstract": "…"}'
    )


def _json(source: Source, head: str) -> _Reading | None:
    """The records of JSON in lines or as a whole; None where there are none."""
    lines = [line for line in head.split("\n") if line.strip("\x00 \t\r\ufeff")]
    first = lines[0].strip("\x00 \t\r\ufeff") if lines else ""
    if not json_document.looks_like_list(head):
        whole = not first.startswith("{") or (len(lines) > 1 and next(corpus_jsonl.values(first), None) is not None)
        if whole:
            return _lines(source) if corpus_jsonl.recognises(head) else None
    elif not source.is_binary and not corpus_jsonl.recognises(head):
        return _list(source)
    return _document(source, head)


def _lines(source: Source) -> _Reading:
    return _Reading(lambda: corpus_jsonl.read_lines(source.lines()), lambda: corpus_jsonl.count(source.raw_lines()))


def _list(source: Source) -> _Reading:
    return _Reading(lambda: json_document.read_list(source.pieces()), lambda: json_count.count(source.pieces()))


def _document(source: Source, head: str) -> _Reading | None:
    """The records of one JSON value, where the text is one; else those of its lines, or of a list with damage in it."""
    is_lines = corpus_jsonl.recognises(head)
    if json_document.looks_like_list(head):
        return _list(source)
    try:
        text = source.text()
    except SourceError:
        if is_lines:
            return _lines(source)
        raise
    value = json_document.value_of(text)
    if json_document.holds_records(value):
        return _Reading(lambda: json_document.read_value(text, value), lambda: json_document.count_value(value))
    if is_lines:
        return _lines(source)
    if reason := mistakes.error_of(value):
        raise SourceError(f"{source.path} is {reason}")
    return _list(source) if json_document.begins_with_record(text) else None


def _export(head: str) -> Any:
    """The module that reads an export, where the text is one."""
    start = head.lstrip("\ufeff\x00 \t\r\n")
    if start.startswith(("{", "[")) and not noteexpress.recognises(start[:2_000]):
        return None
    return next((reader for reader in EXPORTS.values() if reader.recognises(head)), None)


def _exported(source: Source, reader: Any) -> Iterator[Read]:
    """The records of an export, and at the end what its encoding was."""
    strange = Strange()
    yield from reader.read(source.pieces(strange))
    yield from strange.notes()


def _some(path: Path, records: Iterator[Read]) -> Iterator[Read]:
    empty = True
    for item in records:
        empty = empty and isinstance(item, Note)
        yield item
    if empty:
        raise SourceError(f"{path} holds no records; nothing was read")


def _page(text: str, records: Iterable[Paper | Rejected | Note]) -> Iterator[Read]:
    for number, line in enumerate(text.split("\n"), start=1):
        if has_bad(line):
            yield Note(number, "a byte that is not UTF-8 is shown as \ufffd")
    for item in records:
        yield Entry(item) if isinstance(item, Paper) else item


def _check_encoding(source: Source, head: str) -> None:
    """Where most of the lines are in another encoding, converting the file helps; naming each line does not."""
    lines = [line for line in re.split(r"[\r\n]+", head) if line.strip()]
    if len(lines) > 1 and 2 * sum("\ufffd" in line for line in lines) > len(lines) and _has_bad_bytes(source.head):
        raise source.not_utf8()


def _has_bad_bytes(head: bytes) -> bool:
    return has_bad(head.decode("utf-8", "surrogateescape").rstrip("".join(map(chr, range(0xDC80, 0xDD00)))))
