"""A server that fails again and again is left alone, and tried again by itself."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from rag.core.errors import ServerFailed, WriterFailed
from rag.models import server_health
from rag.models.remote_writer import RemoteWriter
from rag.models.server_clock import Alarm
from rag.models.server_health import Health
from tests.helpers.servers import ANSWER, ASKED, Reply, error, left, refuses, remote, says, serving, stream, whole

pytestmark = pytest.mark.usefixtures("short_waits")
DOWN = ServerFailed("the server that writes cannot be reached; is it running?")


class _Timers:
    """The tries that are set up, and how long each waits; none runs until it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waits: list[float] = []
        self.tries: list[Callable[[], None]] = []
        self.cancelled = 0
        timers = self

        class Timer:
            daemon = False

            def __init__(self, wait: float, work: Callable[[], None]) -> None:
                timers.waits.append(wait)
                self._work = work

            def start(self) -> None:
                timers.tries.append(self._work)

            def cancel(self) -> None:
                timers.cancelled += 1

        monkeypatch.setattr(server_health.threading, "Timer", Timer)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> _Timers:
    return _Timers(monkeypatch)


def _probes(*outcomes: Exception | None) -> Callable[[], None]:
    left = list(outcomes)

    def probe() -> None:
        if outcome := left.pop(0):
            raise outcome

    return probe


def test_three_failures_in_a_row_are_enough_and_of_slow_ones_two(timers: _Timers) -> None:
    health = Health(_probes())
    for _ in range(2):
        health.failed(DOWN, 0.1)
        assert health.away() == ""
    health.worked()
    for _ in range(2):
        health.failed(DOWN, 0.1)
    assert health.away() == "", "those before an answer do not count"
    health.failed(DOWN, 0.1)
    assert (
        "failed 3 times in a row (the last time: the server that writes cannot be reached; is it running?)"
        in health.away()
    )
    assert "tried again by itself in about 1" in health.away()
    slow = Health(_probes())
    slow.failed(DOWN, 45)
    assert slow.away() == ""
    slow.failed(DOWN, 45)
    assert "failed 2 times" in slow.away()
    assert len(timers.waits) == 2


def test_it_is_tried_again_later_and_later_until_it_works(timers: _Timers) -> None:
    health = Health(_probes(*[DOWN] * 7, None))
    health.leave_alone(DOWN)
    assert re.fullmatch(
        r".* cannot be reached; it is tried again by itself in about 1\d s; is it running\?", health.away()
    )
    for number in range(8):
        assert health.away()
        timers.tries[number]()
    assert health.away() == ""
    assert len(timers.tries) == 8
    for wait, expected in zip(timers.waits, (15, 30, 60, 120, 240, 300, 300, 300), strict=True):
        assert 0.8 * expected <= wait <= 1.2 * expected


def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(timers: _Timers) -> None:
    health = Health(_probes())
    for _ in range(3):
        health.failed(ServerFailed("the server that writes has too much to do", wait=120), 0.1)
    assert timers.waits == [120]


def test_an_answer_that_was_on_its_way_shows_that_it_works(timers: _Timers) -> None:
    health = Health(_probes())
    health.leave_alone(DOWN)
    health.worked()
    assert (health.away(), timers.cancelled) == ("", 1)


def test_once_closed_nothing_is_tried(timers: _Timers) -> None:
    health = Health(_probes(DOWN))
    health.leave_alone(DOWN)
    health.close()
    timers.tries[0]()
    health.leave_alone(DOWN)
    assert (len(timers.tries), timers.cancelled) == (1, 1)


# --- with a server ----------------------------------------------------------------------------------------------------


def _fails(writer: RemoteWriter) -> str:
    with pytest.raises(WriterFailed) as failed:
        list(writer.stream(ASKED))
    return str(failed.value)


HALF_DEAD: dict[str, Reply] = {
    "500": refuses(500, error("CUDA error")),
    "502": refuses(502, "<html>Bad Gateway</html>"),
    "hangs up": lambda request: setattr(request, "close_connection", True),
    "a page": refuses(200, "<html>Sign in</html>"),
    "no chat": refuses(200, {"hello": 1}),
    "half an answer": stream("It wo", done=False),
}


@pytest.mark.parametrize("answer", HALF_DEAD.values(), ids=HALF_DEAD.keys())
def test_a_half_dead_server_is_not_asked_after_three_failures_until_a_try_shows_that_it_works(
    timers: _Timers, answer: Reply
) -> None:
    replies = [answer]
    with serving(lambda request: replies[-1](request)) as server, closing(remote(server.url)) as writer:
        said = [_fails(writer) for _ in range(3)]
        asked = len(server.posts)
        assert "is not asked for now; it is tried again by itself in about" in _fails(writer)
        assert len(server.posts) == asked, "nobody waits for it"
        assert len(set(said)) == 1
        timers.tries[0]()
        assert "is not asked for now" in _fails(writer)
        replies.append(says(ANSWER))
        timers.tries[1]()
        assert server.posts[-1]["messages"] == [{"role": "user", "content": "Say yes."}]
        assert left(list(writer.stream(ASKED))) == ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        refuses(400, error("This model's maximum context length is 512 tokens.")),
        refuses(401, error("no")),
        refuses(404, error("The model `m` does not exist.")),
        refuses(400, error("no")),
        stream(whole(refusal="I cannot.")),
    ],
)
def test_a_server_that_refuses_one_question_is_asked_the_next(timers: _Timers, answer: Reply) -> None:
    with serving(answer) as server, closing(remote(server.url)) as writer:
        for _ in range(5):
            assert "tried again" not in _fails(writer)
    assert timers.tries == []


def test_a_server_that_is_not_there_at_the_start_chooses_its_model_when_it_comes(timers: _Timers) -> None:
    loading = [refuses(500, error("no")), refuses(200, {"data": [{"id": "nomic-embed-text"}]})]
    listing = refuses(200, {"data": [{"id": "two"}]})
    with (
        serving(says(ANSWER), lambda request: (loading.pop(0) if loading else listing)(request)) as server,
        closing(remote(server.url, model="")) as writer,
    ):
        with pytest.raises(ServerFailed) as failed:
            writer.choose()
        writer.leave_alone(failed.value)
        assert "failed with status 500" in _fails(writer)
        timers.tries[0]()
        assert "no model that can chat" in _fails(writer)
        timers.tries[1]()
        assert left(list(writer.stream(ASKED))) == ANSWER
    assert [body["model"] for body in server.posts] == ["two", "two"]


# --- the alarm --------------------------------------------------------------------------------------------------------


@pytest.fixture
def rung() -> Iterator[threading.Event]:
    yield threading.Event()


@pytest.mark.parametrize("times", [[0.0], [60.0, 0.0], [0.01, 60.0, 0.0], [60.0, 30.0, 0.0]])
def test_an_alarm_rings_once_at_the_time_that_was_set_last(rung: threading.Event, times: list[float]) -> None:
    rings: list[bool] = []
    alarm = Alarm(lambda: (rings.append(True), rung.set())[1])
    now = server_health.time.monotonic()
    for seconds in times:
        alarm.set(now + seconds)
    assert rung.wait(5)
    alarm.set(now)
    assert rings == [True]


def test_an_alarm_that_is_moved_or_switched_off_does_not_ring(rung: threading.Event) -> None:
    alarm = Alarm(rung.set)
    now = server_health.time.monotonic()
    alarm.set(now + 0.05)
    alarm.set(now + 60)
    assert not rung.wait(0.1)
    alarm.off()
    alarm.set(now)
    assert not rung.wait(0.02)
