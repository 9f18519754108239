"""A server that is no Chroma server, refuses, hangs or lies: what is said, that nothing hangs, and that no secret is shown."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import SettingsError, VectorIndexError, VectorsAway
from rag.core.settings import Settings
from rag.library import indexes
from rag.library.chroma_server import ChromaServer, Connection, server_of
from rag.library.steady import SteadyIndex
from rag.library.store import Library
from rag.library.vector_index import VectorIndex
from rag.search.hybrid import HybridRetriever
from tests.helpers.fakes import HashEmbedder
from tests.helpers.servers import Request

Answer = Callable[[Request], None]


@contextmanager
def standing_in(answer: Answer) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers every request so: its address, and the headers that it got."""
    seen: list[dict[str, str]] = []

    class Handler(Request):
        def do_GET(self) -> None:  # noqa: N802
            seen.append({name.lower(): value for name, value in self.headers.items()})
            with suppress(OSError):
                answer(self)

        def do_POST(self) -> None:  # noqa: N802
            self.do_GET()

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=lambda: http.serve_forever(poll_interval=0.01), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}", seen
    finally:
        http.shutdown()
        http.server_close()


def said(server: ChromaServer) -> str:
    with closing(Connection(server)) as connection, pytest.raises(VectorsAway) as error:
        connection.version()
        connection.collection("citewise-x")
    return str(error.value)


def reply(status: int, body: Any, **headers: str) -> Answer:
    return lambda request: request.reply(status, body, **headers)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(200, "<html>Welcome</html>"), "not as a Chroma server from 1.0 on does (status 200, text/html)"),
        (reply(404, "<html>Not here</html>"), "not as a Chroma server from 1.0 on does (status 404"),
        (reply(404, {"detail": "Not Found"}), "not as a Chroma server from 1.0 on does"),
        (reply(200, {"models": []}), "its version is no text"),
        (reply(200, "0.6.3"), "not as a Chroma server"),
        (reply(410, {"error": "Unimplemented", "message": "The v2 API is gone. Use /v3"}), "not as a Chroma server"),
        (reply(401, {"error": "AuthError", "message": "no"}), "refuses (401); set CITEWISE_CHROMA_TOKEN"),
        (reply(403, "<html>Forbidden</html>"), "refuses (403); set CITEWISE_CHROMA_TOKEN"),
        (reply(302, "", location="https://sign.in/"), "sends elsewhere (302)"),
        (reply(502, "<html>Bad gateway</html>"), "is away, as a proxy before it says (502"),
        (reply(500, {"error": "InternalError", "message": "disk is full"}), "says: disk is full"),
    ],
)
def test_what_is_no_chroma_server_is_told_by_what_it_answers(answer: Answer, expected: str) -> None:
    with standing_in(answer) as (url, _):
        assert expected in said(ChromaServer(url))


def test_an_older_server_is_told_by_its_version() -> None:
    def old(request: Request) -> None:
        request.send_response(200)
        body = json.dumps("0.6.3").encode()
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with standing_in(old) as (url, _):
        assert said(ChromaServer(url)).endswith("is Chroma 0.6.3, and 1.0 or newer is needed; update the server")


def test_a_server_that_never_answers_or_never_ends_costs_one_wait_and_then_none(small_library: Path) -> None:
    over = threading.Event()

    def hangs(request: Request) -> None:
        over.wait(20)

    def trickles(request: Request) -> None:
        request.send_response(200)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", "1000000")
        request.end_headers()
        while not over.wait(0.02):
            request.wfile.write(b" ")

    for answer in (hangs, trickles):
        with standing_in(answer) as (url, _), closing(Library.open(small_library)) as library:
            started = time.monotonic()
            index = SteadyIndex(library, HashEmbedder().identity, ChromaServer(url, seconds=0.2))
            first = time.monotonic() - started
            for _ in range(20):
                assert index.newest().query(HashEmbedder().embed_question("honey"), 3) == {}
            assert first < 10, "half of what the reply would take"
            assert time.monotonic() - started - first < 2, "who asks later does not wait, which were 4 s together"
            assert "does not answer in time" in index.missed
            index.close()
            over.set()
            over.clear()


def test_the_token_goes_where_proxies_and_chroma_look_and_a_password_wins_over_it() -> None:
    with standing_in(reply(401, {})) as (url, seen):
        settings = Settings.load(chroma_url=url, chroma_token="s3cret")
        server = server_of(settings)
        assert server is not None
        assert "s3cret" not in said(server) + repr(server) + repr(settings)
        assert (seen[-1]["authorization"], seen[-1]["x-chroma-token"]) == ("Bearer s3cret", "s3cret")
        named = server_of(Settings.load(chroma_url=url.replace("//", "//ada:pa%40ss@") + "/api/v2/"))
        assert named is not None
        assert "pa@ss" not in (told := said(named) + repr(named))
        assert "pa%40ss" not in told
        assert seen[-1]["authorization"] == "Basic YWRhOnBhQHNz"


@pytest.mark.parametrize(
    "url", ["ftp://host:1", "http://", "http://host:port", "http://a:b/c@host:8000", "http://ho st"]
)
def test_an_address_that_is_none_is_named_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match="CITEWISE_CHROMA_URL is no address of a server") as error:
        server_of(Settings.load(chroma_url=url))
    assert url == "http://" or url not in str(error.value)


def test_settings_of_chroma_in_the_environment_do_not_reach_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CHROMA_SERVER_HOST=elsewhere\nCHROMA_OTEL_COLLECTION_ENDPOINT=http://elsewhere\n")
    for name in ("CHROMA_SERVER_HEADERS", "CHROMA_OTEL_GRANULARITY", "CHROMA_SERVER_HTTP_PORT", "MIGRATIONS"):
        monkeypatch.setenv(name, "wrong")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with standing_in(reply(401, {})) as (url, seen):
        assert "refuses (401)" in said(ChromaServer(url))
    assert len(seen) == 1


def test_papers_are_found_by_words_without_the_server_and_with_their_exact_scores(small_library: Path) -> None:
    with closing(Library.open(small_library)) as library:
        away = HybridRetriever(library, HashEmbedder(), server=ChromaServer("http://127.0.0.1:9"))
        here = HybridRetriever(library, HashEmbedder())
        [hit] = away.hits("honey")
        assert hit.parts == here.hits("honey")[0].parts, "what is found is compared by the embeddings in the library"
        assert away.hits("nothing of this") == ()
        assert "cannot be reached" in away.missed
        away.close()
        here.close()


def test_an_empty_library_misses_nothing(tmp_path: Path) -> None:
    with Library.open_for_writing(tmp_path / "empty", HashEmbedder().identity):
        pass
    with closing(Library.open(tmp_path / "empty")) as library:
        index = SteadyIndex(library, HashEmbedder().identity, ChromaServer("http://127.0.0.1:9"))
        assert index.newest().query(HashEmbedder().embed_question("honey"), 3) == {}
        assert index.missed == ""
        index.close()


def test_ingestion_without_the_server_says_how_to_go_on(small_library: Path) -> None:
    with (
        Library.open_for_writing(small_library, HashEmbedder().identity) as library,
        pytest.raises(
            VectorsAway,
            match=r"cannot be reached .*The library itself is up to date.*citewise doctor --repair --library",
        ),
    ):
        indexes.publish(library, ChromaServer("http://127.0.0.1:9"))


def test_an_index_beside_the_library_that_breaks_while_it_is_open_ends_no_question(
    small_library: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = True
    query = VectorIndex.query

    def breaks(self: VectorIndex, vector: Any, limit: int) -> dict[int, float]:
        if broken:
            raise VectorIndexError("the vector index cannot be searched")
        return query(self, vector, limit)

    with closing(Library.open(small_library)) as library:
        retriever = HybridRetriever(library, HashEmbedder())
        clock = [0.0]
        retriever._index._clock = lambda: clock[0]
        monkeypatch.setattr(VectorIndex, "query", breaks)
        assert [hit.paper.id for hit in retriever.hits("honey")] == ["bees"]
        assert retriever.missed == "the vector index cannot be searched"
        broken = False
        clock[0] += 20
        assert len(retriever.hits("honey")) == 4
        assert retriever.missed == ""
        retriever.close()
    assert [record.levelno for record in caplog.records if record.levelno >= logging.WARNING] == [logging.WARNING] * 2


def test_files_of_an_open_index_that_are_gone_are_made_anew_at_the_next_question(small_library: Path) -> None:
    with closing(Library.open(small_library)) as library:
        retriever = HybridRetriever(library, HashEmbedder())
        assert len(retriever.hits("honey")) == 4
        [folder] = [path for path in (small_library / "vectors").iterdir() if path.is_dir()]
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        assert retriever.hits("honey")[0].paper.id == "bees"
        assert len(retriever.hits("honey")) == 4
        assert retriever.missed == ""
        retriever.close()
