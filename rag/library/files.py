"""A library's SQLite file as a file: where it is, whether it is one of ours, and making a new one.

Owns the rule that damage is never taken for an empty library. A new file gets its name when it is complete, so a file that is there but
empty, or an index without its file, was not left by an ingestion that was stopped.
"""

import shlex
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

from rag.core import permissions
from rag.core.errors import LibraryDamaged, LibraryMissing
from rag.library import queries, tables, tokens
from rag.library.sqlite import connect, way_out

NEW = "library.sqlite3.new"
"""The name of a file that is being made."""
_OURS = {"meta", "papers"}
_SIDE_FILES = ("-journal", "-wal", "-shm")


def database_file(folder: Path) -> Path:
    """Where a library keeps its SQLite file."""
    return folder / "library.sqlite3"


def side_files(file: Path) -> list[Path]:
    """What SQLite keeps beside a file while it writes, as far as it is there; it belongs to the file."""
    return [path for path in (file.with_name(file.name + ending) for ending in _SIDE_FILES) if path.exists()]


def is_there(folder: Path) -> bool:
    """Whether the folder holds a library.

    Raises:
        LibraryDamaged: its file is empty or no file, or only its vector index is there.
        OSError: the folder cannot be looked into.
    """
    file = database_file(folder)
    if not file.exists():
        if (folder / "vectors" / "current.json").exists():
            raise LibraryDamaged(
                f"the library {folder} has lost its file library.sqlite3, only its vector index is there; {way_out(folder)}"
            )
        return False
    if not file.is_file():
        raise LibraryDamaged(f"the library {folder}: {file.name} is no file; move it away")
    if file.stat().st_size == 0:
        raise LibraryDamaged(
            f"the library {folder}: its file library.sqlite3 is empty (0 bytes), which no library is; {way_out(folder)}"
        )
    return True


def missing(folder: Path) -> LibraryMissing:
    """The error that says why there is no library in a folder, and what to do."""
    if folder.is_file():
        if folder.name == database_file(folder).name:
            return LibraryMissing(
                f"{folder} is a file in a library; name its folder: --library {quoted(folder.parent)}"
            )
        return LibraryMissing(
            f"{folder} is a file, and a library is a folder. To make a library of a file: "
            f"citewise ingest {quoted(folder)} --library my-library"
        )
    empty = " The folder is empty." if folder.is_dir() and not any(folder.iterdir()) else ""
    return LibraryMissing(
        f"there is no library in {folder.absolute()}.{empty} Make one: citewise ingest FILE --library {quoted(folder)}, or "
        "name the folder of one that is there with --library"
    )


def quoted(path: Path) -> str:
    """A path as a shell takes it."""
    return shlex.quote(str(path))


@contextmanager
def removed_if_empty(folder: Path) -> Iterator[None]:
    """Where there was no library before the block and there is one without papers after it, it is removed again."""
    was_there, was_a_folder = is_there(folder), folder.exists()
    try:
        yield
    finally:
        if not was_there and _is_empty(folder):
            for file in (database_file(folder), *side_files(database_file(folder)), folder / "writer.lock"):
                file.unlink(missing_ok=True)
            rmtree(folder / "vectors", ignore_errors=True)
            if not was_a_folder:
                with suppress(OSError):  # something else is in it by now
                    folder.rmdir()


def _is_empty(folder: Path) -> bool:
    try:
        if not is_there(folder):
            return folder.is_dir()
        connection = connect(database_file(folder))
        try:
            return not connection.execute("SELECT EXISTS (SELECT 1 FROM papers)").fetchone()[0]
        finally:
            connection.close()
    except (OSError, sqlite3.Error, LibraryDamaged):
        return False


def refuse_foreign(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise LibraryDamaged where the file is of another program, or has lost its tables."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not there >= _OURS:
        what = f"holds the tables of another program ({', '.join(sorted(there)[:3])})" if there else "holds no tables"
        raise LibraryDamaged(f"the library {folder}: its file library.sqlite3 {what}; {way_out(folder)}")


def make_empty(folder: Path) -> None:
    """Make the file of a library without papers. Only the holder of the writer lock calls this."""
    fill_new(folder).close()
    (folder / NEW).replace(database_file(folder))


def fill_new(folder: Path) -> sqlite3.Connection:
    """A connection to a new file with our tables, which does not yet have its final name."""
    new = folder / NEW
    for rest in (new, *side_files(new)):
        rest.unlink(missing_ok=True)
    permissions.make_for_owner(new)
    connection = connect(new, create=True)
    # Of the embeddings of passages five fit on a page, where of the usual half as large ones two do, and the rest is empty.
    connection.execute("PRAGMA page_size = 8192")
    tables.bring_up_to_date(connection, 0)
    return connection


def problem_in(connection: sqlite3.Connection, dimension: int | None) -> str | None:
    """What is wrong in a library's tables, as a phrase; None where all is sound. It reads the whole file.

    Args:
        connection: to the file.
        dimension: of the embeddings; None where nothing was ever embedded.

    Raises:
        sqlite3.Error: something cannot be read at all.
    """
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        return found.splitlines()[-1]
    for statement, what in _WRONG.items():
        count = int(connection.execute(statement, {"dimension": dimension or 0}).fetchone()[0])
        if count:
            return f"{what} ({count:,})"
    count = sum(
        not _is_as_stored(row) for row in connection.execute(f"{queries.PAPERS} ORDER BY key")
    )  # no UTF-8 raises
    if count:
        return f"papers are not as they were stored ({count:,})"
    for table in ("meta", "records", "apart", "sources", "origins"):
        if connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone():
            for _ in connection.execute(f"SELECT * FROM {table}"):
                pass  # text that is no UTF-8 raises
            if table in _JSON:
                column, what = _JSON[table]
                count = connection.execute(
                    f"SELECT count(*) FROM {table} WHERE {column} != '' AND NOT json_valid({column})"
                ).fetchone()[0]
                if count:
                    return f"{what} cannot be read ({count:,})"
    for table, (kind, _) in tables.NUMBERS.items():
        rows = connection.execute(f"SELECT embedding FROM {table}")
        count = sum(not tables.is_unit(row[0], kind) for row in rows)
        if count:
            return f"{table} have embeddings that are no unit vectors ({count:,})"
    count = sum(1 for _ in tokens.wrong(connection, dimension or 0))
    if count:
        return f"token vectors are not those of their papers ({count:,})"
    return _wrong_words(connection)


_JSON = {
    "records": ("record", "records that papers were merged from"),
    "sources": ("told", "the counts of files that papers came from"),
}


def _is_as_stored(row: Sequence[Any]) -> bool:
    try:
        tables.stored_paper(*row)
    except LibraryDamaged:
        return False
    return True


def _wrong_words(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the index of words. FTS5 only looks at one that it may write: at a copy, in a temporary file."""
    with closing(sqlite3.connect("")) as copy:
        connection.backup(copy)
        try:
            copy.execute("INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            return f"the index of words is not of these papers ({error})"
    return None


_WRONG = {
    "SELECT count(*) FROM papers WHERE NOT json_valid(details)": "papers have details that cannot be read",
    "SELECT (SELECT count(*) FROM papers) - (SELECT count(*) FROM papers_fts_docsize)": "papers are not in the index of words",
} | {
    statement.format(table=table, size=size): what.format(table=table)
    for table, (_, size) in tables.NUMBERS.items()
    for statement, what in {
        "SELECT count(*) FROM {table} WHERE length(embedding) != {size} * :dimension": "{table} have embeddings of another length",
        "SELECT count(*) FROM {table} t LEFT JOIN papers p ON p.key = t.paper WHERE p.key IS NULL": "{table} have no paper",
        "SELECT count(*) FROM {table} t JOIN papers p ON p.key = t.paper WHERE t.start < 0 OR t.end > length(p.abstract)": (
            "{table} are not in their abstracts"
        ),
    }.items()
}
