"""The vectors of a library in a collection of a Chroma server, and what says there which collection is complete.

Of each library and embedder a server has one collection without vectors, whose name follows from both and whose metadata, the `Mark`,
name the collection that is complete. It changes in one step, so a reader never sees half of anything. A window's id is random and never
given twice, and its vector never changes; so a collection that holds more windows than a library is right for it too, once those that
the library does not know are left out. Therefore a new revision only adds what is new to the same collection, while readers of the
revision before go on, and takes away what was gone by the revision before. Owns: names, marks, and asking. Knows nothing of publishing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rag.core.arrays import Matrix
from rag.core.errors import VectorsAway
from rag.library.chroma_server import Connection
from rag.library.files import quoted
from rag.library.store import Library
from rag.library.vector_index import VectorIndex, allowed_strays

BEGIN = "citewise-"
_EMBEDDER_DIGITS = 12
_SAMPLES = 48
_MOST_EXTRA = 4
"""So many times as many windows are asked for at most where some may be of another revision."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Which collection of a library is complete, which one was before it, the states of the library that it holds (the newest first),
    the library's revision then, and how many sampled passages missed themselves."""

    current: str = ""
    before: str = ""
    states: tuple[str, ...] = ()
    revision: int = 0
    strays: int = 0

    @classmethod
    def of(cls, pointer: Any | None) -> "Mark":
        """What a collection says; nothing where there is none.

        Raises:
            VectorsAway: it says what is no mark.
        """
        stored: Mapping[str, Any] = (pointer.metadata or {}) if pointer is not None else {}
        try:
            kept = {one.name: stored[one.name] for one in fields(cls) if one.name in stored}
            states = tuple(str(kept.pop("states", "")).split())
            return cls(**{name: type(getattr(_NONE, name))(value) for name, value in kept.items()}, states=states)
        except (TypeError, ValueError) as error:
            raise VectorsAway(f"the collection {pointer.name if pointer else ''} holds no mark of citewise") from error

    def told(self) -> dict[str, Any]:
        """As metadata of a collection."""
        return {**asdict(self), "states": " ".join(self.states)}


_NONE = Mark()


def pointer_of(library: Library) -> str:
    """The name of the collection that says which one is complete; "" where the library has never been on a server."""
    identity, embedder = library.identity, library.embedder
    if not identity:
        return ""
    return f"{BEGIN}{identity}-{embedder.sha256[:_EMBEDDER_DIGITS] if embedder else 'none'}"


class ServerIndex(VectorIndex):
    """A collection that is there. Its methods raise VectorsAway where the server cannot be asked."""

    def __init__(self, connection: Connection, collection: Any, mark: Mark) -> None:
        # Not that of the base class, which opens a folder.
        self.mark = mark
        self.revision = mark.revision
        self.origin = mark.current
        self.name = str(collection.name)
        self._connection = connection
        self._collection = collection
        self._strays = mark.strays
        self._size: int | None = None
        self._extra = 0
        self.is_whole = False
        """Whether the collection holds every passage that the library had when it was looked at."""

    def close(self) -> None:
        """Nothing of its own is open."""

    def count(self) -> int:
        """Number of vectors."""
        with self._connection.asking():
            return super().count()

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        with self._connection.asking():
            return super().ids()

    def look_at(self, library: Library) -> None:
        """Note how many vectors there are beside those of the library, which may be of any state."""
        self._size = self.count()
        self.is_whole = library.windows_digest() in self.mark.states
        self._extra = max(0, self._size - library.count_windows())

    def query(self, vector: Matrix, limit: int) -> dict[int, float]:
        """See `VectorIndex.query`. A few windows of other revisions may be among them."""
        if self._size == 0 or limit <= 0:
            return {}
        # Not bounded by the number of vectors, which may have grown since it was looked at.
        limit += min(self._extra, _MOST_EXTRA * limit)
        with self._connection.asking():
            return self._nearest(vector, limit)

    def add(self, library: Library, ids: Sequence[int]) -> None:
        """Send the vectors of these windows as far as they still exist, and nothing else of them. Those that are there stay as they
        are."""
        windows, embeddings = library.windows_by_id(ids)
        if windows:
            with self._connection.asking():
                self._collection.add(ids=[str(window.id) for window in windows], embeddings=embeddings)

    def delete(self, ids: Sequence[str]) -> None:
        """Take vectors away."""
        with self._connection.asking():
            self._collection.delete(ids=list(ids))

    @property
    def has_extra(self) -> bool:
        """Whether windows of other revisions may be found."""
        return self._extra > 0

    def strays(self, library: Library, samples: int = _SAMPLES, every: Sequence[int] | None = None) -> tuple[int, int]:
        """See `VectorIndex.strays`."""
        with self._connection.asking():
            return super().strays(library, samples, every)

    def problem(self, library: Library, samples: int = _SAMPLES) -> str | None:
        """What is wrong with the vectors of this library, all of whose ids are compared; None where they are there and found."""
        there, ids = self.ids(), library.window_ids()
        missing = sum(str(number) not in there for number in ids)
        if missing:
            return f"{missing:,} of {len(ids):,} passages have no vector there"
        return self.unfound(library, samples, ids)

    def unfound(self, library: Library, samples: int = _SAMPLES, every: Sequence[int] | None = None) -> str | None:
        """What is wrong with what is found for sampled passages; None where they find themselves."""
        sampled, strays = self.strays(library, samples, every)
        if strays > allowed_strays(self._strays, sampled):
            return f"{strays} of {sampled} sampled passages do not find themselves"
        return None


def open_current(library: Library, connection: Connection, before: ServerIndex | None = None) -> ServerIndex:
    """The complete collection of a library, looked at; `before` where that is still the one.

    Raises:
        VectorsAway: the server cannot be asked, or holds no complete one.
    """
    where = connection.server.shown
    name = pointer_of(library)
    mark = Mark.of(connection.collection(name)) if name else Mark()
    if not mark.states:
        raise VectorsAway(
            f"the Chroma server at {where} does not hold the vectors of the library {library.folder} yet; {_make(library.folder)}"
        )
    if before is not None and before.mark == mark:
        before.look_at(library)
        return before
    collection = connection.collection(mark.current)
    if collection is None:
        raise VectorsAway(
            f"the Chroma server at {where} has lost the vectors of the library {library.folder}; {_make(library.folder)}"
        )
    index = ServerIndex(connection, collection, mark)
    index.look_at(library)
    state = library.windows_digest()
    problem = _lost(index, library) if state in mark.states else None
    # Library and server may both have gone on meanwhile; then nothing is told by it.
    if problem and library.windows_digest() == state and Mark.of(connection.collection(name)) == mark:
        raise VectorsAway(
            f"the Chroma server at {where} has lost vectors of the library {library.folder} ({problem}); {_make(library.folder)}"
        )
    return index


def _lost(index: ServerIndex, library: Library) -> str | None:
    """What is missing of a library whose state the collection should hold, as far as can be told quickly."""
    count, wanted = index.count(), library.count_windows()
    return f"{count:,} for {wanted:,} passages" if count < wanted else index.unfound(library)


def _make(folder: Path) -> str:
    return f"make them where the library can be written: citewise doctor --repair --library {quoted(folder)}"
