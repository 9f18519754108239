"""One JSON value for a whole file: a list of records, a single record, or records inside the answer of a web service.

Owns where the records are in it, and going on after one that is damaged.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag.core.domain import Note, Rejected
from rag.ingest.formats import json_kinds
from rag.ingest.formats.corpus_jsonl import entry_of
from rag.ingest.formats.json_values import NotJson, decode, decode_at
from rag.ingest.formats.keys import is_paper, plain_key, unwrapped
from rag.ingest.formats.record import RAW_CHARS, Entry
from rag.ingest.formats.source import has_bad

_LISTS = (
    "papers results records articles works publications items documents docs entries entry data hits hit rows result resultlist "
    "response message value corpus dataset references abstracts"
).split()
"""Under which names services and people keep the records, the likeliest first."""
_MOST_DEPTH = 5
_MOST_TRIES = 1_000
_MOST_CHARS = 16 << 20
"""Of one record."""
_AHEAD, _FAR_AHEAD = 2_000, 4 << 20
"""How much of the text is looked at together: between records, and behind one that is damaged."""
_GAP = re.compile(r"[\s,\]\ufeff]*(?:\[(?=\s{0,99}(?:[\[{\]]|null\b))[\s,\]]*){0,9}")
"""What parts records: also the ends of lists and the beginnings of lists of objects, of which there may be several in a file."""
_NEXT = re.compile(r"[,\n\]}]\s*(?=\{)")


@dataclass(frozen=True, slots=True)
class _Found:
    """Records and, where they stand in a list, its key."""

    records: list[Any]
    key: str | None = None


def looks_like_list(head: str) -> bool:
    """Whether a text begins as a list of objects."""
    return re.match(r"\s*\[\s*(?:[\[{\]]|null\b)", head.lstrip("\ufeff")) is not None


def read_list(pieces: Iterable[str]) -> Iterator[Entry | Rejected | Note]:
    """The records of lists and objects one behind the other; one that is damaged is rejected, and reading goes on with the next."""
    text, left_out, tries = _Window(iter(pieces)), json_kinds.LeftOut(), 0
    while text.at_value():
        line = text.line
        try:
            value, raw = text.take()
        except NotJson as error:
            yield Rejected(line, f"not JSON: {error}{text.where(error)}", raw=text.beginning())
            tries += 1
            goes_on = text.at_next_record()
            if goes_on and tries > _MOST_TRIES:
                yield Rejected(
                    line, f"more than {_MOST_TRIES:,} records are damaged; nothing behind this line was read"
                )
            if not goes_on or tries > _MOST_TRIES:
                break
        else:
            if not left_out.takes(value):
                yield _entry(raw, value, line)
    yield from left_out.notes()


class _Window:
    """The part of a text that is looked at: from the value at hand to as far as was read."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text, self._place, self.line = "", 0, 1

    def at_value(self) -> bool:
        """Go to the next value; False where there is none."""
        while True:
            self._go(_gap_end(self._text, self._place))
            # What parts records may go on in the next piece.
            if len(self._text) - self._place > _AHEAD or not self._more():
                break
        self._go(_gap_end(self._text, self._place))
        return self._place < len(self._text)

    def take(self) -> tuple[Any, str]:
        """The value that begins here, and its text.

        Raises:
            NotJson: none does.
        """
        while True:
            try:
                value, end = decode_at(self._text, self._place)
            except NotJson as error:
                if not error.is_cut or len(self._text) - self._place > _MOST_CHARS or not self._more():
                    raise
            else:
                raw = self._text[self._place : end]
                self._go(end)
                return value, raw

    def where(self, error: NotJson) -> str:
        """ " at line 7", where the error has a place."""
        return (
            "" if error.place is None else f" at line {self.line + self._text.count(chr(10), self._place, error.place)}"
        )

    def beginning(self) -> str:
        """The beginning of what stands here."""
        return self._text[self._place : self._place + RAW_CHARS]

    def at_next_record(self) -> bool:
        """Go to the next record that can be read, behind one that cannot; False where there is none."""
        while True:
            while len(self._text) - self._place < _FAR_AHEAD and self._more():
                pass
            after = _after(self._text, self._place)
            if after is not None:
                self._go(after)
                return True
            self._go(max(self._place, len(self._text) - _AHEAD))
            if not self._more():
                return False

    def _go(self, place: int) -> None:
        self.line += self._text.count("\n", self._place, place)
        self._place = place

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        self._text = self._text[self._place :] + (piece or "")
        self._place = 0
        return piece is not None


def read_value(text: str, value: Any) -> Iterator[Entry | Rejected | Note]:
    """The records inside a value that is no list; none where there are none."""
    found = _records(value, 0)
    if found is None:
        return
    left_out = json_kinds.LeftOut()
    places = _places_of(text, found.key, len(found.records)) if found.key else [(1, text[:RAW_CHARS])]
    for number, record in enumerate(found.records):
        line, raw = places[number] if number < len(places) else (0, json.dumps(record, ensure_ascii=False)[:RAW_CHARS])
        if not left_out.takes(record):
            yield entry_of(record, line, raw=raw)
    yield from left_out.notes()


def count_value(value: Any) -> int:
    """How many items the list of records has that is inside a value."""
    found = _records(value, 0)
    return sum(not json_kinds.left_out(record) for record in found.records) if found else 0


def holds_records(value: Any) -> bool:
    """Whether there are records anywhere in a value."""
    return _records(value, 0) is not None


def begins_with_record(text: str) -> bool:
    """Whether a text begins with an object that is a record, whatever stands behind it."""
    try:
        return is_paper(unwrapped(decode_at(text, _gap_end(text, 0))[0]))
    except NotJson:
        return False


def _gap_end(text: str, place: int) -> int:
    gap = _GAP.match(text, place)
    return gap.end() if gap else place


def _entry(raw: str, value: Any, line: int) -> Entry | Rejected:
    if has_bad(raw):
        shown = raw[:RAW_CHARS].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return Rejected(line, "a byte of the record is not UTF-8", raw=shown)
    return entry_of(value, line, raw=raw)


def _after(text: str, start: int) -> int | None:
    """Where the next record begins that can be read, behind one that cannot."""
    place = start
    for _ in range(_MOST_TRIES):
        match = _NEXT.search(text, place + 1)
        if match is None:
            return None
        place = match.end()
        try:
            value, _ = decode_at(text, place)
        except NotJson:
            continue
        if is_paper(unwrapped(value)):
            return place
    return None


def _records(value: Any, depth: int) -> _Found | None:
    if not isinstance(value, Mapping) or depth > _MOST_DEPTH:
        return None
    if rows := _of_columns(value):
        return _Found(rows)
    if is_paper(unwrapped(value)):
        return _Found([value])
    by_name = sorted(value, key=lambda key: _LISTS.index(plain_key(key)) if plain_key(key) in _LISTS else len(_LISTS))
    for key in by_name:
        inner = value[key]
        if isinstance(inner, list) and any(is_paper(unwrapped(item)) for item in inner[:1_000]):
            return _Found(inner, str(key))
        if found := _records(inner, depth + 1):
            return found if found.key or len(value) < 2 or not _is_index(value) else _Found(_of_index(value))
    return None


def _is_index(value: Mapping[Any, Any]) -> bool:
    return all(is_paper(inner) for inner in value.values())


def _of_index(value: Mapping[Any, Any]) -> list[Any]:
    """{id: record, …} as records with their ids."""
    return [
        inner if any(plain_key(key) in ("id", "docid") for key in inner) else {"id": name, **inner}
        for name, inner in value.items()
    ]


def _of_columns(value: Mapping[Any, Any]) -> list[Any]:
    """{"title": {"0": …}, "abstract": {"0": …}} or {"title": […], "abstract": […]} as records: a table written by columns."""
    named = {plain_key(key): column for key, column in value.items()}
    columns, rows = named.get("columns"), named.get("data")
    if isinstance(columns, list) and isinstance(rows, list) and is_paper(dict.fromkeys(map(str, columns))):
        return [dict(zip(map(str, columns), row, strict=False)) for row in rows if isinstance(row, list)]
    title, abstract = named.get("title"), named.get("abstract", named.get("text"))
    if isinstance(title, list) and isinstance(abstract, list) and len(title) == len(abstract) > 1:
        columns = {
            key: column for key, column in value.items() if isinstance(column, list) and len(column) == len(title)
        }
        return [{key: column[row] for key, column in columns.items()} for row in range(len(title))]
    if (
        isinstance(title, Mapping)
        and isinstance(abstract, Mapping)
        and title.keys() == abstract.keys()
        and all(map(str.isdigit, title))
    ):
        rows = {key: column for key, column in value.items() if isinstance(column, Mapping)}
        return [{key: column.get(row) for key, column in rows.items()} for row in title]
    return []


def _places_of(text: str, key: str, count: int) -> list[tuple[int, str]]:
    """The lines in which the records of the list under a key begin, and how they do; empty where they cannot be told."""
    match = re.search(rf'"{re.escape(key)}"\s{{0,99}}:\s{{0,99}}\[', text)
    if match is None:
        return []
    places: list[tuple[int, str]] = []
    place, line = match.end(), 1 + text.count("\n", 0, match.end())
    while len(places) < count and (start := _gap_end(text, place)) < len(text):
        line += text.count("\n", place, start)
        try:
            _, end = decode_at(text, start)
        except NotJson:
            return []
        places.append((line, text[start : min(end, start + RAW_CHARS)]))
        line += text.count("\n", start, end)
        place = end
    return places if len(places) == count else []


def value_of(text: str) -> Any:
    """The text's value where it is JSON as a whole, else None."""
    try:
        return decode(text.strip("\ufeff \t\r\n"))
    except NotJson:
        return None
