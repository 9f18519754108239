"""Which papers of a library a filter means. Reads only; knows nothing of what is done with them.

Owns what it means that a paper is by an author, from a file, called by an identifier. A library that was written before it kept where
papers come from is read as if it kept nothing.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from rag.core.paper_filter import PaperFilter
from rag.core.people import may_be, searchable, spellings
from rag.core.text import clean, words
from rag.library.filtering import papers_holding
from rag.library.sqlite import has_table
from rag.library.store import Library

_NAMED = ("doi", "arxiv_id", "pmid", "pmcid", "acl_id", "isbn", "url")
_PREFIX = re.compile(
    r"^(?:https?://)?(?:(?:dx\.)?doi\.org/|arxiv\.org/(?:abs|pdf)/|aclanthology\.org/|(?:doi|arxiv|pmid|pmcid|isbn|acl) ?: ?)",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?<=\d)v\d{1,3}$")
_ENDING = re.compile(r"(?<=.)\.[^.]{1,10}(?:\.(?:gz|zip))?$")

_Condition = tuple[str, dict[str, Any]]


def keys_of(connection: sqlite3.Connection, chosen: PaperFilter) -> list[int]:
    """The keys of the papers that are meant, in order."""
    conditions = list(_conditions(connection, chosen))
    where = " AND ".join(f"({condition})" for condition, _ in conditions) or "TRUE"
    values = {name: value for _, some in conditions for name, value in some.items()}
    keys = [row[0] for row in connection.execute(f"SELECT key FROM main.papers WHERE {where} ORDER BY key", values)]
    for names, field, test in ((chosen.authors, "authors", is_named), (chosen.venues, "venue", has_words)):
        if names and keys:
            keys = _named(connection, keys, field, names, test)
    return keys


def _named(
    connection: sqlite3.Connection,
    keys: Sequence[int],
    field: str,
    values: Sequence[str],
    test: Callable[[str, str], bool],
) -> list[int]:
    """Those of the papers of which a name in a field passes the test with one of the values, in order. Names come many times, so each
    is looked at once."""
    by_name: dict[str, list[int]] = {}
    statement = (
        f"SELECT p.key, j.value FROM main.papers p, json_each(p.details, '$.{field}') j "
        "WHERE p.key IN (SELECT value FROM json_each(?)) AND j.value IS NOT NULL"
    )
    for key, name in connection.execute(statement, (json.dumps(keys),)):
        by_name.setdefault(name, []).append(key)
    named = (some for name, some in by_name.items() if any(test(value, name) for value in values))
    return sorted({key for some in named for key in some})


def sources_of(connection: sqlite3.Connection, values: Sequence[str]) -> dict[int, str]:
    """The source files that one of these values names: {key: name}."""
    if not has_table(connection, "sources"):
        return {}
    every = connection.execute("SELECT key, name FROM main.sources ORDER BY name")
    return {key: name for key, name in every if any(names_source(value, name) for value in values)}


def came_from(library: Library, ids: Sequence[str]) -> dict[str, list[str]]:
    """The source files of the papers with these ids, by paper; papers of which none is known are left out."""
    found: dict[str, list[str]] = {}
    with library.beside() as database, database.snapshot():
        if database.has_table("origins"):
            statement = (
                "SELECT o.paper, s.name FROM main.origins o JOIN main.sources s ON s.key = o.source "
                "WHERE o.paper IN ({}) ORDER BY o.added, s.key"
            )
            for paper, name in database.rows_for(statement, ids):
                found.setdefault(paper, []).append(name)
    return found


def names_source(value: str, name: str) -> bool:
    """Whether a value names a source file: parts of its path in a row, each as it stands or as a pattern, in any case; the ending of
    the file may be left out."""
    wanted, there = _path(value), _path(name)
    if not wanted:
        return False
    without_ending = [*there[:-1], _ENDING.sub("", there[-1])] if there else []
    return any(
        all(part == like or fnmatchcase(part, like) for part, like in zip(parts[start:], wanted, strict=False))
        for parts in (there, without_ending)
        for start in range(len(parts) - len(wanted) + 1)
    )


def _path(name: str) -> list[str]:
    return [part for part in clean(name).casefold().replace("\\", "/").split("/") if part not in ("", ".")]


def is_named(asked: str, name: str) -> bool:
    """Whether a person of this name may be the one asked for; accents, case, and the order of given and family name do not matter."""
    if not _may_name(asked, name):
        return False
    # "miller, a" is typed for "Miller, A": a letter alone is an initial.
    typed = re.sub(r"\b[^\W\d_]\b", lambda letter: letter[0].upper(), asked)
    return may_be(typed, name, by_given_name=True) or has_words(asked, name)


def _may_name(asked: str, name: str) -> bool:
    """Whether a word of one stands in the other: what is quick to see, of very many names."""
    there = searchable(name)
    return any(spelling in there for spelling in longer(asked))


@lru_cache(1 << 6)
def longer(asked: str) -> frozenset[str]:
    """The spellings of which one stands in the name of whoever is asked for."""
    every = words(asked)
    longer = [word for word in every if len(word) > 1] or every
    return frozenset[str]().union(*map(spellings, longer))


def has_words(asked: str, name: str) -> bool:
    """Whether all words asked for stand in a name, whatever their case and accents."""
    wanted = _folded(asked)
    return bool(wanted) and all(any(word & other for other in _folded(name)) for word in wanted)


@lru_cache(1 << 12)
def _folded(text: str) -> tuple[frozenset[str], ...]:
    return tuple(spellings(word) for word in words(text))


def _conditions(connection: sqlite3.Connection, chosen: PaperFilter) -> Iterator[_Condition]:
    if chosen.from_year is not None or chosen.to_year is not None:
        first, last = chosen.from_year or 0, 9999 if chosen.to_year is None else chosen.to_year
        yield "json_extract(details, '$.year') BETWEEN :first AND :last", {"first": first, "last": last}
    if chosen.ids:
        yield _called(connection, chosen.ids)
    if chosen.text:
        yield papers_holding(chosen.text)
    if chosen.sources:
        keys = json.dumps(list(sources_of(connection, chosen.sources)))
        brought = "id IN (SELECT paper FROM main.origins WHERE source IN (SELECT value FROM json_each(:sources)))"
        yield (brought, {"sources": keys}) if keys != "[]" else ("FALSE", {})
    if chosen.added_since is not None:
        if not has_table(connection, "origins"):
            yield "FALSE", {}
            return
        came = "SELECT paper FROM main.origins GROUP BY paper HAVING min(julianday(added)) >= julianday(:since)"
        yield f"id IN ({came})", {"since": chosen.added_since.astimezone(UTC).isoformat(timespec="seconds")}


def _called(connection: sqlite3.Connection, ids: Sequence[str]) -> _Condition:
    """An id also leads to the paper that took in the record of this id."""
    forms = json.dumps(sorted({form for one in ids for form in forms_of(one)}))
    asked = "(SELECT value FROM json_each(:ids))"
    tests = [
        f"lower({field}) IN {asked}" for field in ("id", *(f"json_extract(details, '$.{name}')" for name in _NAMED))
    ]
    tests.append(f"EXISTS (SELECT 1 FROM json_each(details, '$.aliases') WHERE lower(value) IN {asked})")
    if has_table(connection, "records"):
        tests.append(f"id IN (SELECT paper FROM main.records WHERE lower(id) IN {asked})")
    return " OR ".join(tests), {"ids": forms}


def forms_of(identifier: str) -> set[str]:
    """How a record may write an identifier: as it stands, without what it is introduced by, without its version or hyphens."""
    said = identifier.strip().lower()
    bare = _PREFIX.sub("", said, count=1).removesuffix(".pdf").strip("/ ")
    forms = {said, said.rstrip("/"), bare, _VERSION.sub("", bare)}
    if re.fullmatch(r"[\d -]{9,20}[\dx]", bare):
        forms.add(re.sub(r"[ -]", "", bare))
    return {form for form in forms if form}
