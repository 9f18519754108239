"""`corpus.jsonl` and what is like it: one JSON object a line with a title and an abstract, under any of their usual names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.core.domain import Paper, Rejected
from rag.core.escaping import shorten
from rag.core.text import clean
from rag.ingest.formats import fields, keys
from rag.ingest.formats.cut import why_cut
from rag.ingest.formats.json_values import NotJson, decode
from rag.ingest.formats.record import BadRecord, Entry, make_paper
from rag.ingest.formats.source import Line

_BRACKETS = frozenset("[ ] ], [] ,".split())
"""What may stand in a line of its own where a list of records was written a line each."""


def recognises(head: str) -> bool:
    """Whether any whole line of a file's beginning is an object with a title or an abstract."""
    return any(keys.is_paper(keys.unwrapped(item)) for value in values(head) for item in listed(value))


def listed(value: Any) -> list[Any]:
    """The records of a line: what it holds, or the objects of a list."""
    return value if isinstance(value, list) and any(isinstance(item, Mapping) for item in value) else [value]


def values(head: str) -> Iterator[Any]:
    """The values of the lines that are whole and JSON objects or lists."""
    for line in head.split("\n"):
        if line.lstrip("\x00 \t\ufeff").startswith(("{", "[")):
            try:
                yield decode(_bare(line))
            except NotJson:
                continue


def read(text: str) -> Iterator[Paper | Rejected]:
    """One paper a line of a text."""
    lines = (Line(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
    return (item.paper if isinstance(item, Entry) else item for item in read_lines(lines))


def read_lines(lines: Iterable[Line | Rejected]) -> Iterator[Entry | Rejected]:
    """One paper a line; a line that is no such object is rejected with its number."""
    for line in lines:
        if isinstance(line, Rejected):
            yield line
            continue
        text = _bare(line.text)
        if text in _BRACKETS:
            continue
        try:
            value = decode(text)
        except NotJson as error:
            yield Rejected(line.number, f"not JSON: {error}")
            continue
        for item in listed(value):
            yield entry_of(item, line.number, (line.note,) if line.note else ())


def entry_of(value: Any, line: int, notes: tuple[str, ...] = ()) -> Entry | Rejected:
    """The paper of a decoded record; whatever the record does to its reading, it alone is rejected."""
    title = ""
    try:
        record = keys.unwrapped(value)
        if not isinstance(record, Mapping):
            return Rejected(line, f"not a JSON object but {keys.kind_of(value)}")
        title = _title(record)
        found = fields.fields_of(record)
        paper = make_paper(**found.values)
        why = why_cut(paper.abstract, found.values["abstract"])
        looks_cut = (f"the abstract looks cut: {why}",) if why else ()
        return Entry(paper, line, found.version, (*notes, *found.notes, *looks_cut))
    except BadRecord as error:
        return Rejected(line, str(error), title)
    except (ValueError, TypeError, ArithmeticError, AttributeError, LookupError, RecursionError) as error:
        return Rejected(line, f"it cannot be read: {shorten(str(error), 200)}", title)


def _title(record: Mapping[Any, Any]) -> str:
    title = next((value for key, value in record.items() if keys.plain_key(key) == "title"), None)
    return shorten(clean(title[:1_000]), 200) if isinstance(title, str) else ""


def _bare(line: str) -> str:
    return line.strip("\x00 \t\r\n\ufeff\x1e").removesuffix(",")
