"""A library as one file, made while others read and write.

The file is a zip archive of files that are stored as they are: `manifest.json`, `library.sqlite3`, and what people wrote beside it. The
vector index is derived and not in it. What such a file may hold is in `archives`, how it is put back in `restore`.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from rag import __version__
from rag.core import leftovers, permissions
from rag.core.errors import FileNotWritten, LibraryDamaged
from rag.library.archives import BESIDE, DATABASE, FORMAT, MANIFEST, Manifest
from rag.library.files import database_file, problem_in
from rag.library.sqlite import connect, mapped_errors, way_out
from rag.library.store import Library

Progress = Callable[[str, int, int], None]
"""Called with a stage ("copying", "checking", "packing", …), the number done, and the total."""
_PAGES = 4_096
_RESTARTS = 3
"""Times that a writer may make the copy begin anew before it is made in one piece, for which the writer waits."""
_CHUNK = 1 << 20
_TARGET_FAILS = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


class _BeginsAnew(Exception):
    """Another process wrote, so that the copy would begin anew."""


def backup(folder: Path, target: Path, *, force: bool = False, progress: Progress | None = None) -> Manifest:
    """Write the newest committed state of a library into one file. Windows may be open and papers be taken in meanwhile.

    Args:
        folder: the library's.
        target: the file; one that is there is only replaced by `force`, in one step.
        progress: gets stages.

    Raises:
        FileNotWritten: the file is there, or cannot be written; nothing is left of it.
        LibraryMissing, LibraryDamaged, SchemaTooNew: there is no library that is whole.
    """
    report = progress or (lambda *_: None)
    Library.open(folder).close()  # what is no library is told before anything is written
    if target.is_dir():
        raise FileNotWritten(f"{target} is a folder; name a file in it, such as {target / 'papers.citewise'}")
    if target.exists() and not force:
        raise _there(target)
    with _workspace(target) as workspace:
        copied = workspace / DATABASE
        _copy(folder, copied, report)
        report("checking", 0, 0)
        told = _told(folder, copied)
        packed = workspace / "packed"
        with _writing(target):
            files = _pack(packed, told, [(DATABASE, copied), *_beside(folder)], report)
            _put(packed, target, force)
    return Manifest(**{**told, "files": files})


@dataclass(frozen=True, slots=True)
class _Aside:
    """A file that was copied, with its size and its hash."""

    bytes: int
    sha256: str


def _copy(folder: Path, copied: Path, report: Progress) -> None:
    """Copy the database page by page. A writer does not wait for it, unless it made the copy begin anew too often."""
    least: list[int] = []

    def pages(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):  # a writer is just storing a batch
            return
        if least and remaining >= least[-1]:
            raise _BeginsAnew
        least.append(remaining)
        report("copying", total - remaining, total)

    with mapped_errors(folder), closing(connect(database_file(folder))) as source:
        for attempt in range(_RESTARTS + 1):
            least.clear()
            with _writing(copied.parent.parent), closing(sqlite3.connect(copied)) as target:
                try:
                    source.backup(target, pages=_PAGES if attempt < _RESTARTS else -1, progress=pages, sleep=0.05)
                    return
                except _BeginsAnew:
                    pass
                except sqlite3.Error as error:
                    if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _TARGET_FAILS:
                        raise OSError(0, f"{error}", str(copied)) from error
                    raise
            copied.unlink(missing_ok=True)


def _told(folder: Path, copied: Path) -> dict[str, Any]:
    """What the manifest says of the copy, all of which is read.

    Raises:
        LibraryDamaged: it is not whole, so that it would be no backup.
    """
    with mapped_errors(folder), closing(connect(copied)) as connection:
        stored = dict(connection.execute("SELECT key, value FROM meta"))
        embedder = json.loads(stored.get("embedder") or "{}")
        problem = problem_in(connection, embedder.get("dimension"))
        if problem:
            raise LibraryDamaged(
                f"the library {folder} is damaged ({problem}), so that nothing was backed up; {way_out(folder)}"
            )
        papers, passages = (
            int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in ("papers", "windows")
        )
        schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
    return {
        "format": FORMAT,
        "citewise": __version__,
        "schema": schema,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "papers": papers,
        "passages": passages,
        "revision": int(stored.get("revision") or 0),
        "embedder": str(embedder.get("name", "")),
    }


def _beside(folder: Path) -> list[tuple[str, Path]]:
    """Files in the folder that are not derived from the database."""
    return [
        (path.name, path)
        for path in sorted(folder.iterdir())
        if BESIDE.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    ]


def _pack(
    packed: Path, told: Mapping[str, Any], files: list[tuple[str, Path]], report: Progress
) -> dict[str, dict[str, Any]]:
    sizes = [path.stat().st_size for _, path in files]
    kept: dict[str, dict[str, Any]] = {}
    done = 0
    permissions.make_for_owner(packed)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for (name, path), size in zip(files, sizes, strict=True):
            with path.open("rb") as source, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as sink:
                kept[name] = asdict(_copied(source, sink, size, lambda some: report("packing", some, sum(sizes)), done))
            done += size
        archive.writestr(MANIFEST, json.dumps({**told, "files": kept}, indent=1))
    with packed.open("rb") as stream:
        os.fsync(stream.fileno())
    return kept


def _copied(source: IO[bytes], sink: IO[bytes], size: int, report: Callable[[int], None], before: int) -> _Aside:
    """Copy at most `size` bytes: a file of votes may grow meanwhile."""
    digest, left = hashlib.sha256(), size
    while left and (data := source.read(min(_CHUNK, left))):
        digest.update(data)
        sink.write(data)
        left -= len(data)
        report(before + size - left)
    return _Aside(size - left, digest.hexdigest())


def _put(packed: Path, target: Path, force: bool) -> None:
    """Give the whole file its name; without `force` only where nothing has it, however short the time since it was looked for."""
    if force:
        packed.replace(target)
        return
    try:
        os.link(packed, target)
    except FileExistsError:
        raise _there(target) from None
    except OSError:  # a file system without a second name for a file
        if target.exists():
            raise _there(target) from None
        packed.rename(target)


def _there(target: Path) -> FileNotWritten:
    return FileNotWritten(f"{target} is there already; nothing was overwritten. Name another file, or use --force")


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileNotWritten(
            f"cannot write the backup {target}: {error.strerror or error}; nothing of it was left there"
        ) from error


@contextmanager
def _workspace(target: Path) -> Iterator[Path]:
    """A folder beside the target for what is not complete. What a kill left there of an earlier backup of this name goes too."""
    prefix = f".{target.name}."
    with _writing(target):
        for old in target.absolute().parent.glob(f"{prefix}*.backup"):
            with suppress(OSError, ValueError):
                os.kill(int((old / "pid").read_text("ascii")), 0)
                continue
            shutil.rmtree(old, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=prefix, suffix=".backup", dir=target.absolute().parent))
        leftovers.remove_at_end(folder)
        (folder / "pid").write_text(str(os.getpid()), "ascii")
    try:
        yield folder
    finally:
        leftovers.remove(folder)
