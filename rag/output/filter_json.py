"""A filter of papers as JSON, and what a program sent as one read back, trusting none of it."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from rag.core.errors import RequestRefused
from rag.core.escaping import shorten
from rag.core.filter_values import TIMES, since
from rag.core.paper_filter import PaperFilter
from rag.core.text import clean

_KNOWN = tuple(field.name for field in fields(PaperFilter))
_LISTS = ("authors", "venues", "sources", "ids")
MOST_VALUES = 1_000
_MOST_CHARS = 500


def filter_json(chosen: PaperFilter) -> dict[str, Any]:
    """What of a filter is given, by the names of its fields; the time in ISO 8601."""
    given = {name: getattr(chosen, name) for name in _KNOWN}
    kept = {name: value for name, value in given.items() if value not in (None, (), "")}
    return {
        name: list(value) if name in _LISTS else value.isoformat() if isinstance(value, datetime) else value
        for name, value in kept.items()
    }


def with_filter(value: dict[str, Any], chosen: PaperFilter) -> dict[str, Any]:
    """The value with the `filter` that it was asked with, where there was one."""
    return value if chosen.is_empty else value | {"filter": filter_json(chosen)}


def filter_of(sent: Any) -> PaperFilter:
    """The filter that was sent: an object with some of the fields of a `PaperFilter`, or nothing.

    Raises:
        RequestRefused: it is something else; the message names the field and what it may be.
    """
    if sent is None:
        return PaperFilter()
    if not isinstance(sent, dict):
        raise RequestRefused('the filter must be an object, such as {"from_year": 2020, "authors": ["Miller"]}')
    unknown = [str(name) for name in sent if name not in _KNOWN]
    if unknown:
        raise RequestRefused(
            f"a filter has no {', '.join(repr(shorten(name, 40)) for name in unknown[:5])}; it has {', '.join(_KNOWN)}"
        )
    given = {name: value for name, value in sent.items() if value not in (None, "", [])}
    read = {name: _value(name, value) for name, value in given.items()}
    first, last = read.get("from_year"), read.get("to_year")
    if first is not None and last is not None and first > last:
        raise RequestRefused(f"the filter's from_year {first} is after its to_year {last}")
    return PaperFilter(**read)


def _value(name: str, value: Any) -> Any:
    if name in ("from_year", "to_year"):
        if type(value) is not int or not 0 < value < 10_000:
            raise RequestRefused(f"the filter's {name} must be a year, such as 2020")
        return value
    if name in _LISTS:
        return _texts(name, [value] if isinstance(value, str) else value)
    if not isinstance(value, str) or len(value) > _MOST_CHARS or not clean(value):
        raise RequestRefused(f"the filter's {name} must be a text of at most {_MOST_CHARS} characters")
    if name == "text":
        return _words(clean(value))
    time = since(value, datetime.now().astimezone())
    if time is None:
        raise RequestRefused(f"the filter's added_since must be a time, such as {TIMES}")
    return time


def _texts(name: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        raise RequestRefused(f"the filter's {name} must be a list of at most {MOST_VALUES:,} texts")
    for value in values:
        if not isinstance(value, str) or len(value) > _MOST_CHARS or not clean(value):
            raise RequestRefused(f"the filter's {name} must hold texts of at most {_MOST_CHARS} characters")
    return tuple(dict.fromkeys(map(clean, values)))


def _words(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise RequestRefused("the filter's text must hold a word")
    return text
