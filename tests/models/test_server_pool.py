"""Connections to a server that writes: kept for the next answer, one for each answer at a time, free at once on Stop."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rag.core.errors import WriterFailed
from rag.models import remote_writer
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Limits, Piece
from tests.helpers.servers import ANSWER, ASKED, Reply, Request, left, packed, remote, says, serving
from tests.helpers.sites import self_signed

pytestmark = pytest.mark.usefixtures("short_waits")


def _chunked(text: str = ANSWER) -> Reply:
    """As real servers do it: a body in chunks, whose end leaves the connection open."""

    def answer(request: Request) -> None:
        request.begin_chunks()
        says(text)(request)
        request.end_chunks()

    return answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(params=["http", "https"])
def certified(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path | None:
    """None, or the certificate of an encrypted server, which is trusted then."""
    if request.param == "http":
        return None
    file: Path = request.getfixturevalue("certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the end of a body is waited for."""
    monkeypatch.setattr(remote_writer, "_LAST_BYTES_SECONDS", 5.0)


def test_one_answer_after_another_comes_over_the_same_connection() -> None:
    with serving(_chunked()) as server, closing(remote(server.url)) as writer:
        assert writer.models() == ["m"]
        for _ in range(3):
            assert left(list(writer.stream(ASKED))) == ANSWER
    assert len(server.connections) == 1


def test_a_connection_that_the_server_has_closed_since_is_opened_anew() -> None:
    closes: list[bool] = []

    def answer(request: Request) -> None:
        _chunked()(request)
        request.close_connection = True  # without having said so
        closes.append(True)

    with serving(answer) as server, closing(remote(server.url)) as writer:
        for _ in range(3):
            assert left(list(writer.stream(ASKED))) == ANSWER
    assert len(closes) == 3


def test_a_request_that_meets_a_closing_connection_is_sent_again() -> None:
    replies: list[Reply] = [_chunked(), lambda request: setattr(request, "close_connection", True), _chunked()]
    with serving(lambda request: replies.pop(0)(request)) as server, closing(remote(server.url)) as writer:
        for _ in range(2):
            assert left(list(writer.stream(ASKED))) == ANSWER
    assert len(server.posts) == 3


def test_after_text_was_shown_nothing_is_asked_again() -> None:
    def answer(request: Request) -> None:
        request.begin()
        request.send(f"data: {packed('It is fast. It needs no retraining, and')}\n\n")

    with serving(answer) as server, closing(remote(server.url)) as writer:
        pieces: list[Piece] = []
        with pytest.raises(WriterFailed, match="in the middle of the answer"):
            pieces.extend(writer.stream(ASKED))
    assert len(server.posts) == 1


class _Crowd:
    """A server where as many answers must run at the same time as are expected, before any of them goes on."""

    def __init__(self, expected: int) -> None:
        self.all_there = threading.Barrier(expected)
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def answer(self, request: Request) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        with suppress(threading.BrokenBarrierError):
            self.all_there.wait(0.2)
        _chunked()(request)
        with self._lock:
            self._now -= 1


def _all(writer: RemoteWriter, number: int) -> list[str]:
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(left(list(writer.stream(ASKED))))) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return texts


@pytest.mark.parametrize("at_once", [1, 4])
def test_so_many_answers_are_written_at_the_same_time_and_no_more(at_once: int) -> None:
    crowd = _Crowd(at_once)
    with (
        serving(crowd.answer) as server,
        closing(RemoteWriter(server.url, "m", None, Limits(20, 40), at_once)) as writer,
    ):
        assert _all(writer, 8) == [ANSWER] * 8
    assert crowd.most == at_once
    assert len(server.connections) <= at_once


def test_a_slow_answer_does_not_hold_up_another_and_waiting_in_line_can_be_stopped() -> None:
    held, writing = threading.Event(), threading.Event()

    def answer(request: Request) -> None:
        if not writing.is_set():
            writing.set()
            held.wait(10)
        _chunked()(request)

    with (
        serving(answer) as server,
        closing(RemoteWriter(server.url, "m", None, Limits(20, 40), 2)) as writer,
    ):
        slow: Iterator[Piece] = writer.stream(ASKED)
        while not writing.is_set():
            assert next(slow) == ""
        assert left(list(writer.stream(ASKED))) == ANSWER
        with closing(writer.stream(ASKED)) as second:  # type: ignore[type-var]
            next(second)
            third = writer.stream(ASKED)
            assert next(third) == "", "it waits for its turn, and says so"
            third.close()  # type: ignore[attr-defined]
        held.set()
        assert left(list(slow)) == ANSWER
    assert len(server.posts) == 3, "who left the line was never sent"


def test_stop_frees_the_connection_at_once(certified: Path | None) -> None:
    gone, begun = threading.Event(), threading.Event()

    def answer(request: Request) -> None:
        request.begin()
        begun.set()
        with suppress(OSError):
            request.connection.settimeout(10)
            request.connection.recv(1)  # ends when the other side hangs up
            gone.set()

    with serving(answer, certificate=certified) as server, closing(remote(server.url, 60)) as writer:
        stream = writer.stream(ASKED)
        while not begun.is_set():
            assert next(stream) == ""
        start = time.monotonic()
        stream.close()  # type: ignore[attr-defined]
        assert time.monotonic() - start < 0.5
        assert gone.wait(5)


def test_closing_the_writer_ends_the_answers_that_are_being_written(certified: Path | None) -> None:
    begun = threading.Event()

    def answer(request: Request) -> None:
        request.begin()
        begun.set()
        request.connection.settimeout(10)
        request.connection.recv(1)

    with serving(answer, certificate=certified) as server:
        writer = remote(server.url, 60)
        stream = writer.stream(ASKED)
        while not begun.is_set():
            assert next(stream) == ""
        writer.close()
        with pytest.raises(WriterFailed, match="closed the connection"):
            list(stream)
