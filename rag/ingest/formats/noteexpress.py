"""NoteExpress' text: "{Reference Type}: Journal Article", then lines such as "{Title}: …". CNKI and WanFang write it."""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, Names, TaggedRecord, count_of, lines_of, present, records

_NAMES = Names(
    titles=("Title",),
    abstracts=("Abstract",),
    authors=("Author", "Authors"),
    years=("Year", "Date"),
    venues=("Journal", "Secondary Title", "Tertiary Title", "Publisher"),
    dois=("DOI",),
    urls=("URL", "Link"),
)

_GRAMMAR = Grammar(tag=re.compile(r"\{([A-Z][A-Za-z0-9/() -]{1,40})\}: ?(.*)"), opens=frozenset({"Reference Type"}))
_OPENS = re.compile(r"^\ufeff?\{Reference Type\}:", re.MULTILINE)


def recognises(text: str) -> bool:
    """Whether a line names the type of a record."""
    return _OPENS.search(text) is not None


def count(pieces: Iterable[str]) -> int:
    """How many records a text has, counted without reading them."""
    return count_of(pieces, _OPENS)


def read(pieces: Iterable[str]) -> Iterator[Entry | Rejected]:
    """The records of a text, one paper each."""
    for record in records(lines_of(pieces), _GRAMMAR, _NAMES.titles):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _fields(record: TaggedRecord) -> dict[str, object]:
    return present(_NAMES.fields_of(record))
