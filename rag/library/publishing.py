"""Which vector index is current: publishing a new one, opening the current one, repairing it.

Chroma is not safe for several processes where one writes, and keeps vectors in files that a crash can spoil. So every
revision of the index is a folder of its own under `vectors/`, which is written by one process, complete before
`current.json` names it, and only read afterwards. At open it is compared with the library (number of vectors, and
whether sampled vectors find themselves) and rebuilt from the embeddings in SQLite where it is wrong, without embedding
anything again.
"""

import json
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from rag.core.errors import LibraryBusy, LibraryFull, LibraryReadOnly, VectorIndexError
from rag.library.sqlite import writer_lock
from rag.library.store import Library
from rag.library.vector_index import Manifest, VectorIndex, chroma_exceptions

log = logging.getLogger(__name__)


def publish(library: Library, report: Callable[[int, int], None] | None = None, *, fresh: bool = False) -> None:
    """Make an index of the library's present state current. Only the holder of the writer lock calls this.

    It starts from a copy of the current index where that is sound, unless `fresh` asks to build from nothing.

    Raises:
        VectorIndexError: Chroma could not build it; the index that was current stays so.
    """
    root = library.folder / "vectors"
    current = None if fresh else _current(root)
    sound = current is not None and _sound(root / current.folder, current)
    if current and sound and current.revision == library.revision and _mirrors(root / current.folder, current, library):
        return
    folder = root / f"{library.revision:08d}-{uuid.uuid4().hex[:8]}"
    try:
        root.mkdir(exist_ok=True)
        if current and sound:
            shutil.copytree(root / current.folder, folder)
        manifest = _build(library, folder, report)
        _write_manifest(root, manifest)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise LibraryFull(f"cannot write the vector index of {library.folder}: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    # The one before stays for readers that are just opening it.
    keep = {manifest.folder, current.folder if current else ""}
    for old in root.iterdir():
        if old.is_dir() and old.name not in keep:
            shutil.rmtree(old, ignore_errors=True)


def _build(library: Library, folder: Path, report: Callable[[int, int], None] | None) -> Manifest:
    index = None
    try:
        index = VectorIndex(folder, Manifest(folder.name, library.revision, 0))
        index.bring_up_to_date(library, report)
        problem = index.problem(library)
        if problem:
            raise VectorIndexError(f"the new vector index of {library.folder} is wrong: {problem}")
        revision, count = library.revision, index.count()
    except chroma_exceptions() as error:
        raise VectorIndexError(f"Chroma cannot build the vector index of {library.folder}: {error}") from error
    finally:
        if index:
            index.close()
    return Manifest(folder.name, revision, count)


def _sound(folder: Path, manifest: Manifest) -> bool:
    """Whether an index can be opened and holds the number of vectors it should."""
    if not folder.is_dir():
        return False
    index = None
    try:
        index = VectorIndex(folder, manifest)
        return index.count() == manifest.count
    except chroma_exceptions() as error:
        log.warning("the vector index %s cannot be opened (%s); building it anew", folder.name, error)
        return False
    finally:
        if index:
            index.close()


def _mirrors(folder: Path, manifest: Manifest, library: Library) -> bool:
    """Whether an index of the library's revision is this library's, and not one of another that stood in its place."""
    index = VectorIndex(folder, manifest)
    try:
        return index.problem(library) is None
    finally:
        index.close()


def _current(root: Path) -> Manifest | None:
    try:
        manifest = json.loads((root / "current.json").read_text("utf-8"))
        return Manifest(str(manifest["folder"]), int(manifest["revision"]), int(manifest["count"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write_manifest(root: Path, manifest: Manifest) -> None:
    partial = root / f"current.json.{os.getpid()}"
    partial.write_text(json.dumps(asdict(manifest)), "utf-8")
    partial.replace(root / "current.json")


def open_index(library: Library) -> VectorIndex:
    """The index of the library's present state, checked; rebuilt from the library where it is damaged or missing.

    Where a writer is at work, its last complete index. On a read-only folder, a private copy in the temporary folder.

    Raises:
        VectorIndexError: it can neither be opened nor built.
    """
    root = library.folder / "vectors"
    index = _open_current(library, root)
    if index and index.revision == library.revision:
        return index
    try:
        with writer_lock(library.folder):
            publish(library, fresh=index is None)
        if index:
            index.close()
        repaired = _open_current(library, root)
        if repaired is None:
            raise VectorIndexError(f"the vector index of {library.folder} was rebuilt but cannot be opened")
        return repaired
    except (LibraryBusy, LibraryReadOnly, LibraryFull) as error:
        if index:  # One revision behind: search by words finds what it lacks.
            return index
        log.warning("building a private vector index: %s", error)
        return _private(library)


def health(library: Library) -> str:
    """One line on the current index, without repairing anything.

    Raises:
        VectorIndexError: it is missing, stale or damaged.
    """
    index = _open_current(library, library.folder / "vectors")
    try:
        if index is None or index.revision != library.revision:
            raise VectorIndexError(
                "missing, damaged or behind the library; it is rebuilt from the library at the next question or ingest"
            )
        return f"{index.count()} vectors of revision {index.revision}, sampled ones find themselves"
    finally:
        if index:
            index.close()


def is_current(index: VectorIndex, library: Library) -> bool:
    """Whether no newer index has been published, and the library has not moved on."""
    manifest = _current(library.folder / "vectors")
    return index.revision == library.revision or index.origin == (manifest.folder if manifest else "")


def _open_current(library: Library, root: Path) -> VectorIndex | None:
    manifest = _current(root)
    if manifest is None or not (root / manifest.folder).is_dir():
        return None
    if _crashed_before(root):
        log.warning("opening the vector index %s ended a process; it is damaged", manifest.folder)
        return None
    marker = root / f"opening.{os.getpid()}"
    try:
        writable = os.access(root / manifest.folder / "chroma.sqlite3", os.W_OK) and os.access(root, os.W_OK)
        # Chroma writes while it opens, so a read-only folder is read through a copy.
        folder = root / manifest.folder if writable else _copy(root / manifest.folder)
        if writable:
            marker.touch()
        index = VectorIndex(folder, manifest, temporary=not writable)
    except chroma_exceptions() as error:
        marker.unlink(missing_ok=True)
        log.warning("the vector index %s cannot be opened: %s", manifest.folder, error)
        return None
    try:
        stale = manifest.revision != library.revision
        problem = None if stale and index.count() == manifest.count else index.problem(library)
    except chroma_exceptions() as error:
        problem = str(error)
    finally:
        marker.unlink(missing_ok=True)
    if problem:
        log.warning("the vector index %s is wrong: %s", manifest.folder, problem)
        index.close()
        return None
    return index


def _crashed_before(root: Path) -> bool:
    """Whether a process died while it opened the index: over some damage Chroma takes the whole process down.

    Each process leaves a marker while it opens; a marker whose process is gone tells. It is removed here, so that the
    index that is built instead gets its chance.
    """
    crashed = False
    for marker in root.glob("opening.*"):
        try:
            os.kill(int(marker.suffix[1:]), 0)
        except (ProcessLookupError, ValueError):
            with suppress(OSError):
                marker.unlink()
            crashed = True
        except OSError:
            pass
    return crashed


def _copy(folder: Path) -> Path:
    copy = Path(tempfile.mkdtemp(prefix="citewise-")) / "index"
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return copy


def _private(library: Library) -> VectorIndex:
    folder = Path(tempfile.mkdtemp(prefix="citewise-")) / "index"
    manifest = _build(library, folder, None)
    return VectorIndex(folder, replace(manifest, folder=""), temporary=True)
