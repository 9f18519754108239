"""Ingestions that are killed at a chosen step or time, folders that are damaged, and what is found in a library afterwards.

Each job is a process of its own, forked from one that has loaded the libraries, so that a kill costs a second and not ten. What runs in
it is the real pipeline into a real folder with real Chroma; only the embedder is a stand-in of few dimensions.
"""

import json
import multiprocessing
import os
import re
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rag.core.errors import CitewiseError
from rag.core.settings import Settings
from tests.helpers.fakes import HashEmbedder

_CONTEXT = multiprocessing.get_context("forkserver")
_LOADED = (
    "chromadb",
    "chromadb.api.rust",
    "llama_index.vector_stores.chroma",
    "rag.library.repair",
    "rag.ingest.pipeline",
    "rag.wiring",
)
_CONTEXT.set_forkserver_preload(["tests.helpers.kills", *_LOADED])
DIMENSION = 16
BATCH = 16
"""Papers in a transaction: small, so that there are many."""
_WRITES = os.O_WRONLY | os.O_RDWR
_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "shutil.copyfile", "open"}
_INDEX_FOLDER = re.compile(r"\d{8}-[0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f-]{27}|\d{3,}(?=$|\W)")
_PAPER = re.compile(r"INSERT INTO papers \(.*?VALUES ?\('((?:[^']|'')+)'", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Point:
    """Where an ingestion is killed: `seconds` after the `number`-th step of a kind, or after its begin where `kind` is empty."""

    kind: str = ""
    number: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: its exit code (negative: the signal), what it told, and which papers it had stored for good by then."""

    code: int
    told: Mapping[str, Any]
    stored: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """What a library holds: texts by paper id; whether each passage is in the index once and nothing else is; what is found for some
    passages and words; what is wrong."""

    papers: Mapping[str, tuple[str, str, str]]
    mirrored: bool = False
    wrong: str = ""
    refused: str = ""
    finds: tuple[tuple[str, ...], ...] = ()


def ingest(
    folder: Path,
    files: Sequence[Path],
    point: Point | None = None,
    *,
    limit: int = 0,
    meanwhile: Callable[[], None] | None = None,
) -> Ended:
    """Take files in, in a process that is killed at a point, or may write no file beyond a size in bytes; `meanwhile` is called again
    and again until it ends."""
    log = folder.parent / f"{folder.name}.log"
    log.write_bytes(b"")
    process = _CONTEXT.Process(target=_ingest, args=(folder, files, log, point, limit))
    process.start()
    if point and not point.kind:
        while not log.stat().st_size and process.is_alive():  # what is loaded before it begins takes no part
            process.join(0.002)
        process.join(point.seconds)
        process.kill()
    while meanwhile and process.is_alive():
        meanwhile()
    return _ended(process, log)


def change(folder: Path, what: str, word: str, point: Point | None = None) -> Ended:
    """`remove` the papers with these ids, or `undo` the merge of a record, in a process that is killed at a step."""
    log = folder.parent / f"{folder.name}.log"
    log.write_bytes(b"")
    process = _CONTEXT.Process(target=_change, args=(folder, what, word, log, point))
    process.start()
    return _ended(process, log)


def look(folder: Path) -> Found:
    """Open a library and its index, and compare the one with the other; a process that dies over it is an error."""
    ended = _job(_look, folder)
    assert ended.code == 0, f"looking at {folder} ended with {ended.code}"
    told = dict(ended.told)
    told["papers"] = {name: tuple(text) for name, text in told.get("papers", {}).items()}
    return Found(**{**told, "finds": tuple(tuple(names) for names in told.get("finds", ()))})


def repair(folder: Path) -> Mapping[str, Any]:
    """`citewise doctor --repair`: what was done, and what was lost."""
    ended = _job(_repair, folder)
    assert ended.code == 0, f"the repair of {folder} ended with {ended.code}"
    return ended.told


def steps(folder: Path, files: Sequence[Path]) -> Counter[str]:
    """How many steps of which kind an ingestion has that nobody kills."""
    ended = ingest(folder, files)
    assert ended.code == 0, ended.told
    return Counter(ended.told["steps"])


def _job(target: Callable[..., None], folder: Path) -> Ended:
    log = folder.parent / f"{folder.name}.log"
    log.write_bytes(b"")
    process = _CONTEXT.Process(target=target, args=(folder, log))
    process.start()
    return _ended(process, log)


def _ended(process: Any, log: Path) -> Ended:
    process.join(120)
    if process.is_alive():
        process.kill()
        process.join()
        raise TimeoutError("a job took more than two minutes")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    stored = frozenset(name for line in lines for name in line.get("stored", ()))
    told = next((line for line in lines if "stored" not in line and line), {})
    return Ended(process.exitcode, told, stored)


# --- in the process ---------------------------------------------------------------------------------------------------


class _Log:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def tell(self, **values: Any) -> None:
        os.write(self._file, json.dumps(values).encode() + b"\n")


class _Steps:
    """Counts what is done to files and tables, and ends the process at the point where it is to end."""

    def __init__(self, folder: Path, log: _Log, point: Point | None) -> None:
        self.counts: Counter[str] = Counter()
        self._folder = str(folder)
        self._log = log
        self._point = point or Point()
        self._connect = sqlite3.connect

    def watch(self) -> None:
        sys.addaudithook(self._event)
        sqlite3.connect = self._connected  # type: ignore[assignment]

    def _step(self, kind: str) -> None:
        self.counts[kind] += 1
        if (kind, self.counts[kind]) == (self._point.kind, self._point.number):
            if self._point.seconds:
                threading.Thread(target=_die, args=(self._point.seconds,), daemon=True).start()
            else:
                _die(0)

    def _event(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in _EVENTS or not args or not isinstance(args[0], str | bytes | Path):
            return
        path = os.fsdecode(args[0])
        if not path.startswith(self._folder) or (event == "open" and not (args[2] or 0) & _WRITES):
            return
        self._step(f"{event} {_INDEX_FOLDER.sub('…', path[len(self._folder) + 1 :])}")

    def _connected(self, *args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = self._connect(*args, **kwargs)
        if self._folder in str(args[0]):
            names: list[str] = []
            committing = False

            def trace(statement: str) -> None:
                nonlocal committing
                if statement.startswith("--"):
                    return
                if committing:  # it is done, as the next one begins
                    self._log.tell(stored=names)
                    names.clear()
                committing = statement.startswith("COMMIT")
                if statement.startswith(("BEGIN", "ROLLBACK")):
                    names.clear()
                names.extend(name.replace("''", "'") for name in _PAPER.findall(statement[:400]))
                self._step(" ".join(statement.split()[:3]))

            connection.set_trace_callback(trace)
        return connection


def _die(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def _with_stand_ins() -> HashEmbedder:
    import rag.ingest.pipeline as pipeline
    import rag.models.embedder as embedders
    from rag import wiring

    fake = HashEmbedder(DIMENSION)
    embedders.identity_of = lambda *_, **__: fake.identity  # type: ignore[assignment]
    wiring.open_embedder = lambda *_, **__: fake  # type: ignore[assignment]
    pipeline.BATCH_PAPERS = BATCH
    return fake


def _ingest(folder: Path, files: Sequence[Path], path: Path, point: Point | None, limit: int) -> None:
    from rag import wiring

    fake = _with_stand_ins()
    log = _Log(path)
    if limit:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    watched = _Steps(folder, log, point)
    watched.watch()
    log.tell()
    try:
        report = wiring.ingest_files(Settings.load(library=folder), list(files), lambda *_: None)
    except CitewiseError as error:
        log.tell(refused=f"{type(error).__name__}: {error}", embedded=fake.embedded)
        return
    log.tell(steps=watched.counts, embedded=fake.embedded, added=len(report.added))


def _look(folder: Path, path: Path) -> None:
    from rag.library import publishing
    from rag.library.store import Library

    log = _Log(path)
    try:
        library = Library.open(folder)
        papers = {one.id: (one.title, one.abstract, ", ".join(one.authors)) for one in library.papers()}
        wrong = library.problem() or ""
        index = publishing.open_index(library)
        ids = [int(one) for one in index._collection.get(include=[])["ids"]]
        mirrored = sorted(ids) == sorted(library.window_ids())
        finds = list(_finds(library, index))
        index.close()
        if not wrong:
            publishing.health(library)
        library.close()
    except CitewiseError as error:
        log.tell(papers={}, refused=f"{type(error).__name__}: {error}")
        return
    log.tell(papers=papers, mirrored=mirrored, wrong=wrong, finds=finds)


def _finds(library: Any, index: Any) -> Iterator[list[str]]:
    """For some passages whether they find themselves or a twin, and the papers that hold some words."""
    _, vectors = library.windows_by_id(library.window_ids()[::20])
    for vector in vectors:
        yield [str(max(index.query(vector, 3).values()) > 0.999)]
    for number in range(0, 60, 7):
        yield sorted(library.lexical([f"Word{number}x1", "ink"], 1000))


def _repair(folder: Path, path: Path) -> None:
    from rag.library.repair import repair as repair_library

    log = _Log(path)
    try:
        done = repair_library(folder, datetime.now())
    except CitewiseError as error:
        log.tell(refused=f"{type(error).__name__}: {error}")
        return
    log.tell(done=done.done, lost=done.lost)


def _change(folder: Path, what: str, word: str, path: Path, point: Point | None) -> None:
    from rag import wiring
    from rag.core.paper_filter import PaperFilter
    from rag.library import removal

    _with_stand_ins()
    log = _Log(path)
    watched = _Steps(folder, log, point)
    watched.watch()
    try:
        if what == "remove":
            removal.remove(folder, PaperFilter(ids=tuple(word.split())))
        else:
            wiring.undo_merge(Settings.load(library=folder), word)
    except CitewiseError as error:
        log.tell(refused=f"{type(error).__name__}: {error}")
        return
    log.tell(steps=watched.counts)
