"""NoteExpress' text: "{Reference Type}: Journal Article", then lines such as "{Title}: …". CNKI and WanFang write it."""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("Title",)
_ABSTRACTS = ("Abstract",)
_AUTHORS = ("Author", "Authors")
_YEARS = ("Year", "Date")
_VENUES = ("Journal", "Secondary Title", "Tertiary Title", "Publisher")
_DOIS = ("DOI",)
_URLS = ("URL", "Link")

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
    for record in records(lines_of(pieces), _GRAMMAR, _TITLES):
        yield entry_of(_fields(record), record.line, raw=record.raw)


def _fields(record: TaggedRecord) -> dict[str, object]:
    return present(
        {
            "title": record.joined(*_TITLES),
            "abstract": record.joined(*_ABSTRACTS),
            "authors": people(record.all(*_AUTHORS)),
            "year": year_of(record.first(*_YEARS)),
            "venue": record.first(*_VENUES),
            "doi": record.first(*_DOIS),
            "url": record.first(*_URLS),
        }
    )
