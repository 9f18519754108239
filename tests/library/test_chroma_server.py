"""The vectors on a Chroma server, which is started for real: it is asked, restarted, lost, emptied, and shared."""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.core.errors import VectorIndexError, VectorsAway
from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import plan, store
from rag.library import indexes, server_publishing
from rag.library.chroma_server import ChromaServer, Connection
from rag.library.server_index import BEGIN, ServerIndex, pointer_of
from rag.library.steady import SteadyIndex
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from tests.conftest import ROOT
from tests.helpers.chroma import ChromaRun
from tests.helpers.fakes import HashEmbedder

pytestmark = pytest.mark.slow
WASPS = make_paper(id="wasps", title="Paper wasps", abstract="Wasps make paper of wood. They chew it.")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaRun]:
    run = ChromaRun(tmp_path_factory.mktemp("chroma") / "data")
    yield run.start()
    run.stop()


@pytest.fixture
def chroma(running: ChromaRun) -> ChromaRun:
    """The server of this module, running, whatever the test before did to it."""
    return running.start()


@pytest.fixture
def server(chroma: ChromaRun) -> ChromaServer:
    return ChromaServer(chroma.url)


@pytest.fixture
def library(tmp_path: Path, few_papers: list[Paper], server: ChromaServer) -> Path:
    """A library of the four papers whose vectors are on the server."""
    put(tmp_path / "library", few_papers, server)
    return tmp_path / "library"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_publishing, "WAITS", (0.0, 0.0))


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def put(folder: Path, papers: Sequence[Paper], server: ChromaServer, embedder: HashEmbedder | None = None) -> None:
    embedder = embedder or HashEmbedder()
    with Library.open_for_writing(folder, embedder.identity) as library:
        store(library, plan(library, papers, ()), lambda: embedder)
        indexes.publish(library, server)


def drop(folder: Path, ids: Sequence[str], server: ChromaServer) -> None:
    with Library.open_for_writing(folder, HashEmbedder().identity) as library:
        with library.changing() as connection:
            connection.executemany("DELETE FROM papers WHERE id = ?", [(one,) for one in ids])
        indexes.publish(library, server)


def found(library: Library, index: SteadyIndex, words: str, limit: int = 10) -> set[str]:
    """The papers that are near some words, by their vectors alone."""
    near = index.newest().query(HashEmbedder().embed_question(words), limit)
    return {window.paper_id for window in library.windows_by_id(near)[0]}


def steady(library: Library, server: ChromaServer, clock: Clock | None = None) -> SteadyIndex:
    return SteadyIndex(library, HashEmbedder().identity, server, clock or Clock())


def collections(server: ChromaServer, begin: str = BEGIN) -> dict[str, int]:
    with closing(Connection(server)) as connection:
        return {name: collection.count() for name, collection in connection.collections(begin).items()}


def test_papers_are_found_by_vectors_on_the_server_and_nothing_is_kept_beside_the_library(
    library: Path, server: ChromaServer
) -> None:
    with closing(Library.open(library)) as opened, closing(steady(opened, server)) as index:
        assert found(opened, index, "honey bees", 1) == {"bees"}
        assert index.missed == ""
        assert "4 vectors" in indexes.health(opened, server)
        assert f"at {server.url} (interface 1." in indexes.health(opened, server)
        with closing(Connection(server)) as connection:
            kept = connection.collections(pointer_of(opened) + ".").popitem()[1].get()
            assert (kept["documents"], kept["metadatas"]) == ([None] * 4, [None] * 4), "the texts stay in the library"
    assert not (library / "vectors" / "current.json").exists()


def test_the_same_papers_are_found_in_the_same_order_as_beside_the_library(library: Path, server: ChromaServer) -> None:
    put(library, [WASPS], server)
    with closing(Library.open(library)) as opened:
        local = HybridRetriever(opened, HashEmbedder())
        served = HybridRetriever(opened, HashEmbedder(), server=server)
        for question in ("What do bees make?", "wood and paper", "How hot is tea?", "zinc"):
            assert [(hit.paper.id, hit.score) for hit in served.hits(question)] == [
                (hit.paper.id, hit.score) for hit in local.hits(question)
            ]
        local.close()
        served.close()


def test_more_than_a_thousand_vectors_survive_a_restart_and_a_kill(
    tmp_path: Path, chroma: ChromaRun, server: ChromaServer
) -> None:
    papers = [make_paper(id=f"p{n}", title=f"Title {n}", abstract=f"Word{n} stands here.") for n in range(1_300)]
    put(tmp_path / "many", papers, server)
    for kill in (False, True):
        chroma.restart(kill=kill)
        with closing(Library.open(tmp_path / "many")) as opened, closing(steady(opened, server)) as index:
            for n in (0, 700, 1_299):
                assert max(index.query(opened.windows([f"p{n}"])[1][0], 3).values()) > 0.9999
            assert index.missed == ""
            assert "1,300 vectors" in indexes.health(opened, server)


def test_a_server_that_is_lost_is_said_once_words_go_on_and_it_comes_back_by_itself(
    library: Path, chroma: ChromaRun, server: ChromaServer, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    with closing(Library.open(library)) as opened:
        retriever = HybridRetriever(opened, HashEmbedder(), server=server)
        retriever._index._clock = clock
        assert retriever.hits("honey")[0].paper.id == "bees"
        assert (retriever.missed, retriever.is_whole) == ("", True)
        chroma.stop(kill=True)
        for _ in range(3):
            assert [hit.paper.id for hit in retriever.hits("honey")] == ["bees"], "by its words alone"
            assert f"the Chroma server at {server.url} cannot be reached" in retriever.missed
        told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(told) == 1
        assert "Papers are found by their words alone" in told[0]
        chroma.start()
        assert retriever.hits("honey")
        assert retriever.missed, "it is not tried again at once"
        assert not retriever.is_whole
        clock.now += 20
        assert len(retriever.hits("honey")) == 4
        assert retriever.missed == ""
        retriever.close()


def test_a_restart_between_two_questions_is_not_noticed(
    library: Path, chroma: ChromaRun, server: ChromaServer, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Library.open(library)) as opened, closing(steady(opened, server)) as index:
        assert found(opened, index, "honey", 1) == {"bees"}
        chroma.restart()
        assert found(opened, index, "honey", 1) == {"bees"}
        assert index.missed == ""
    assert caplog.records == []


def test_a_server_that_is_away_at_the_start_is_used_when_it_is_there(
    library: Path, chroma: ChromaRun, server: ChromaServer
) -> None:
    clock = Clock()
    chroma.stop()
    with closing(Library.open(library)) as opened, closing(steady(opened, server, clock)) as index:
        assert found(opened, index, "honey") == set()
        assert index.missed
        chroma.start()
        clock.now += 20
        assert found(opened, index, "honey", 1) == {"bees"}


def test_what_a_server_has_lost_is_not_made_by_readers_but_by_the_next_ingestion(
    library: Path, chroma: ChromaRun, server: ChromaServer
) -> None:
    clock = Clock()
    with closing(Library.open(library)) as opened, closing(steady(opened, server, clock)) as index:
        chroma.lose_data()
        assert found(opened, index, "honey") == set()
        assert "does not hold the vectors" in index.missed
        assert collections(server) == {}
        with pytest.raises(VectorIndexError, match="doctor --repair"):
            indexes.health(opened, server)
        assert not indexes.is_up_to_date(opened, server)
        put(library, [], server)
        clock.now += 20
        assert found(opened, index, "honey", 1) == {"bees"}
        assert indexes.is_up_to_date(opened, server)


def test_an_addition_sends_the_new_passages_alone(
    library: Path, server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    add = ServerIndex.add
    monkeypatch.setattr(ServerIndex, "add", lambda index, one, ids: sent.extend(ids) or add(index, one, ids))
    with closing(Library.open(library)) as opened, closing(steady(opened, server)) as index:
        assert found(opened, index, "wasps make paper of wood", 1) != {"wasps"}
        put(library, [WASPS], server)
        assert found(opened, index, "wasps make paper of wood", 1) == {"wasps"}
        assert sent == [window.id for window in opened.windows(["wasps"])[0]]


def test_what_is_removed_stays_for_the_readers_of_the_state_before_and_goes_with_the_next_one(
    library: Path, tmp_path: Path, server: ChromaServer
) -> None:
    replica = Path(shutil.copytree(library, tmp_path / "replica"))
    with closing(Library.open(library)) as opened, closing(Library.open(replica)) as other:
        index, behind = steady(opened, server), steady(other, server)
        drop(library, ["bees"], server)
        assert found(opened, index, "honey bees", 2) == found(opened, index, "honey bees", 2) - {"bees"}
        assert len(found(opened, index, "honey bees", 2)) == 2, "as many as are asked for, without those that are gone"
        assert "bees" in found(other, behind, "honey bees", 1)
        drop(library, ["ants"], server)
        counts = collections(server, pointer_of(opened))
        assert sorted(counts.values()) == [0, 3], (
            "the bees are gone, the ants still there for readers of the state before"
        )
        index.close()
        behind.close()


def test_two_libraries_and_two_embedders_never_mix(library: Path, tmp_path: Path, server: ChromaServer) -> None:
    put(tmp_path / "other", [WASPS], server)

    put(tmp_path / "third", [WASPS], server, HashEmbedder(name="another"))
    with closing(Library.open(library)) as one, closing(Library.open(tmp_path / "other")) as two:
        names = {pointer_of(one), pointer_of(two)}
        with closing(Library.open(tmp_path / "third")) as other:
            assert len(names | {pointer_of(other)}) == 3
        with closing(steady(one, server)) as index:
            assert "wasps" not in found(one, index, "wasps make paper of wood")
        with closing(steady(two, server)) as index:
            assert found(two, index, "honey bees") == {"wasps"}
            assert "more under other names" in indexes.health(two, server)


def test_a_copy_that_goes_another_way_gets_vectors_of_its_own(
    library: Path, tmp_path: Path, server: ChromaServer, few_papers: list[Paper]
) -> None:
    copy = Path(shutil.copytree(library, tmp_path / "copy"))
    put(copy, [WASPS], server)
    with closing(Library.open(library)) as first, closing(Library.open(copy)) as second:
        assert first.identity == second.identity
        put(library, [make_paper(id="moss", title="Moss", abstract="Moss grows on stones.")], server)
        assert first.identity != second.identity
        with closing(steady(first, server)) as one, closing(steady(second, server)) as two:
            assert "moss" in found(first, one, "moss stones", 1)
            assert "wasps" in found(second, two, "wasps make paper of wood", 1)
            assert "wasps" not in found(first, one, "wasps make paper of wood")
            assert "moss" not in found(second, two, "moss stones")
            assert one.missed == two.missed == ""


def test_a_rebuild_is_complete_before_it_is_current(
    library: Path, server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Library.open(library)) as opened, closing(steady(opened, server)) as index:
        assert found(opened, index, "honey", 1) == {"bees"}
        seen: list[set[str]] = []
        add = ServerIndex.add

        def while_it_is_filled(filled: ServerIndex, one: Library, ids: Sequence[int]) -> None:
            with closing(steady(opened, server)) as another:
                seen.append(found(opened, another, "honey", 1) | found(opened, index, "honey", 1))
            add(filled, one, ids)

        monkeypatch.setattr(ServerIndex, "add", while_it_is_filled)
        with Library.open_for_writing(library, HashEmbedder().identity) as writing:
            indexes.publish(writing, server, fresh=True)
        assert seen == [{"bees"}]
        assert found(opened, index, "honey", 1) == {"bees"}
        assert sorted(collections(server, pointer_of(opened)).values()) == [0, 4, 4], "the one before stays"
        put(library, [WASPS], server)
        assert sorted(collections(server, pointer_of(opened)).values()) == [0, 5]


def test_a_server_that_dies_while_vectors_are_sent_loses_nothing(
    library: Path, chroma: ChromaRun, server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ServerIndex.add

    def then_it_dies(index: ServerIndex, one: Library, ids: Sequence[int]) -> None:
        chroma.stop(kill=True)
        add(index, one, ids)

    monkeypatch.setattr(ServerIndex, "add", then_it_dies)
    with pytest.raises(VectorsAway, match=r"The library itself is up to date.*doctor --repair"):
        put(library, [WASPS], server)
    monkeypatch.undo()
    chroma.start()
    with closing(Library.open(library)) as opened, closing(steady(opened, server)) as index:
        assert opened.count() == 5
        assert found(opened, index, "honey", 1) == {"bees"}, "what was current stays so"
        put(library, [], server)
        assert found(opened, index, "wasps make paper of wood", 1) == {"wasps"}


READER = """
import json, sys, threading
from pathlib import Path
from rag.library.chroma_server import ChromaServer
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from tests.helpers.fakes import HashEmbedder

library = Library.open(Path(sys.argv[1]))
retriever = HybridRetriever(library, HashEmbedder(), server=ChromaServer(sys.argv[2]))
print("ready", flush=True)
for line in sys.stdin:
    told = []

    def ask():
        for _ in range(10):
            best = {hit.paper.id for hit in retriever.hits(line)}
            told.append([sorted(best), retriever.missed])

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(told), flush=True)
"""


def test_two_processes_ask_while_papers_come_and_go(library: Path, server: ChromaServer, chroma: ChromaRun) -> None:
    command = [sys.executable, "-c", READER, str(library), server.url]
    readers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)
    ]
    try:
        for reader in readers:
            assert reader.stdout and reader.stdout.readline() == "ready\n"

        def ask() -> None:
            for reader in readers:
                assert reader.stdin
                reader.stdin.write("Bees make honey\n")
                reader.stdin.flush()

        def heard() -> list[tuple[list[str], str]]:
            told: list[tuple[list[str], str]] = []
            for reader in readers:
                assert reader.stdout
                told += [(ids, missed) for ids, missed in json.loads(reader.stdout.readline())]
            return told

        for n in range(4):
            ask()
            put(library, [make_paper(id=f"p{n}", title=f"Bees {n}", abstract=f"Honey number {n}.")], server)
            if n:
                drop(library, [f"p{n - 1}"], server)
            for ids, missed in heard():
                assert missed == ""
                assert {"bees", "ants", "tea", "rust"} <= set(ids)
        ask()
        assert {(tuple(ids), missed) for ids, missed in heard()} == {(("ants", "bees", "p3", "rust", "tea"), "")}
        chroma.restart()
        ask()
        assert {missed for _, missed in heard()} == {""}
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()
