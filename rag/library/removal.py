"""Taking papers out of a library, with all that was kept of them.

Owns what removing means: a paper that is named goes; of a file that is named goes what no other file brought. The files concerned are
read again when they are ingested the next time, so that this brings the papers back. Votes and other files in the folder stay.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.core.paper_filter import PaperFilter
from rag.library.choosing import keys_of, sources_of
from rag.library.chroma_server import ChromaServer
from rag.library.indexes import publish
from rag.library.sqlite import has_table, writer_lock
from rag.library.store import Library

_MOST_LOOKED_UP = 20
_AMONG = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes: `papers` by id with their titles (of papers without one, how the abstract begins). `staying` are the ids of those that
    other files brought too, which only no longer count as from the `sources` that are named."""

    papers: tuple[tuple[str, str], ...] = ()
    staying: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing goes."""
        return not (self.papers or self.staying or self.sources)


def planned(folder: Path, chosen: PaperFilter) -> Removal:
    """What `remove` would take away.

    Raises:
        LibraryError: the library cannot be read.
    """
    with reading(folder) as connection:
        return _planned(connection, chosen)


def unknown(folder: Path, ids: Sequence[str]) -> list[str]:
    """The first of these identifiers that no paper is called by; of very many only the first are looked up.

    Raises:
        LibraryError: the library cannot be read.
    """
    with reading(folder) as connection:
        return [one for one in ids[:_MOST_LOOKED_UP] if not keys_of(connection, PaperFilter(ids=(one,)))]


def remove(
    folder: Path, chosen: PaperFilter, shown: Removal | None = None, server: ChromaServer | None = None
) -> Removal:
    """Take the chosen papers away, all or none of them, and publish the vector index without them.

    Args:
        folder: of the library.
        chosen: which papers; the empty filter means all.
        shown: what a person has agreed to; what came to be chosen since then stays.
        server: where its vectors are; None for those beside it.

    Returns:
        What was taken away.

    Raises:
        LibraryError: it cannot be written; nothing was changed.
        VectorIndexError: the papers are gone, but the index could not be made; it is at the next question.
    """
    with writing(folder) as library:
        with library.changing() as connection:
            plan = _planned(connection, chosen)
            if shown is not None:
                agreed, staying = dict(shown.papers), set(shown.staying)
                plan = Removal(
                    tuple(paper for paper in plan.papers if paper[0] in agreed),
                    tuple(name for name in plan.staying if name in staying),
                    tuple(name for name in plan.sources if name in shown.sources),
                )
            take_away(connection, plan)
        publish(library, server)
    return plan


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the library as it is, in a snapshot."""
    with closing(Library.open(folder)) as library, library.beside() as database, database.snapshot():
        yield database.connection


@contextmanager
def writing(folder: Path) -> Iterator[Library]:
    """The library opened for writing by who embeds nothing."""
    Library.open(folder).close()  # says where there is none, or what is wrong with it
    with writer_lock(folder):
        library = Library.up_to_date(folder)
        try:
            yield library
        finally:
            library.close()


def _planned(connection: sqlite3.Connection, chosen: PaperFilter) -> Removal:
    keys = keys_of(connection, chosen)
    statement = f"SELECT id, title, substr(abstract, 1, 100) FROM main.papers WHERE key {_AMONG} ORDER BY key"
    titles = {row[0]: row[1] or row[2] for row in connection.execute(statement, (json.dumps(keys),))}
    named = sources_of(connection, chosen.sources) if chosen.sources else {}
    staying = _of_others(connection, titles, named) if named else set()
    return Removal(
        tuple((name, title) for name, title in titles.items() if name not in staying),
        tuple(name for name in titles if name in staying),
        tuple(named.values()),
    )


def _of_others(connection: sqlite3.Connection, ids: Collection[str], named: Collection[int]) -> set[str]:
    """Those of the papers that sources besides the named ones brought."""
    statement = f"SELECT DISTINCT paper FROM main.origins WHERE paper {_AMONG} AND source NOT {_AMONG}"
    return {row[0] for row in connection.execute(statement, (_json(ids), _json(named)))}


def take_away(connection: sqlite3.Connection, plan: Removal) -> None:
    """Delete what goes and all that was kept of it, inside a transaction."""
    gone, staying = _json([name for name, _ in plan.papers]), _json(plan.staying)
    sources = _json(plan.sources)
    if has_table(connection, "origins"):
        # A file whose hash is known would not be read again.
        connection.execute(
            f"UPDATE sources SET sha256 = '' WHERE name {_AMONG} OR key IN (SELECT source FROM origins WHERE paper {_AMONG})",
            (sources, gone),
        )
        connection.execute(
            f"DELETE FROM origins WHERE paper {_AMONG} AND source IN (SELECT key FROM sources WHERE name {_AMONG})",
            (staying, sources),
        )
        connection.execute(f"DELETE FROM origins WHERE paper {_AMONG}", (gone,))
        connection.execute(
            f"DELETE FROM sources WHERE name {_AMONG} AND key NOT IN (SELECT source FROM origins)", (sources,)
        )
    connection.execute(f"DELETE FROM records WHERE paper {_AMONG}", (gone,))
    connection.execute(f"DELETE FROM papers WHERE id {_AMONG}", (gone,))


def _json(values: Collection[int] | Collection[str]) -> str:
    return json.dumps(list(values))
