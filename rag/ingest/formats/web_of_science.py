"""Web of Science's plain text (FN, VR, PT … ER, EF). The tags: https://webofscience.help.clarivate.com/ "Field tags"."""

import re
from collections.abc import Iterable, Iterator

from rag.core.domain import Rejected
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.record import Entry
from rag.ingest.formats.tagged import Grammar, TaggedRecord, count_of, lines_of, people, present, records
from rag.ingest.formats.years import year_of

_TITLES = ("TI",)
_ABSTRACTS = ("AB",)
_AUTHORS = ("AF", "AU", "CA")
_YEARS = ("PY", "EA")
_VENUES = ("SO", "BS", "SE")

_GRAMMAR = Grammar(
    tag=re.compile(r"([A-Z][A-Z0-9])(?: (.*)|$)"),
    opens=frozenset({"PT"}),
    closes=frozenset({"ER", "EF"}),
    lists=frozenset({"AU", "AF", "CA"}),
)
_OPENS = re.compile(r"^\ufeff?PT [A-Z](?=\s*$)", re.MULTILINE)
_ENDS = re.compile(r"^ER\s{0,9}$", re.MULTILINE)


def recognises(text: str) -> bool:
    """Whether there are the first line of a record and the last one of some record."""
    return _OPENS.search(text) is not None and _ENDS.search(text) is not None


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
            "venue": record.joined(*_VENUES),
            "doi": record.first("DI", "D2"),
            "pmid": record.first("PM"),
            "isbn": record.values.get("BN", []),
            "document_type": record.joined("DT"),
        }
    )
