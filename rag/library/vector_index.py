"""The vector index: Chroma, as llama-index's vector store without texts. Derived from the library, never the truth.

Owns: one index in one folder: filling, checking and querying it. Which folder is current, and what is done about a wrong
index, is `rag.library.publishing`.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rag.core.arrays import Matrix
from rag.core.domain import Window
from rag.core.environment import without_their_settings
from rag.core.errors import VectorIndexError
from rag.core.escaping import shorten
from rag.library import private
from rag.library.checksums import Checksums
from rag.library.store import Library

log = logging.getLogger(__name__)
_T = TypeVar("_T")
_COLLECTION = "windows"
ADD_BATCH = 500
_SAMPLES = 48
_FEW = 2
"""Of `_SAMPLES` passages, more of which may miss themselves than when the index was made: the search is approximate."""
HNSW: Any = {"space": "cosine", "ef_construction": 200, "max_neighbors": 16, "ef_search": 200}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `current.json` says: the folder of the index, the library revision it mirrors, its number of vectors, how many of
    the sampled passages missed themselves when it was made (among many near-twins one or the other does), and the checksums of its
    files."""

    folder: str
    revision: int
    count: int
    strays: int = 0
    files: Checksums = field(default_factory=dict)


class VectorIndex:
    """An open, checked index. Build it with `open_index`."""

    def __init__(self, folder: Path, manifest: Manifest, *, temporary: bool = False) -> None:
        # Chroma's own settings are not ours: a `.env` of another program in this folder must not stop us.
        with without_their_settings():
            import chromadb
            from chromadb.config import Settings as ChromaSettings

            chroma_settings = ChromaSettings(anonymized_telemetry=False)
        from rag.library.lean_store import LeanStore

        self._folder = folder
        self.revision = manifest.revision
        self.origin = manifest.folder
        self._strays = manifest.strays
        self._temporary = folder if temporary else None
        self._client: Any = chromadb.PersistentClient(str(folder), chroma_settings)
        self._collection: Any = self._client.get_or_create_collection(
            _COLLECTION, embedding_function=None, configuration={"hnsw": HNSW}
        )
        self.store = LeanStore(chroma_collection=self._collection)

    def close(self) -> None:
        """Free the index; a private copy is removed."""
        self._client.close()
        if self._temporary:
            private.remove(self._temporary)

    def count(self) -> int:
        """Number of vectors."""
        return int(self._collection.count())

    def ids(self) -> set[str]:
        """The ids of all vectors, as Chroma has them: in a damaged file they may be no numbers."""
        return set(self._collection.get(include=[])["ids"])

    def query(self, vector: Matrix, limit: int) -> dict[int, float]:
        """The nearest windows: {window id: cosine, -1..1}, best first.

        Raises:
            VectorIndexError: the index has been damaged since it was opened.
        """
        try:
            return self._nearest(vector, limit)
        except chroma_exceptions() as error:
            raise VectorIndexError(
                f"the vector index {self._folder} cannot be searched, its files are damaged or gone; start again, or run: "
                f"citewise doctor --repair ({shorten(str(error), 200)})"
            ) from error

    def _nearest(self, vector: Matrix, limit: int) -> dict[int, float]:
        # Not through the store, which fetches and parses every node: ids and distances take a tenth of the time. More than there are
        # may be asked for; to count them first would take five times as long as to search.
        found = self._collection.query(query_embeddings=vector[None], n_results=max(1, limit), include=["distances"])
        # Chroma's cosine distance is 1 - cosine.
        near = zip(found["ids"][0], found["distances"][0], strict=True)
        return {int(identifier): 1.0 - float(distance) for identifier, distance in near}

    def passages(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The words of every passage, and where they stand: `paper_id`, `title`, `start`, `end`; of an index that an older citewise
        made, which kept them."""
        every = self._collection.get(include=["documents", "metadatas"])
        return [
            (text, about)
            for text, about in zip(every["documents"], every["metadatas"], strict=True)
            if text is not None and about and about.keys() >= {"paper_id", "title", "start"}
        ]

    def problem(self, library: Library, samples: int = _SAMPLES) -> str | None:
        """What is wrong with the index, compared with the library at the same revision; None where it is sound."""
        ids = library.window_ids()
        if self.count() != len(ids):
            return f"{self.count()} vectors for {len(ids)} passages"
        if self.ids() != {str(number) for number in ids}:
            return "vectors of other passages"
        sampled, strays = self.strays(library, samples, ids)
        return (
            f"{strays} of {sampled} sampled passages do not find themselves"
            if strays > allowed_strays(self._strays, sampled)
            else None
        )

    def strays(self, library: Library, samples: int = _SAMPLES, every: Sequence[int] | None = None) -> tuple[int, int]:
        """How many passages were sampled, evenly, and how many of them do not find themselves; `every` are their ids where known."""
        ids = library.window_ids() if every is None else every
        step = max(1, len(ids) // samples)
        windows, embeddings = library.windows_by_id(ids[::step][:samples])
        if not windows or not self.count():
            return len(windows), len(windows)
        near = self._collection.query(
            query_embeddings=embeddings, n_results=min(10, self.count()), include=["distances"]
        )
        found = zip(windows, near["ids"], near["distances"], strict=True)
        return len(windows), sum(
            not _finds_itself(window, dict(zip(map(int, ids), distances, strict=True)))
            for window, ids, distances in found
        )

    def bring_up_to_date(self, library: Library, report: Callable[[int, int], None] | None = None) -> None:
        """Delete what the library no longer has and add what is new; `report` gets (done, total)."""
        in_library, in_index = library.window_ids(), self.ids()
        for gone in in_chunks(sorted(in_index - {str(number) for number in in_library}), ADD_BATCH):
            self._collection.delete(ids=list(gone))
        new = sorted(number for number in in_library if str(number) not in in_index)
        for done, some in enumerate(in_chunks(new, ADD_BATCH)):
            self.store.add(nodes_of(library, some))
            if report:
                report(min((done + 1) * ADD_BATCH, len(new)), len(new))


def allowed_strays(before: int, sampled: int) -> float:
    """Of so many sampled passages, how many may miss themselves where `before` of them did when the index was made."""
    return (before + _FEW) * sampled / _SAMPLES if sampled >= _SAMPLES else before


def _finds_itself(window: Window, distances: Mapping[int, float]) -> bool:
    """Whether a passage is near itself by these distances (1 - cosine); a twin with the same text may stand in for it."""
    return distances.get(window.id, 1.0) < 0.01 or any(distance < 0.0001 for distance in distances.values())


def in_chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """The items, at most `size` at once."""
    return (items[start : start + size] for start in range(0, len(items), size))


def nodes_of(library: Library, window_ids: Sequence[int]) -> list[Any]:
    """A llama-index `TextNode` of each window: its embedding, and the paper that it refers to. Its words are not indexed."""
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

    windows, embeddings = library.windows_by_id(window_ids)
    return [
        TextNode(
            id_=str(window.id),
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=window.paper_id)},
            embedding=embedding,
        )
        for window, embedding in zip(windows, embeddings.tolist(), strict=True)
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


def chroma_exceptions() -> tuple[type[Exception], ...]:
    """What Chroma raises over a damaged or unwritable folder."""
    with without_their_settings():
        from chromadb.errors import ChromaError

    # A damaged folder surfaces as ChromaError, as an error of the Rust core (RuntimeError, ValueError), or of SQLite.
    return (ChromaError, RuntimeError, ValueError, OSError, sqlite3.Error)
