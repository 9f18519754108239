"""A map as a record, and as JSON. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Papers that lie together. `terms` are what its titles share and others do not, most telling first; there may be none."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperMap:
    """Where each paper lies.

    Args:
        state: which embeddings it was made of; equal states have equal maps.
        ids: of the papers, in the order in which they came in.
        places: (x, y) of each, in no unit.
        labels: the place in `groups` of each.
        groups: in the order in which they are shown.
        papers: how many the library held; more than `ids` where only some are shown.
        bare: how many papers have no embedding, and so no place.
    """

    state: str
    ids: tuple[str, ...] = ()
    places: tuple[tuple[float, float], ...] = ()
    labels: tuple[int, ...] = ()
    groups: tuple[Group, ...] = ()
    papers: int = 0
    bare: int = 0


def map_json(one: PaperMap) -> dict[str, Any]:
    """The map as plain values."""
    return {
        "format": FORMAT,
        "state": one.state,
        "ids": list(one.ids),
        "places": [[round(x, 4), round(y, 4)] for x, y in one.places],
        "labels": list(one.labels),
        "groups": [list(group.terms) for group in one.groups],
        "papers": one.papers,
        "bare": one.bare,
    }


def map_of(value: Any) -> PaperMap:
    """The same read back.

    Raises:
        ValueError: it is no map, or one of another format.
    """
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        raise ValueError("no map of this format")
    try:
        read = PaperMap(
            str(value["state"]),
            tuple(map(str, value["ids"])),
            tuple((float(x), float(y)) for x, y in value["places"]),
            tuple(map(int, value["labels"])),
            tuple(Group(tuple(map(str, terms))) for terms in value["groups"]),
            int(value["papers"]),
            int(value["bare"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("no map") from error
    if not len(read.ids) == len(read.places) == len(read.labels):
        raise ValueError("columns of different lengths")
    if any(not 0 <= label < len(read.groups) for label in read.labels):
        raise ValueError("a group that is not there")
    return read
