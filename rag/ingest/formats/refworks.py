"""RefWorks' tagged text: "RT Journal Article", then lines such as "T1 …". CNKI, WanFang and others write it too."""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("T1", "TI")
_ABSTRACTS = ("AB",)
_AUTHORS = ("A1", "AU", "A2")
_YEARS = ("YR", "FD")
_VENUES = ("JF", "JO", "T2", "PB")
_DOIS = ("DO", "DI")
_URLS = ("LK", "UL")

_GRAMMAR = Grammar(tag=re.compile(r"([A-Z][A-Z0-9]|vo)(?: (.*)|$)"), opens=frozenset({"RT"}))
_OPENS = re.compile(r"^\ufeff?RT [A-Z][A-Za-z]", re.MULTILINE)


def recognises(text: str) -> bool:
    """Whether a line names the type of a record and another its title."""
    return _OPENS.search(text) is not None and re.search(r"^T1 \S", text, re.MULTILINE) is not None


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
            "isbn": record.values.get("SN", []),
            "notes": record.values.get("NO", []),
        }
    )
