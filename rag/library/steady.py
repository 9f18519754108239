"""The vector index as questions need it: always the newest one, and none of its failures ends a question.

Owns when it is opened again: where the library has changed, where it was lost, and after a while where it was away. Until then papers
are found by their words alone, which whoever asks is told by `missed`. Any thread may ask, but none within a snapshot of the library:
to open the index takes one.
"""

import logging
import threading
import time
from collections.abc import Callable

from rag.core.arrays import Matrix
from rag.core.domain import EmbedderIdentity
from rag.core.errors import VectorIndexError
from rag.library import publishing
from rag.library.chroma_server import ChromaServer, Connection
from rag.library.server_index import ServerIndex, open_current
from rag.library.store import Library
from rag.library.vector_index import VectorIndex

log = logging.getLogger(__name__)
_LEAST_WAIT, _MOST_WAIT = 1.0, 30.0
"""Seconds before one that is away is tried again."""
_REST = 5
"""How many times as long as a failure took: who has to wait for one shall be few."""
_LOOK_AGAIN = 30.0
"""Seconds after which a server is asked whether another collection is current, though the library has not changed."""
_QUICK = 1.0
"""Seconds within which a failure shows that trying again at once costs nobody much."""


class SteadyIndex:
    """The index of a library; close it.

    Args:
        library: whose.
        embedder: of the vectors that are asked with.
        server: where the vectors are; None for those beside the library.
        clock: in seconds.

    Raises:
        VectorIndexError: the index beside the library can neither be opened nor built. A server that is away is no error.
    """

    def __init__(
        self,
        library: Library,
        embedder: EmbedderIdentity,
        server: ChromaServer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._library, self._embedder, self._server, self._clock = library, embedder, server, clock
        self._connection: Connection | None = None
        self._index: VectorIndex | None = None
        self._of: tuple[object, ...] = ()
        self._lock = threading.RLock()
        self._asked = threading.local()
        self._why = ""
        self._next = 0.0
        if server is None:
            self._open()
        else:
            self._try_to_open()

    def close(self) -> None:
        """Free the index."""
        with self._lock:
            if self._index is not None:
                self._index.close()
            if self._connection is not None:
                self._connection.close()

    @property
    def missed(self) -> str:
        """Why the last `query` of this thread had no vectors; "" where it had."""
        return str(getattr(self._asked, "missed", ""))

    @property
    def is_whole(self) -> bool:
        """Whether it is there, and holds every passage of the library as it is now."""
        if self._why:
            return False
        if self._server is None:
            return publishing.is_up_to_date(self._library)
        index = self._index
        return isinstance(index, ServerIndex) and self._of[1:] == self._state() and index.is_whole

    def newest(self) -> "SteadyIndex":
        """Open what is current now, where that is another one than before, or it is time to try again.

        Raises:
            EmbedderMismatch: another library took the place of this one, with other embeddings.
        """
        self._asked.missed = ""
        if self._why:
            # One of those who ask tries it; nobody waits for that.
            if self._clock() >= self._next and self._lock.acquire(blocking=False):
                try:
                    self._try_to_open()
                finally:
                    self._lock.release()
            return self
        with self._lock:
            if not self._why and not self._is_current():
                self._try_to_open()
        return self

    def query(self, vector: Matrix, limit: int) -> dict[int, float]:
        """The nearest windows: {window id: cosine, -1..1}, best first; none where there is no index (`missed`)."""
        self._asked.missed = ""
        index, started = self._index, self._clock()
        if not self._why and index is not None:
            try:
                return self._nearest(index, vector, limit)
            except VectorIndexError as error:
                again = self._opened_after(index, error, self._clock() - started)
            if again is not None:
                try:
                    return self._nearest(again, vector, limit)
                except VectorIndexError as error:
                    with self._lock:
                        self._fail(error, self._clock() - started)
        if self._library.count_windows():
            self._asked.missed = self._why or "it was just being opened"
        return {}

    def _nearest(self, index: VectorIndex, vector: Matrix, limit: int) -> dict[int, float]:
        near = index.query(vector, limit)
        if isinstance(index, ServerIndex) and index.has_extra:
            known = {window.id for window in self._library.windows_by_id(near)[0]}
            near = {number: cosine for number, cosine in near.items() if number in known}
            near = dict(list(near.items())[:limit])
        return near

    def _opened_after(self, failed: VectorIndex, error: VectorIndexError, seconds: float) -> VectorIndex | None:
        """What can be asked instead of one that failed after so long: one that another thread has opened, or that is opened now."""
        with self._lock:
            if self._index is failed:
                self._of = ()
                if seconds > _QUICK:
                    self._fail(error, seconds)
                    return None
                log.info("%s; it is opened again", error)
                self._try_to_open()
            return None if self._why else self._index

    def _is_current(self) -> bool:
        if self._library.replaced != (self._of[0] if self._of else None):
            return False
        if self._server is None:
            assert self._index is not None
            return publishing.is_current(self._index, self._library)
        return self._of[1:] == self._state() and self._clock() < self._next

    def _state(self) -> tuple[object, ...]:
        return self._library.revision, self._library.identity

    def _try_to_open(self) -> None:
        started = self._clock()
        try:
            self._open()
        except VectorIndexError as error:
            self._fail(error, self._clock() - started)
            return
        if self._why:
            log.warning("the vector index of %s can be asked again", self._library.folder)
        self._why, self._next = "", self._clock() + _LOOK_AGAIN

    def _open(self) -> None:
        self._library.check_embedder(self._embedder)
        of = (self._library.replaced, *self._state())
        before = self._index
        if self._server is None:
            self._index = publishing.open_index(self._library)
        else:
            if self._connection is None:
                self._connection = _connected(self._server)
            self._index = open_current(
                self._library, self._connection, before if isinstance(before, ServerIndex) and self._of else None
            )
        self._of = of
        if before is not None and before is not self._index:
            before.close()

    def _fail(self, error: VectorIndexError, seconds: float) -> None:
        """Note that it is away, which took so long to be seen."""
        if not self._why:
            log.warning("%s. Papers are found by their words alone until it can be asked again", error)
        self._why = str(error)
        self._next = self._clock() + min(max(_REST * seconds, _LEAST_WAIT), _MOST_WAIT)


def _connected(server: ChromaServer) -> Connection:
    connection = Connection(server)
    try:
        connection.version()
    except BaseException:
        connection.close()
        raise
    return connection
