"""The vector index: Chroma, through llama-index's `ChromaVectorStore`. Derived from the library, never the truth.

Owns: building, checking, publishing and querying it. Chroma is not safe for several processes where one writes, and keeps
vectors in files that a crash can spoil. So every revision of the index is a folder of its own under `vectors/`, which is
written by one process, complete before `current.json` names it, and never changed afterwards. At open it is compared with
the library (number of vectors, and whether sampled vectors find themselves) and rebuilt from the embeddings in SQLite
where it is wrong, without embedding anything again.
"""

import json
import logging
import math
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.domain import Window
from rag.errors import LibraryBusy, LibraryFull, LibraryReadOnly, VectorIndexError
from rag.library import Library, Matrix
from rag.locking import writer_lock

log = logging.getLogger(__name__)
_COLLECTION = "windows"
_ADD_BATCH = 500
_SAMPLES = 8
_HNSW: Any = {"space": "cosine", "ef_construction": 200, "max_neighbors": 16, "ef_search": 200}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `current.json` says: the folder of the index, the library revision it mirrors, its number of vectors."""

    folder: str
    revision: int
    count: int


class VectorIndex:
    """An open, checked index. Build it with `open_index`."""

    def __init__(self, folder: Path, manifest: Manifest, *, temporary: bool = False) -> None:
        import chromadb
        from chromadb.config import Settings as ChromaSettings
        from llama_index.vector_stores.chroma import ChromaVectorStore

        self.revision = manifest.revision
        self._temporary = folder if temporary else None
        self._client: Any = chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))
        self._collection = self._client.get_or_create_collection(
            _COLLECTION, embedding_function=None, configuration={"hnsw": _HNSW}
        )
        self.store = ChromaVectorStore(chroma_collection=self._collection)

    def close(self) -> None:
        """Free the index; a private copy is removed."""
        self._client.close()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def count(self) -> int:
        """Number of vectors."""
        return int(self._collection.count())

    def query(self, vector: Matrix, limit: int) -> dict[int, float]:
        """The nearest windows: {window id: cosine, -1..1}, best first."""
        from llama_index.core.vector_stores.types import VectorStoreQuery

        limit = min(limit, self.count())
        if limit == 0:
            return {}
        found = self.store.query(VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=limit))
        # ChromaVectorStore gives exp(-distance), and Chroma's cosine distance is 1 - cosine.
        return {
            int(identifier): 1.0 + math.log(max(similarity, 1e-9))
            for identifier, similarity in zip(found.ids or [], found.similarities or [], strict=True)
        }

    def problem(self, library: Library) -> str | None:
        """What is wrong with the index, compared with the library at the same revision; None where it is sound."""
        ids = library.window_ids()
        if self.count() != len(ids):
            return f"{self.count()} vectors for {len(ids)} passages"
        step = max(1, len(ids) // _SAMPLES)
        windows, embeddings = library.windows_by_id(ids[::step][:_SAMPLES])
        lost = sum(not self._finds(window, row) for window, row in zip(windows, embeddings, strict=True))
        # The search is approximate: among many near-twins one or the other may be missed in a sound index.
        return f"{lost} of {len(windows)} sampled passages do not find themselves" if 2 * lost > len(windows) else None

    def _finds(self, window: Window, embedding: Matrix) -> bool:
        found = self.query(embedding, 10)
        # A twin with the same text may stand in for the passage itself.
        return found.get(window.id, 0.0) > 0.99 or any(cosine > 0.9999 for cosine in found.values())

    def bring_up_to_date(self, library: Library, report: Callable[[int, int], None] | None = None) -> None:
        """Delete what the library no longer has and add what is new; `report` gets (done, total)."""
        wanted, there = set(library.window_ids()), {int(i) for i in self._collection.get(include=[])["ids"]}
        for gone in _chunks(sorted(there - wanted), _ADD_BATCH):
            self._collection.delete(ids=[str(i) for i in gone])
        new = sorted(wanted - there)
        for done, some in enumerate(_chunks(new, _ADD_BATCH)):
            self.store.add(_nodes(library, some))
            if report:
                report(min((done + 1) * _ADD_BATCH, len(new)), len(new))


def _chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _nodes(library: Library, window_ids: Sequence[int]) -> list[Any]:
    with library.snapshot():
        windows, embeddings = library.windows_by_id(window_ids)
        papers = {paper.id: paper for paper in library.papers({window.paper_id for window in windows})}
    return [
        window_node(window, papers[window.paper_id].title, papers[window.paper_id].abstract, embedding)
        for window, embedding in zip(windows, embeddings, strict=True)
    ]


def window_node(window: Window, title: str, abstract: str, embedding: Matrix | None = None) -> Any:
    """A llama-index `TextNode` of a window that refers to its paper; its text is the window's exact words."""
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

    return TextNode(
        id_=str(window.id),
        text=window.span.of(abstract),
        metadata={"paper_id": window.paper_id, "title": title, "start": window.span.start, "end": window.span.end},
        excluded_llm_metadata_keys=["paper_id", "start", "end"],
        excluded_embed_metadata_keys=["paper_id", "start", "end"],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=window.paper_id)},
        embedding=None if embedding is None else embedding.astype(float).tolist(),
    )


# --- publishing and opening ---------------------------------------------------------------------------------------


def publish(library: Library, report: Callable[[int, int], None] | None = None, *, fresh: bool = False) -> None:
    """Make an index of the library's present state current. Only the holder of the writer lock calls this.

    It starts from a copy of the current index where that is sound, unless `fresh` asks to build from nothing.

    Raises:
        VectorIndexError: Chroma could not build it; the index that was current stays so.
    """
    root = library.folder / "vectors"
    current = None if fresh else _current(root)
    sound = current is not None and _sound(root / current.folder, current)
    if current and sound and current.revision == library.revision:
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
        return Manifest(folder.name, library.revision, index.count())
    except _chroma_exceptions() as error:
        raise VectorIndexError(f"Chroma cannot build the vector index of {library.folder}: {error}") from error
    finally:
        if index:
            index.close()


def _sound(folder: Path, manifest: Manifest) -> bool:
    """Whether an index can be opened and holds the number of vectors it should."""
    if not folder.is_dir():
        return False
    index = None
    try:
        index = VectorIndex(folder, manifest)
        return index.count() == manifest.count
    except _chroma_exceptions() as error:
        log.warning("the vector index %s cannot be opened (%s); building it anew", folder.name, error)
        return False
    finally:
        if index:
            index.close()


def _current(root: Path) -> Manifest | None:
    try:
        return Manifest(**json.loads((root / "current.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
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
    return index.revision == library.revision or (manifest is not None and manifest.revision == index.revision)


def _open_current(library: Library, root: Path) -> VectorIndex | None:
    manifest = _current(root)
    if manifest is None or not (root / manifest.folder).is_dir():
        return None
    try:
        writable = os.access(root / manifest.folder / "chroma.sqlite3", os.W_OK) and os.access(root, os.W_OK)
        # Chroma writes while it opens, so a read-only folder is read through a copy.
        folder = root / manifest.folder if writable else _copy(root / manifest.folder)
        index = VectorIndex(folder, manifest, temporary=not writable)
    except _chroma_exceptions() as error:
        log.warning("the vector index %s cannot be opened: %s", manifest.folder, error)
        return None
    try:
        stale = manifest.revision != library.revision
        problem = None if stale and index.count() == manifest.count else index.problem(library)
    except _chroma_exceptions() as error:
        problem = str(error)
    if problem:
        log.warning("the vector index %s is wrong: %s", manifest.folder, problem)
        index.close()
        return None
    return index


def _copy(folder: Path) -> Path:
    copy = Path(tempfile.mkdtemp(prefix="citewise-")) / "index"
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return copy


def _private(library: Library) -> VectorIndex:
    folder = Path(tempfile.mkdtemp(prefix="citewise-")) / "index"
    manifest = _build(library, folder, None)
    return VectorIndex(folder, manifest, temporary=True)


def _chroma_exceptions() -> tuple[type[Exception], ...]:
    from chromadb.errors import ChromaError

    # A damaged folder surfaces as ChromaError, as an error of the Rust core (RuntimeError, ValueError), or of SQLite.
    return (ChromaError, RuntimeError, ValueError, OSError, sqlite3.Error)
