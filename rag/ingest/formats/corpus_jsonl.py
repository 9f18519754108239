"""`corpus.jsonl` and what is like it: one JSON object a line with a title and an abstract, under any of their usual names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.core.domain import Note, Paper, Rejected
from rag.core.escaping import shorten
from rag.core.text import clean
from rag.ingest.formats import fields, json_count, json_kinds, keys
from rag.ingest.formats.cut import why_cut
from rag.ingest.formats.json_values import NotJson, decode
from rag.ingest.formats.record import RAW_CHARS, BadRecord, Entry, make_paper
from rag.ingest.formats.source import Line

_BRACKETS = frozenset(("[", "]", "],", "[]", ",", ""))
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
    items = (item for item in read_lines(lines) if not isinstance(item, Note))
    return (item.paper if isinstance(item, Entry) else item for item in items)


def count(lines: Iterable[bytes]) -> int:
    """How many records the lines of a file have: one each, but for brackets and lists in a line."""
    return sum(_count(line.strip(b"\x00 \t\r\n\xef\xbb\xbf\x1e")) for line in lines if line.strip())


def _count(line: bytes) -> int:
    if line.startswith(b"[") and len(line) > 2 and (listed := json_count.count([line.decode("utf-8", "replace")])):
        return listed
    is_bracket = len(line) < 3 and line.decode("ascii", "replace").removesuffix(",") in _BRACKETS
    return not is_bracket and not json_count.is_left_out(line)


def read_lines(lines: Iterable[Line | Rejected]) -> Iterator[Entry | Rejected | Note]:
    """One paper a line; a line that is no such object is rejected with its number."""
    left_out = json_kinds.LeftOut()
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
            yield Rejected(line.number, f"not JSON: {error}", raw=text[:RAW_CHARS])
            continue
        for item in listed(value):
            if not left_out.takes(item):
                yield entry_of(item, line.number, (line.note,) if line.note else (), text)
    yield from left_out.notes()


def entry_of(value: Any, line: int, notes: tuple[str, ...] = (), raw: str = "") -> Entry | Rejected:
    """The paper of a decoded record; whatever the record does to its reading, it alone is rejected.

    Args:
        value: the record.
        line: where it begins.
        notes: what was left out of it before.
        raw: how it stands in the file, as long as one likes.
    """
    title, raw = "", raw[:RAW_CHARS]
    try:
        record = keys.unwrapped(value)
        if not isinstance(record, Mapping):
            return Rejected(line, f"not a JSON object but {keys.kind_of(value)}", raw=raw)
        record = json_kinds.prepared(record)
        title = _title(record)
        found = fields.fields_of(record)
        paper = make_paper(**found.values)
        why = why_cut(paper.abstract, found.values["abstract"])
        looks_cut = (f"the abstract looks cut: {why}",) if why else ()
        return Entry(paper, line, found.version, (*notes, *found.notes, *looks_cut), raw)
    except BadRecord as error:
        return Rejected(line, str(error), title, raw)
    except (ValueError, TypeError, ArithmeticError, AttributeError, LookupError, RecursionError) as error:
        return Rejected(line, f"it cannot be read: {shorten(str(error), 200)}", title, raw)


def _title(record: Mapping[Any, Any]) -> str:
    by_name = {keys.plain_key(key): value for key, value in record.items()}
    title = fields.text_of(next((by_name[name] for name in keys.TITLES if not keys.missing(by_name.get(name))), None))
    return shorten(clean(title[:1_000]), 200) if title else ""


def _bare(line: str) -> str:
    return line.strip("\x00 \t\r\n\ufeff\x1e").removesuffix(",")
