"""Putting a backup back: everything is checked before a name is changed, and what was there is put aside, never deleted."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rag.core import permissions
from rag.core.errors import BackupDamaged, FileNotWritten, LibraryDamaged, LibraryFull, VectorIndexError, VectorsAway
from rag.library import indexes
from rag.library.archives import DATABASE, Manifest, check_hashes, opened, pieces
from rag.library.chroma_server import ChromaServer
from rag.library.files import NEW, database_file, is_there, quoted, refuse_foreign, side_files
from rag.library.sqlite import connect, mapped_errors, writer_lock
from rag.library.store import Library

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: the backup's manifest, the names of what was put aside for it, and what is still to be said."""

    manifest: Manifest
    aside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def restore(
    file: Path,
    folder: Path,
    now: datetime,
    *,
    force: bool = False,
    progress: Progress | None = None,
    server: ChromaServer | None = None,
    replica: bool = False,
) -> Restored:
    """Make a library of a backup, with its vector index.

    Args:
        file: the backup.
        folder: where the library goes; it may be missing.
        now: goes into the names of what `force` puts aside.
        force: put a library that is there aside.
        progress: gets stages.
        server: where its vectors shall be; None for beside it.
        replica: the folder holds a copy that is only read. An older copy of the same library is replaced, and not put aside; nothing is
            put on the server, which whoever writes does.

    Raises:
        BackupDamaged, SchemaTooNew: the file is no backup, damaged, or of a newer citewise; nothing was written.
        FileNotWritten: the folder holds a library, or a file of a name that the backup has.
        LibraryBusy, LibraryReadOnly, LibraryFull: the folder cannot be written now; it is as it was.
    """
    report = progress or (lambda *_: None)
    with opened(file) as (archive, manifest):
        _refuse(folder, manifest, force or replica)
        done = 0

        def checked(some: int) -> None:
            nonlocal done
            done += some
            report("checking", done, manifest.bytes)

        check_hashes(file, archive, manifest, checked)
        with _folder(folder), writer_lock(folder):
            _refuse(folder, manifest, force or replica)
            new = {name: folder / (NEW if name == DATABASE else f"{name}.new") for name in manifest.files}
            with _removed_on_failure(folder, list(new.values())):
                for name, place in new.items():
                    with open(place, "wb", opener=permissions.owner_only) as sink:
                        for data in pieces(file, archive, manifest, name):
                            sink.write(data)
                        sink.flush()
                        os.fsync(sink.fileno())
                report("looking at the papers", 0, 0)
                _examine(file, folder, manifest)
                if replica and not force:
                    _refuse_another(folder)
            aside = _take_the_place(folder, new, "" if replica else f"{now:%Y%m%d-%H%M%S}")
            notes = () if replica and server else _publish(folder, server, report)
            return Restored(manifest, aside, notes)


def _refuse(folder: Path, manifest: Manifest, force: bool) -> None:
    """Raise FileNotWritten where something is there that must not be written over."""
    if folder.exists() and not folder.is_dir():
        raise FileNotWritten(f"{folder} is a file, and a library is a folder; name another one with --library")
    if force or not folder.is_dir():
        return
    try:
        holds = is_there(folder)
    except LibraryDamaged:
        holds = True
    there = [name for name in manifest.files if (folder / name).exists()]
    if holds or there:
        what = "a library" if holds else f"a file {there[0]}"
        raise FileNotWritten(
            f"{folder} holds {what}; nothing was changed. Name another folder with --library, or put what is there aside with --force"
        )


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """The folder, made where it is missing, and removed again where nothing came into it."""
    was_there = folder.exists()
    with mapped_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if not was_there and not database_file(folder).exists():
            (folder / "writer.lock").unlink(missing_ok=True)
            with suppress(OSError):  # something else is in it by now
                folder.rmdir()


@contextmanager
def _removed_on_failure(folder: Path, files: list[Path]) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        for path in files:
            for rest in (path, *side_files(path)):
                with suppress(OSError):
                    rest.unlink()
        if isinstance(error, OSError):
            raise LibraryFull(
                f"cannot write to the library {folder}: {error.strerror or error}; it is as it was, and nothing was left there"
            ) from error
        raise


def _examine(file: Path, folder: Path, manifest: Manifest) -> None:
    """Raise BackupDamaged where the database in the backup is none of ours: the hashes tell damage, not who made it."""
    try:
        with mapped_errors(folder), closing(connect(folder / NEW)) as connection:
            refuse_foreign(connection, folder)
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            papers = int(connection.execute("SELECT count(*) FROM papers").fetchone()[0])
            schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except LibraryDamaged as error:
        raise BackupDamaged(f"{file} is no backup of a library: its {DATABASE} is none; nothing was changed") from error
    if found != "ok" or (papers, schema) != (manifest.papers, manifest.schema):
        raise BackupDamaged(f"the backup {file} is damaged: its {DATABASE} is not what it says; nothing was changed")


def _refuse_another(folder: Path) -> None:
    """Raise FileNotWritten where the folder holds another library than the new file is a copy of, or papers of its own."""
    if not is_there(folder):
        return
    with mapped_errors(folder):
        (old, held), (new, brought) = (_told(place) for place in (database_file(folder), folder / NEW))
    if old != new or old is None or held > brought:
        what = (
            "a newer state of this library"
            if old == new and old is not None
            else "another library, or one that was never on a server"
        )
        raise FileNotWritten(
            f"{folder} holds {what}; nothing was changed. Name the folder of a replica, or put what is there aside with --force"
        )


def _told(file: Path) -> tuple[str | None, int]:
    """The identity of the library in a file, and its revision."""
    with closing(connect(file)) as connection:
        told = dict(connection.execute("SELECT key, value FROM meta WHERE key IN ('identity', 'revision')").fetchall())
    return told.get("identity"), int(told.get("revision") or 0)


def _take_the_place(folder: Path, new: dict[str, Path], date: str) -> tuple[str, ...]:
    """Give the new files their names, the database last; what had them keeps its content under a name with the date, where there is
    one."""
    aside: list[str] = []
    with suppress(sqlite3.Error), closing(connect(database_file(folder))) as old:
        old.execute("SELECT count(*) FROM sqlite_master")  # takes back what a killed writer left half done
    with mapped_errors(folder):
        for name in sorted(new, key=lambda name: name == DATABASE):
            place = folder / name
            if place.exists() and not date:
                permissions.set_like(new[name], place)
            elif place.exists():
                other = _free(place.with_name(f"{name}.before-{date}"))
                for side in side_files(place) if name == DATABASE else ():
                    side.rename(side.with_name(other.name + side.name.removeprefix(name)))
                try:
                    os.link(place, other)
                except OSError:  # a file system without a second name for a file
                    place.rename(other)
                aside.append(other.name)
                permissions.set_like(new[name], other)
            new[name].replace(place)
    return tuple(aside)


def _free(path: Path) -> Path:
    number = 2
    free = path
    while free.exists():
        free = path.with_name(f"{path.name}-{number}")
        number += 1
    return free


def _publish(folder: Path, server: ChromaServer | None, report: Progress) -> tuple[str, ...]:
    """Make the index; where that fails the library is there all the same, and the next question makes it."""
    library = Library.open(folder)
    try:
        indexes.publish(library, server, lambda done, total: report("indexing", done, total))
    except VectorsAway as error:
        return (str(error),)
    except (VectorIndexError, LibraryFull) as error:
        return (f"the vector index could not be made yet, and is made at the next question: {error}",)
    finally:
        library.close()
    return ()


def shown_command(file: Path, folder: Path) -> str:
    """The command that puts a backup back."""
    return f"citewise restore {quoted(file)} --library {quoted(folder)}"
