"""A table of fields -> the record's values under the names that `fields` understands. Shared by the formats that are JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag.ingest.formats.keys import missing

Table = Mapping[str, Sequence[str]]
"""Per field of ours the places in a record where it may stand, the best first; "data.title" is `title` in the object `data`."""


def picked(record: Mapping[Any, Any], table: Table) -> dict[str, Any]:
    """The record with our fields before its own; of each the value at the first place that holds any."""
    ours = {name: value for name, places in table.items() if not missing(value := at(record, places))}
    mapped = {place for places in table.values() for place in places}
    return {**ours, **{key: value for key, value in record.items() if key not in ours and key not in mapped}}


def at(record: Mapping[Any, Any], places: Sequence[str]) -> Any:
    """The value at the first of these places that holds any; None where none does."""
    return next((value for place in places for value in _values(record, place.split(".")) if not missing(value)), None)


def _values(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    for number, step in enumerate(steps):
        if not isinstance(value, Mapping):
            return
        if step not in value and ".".join(steps[number:]) in value:
            step = ".".join(steps[number:])
            yield value[step]
            return
        value = value.get(step)
    yield value


def one(value: Any) -> Any:
    """The first item of a list that holds any; any other value itself."""
    return next((item for item in value if not missing(item)), None) if isinstance(value, list) else value


def with_subtitle(title: Any, subtitle: Any) -> Any:
    """ "Bees" and "A study" as "Bees: A study", unless the title has it already."""
    title, subtitle = one(title), one(subtitle)
    if not (isinstance(title, str) and isinstance(subtitle, str) and subtitle.strip()):
        return title
    return title if subtitle.strip().lower() in title.lower() else f"{title.rstrip(' :')}: {subtitle.strip()}"
