"""An object of unknown making -> the fields of a paper: which keys mean what, and which values can be used.

Owns the names that services and people give to the fields. Only an abstract is needed, and a title no longer than `TITLE_CHARS`; of
every other field what cannot be used is left out, with a note. Knows nothing of files and lines.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.core.text import clean
from rag.ingest.formats import authors as names
from rag.ingest.formats import keys
from rag.ingest.formats.keys import kind_of, missing, plain_key, shown
from rag.ingest.formats.record import ABSTRACT_CHARS, TITLE_CHARS, BadRecord
from rag.ingest.formats.years import year_of

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
_RAW = 10
"""Mark-up may take as much more room than the text in it."""

_ARXIV_ID = re.compile(r"(?:\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,3})?")
_ARXIV_ADDRESS = re.compile(
    r"(?:arxiv:\s*|https?://(?:export\.|www\.)?arxiv\.org/(?:abs|pdf)/)(\S{6,40})", re.IGNORECASE
)
_DOI = re.compile(r"10\.\d{1,9}(?:\.\d{1,9}){0,5}/[^\s\"<>,;]{1,300}")
_SECTION_KEYS = frozenset(
    "background objective objectives aim aims introduction purpose context importance methods method materials design setting "
    "participants interventions results findings conclusions conclusion discussion interpretation significance".split()
)


@dataclass(frozen=True, slots=True)
class Fields:
    """What `make_paper` takes, which version of the paper's text it is (0: not said), and what was left out or guessed."""

    values: dict[str, Any]
    version: int = 0
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Record:
    """A record's fields by their plain names: lower case, without marks and prefixes."""

    fields: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    def has(self, keys: Iterable[str]) -> bool:
        return any(key in self.fields for key in keys)

    def present(self, keys: Iterable[str]) -> Iterable[tuple[str, Any]]:
        return ((key, value) for key in keys if not missing(value := self.fields.get(key)))


def fields_of(raw: Mapping[Any, Any]) -> Fields:
    """The fields of a record.

    Raises:
        BadRecord: there is no abstract, or title or abstract are no text or too long.
    """
    record = _Record({})
    for key, value in raw.items():
        record.fields.setdefault(plain_key(key), value)
    for group in _IDENTIFIERS:
        if isinstance(inner := record.fields.get(group), Mapping):
            for key, value in inner.items():
                record.fields.setdefault(plain_key(key), value)
    title = _needed(record, keys.TITLES, "title", TITLE_CHARS)
    abstract = _needed(record, keys.ABSTRACTS, "abstract", ABSTRACT_CHARS)
    identifier = _identifier(record)
    arxiv_id, version = _arxiv(record, identifier)
    values = {
        "title": title,
        "abstract": abstract,
        "id": identifier,
        "authors": _authors(record),
        "year": _year(record) or _year_of_arxiv(arxiv_id),
        "doi": _doi(record, identifier),
        "arxiv_id": arxiv_id,
        "pmid": re.sub(
            r"^\D{1,60}/(?=\d)|^pmid:\s*", "", _short(record, keys.PMIDS, "pmid", 100).rstrip("/"), flags=re.IGNORECASE
        ),
        "url": _short(record, keys.URLS, "url", 2_000),
        "venue": _short(record, keys.VENUES, "venue", 500),
        "aliases": _aliases(record.fields.get("aliases")),
    }
    return Fields(values, version, tuple(record.notes))


# --- title and abstract -----------------------------------------------------------------------------------------------


def _needed(record: _Record, among: Iterable[str], name: str, most: int) -> str:
    """Title or abstract: the first of the fields that holds any."""
    wrong: Any = None
    for key, value in record.present(among):
        text = _inverted(value, most) if key == "abstractinvertedindex" else text_of(value)
        if text is None:
            wrong = value if wrong is None else wrong
        elif len(text) > most * _RAW:
            raise BadRecord(f"its {name} has {len(text):,} characters; at most {most:,} are taken")
        elif text.strip():
            return text
    if wrong is not None:
        raise BadRecord(f"{name} is not text but {kind_of(wrong)}")
    return ""


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


def _inverted(value: Any, most: int) -> str | None:
    """OpenAlex keeps an abstract as {word: [places]}."""
    if not isinstance(value, Mapping):
        return text_of(value)
    places = [
        (place, str(word))
        for word, where in value.items()
        if isinstance(where, list)
        for place in where[:most]
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(places[:most])) or None


# --- what else there may be ---------------------------------------------------------------------------------------------


def _authors(record: _Record) -> list[str]:
    parsed = names.names_parsed(record.fields.get("authorsparsed"))
    for _, value in record.present(keys.AUTHORS):
        # Affiliations in brackets cannot be told from names; the arXiv has the names a second time.
        if isinstance(value, str) and "(" in value and parsed:
            break
        found, lost = names.names_of(value)
        if lost:
            record.notes.append(f"{lost} of the authors left out: no name in {shown(value)}")
        if found:
            return found
    return parsed


def _year(record: _Record) -> int | None:
    for _, value in record.present(keys.YEARS):
        year = year_of(value)
        if year is None:
            record.notes.append(f"year left out: no year in {shown(value)}")
        elif str(value).strip().removesuffix(".0") != str(year):
            record.notes.append(f"year {year} taken from {shown(value)}")
        if year:
            return year
    for key, value in record.present(keys.DATES):
        # The arXiv has a date for each version; the first is when the paper appeared.
        if key == "versions" and isinstance(value, list) and value and isinstance(value[0], Mapping):
            value = value[0].get("created")
        if year := year_of(value):
            return year
    return None


def _year_of_arxiv(arxiv_id: str) -> int | None:
    """The arXiv's ids begin with year and month since April 2007."""
    return 2000 + int(arxiv_id[:2]) if re.match(r"\d{4}\.\d{4,5}$", arxiv_id) else None


def _identifier(record: _Record) -> str:
    for _, value in record.present(keys.IDS):
        if isinstance(value, Mapping):
            value = next(iter(value.values()), None)
        if isinstance(value, float) and math.isfinite(value):
            text = str(int(value)) if value == int(value) else repr(value)
            record.notes.append(f"id {text} taken from the number {value!r}")
            return text
        if isinstance(value, str | int) and not isinstance(value, bool):
            text = clean(str(value))
            if 0 < len(text) <= 500:
                return text
        record.notes.append(f"id left out: {shown(value)} cannot be one")
    return ""


def _doi(record: _Record, identifier: str) -> str:
    for _, value in record.present(keys.DOIS):
        text = text_of(value)
        if text and (match := _DOI.search(text[:2_000])):
            return match[0].rstrip(".")
        record.notes.append(f"doi left out: no DOI in {shown(value)}")
    match = _DOI.fullmatch(re.sub(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", "", identifier, flags=re.IGNORECASE))
    return match[0] if match else ""


def _arxiv(record: _Record, identifier: str) -> tuple[str, int]:
    """The arXiv id without its version, and the version (0: not said)."""
    found = ""
    for key, value in record.present(keys.ARXIV):
        text = clean(value)[:200] if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
        address = _ARXIV_ADDRESS.match(text)
        if (key in ("arxivid", "arxiv") and 0 < len(text) <= 60) or address or _ARXIV_ID.fullmatch(text):
            found = address[1] if address else text
        if found:
            break
    if not found:
        address = _ARXIV_ADDRESS.match(identifier)
        name = address[1] if address else identifier
        found = name if _ARXIV_ID.fullmatch(name) else ""
    version = re.search(r"v(\d{1,3})(?:\.pdf)?$", found)
    if version:
        return found[: version.start()], int(version[1])
    versions = record.fields.get("versions")
    return found.removesuffix(".pdf"), len(versions) if found and isinstance(versions, list) else 0


def _aliases(value: Any) -> list[str]:
    """Ids of other records of the paper, as `citewise papers --json` writes them."""
    return (
        [name for name in value if isinstance(name, str) and len(name) <= 500][:100] if isinstance(value, list) else []
    )


def _short(record: _Record, among: Iterable[str], name: str, most: int) -> str:
    """The first of these fields that holds a text of at most so many characters."""
    for _, given in record.present(among):
        value = given
        if isinstance(value, float) and value == int(value):
            value = int(value)
        if isinstance(value, list):
            value = next((item for item in value if not missing(item)), None)
        if isinstance(value, Mapping):
            value = _named(value)
        text = None if isinstance(value, bool) else text_of(value)
        if text is not None and len(text) <= most * _RAW and len(short := clean(text)) <= most:
            return short
        record.notes.append(f"{name} left out: {shown(given)} cannot be used")
    return ""


def _named(value: Mapping[Any, Any], depth: int = 0) -> str | None:
    """The name of a journal or the like, from an object."""
    fields = {plain_key(key): inner for key, inner in value.items()}
    for key in ("displayname", "name", "title", "value", "url", "href", "text"):
        if isinstance(text := fields.get(key), str) and text.strip():
            return text
    inner = fields.get("source")
    return _named(inner, depth + 1) if isinstance(inner, Mapping) and depth < _MOST_DEPTH else None
