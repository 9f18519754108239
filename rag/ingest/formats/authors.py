"""Authors in the many forms in which records have them -> names in the order "Given Family".

Owns the splitting of a text into names and the reading of a name from an object. Never fails: what holds no name is counted.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rag.core.text import clean
from rag.ingest.formats.markup import without_markup

MOST_AUTHORS = 10_000
"""Twice the largest collaborations."""
MOST_NAME_CHARS = 300
_MOST_DEPTH = 4
_MOST_CHARS = 1_000_000

_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}")
_SHORT = re.compile(r"(?:[^\W\d_]\.[\s-]?){1,4}|[A-Z]{1,3}")
"""Initials as they stand after a family name: "A.", "A. B.", "AB"."""
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_DEGREE = re.compile(r"(?:ph\.?\s?d|m\.?d|m\.?sc|dr|prof)\.?", re.IGNORECASE)
_AND = re.compile(r",?\s+(?:and|und|et|&)\s+(?!al\b)|\s*&\s*", re.IGNORECASE)
_AND_OTHERS = re.compile(r"[\s,]*(?:\bet\s+al\b\.?|\band\s+others\b|\u2026|\.\.\.)\s*$", re.IGNORECASE)
_LISTED = re.compile(r"'([^']{0,300})'|\"([^\"]{0,300})\"")
_WHOLE = (
    "name",
    "fullname",
    "displayname",
    "rawauthorname",
    "authorname",
    "literal",
    "collective",
    "collectivename",
    "text",
    "value",
)
_GIVEN = ("given", "givenname", "givennames", "first", "firstname", "forename", "forenames", "initials")
_FAMILY = ("family", "familyname", "last", "lastname", "surname")
_INSIDE = ("author", "authors", "creator", "list", "person", "names", "agent")


def names_of(value: Any) -> tuple[list[str], int]:
    """The names in a value of any shape, and how many of its parts hold none."""
    lost = 0
    names: list[str] = []
    parts = _parts(value)
    # Where every one of them has one comma, the family names stand first.
    is_turned = isinstance(parts, list) and all(isinstance(part, str) and part.count(",") == 1 for part in parts)
    for part in parts:
        found = [in_reading_order(name) for name in _name(part, 0)] if is_turned else _name(part, 0)
        names += found
        lost += not found and part not in (None, "", [], {})
    fitting = [name for name in names if len(name) <= MOST_NAME_CHARS][:MOST_AUTHORS]
    return fitting, lost + len(names) - len(fitting)


def names_parsed(value: Any) -> list[str]:
    """The names of lists [family, given, suffix], as the arXiv has them."""
    rows = value if isinstance(value, list) else []
    return [name for row in rows[:MOST_AUTHORS] if isinstance(row, list) and (name := _of_row(row))]


def split_names(text: str) -> list[str]:
    """The names in a text such as "A. Miller, B. Schmidt and C. Rossi" or "Miller, A.; Schmidt, B."."""
    text = _AND_OTHERS.sub("", text.strip())
    if text.startswith("[") and (listed := _listed(text)):
        return listed
    for mark in (";", "|", "\n", "\t", "\u3001", "\uff0c", "\uff1b"):
        if mark in text:
            parts = [_AND_OTHERS.sub("", name.strip(" ,")) for part in text.split(mark) for name in _AND.split(part)]
            return [in_reading_order(name) for name in parts if name]
    parts = [part.strip(" ,") for part in _AND.split(text) if part.strip(" ,")]
    commas = [part.count(",") for part in parts]
    if len(parts) > 1 and max(commas) == 1 and all(commas):
        return [in_reading_order(part) for part in parts]
    return _of_pieces([piece.strip() for part in parts for piece in part.split(",") if piece.strip()])


def clean_lines(text: str) -> str:
    """The text without mark-up, its ends of lines kept, because they may part names."""
    return "\n".join(filter(None, (clean(line) for line in without_markup(text[:_MOST_CHARS]).splitlines())))


def _of_pieces(pieces: list[str]) -> list[str]:
    """Names from what stood between the commas: whole names, or family names with the initials after them."""
    kept: list[str] = []
    for piece in pieces:
        if kept and _SUFFIX.fullmatch(piece):
            kept[-1] = f"{kept[-1]} {piece}"
        elif not (kept and _DEGREE.fullmatch(piece)):
            kept.append(piece)
    turned = len(kept) % 2 == 0 and all(_SHORT.fullmatch(piece) for piece in kept[1::2])
    if turned or (len(kept) == 2 and " " not in kept[1] and (" " not in kept[0] or kept[0][0].islower())):
        return [f"{given} {family}" for family, given in zip(kept[::2], kept[1::2], strict=True)]
    return kept


def in_reading_order(name: str) -> str:
    """ "Miller, A." as "A. Miller"."""
    parts = [part.strip() for part in name.split(",") if part.strip() and not _DEGREE.fullmatch(part.strip())]
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]):
        return f"{parts[2]} {parts[0]} {parts[1]}"
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[2]):
        return f"{parts[1]} {parts[0]} {parts[2]}"
    return f"{parts[1]} {parts[0]}" if len(parts) == 2 else " ".join(parts)


def _listed(text: str) -> list[str]:
    """A list that was written as text, by JSON or Python."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return [found for match in _LISTED.finditer(text) if (found := clean(match[1] or match[2] or ""))]
    return names_of(value)[0] if isinstance(value, list) else []


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        return split_names(clean_lines(value))
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) and ";" in value[0]:
        return split_names(clean_lines(value[0]))
    if isinstance(value, Mapping) and value and all(str(key).isdigit() for key in value):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _name(value: Any, depth: int) -> list[str]:
    """The names in one part of a list of authors."""
    if isinstance(value, str):
        text = clean(without_markup(value))
        return [text] if text else []
    if isinstance(value, Mapping) and depth < _MOST_DEPTH:
        return _of_object({_plain(key): item for key, item in value.items()}, depth)
    if isinstance(value, list) and depth < _MOST_DEPTH:
        if value and all(isinstance(item, str) for item in value):
            turned = len(value) in (2, 3) and _SHORT.fullmatch(value[1].strip())
            name = _of_row(value) if turned else clean(" ".join(value))
            return [name] if name else []
        return [name for item in value[:MOST_AUTHORS] for name in _name(item, depth + 1)]
    return []


def _of_object(fields: Mapping[str, Any], depth: int) -> list[str]:
    given, family = _first(fields, _GIVEN), _first(fields, _FAMILY)
    if family:
        middle, suffix = _first(fields, ("middle", "middlename")), _first(fields, ("suffix",))
        return [clean(" ".join(filter(None, (given, middle, family, suffix))))]
    if inside := [
        name for key in _INSIDE if isinstance(fields.get(key), Mapping) for name in _name(fields[key], depth + 1)
    ]:
        return inside
    if whole := _first(fields, _WHOLE):
        return [in_reading_order(whole) if whole.count(",") == 1 else whole]
    if given:
        return [given]
    return [name for key in _INSIDE if key in fields for name in _name(fields[key], depth + 1)]


def _first(fields: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The first of these fields that holds text, or a list of texts."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = " ".join(value)
        if isinstance(value, str) and (text := clean(without_markup(value))):
            return text
    return ""


def _of_row(row: list[Any]) -> str:
    family, given, suffix = ([clean(item) if isinstance(item, str) else "" for item in row] + ["", "", ""])[:3]
    return " ".join(filter(None, (given, family, suffix)))


def _plain(key: Any) -> str:
    return re.sub(r"[^a-z]", "", str(key).lower())
