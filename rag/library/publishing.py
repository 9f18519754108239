"""Which vector index is current: publishing a new one, opening the current one, repairing it.

Chroma is not safe for several processes where one writes, and keeps vectors in files that a crash can spoil. So every
revision of the index is a folder of its own under `vectors/`, which is written by one process, complete before
`current.json` names it, and only read afterwards. At open its files are compared with their checksums before Chroma sees
them, and it with the library (number of vectors, and whether sampled vectors find themselves). Where it is wrong it is
rebuilt from the embeddings in SQLite, without embedding anything again.
"""

import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from rag.core import permissions
from rag.core.errors import LibraryBusy, LibraryFull, LibraryReadOnly, VectorIndexError
from rag.library import private, text_copy
from rag.library.checksums import checksums, checksums_of, damage_of_index, damage_of_texts
from rag.library.files import database_file
from rag.library.sqlite import writer_lock
from rag.library.store import Library
from rag.library.vector_index import Manifest, VectorIndex, chroma_exceptions

log = logging.getLogger(__name__)
_MANY_SAMPLES = 1_000
"""Passages that are looked for where everything is to be checked."""
_LEAST_ROOM = 1 << 20
"""Free bytes of a disk that is not full."""
_REBUILT = "it is rebuilt from the library at the next question or ingest, or by citewise doctor --repair"


def publish(library: Library, report: Callable[[int, int], None] | None = None, *, fresh: bool = False) -> None:
    """Make an index of the library's present state current. Only the holder of the writer lock calls this.

    It starts from a copy of the current index where that is sound, unless `fresh` asks to build from nothing.

    Raises:
        VectorIndexError: Chroma could not build it; the index that was current stays so.
    """
    root = library.folder / "vectors"
    current = None if fresh else current_manifest(root)
    sound = current is not None and _sound(root / current.folder, current)
    # An index that an older citewise made holds every text several times.
    reused = sound and current is not None and text_copy.is_there(root / current.folder)
    if (
        current
        and sound
        and current.revision == library.stored_revision
        and _mirrors(root / current.folder, current, library)
    ):
        return
    folder = root / f"{library.stored_revision:08d}-{uuid.uuid4().hex[:8]}"
    try:
        _make_root(root, library)
        if current and reused:
            shutil.copytree(root / current.folder, folder)
        manifest = _build(library, folder, report)
        permissions.set_like(folder, database_file(library.folder))
        _write_manifest(root, manifest, permissions.mode_like(database_file(library.folder)))
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


def _make_root(root: Path, library: Library) -> None:
    """The folder of the indexes; closed to whom the library's file is closed, also while an index is being made."""
    if not root.is_dir():
        root.mkdir()
        permissions.set_like(root, database_file(library.folder))


def _build(library: Library, folder: Path, report: Callable[[int, int], None] | None) -> Manifest:
    index = None
    try:
        index = VectorIndex(folder, Manifest(folder.name, library.stored_revision, 0))
        index.bring_up_to_date(library, report)
        text_copy.bring_up_to_date(folder, library)
        sampled, strays = index.strays(library)
        revision, count, expected = library.stored_revision, index.count(), library.count_windows()
        if count != expected or 2 * strays > sampled:
            raise VectorIndexError(
                f"the new vector index of {library.folder} is wrong: {count} vectors for {expected} passages, "
                f"{strays} of {sampled} sampled ones do not find themselves"
            )
    except chroma_exceptions() as error:
        if shutil.disk_usage(folder.parent).free < _LEAST_ROOM:  # Chroma does not say so
            raise LibraryFull(
                f"no space is left for the vector index of {library.folder}; the papers are stored. Free some and run it again"
            ) from error
        raise VectorIndexError(
            f"Chroma cannot build the vector index of {library.folder}; the papers are stored: {error}"
        ) from error
    finally:
        if index:
            index.close()
    return Manifest(folder.name, revision, count, strays, checksums(folder))


def _sound(folder: Path, manifest: Manifest) -> bool:
    """Whether an index can be opened and holds the number of vectors it should."""
    if not folder.is_dir():
        return False
    wrong = damage_of_index(folder, manifest.files, whole=True) or damage_of_texts(folder)
    if wrong:
        log.warning("the vector index %s is damaged: %s; building it anew", folder.name, wrong)
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


def current_manifest(root: Path) -> Manifest | None:
    """What `current.json` in this folder of indexes says; None where it is missing or cannot be read."""
    file = root / "current.json"
    if not file.is_file():  # a pipe in its place would be waited for without an end
        return None
    try:
        manifest = json.loads(file.read_text("utf-8"))
        return Manifest(
            str(manifest["folder"]),
            int(manifest["revision"]),
            int(manifest["count"]),
            int(manifest.get("strays", 0)),
            checksums_of(manifest.get("files")),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write_manifest(root: Path, manifest: Manifest, mode: int) -> None:
    partial = root / f"current.json.{os.getpid()}"
    for left in root.glob("current.json.*"):  # of a process that was killed: there is one writer at a time
        left.unlink()
    try:
        partial.write_text(json.dumps(asdict(manifest)), "utf-8")
        partial.chmod(mode)
        partial.replace(root / "current.json")
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise


def open_index(library: Library) -> VectorIndex:
    """The index of the library's present state, checked; rebuilt from the library where it is damaged or missing.

    Where a writer is at work, its last complete index. On a read-only folder, a private copy in the temporary folder.

    Raises:
        VectorIndexError: it can neither be opened nor built.
    """
    root = library.folder / "vectors"
    index = _open_current(library, root)
    if index and index.revision == library.stored_revision:
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
    except (LibraryBusy, LibraryReadOnly, LibraryFull, VectorIndexError) as error:
        # One revision behind: search by words finds what it lacks.
        if index and not (isinstance(error, LibraryReadOnly) and _is_of_another(index, library)):
            log.warning("the vector index is behind the library, and stays in use: %s", error)
            return index
        if index:
            index.close()
        log.warning("building a private vector index: %s", error)
        return _private(library)


def _is_of_another(index: VectorIndex, library: Library) -> bool:
    """Whether an index lacks most of the library: the file was replaced, in a folder that is only read, and it is of the one before."""
    try:
        there = index.ids()
    except chroma_exceptions():
        return True
    ids = library.window_ids()
    return 2 * sum(str(number) in there for number in ids) < len(ids)


def health(library: Library) -> str:
    """One line on the current index, all of whose files and many of whose passages are looked at; nothing is repaired.

    Raises:
        VectorIndexError: it is missing, stale or damaged.
    """
    root = library.folder / "vectors"
    manifest = current_manifest(root)
    if manifest is None or not (root / manifest.folder).is_dir():
        raise VectorIndexError(f"it is missing; {_REBUILT}")
    if manifest.revision != library.stored_revision:
        raise VectorIndexError(
            f"it is of revision {manifest.revision}, the library of revision {library.stored_revision}; {_REBUILT}"
        )
    wrong = damage_of_index(root / manifest.folder, manifest.files, whole=True)
    if wrong:
        raise VectorIndexError(f"it is damaged: {wrong}; {_REBUILT}")
    index = None
    try:
        index = _opened(root, manifest)
        count, wrong = index.count(), index.problem(library, _MANY_SAMPLES)
    except chroma_exceptions() as error:
        raise VectorIndexError(f"it is damaged and cannot be opened ({error}); {_REBUILT}") from error
    finally:
        _unmark(root)
        if index:
            index.close()
    if wrong:
        raise VectorIndexError(f"it is damaged: {wrong}; {_REBUILT}")
    if texts := damage_of_texts(root / manifest.folder):
        raise VectorIndexError(
            f"the copy of the texts beside it is damaged: {texts}; questions go on without it, and it is made anew with the next "
            "ingestion, or by citewise doctor --repair"
        )
    files = ", files as they were written" if manifest.files else ""
    return f"{count} vectors of revision {manifest.revision}, sampled ones find themselves{files}"


def is_current(index: VectorIndex, library: Library) -> bool:
    """Whether no newer index has been published, and the library has not moved on."""
    manifest = current_manifest(library.folder / "vectors")
    return index.revision == library.stored_revision or index.origin == (manifest.folder if manifest else "")


def is_up_to_date(library: Library) -> bool:
    """Whether an index of the library's present state has been published; its files are not looked at."""
    manifest = current_manifest(library.folder / "vectors")
    return manifest is not None and manifest.revision == library.stored_revision


def _open_current(library: Library, root: Path) -> VectorIndex | None:
    """The current index where there is a sound one; what is wrong with it is logged."""
    manifest = current_manifest(root)
    if manifest is None or not (root / manifest.folder).is_dir():
        return None
    if _crashed_before(root):
        log.warning("opening the vector index %s ended a process; it is damaged", manifest.folder)
        return None
    wrong = damage_of_index(root / manifest.folder, manifest.files)
    if wrong:
        log.warning("the vector index %s is damaged: %s", manifest.folder, wrong)
        return None
    index = None
    try:
        index = _opened(root, manifest)
        stale = manifest.revision != library.stored_revision
        problem = None if stale and index.count() == manifest.count else index.problem(library)
    except chroma_exceptions() as error:
        problem = f"it cannot be opened: {error}"
    finally:
        _unmark(root)
    if problem is None:
        return index
    log.warning("the vector index %s is wrong: %s", manifest.folder, problem)
    if index:
        index.close()
    return None


def _opened(root: Path, manifest: Manifest) -> VectorIndex:
    """Chroma writes while it opens, so a folder that cannot be written is read through a copy."""
    folder = root / manifest.folder
    if os.access(folder / "chroma.sqlite3", os.W_OK) and os.access(root, os.W_OK):
        (root / f"opening.{os.getpid()}").touch()
        return VectorIndex(folder, manifest)
    copy = private.copy_of(folder)
    try:
        return VectorIndex(copy, manifest, temporary=True)
    except BaseException:
        private.remove(copy)
        raise


def _unmark(root: Path) -> None:
    marker = root / f"opening.{os.getpid()}"
    # On a read-only file system even the removal of what is not there fails.
    if marker.exists():
        marker.unlink(missing_ok=True)


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


def _private(library: Library) -> VectorIndex:
    """An index of this process alone.

    Raises:
        VectorIndexError: it cannot be built.
    """
    try:
        folder = private.new_folder()
    except OSError as error:
        raise VectorIndexError(
            f"the library {library.folder} has no vector index that can be used, and none can be made in the temporary folder: "
            f"{error.strerror or error}"
        ) from error
    try:
        manifest = _build(library, folder, None)
        return VectorIndex(folder, replace(manifest, folder=""), temporary=True)
    except BaseException:
        private.remove(folder)
        raise
