"""A record's fields by their plain names, and the text in their values.

Owns how a value of unknown making becomes text. Knows nothing of which names mean what.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.core.text import clean
from rag.ingest.formats.keys import missing, plain_key, shown

RAW = 10
"""Mark-up may take as much more room than the text in it."""
_IDENTIFIERS = ("externalids", "ids", "identifiers", "articleids")
_TEXTS = (
    "text",
    "value",
    "abstracttext",
    "abstract",
    "description",
    "summary",
    "p",
    "#text",
    "$",
    "en",
    "title",
    "name",
    "displayname",
)
_MOST_DEPTH = 4
_MOST_TEXTS = 200
_SECTION_KEYS = frozenset(
    "background objective objectives aim aims introduction purpose context importance methods method materials design setting "
    "participants interventions results findings conclusions conclusion discussion interpretation significance".split()
)


@dataclass(slots=True)
class PlainRecord:
    """A record's fields by their plain names: lower case, without marks and prefixes."""

    fields: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, raw: Mapping[Any, Any]) -> "PlainRecord":
        """The fields of a record; what stands in a group of identifiers counts as a field of its own."""
        record = cls({})
        for key, value in raw.items():
            record.fields.setdefault(plain_key(key), value)
        for group in _IDENTIFIERS:
            if isinstance(inner := record.fields.get(group), Mapping):
                for key, value in inner.items():
                    record.fields.setdefault(plain_key(key), value)
        return record

    def present(self, keys: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """The fields of these names that hold anything."""
        return ((key, self.fields[key]) for key in keys if key in self.fields and not missing(self.fields[key]))

    def short(self, among: Iterable[str], name: str, most: int) -> str:
        """The first of these fields that holds a text of at most so many characters; what cannot be used is noted."""
        for _, given in self.present(among):
            value = given
            if isinstance(value, float) and value == int(value):
                value = int(value)
            if isinstance(value, list):
                value = next((item for item in value if not missing(item)), None)
            if isinstance(value, Mapping):
                value = _named(value)
            text = None if isinstance(value, bool) else text_of(value)
            if text is not None and len(text) <= most * RAW and len(short := clean(text)) <= most:
                return short
            self.notes.append(f"{name} left out: {shown(given)} cannot be used")
        return ""

    def texts(self, among: Iterable[str], most: int = 2_000) -> list[str]:
        """Every text in these fields, however deep, cut at so many characters."""
        found: list[str] = []
        for _, value in self.present(among):
            _collect(value, most, found, 0)
        return found


def _collect(value: Any, most: int, found: list[str], depth: int) -> None:
    if len(found) >= _MOST_TEXTS or depth > _MOST_DEPTH:
        return
    if isinstance(value, str):
        found.append(value[:most])
    elif isinstance(value, Mapping):
        for inner in value.values():
            _collect(inner, most, found, depth + 1)
    elif isinstance(value, list):
        for inner in value[:_MOST_TEXTS]:
            _collect(inner, most, found, depth + 1)


def text_of(value: Any, depth: int = 0) -> str | None:
    """The text in a value: a text, a number, a list of texts (joined by spaces), an object with one; None where there is none.

    Parts with a label, as PubMed has them, become "METHODS: …".
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or missing(value) or depth > _MOST_DEPTH:
        return None
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        parts = [text_of(part, depth + 1) for part in value if not missing(part)]
        return (
            " ".join(part.strip() for part in parts if part)
            if parts and all(part is not None for part in parts)
            else None
        )
    return (
        _text_of_object({plain_key(key): inner for key, inner in value.items()}, depth)
        if isinstance(value, Mapping)
        else None
    )


def _text_of_object(fields: Mapping[str, Any], depth: int) -> str | None:
    label = fields.get("label") or fields.get("nlmcategory") or ""
    for key in _TEXTS:
        if (text := text_of(fields.get(key), depth + 1)) is not None:
            return f"{label.upper().rstrip(':')}: {text}" if isinstance(label, str) and label and depth else text
    sections = [(key, text_of(inner, depth + 1)) for key, inner in fields.items() if key in _SECTION_KEYS]
    return " ".join(f"{key.upper()}: {text}" for key, text in sections if text) or None


def _named(value: Mapping[Any, Any], depth: int = 0) -> str | None:
    """The name of a journal or the like, from an object."""
    fields = {plain_key(key): inner for key, inner in value.items()}
    for key in ("displayname", "name", "title", "value", "url", "href", "text"):
        if isinstance(text := fields.get(key), str) and text.strip():
            return text
    inner = fields.get("source")
    return _named(inner, depth + 1) if isinstance(inner, Mapping) and depth < _MOST_DEPTH else None
