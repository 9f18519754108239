"""The vector index of a library, wherever it is kept: beside the library, or on a Chroma server."""

from collections.abc import Callable

from rag.library import publishing, server_publishing, word_index
from rag.library.chroma_server import ChromaServer
from rag.library.store import Library


def publish(
    library: Library,
    server: ChromaServer | None,
    report: Callable[[int, int], None] | None = None,
    *,
    fresh: bool = False,
) -> None:
    """Make an index of the library's present state current, and one of its words where it is large. Only the holder of the writer lock
    calls this.

    Raises:
        VectorIndexError, LibraryFull: it could not be made; the one that was current stays so.
    """
    word_index.publish(library.folder)
    if server is None:
        publishing.publish(library, report, fresh=fresh)
    else:
        server_publishing.publish(library, server, report, fresh=fresh)


def is_up_to_date(library: Library, server: ChromaServer | None) -> bool:
    """Whether an index of the library's present state has been published, as far as can be told quickly."""
    return publishing.is_up_to_date(library) if server is None else server_publishing.is_up_to_date(library, server)


def health(library: Library, server: ChromaServer | None) -> str:
    """One line on the index; nothing is repaired.

    Raises:
        VectorIndexError: it is missing, stale, damaged or away.
    """
    return publishing.health(library) if server is None else server_publishing.health(library, server)
