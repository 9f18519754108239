"""Putting the vectors of a library on a Chroma server: only what is new, complete before it is current.

Owns the order of the steps, so that a stop or a failure anywhere leaves what was current, and the rule that two copies of a library
which went different ways never share vectors: who finds that another copy has put another state there takes a name of its own. What a
copy has put there is noted beside it, in `vectors/server.json`; where that note is missing, all that it costs is sending them anew.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from rag.core import permissions
from rag.core.errors import VectorIndexError, VectorsAway
from rag.core.escaping import counted
from rag.library.chroma_server import ChromaServer, Connection
from rag.library.files import database_file, quoted
from rag.library.server_index import BEGIN, Mark, ServerIndex, pointer_of
from rag.library.store import Library
from rag.library.vector_index import ADD_BATCH, HNSW, in_chunks, nodes_of

log = logging.getLogger(__name__)
Report = Callable[[int, int], None]
WAITS = (0.5, 2.0, 5.0)
"""Seconds before a batch is sent again that a server did not take."""
_MANY_SAMPLES = 1_000
_OLD_SECONDS = 24 * 3_600
"""After so long a collection that never became complete is nobody's work any more."""


@dataclass(frozen=True, slots=True)
class _Note:
    """What this copy of a library has put on a server: under which name, the last state that it made current, the one that it is
    making, the collection that is not complete yet, and the windows that go next time."""

    pointer: str = ""
    published: str = ""
    publishing: str = ""
    building: str = ""
    leaving: tuple[str, ...] = ()


def publish(library: Library, server: ChromaServer, report: Report | None = None, *, fresh: bool = False) -> None:
    """Make the vectors of the library's present state current on a server. Only the holder of the writer lock calls this.

    What is there is added to where it is sound, unless `fresh` asks to build from nothing.

    Raises:
        VectorsAway, VectorIndexError: it could not be done; what was current there stays so.
    """
    try:
        with closing(Connection(server, writing=True)) as connection:
            connection.version()
            _Publishing(library, connection, report).run(fresh=fresh)
    except VectorsAway as error:
        raise VectorsAway(
            f"{error}. The library itself is up to date; its vectors are sent with the next ingestion, or by: "
            f"citewise doctor --repair --library {quoted(library.folder)}"
        ) from error


def is_up_to_date(library: Library, server: ChromaServer) -> bool:
    """Whether the vectors of the library's present state are on the server; their number is looked at, not what they are."""
    try:
        with closing(Connection(server)) as connection:
            name = pointer_of(library)
            mark = Mark.of(connection.collection(name)) if name else Mark()
            if library.windows_digest() not in mark.states:
                return False
            collection = connection.collection(mark.current)
            return (
                collection is not None and ServerIndex(connection, collection, mark).count() >= library.count_windows()
            )
    except VectorsAway as error:
        log.warning("%s. Papers are stored all the same, and their vectors sent when it can be reached", error)
        return False


def health(library: Library, server: ChromaServer) -> str:
    """One line on the server and the vectors of the library there, all of whose ids and many of which are looked at.

    Raises:
        VectorIndexError: something is wrong.
    """
    way_out = f"run: citewise doctor --repair --library {quoted(library.folder)}"
    with closing(Connection(server, writing=True)) as connection:
        version = connection.version()
        where = f"the Chroma server at {server.shown} (interface {version})"
        name = pointer_of(library)
        mark = Mark.of(connection.collection(name)) if name else Mark()
        every = connection.collections(BEGIN)
        collection = connection.collection(mark.current) if mark.current else None
        if collection is None:
            raise VectorIndexError(
                f"{where} does not hold the vectors of this library{_others(every, name)}; {way_out}"
            )
        index = ServerIndex(connection, collection, mark)
        problem = index.problem(library, _MANY_SAMPLES)
        if problem:
            raise VectorIndexError(f"{where}, collection {index.name}: {problem}; {way_out}")
        state = (
            ""
            if mark.states[0] == library.windows_digest()
            else ", and passages that this copy of the library does not have"
        )
        return (
            f"{where} holds {counted(index.count(), 'vector')} in {index.name}, sampled ones find themselves{state}"
            f"{_others(every, name)}"
        )


def _others(every: Collection[str], name: str) -> str:
    others = {one.partition(".")[0] for one in every} - {name}
    return f"; beside it there are vectors of {len(others):,} more under other names" if others else ""


class _Publishing:
    """One publication. The caller holds the writer lock."""

    def __init__(self, library: Library, connection: Connection, report: Report | None) -> None:
        self._library = library
        self._connection = connection
        self._report = report
        self._now = library.windows_digest()
        self._file = library.folder / "vectors" / "server.json"
        if not library.identity:
            library.name_anew()
        self._name = pointer_of(library)
        self._mark = Mark.of(connection.collection(self._name))
        self._note = self._read_note()

    def run(self, *, fresh: bool) -> None:
        if not fresh and self._now in self._mark.states[1:]:
            log.info("the Chroma server holds a newer state of the library %s beside this one", self._library.folder)
            return
        if self._went_another_way():
            self._library.name_anew()
            self._name, self._mark, self._note = pointer_of(self._library), Mark(), _Note()
            log.warning(
                "another copy of the library %s has put other papers on the Chroma server; this one has vectors of its own there from "
                "now on, which are sent anew",
                self._library.folder,
            )
        newest = self._mark.states[0] if self._mark.states else ""
        self._note = replace(self._note, pointer=self._name, published=newest, publishing=self._now)
        self._write_note()
        current = None if fresh else self._current()
        index = current or self._begun()
        there = self._fill(index)
        strays = self._checked(index)
        leaving = there - {str(number) for number in self._library.window_ids()}
        # What was gone by the state before goes now; what is gone since stays for readers of that state.
        gone = leaving & set(self._note.leaving) if current else set()
        former = self._mark
        self._make_current(index, strays, in_place=current is not None)
        self._tidy_up(index, gone, former)
        self._note = _Note(self._name, self._now, leaving=tuple(sorted(leaving - gone)))
        self._write_note()

    def _went_another_way(self) -> bool:
        """Whether another copy of this library has made a state current that this one never was in."""
        newest = self._mark.states[0] if self._mark.states else self._now
        return newest not in (self._now, self._note.published, self._note.publishing)

    def _current(self) -> ServerIndex | None:
        """The collection that is complete, where it is sound."""
        if not self._mark.current:
            return None
        collection = self._connection.collection(self._mark.current)
        if collection is None:
            log.warning("the Chroma server has lost the vectors of the library; they are sent anew")
            return None
        index = ServerIndex(self._connection, collection, self._mark)
        there = index.ids()
        known = [number for number in self._library.window_ids() if str(number) in there]
        if not known and self._library.count_windows():
            return None
        try:
            problem = index.unfound(self._library, every=known) if known else None
        except VectorsAway as error:
            self._connection.version()  # whether it is the server that is away
            problem = str(error)
        if problem:
            log.warning("the vectors of the library on the Chroma server are damaged (%s); they are sent anew", problem)
            return None
        return index

    def _begun(self) -> ServerIndex:
        """A collection that nobody reads yet: the one that a publication left which was stopped, or a new one."""
        name = self._note.building
        if not name.startswith(f"{self._name}.") or self._connection.collection(name) is None:
            name = f"{self._name}.{uuid.uuid4().hex[:8]}"
        self._note = replace(self._note, building=name)
        self._write_note()
        made = self._connection.create(name, {"begun": f"{time.time():.0f}"}, HNSW)
        return ServerIndex(self._connection, made, Mark())

    def _fill(self, index: ServerIndex) -> set[str]:
        """Send what is not there: the ids that are there then."""
        there = index.ids()
        new = sorted(number for number in self._library.window_ids() if str(number) not in there)
        for done, some in enumerate(in_chunks(new, ADD_BATCH)):
            nodes = nodes_of(self._library, some)
            self._patiently(lambda nodes=nodes: index.store.add(nodes))  # type: ignore[misc]
            if self._report:
                self._report(min((done + 1) * ADD_BATCH, len(new)), len(new))
        return there | {str(number) for number in new}

    def _patiently(self, send: Callable[[], object]) -> None:
        """Do it, once more after a while where the server did not take it. To add what is there already changes nothing."""
        for wait in (*WAITS, None):
            try:
                with self._connection.asking():
                    send()
                return
            except VectorsAway as error:
                if wait is None:
                    raise
                log.info("%s; trying again", error)
                time.sleep(wait)

    def _checked(self, index: ServerIndex) -> int:
        """How many sampled passages do not find themselves.

        Raises:
            VectorIndexError: too many, or vectors are missing.
        """
        sampled, strays = index.strays(self._library)
        count, wanted = index.count(), self._library.count_windows()
        if count < wanted or 2 * strays > sampled:
            self._note = replace(self._note, building="")
            self._write_note()
            raise VectorIndexError(
                f"the vectors of {self._library.folder} on the Chroma server at {self._connection.server.shown} are wrong: {count} for "
                f"{wanted} passages, {strays} of {sampled} sampled ones do not find themselves; what was current there stays so"
            )
        return strays

    def _make_current(self, index: ServerIndex, strays: int, *, in_place: bool) -> None:
        former = self._mark
        kept = (
            former.states[:1] if in_place and former.states[0] != self._now else former.states[1:] if in_place else ()
        )
        self._mark = Mark(
            current=index.name,
            before="" if in_place else former.current,
            states=(self._now, *kept),
            revision=self._library.stored_revision,
            strays=strays,
        )
        if self._mark == former:
            return
        pointer = self._connection.create(self._name, None, HNSW)

        def mark() -> None:
            pointer.modify(metadata=self._mark.told())

        self._patiently(mark)

    def _tidy_up(self, index: ServerIndex, gone: Collection[str], former: Mark) -> None:
        """Take away what nobody needs any more. Where that fails, the next publication does it."""
        try:
            for some in in_chunks(sorted(gone), ADD_BATCH):
                with self._connection.asking():
                    index.delete(some)
            keep = {index.name, self._mark.before, self._name}
            done = {self._note.building, former.before}
            for name, collection in self._connection.collections(self._name).items():
                if name not in keep and (name in done or _is_old(collection)):
                    self._connection.delete(name)
        except VectorsAway as error:
            log.info("what is no longer needed stays on the server for now: %s", error)

    def _read_note(self) -> _Note:
        try:
            stored = json.loads(self._file.read_text("utf-8"))
            note = _Note(**{**stored, "leaving": tuple(map(str, stored["leaving"]))})
        except (OSError, ValueError, TypeError, KeyError):
            return _Note()
        return note if note.pointer == self._name else _Note()

    def _write_note(self) -> None:
        """Beside the library; where that fails, the vectors are sent anew some day."""
        partial = self._file.with_suffix(".json.new")
        with suppress(OSError):
            if not self._file.parent.is_dir():
                self._file.parent.mkdir()
                permissions.set_like(self._file.parent, database_file(self._library.folder))
            partial.write_text(json.dumps(asdict(self._note)), "utf-8")
            partial.chmod(permissions.mode_like(database_file(self._library.folder)))
            partial.replace(self._file)


def _is_old(collection: Any) -> bool:
    """Whether a collection was begun so long ago that nobody fills it any more."""
    try:
        return time.time() - float((collection.metadata or {})["begun"]) > _OLD_SECONDS
    except (LookupError, TypeError, ValueError):
        return False
