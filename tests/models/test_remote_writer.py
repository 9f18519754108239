"""What comes from a server that writes: whole answers, thinking, limits. The servers are on loopback."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from rag.core.errors import WriterFailed
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Cut, Limits, Piece
from tests.helpers.servers import (
    ANSWER,
    ASKED,
    THOUGHT,
    Reply,
    Request,
    chunk,
    failure,
    left,
    refuses,
    remote,
    says,
    serving,
    stream,
    unless,
    whole,
    written,
)

pytestmark = pytest.mark.usefixtures("short_waits")


# --- whole answers ----------------------------------------------------------------------------------------------------

USAGE = {"id": "1", "object": "chat.completion.chunk", "usage": {"total_tokens": 9}}


@pytest.mark.parametrize(
    "answer",
    [
        says(ANSWER),
        says(ANSWER, size=1),
        stream(chunk(role="assistant"), ANSWER, chunk(finish="stop"), {**USAGE, "choices": None}),
        stream({**USAGE, "choices": None}, ANSWER, chunk(finish="stop")),
        stream({**USAGE, "choices": []}, ANSWER, chunk(finish="stop"), {**USAGE, "choices": []}),
        stream(ANSWER, chunk(finish="stop"), USAGE),
        stream(ANSWER, {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}),
        stream(ANSWER, {"choices": [{"index": 0, "finish_reason": "stop"}]}),
        stream(ANSWER),  # [DONE] without a reason to finish
        stream(chunk(ANSWER[:9], ""), chunk(ANSWER[9:], "")),
        stream(chunk(ANSWER[:9], ""), chunk(ANSWER[9:], ""), done=False),
        stream(ANSWER, done=False),
        stream(ANSWER, chunk(finish="stop"), done=False),
        stream(ANSWER[:9], whole(content=ANSWER)),
        stream(ANSWER[:9], whole(content=ANSWER[9:])),
        stream(ANSWER[:9], ANSWER[9:], whole(content=ANSWER)),
        stream(whole(content=ANSWER)),
        stream(
            chunk(content=[{"type": "text", "text": ANSWER[:9]}]), chunk(content=[{"type": "text", "text": ANSWER[9:]}])
        ),
        stream(
            chunk(content=[{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]),
            ANSWER,
            chunk(finish="stop"),
        ),
        stream(chunk(reasoning_content=THOUGHT), chunk(reasoning=THOUGHT, content=None), ANSWER, chunk(finish="stop")),
        stream(": ping", ANSWER, ": ping", chunk(finish="stop")),
        stream(chunk(ANSWER[:9], "stop"), chunk(ANSWER[9:], "stop")),  # a reason to finish in every chunk
        stream(chunk(ANSWER[:9], "stop"), ANSWER[9:], done=False),
        stream(ANSWER, chunk(finish="stop"), {"error": {"message": "no usage"}}),
        refuses(200, whole(content=ANSWER)),
        refuses(200, whole(content=[{"type": "text", "text": ANSWER}])),
        refuses(200, whole(content=ANSWER, reasoning_content=THOUGHT)),
        says(f"<think>\n{THOUGHT}</think>\n\n{ANSWER}"),
        says(f"<think>\n{THOUGHT}</think>{ANSWER}", size=200),
        says(f"{THOUGHT}</think>\n\n{ANSWER}"),
        says(f"It is slow. It needs much.</think>\n\n{ANSWER}"),
        says(
            f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>"
        ),
        refuses(200, whole(content=f"<think>{THOUGHT}</think>{ANSWER}")),
    ],
)
def test_a_complete_answer_is_read_in_every_form_and_thinking_is_none_of_it(answer: Reply) -> None:
    assert written(answer) == ANSWER


def test_one_unreadable_event_does_not_cost_the_answer() -> None:
    def answer(request: Request) -> None:
        request.begin()
        request.send("data: {broken\n\n")
        stream(ANSWER, chunk(finish="stop"))(request)

    assert written(answer) == ANSWER


def test_an_answer_that_a_limit_cut_says_which() -> None:
    with (
        serving(stream("It is fast. And it", chunk(finish="length"))) as server,
        closing(remote(server.url)) as writer,
    ):
        *text, cut = writer.stream(ASKED)
    assert left(text) == "It is fast. And it"
    assert cut == Cut("the limit of 40 tokens (CITEWISE_WRITER_TOKENS)")


def test_a_server_that_never_ends_after_its_answer_is_not_waited_for() -> None:
    held = threading.Event()

    def answer(request: Request) -> None:
        stream(ANSWER, chunk(finish="stop"), done=False)(request)
        held.wait(5)

    start = time.monotonic()
    assert written(answer, seconds=30) == ANSWER
    assert time.monotonic() - start < 3
    held.set()


# --- only thinking ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        says(f"<think>\n{THOUGHT}", "length"),
        says(THOUGHT, "length"),
        says(f"<|channel|>analysis<|message|>{THOUGHT}", "length"),
        stream(chunk(reasoning_content=THOUGHT), chunk(finish="length")),
        stream(chunk(finish="length")),
    ],
)
def test_a_model_that_only_thinks_until_its_limit_is_told_with_the_limit(answer: Reply) -> None:
    with serving(answer) as server, closing(remote(server.url)) as writer, pytest.raises(WriterFailed) as failed:
        list(writer.stream(ASKED))
    limit = "the limit of 2,088 tokens (CITEWISE_WRITER_TOKENS and 2,048 for thinking)"
    assert f"only thought until {limit}" in str(failed.value)
    assert [body["max_tokens"] for body in server.posts] == [40, 2_088], "once more, with room for thinking"


def test_a_model_that_thinks_gets_room_for_it_at_once_and_from_then_on() -> None:
    thinks, answers = says(f"<think>{THOUGHT}", "length"), says(f"<think>{THOUGHT}</think>{ANSWER}")
    replies = [thinks, answers, answers]
    with serving(lambda request: replies.pop(0)(request)) as server, closing(remote(server.url)) as writer:
        assert [left(list(writer.stream(ASKED))) for _ in range(2)] == [ANSWER, ANSWER]
    assert [body["max_tokens"] for body in server.posts] == [40, 2_088, 2_088]


def test_without_tokens_for_thinking_a_model_that_thinks_is_asked_once() -> None:
    limits = Limits(10, 40, thinking=0)
    with (
        serving(says(f"<think>{THOUGHT}", "length")) as server,
        closing(RemoteWriter(server.url, "deepseek-r1", None, limits)) as writer,
        pytest.raises(WriterFailed, match="only thought until the limit of 40 tokens"),
    ):
        list(writer.stream(ASKED))
    assert len(server.posts) == 1


def test_where_room_for_thinking_does_not_fit_the_thinking_is_what_is_told() -> None:
    long = refuses(400, {"error": {"message": "This model's maximum context length is 1024 tokens"}})
    answer = unless(lambda body: body["max_tokens"] < 1_000, long, says(f"<think>{THOUGHT}", "length"))
    with serving(answer) as server, closing(remote(server.url)) as writer:
        for _ in range(2):
            with pytest.raises(WriterFailed, match="only thought until the limit of 40 tokens"):
                list(writer.stream(ASKED))
    assert [body["max_tokens"] for body in server.posts] == [40, 2_088, 40]


@pytest.mark.parametrize(
    "thinks",
    [
        lambda word: chunk(reasoning_content=word),
        lambda word: chunk(reasoning=word, reasoning_content=word),
        lambda word: chunk(content=[{"type": "thinking", "thinking": [{"type": "text", "text": word}]}]),
        chunk,
    ],
    ids=["a field", "two fields", "parts", "marks"],
)
def test_a_server_that_keeps_no_limit_on_thinking_is_cut_at_it(thinks: Callable[[str], Any]) -> None:
    def answer(request: Request) -> None:
        request.begin()
        request.send(f"data: {json.dumps(chunk('<think>'))}\n\n")
        while True:  # until the other side has gone
            request.send(f"data: {json.dumps(thinks('Hm, let me see. ' * 20))}\n\n")

    with (
        serving(answer) as server,
        closing(RemoteWriter(server.url, "m", None, Limits(10, 40, thinking=100))) as writer,
        pytest.raises(WriterFailed, match=r"the limit of 100 tokens for thinking \(CITEWISE_WRITER_THINKING_TOKENS\)"),
    ):
        list(writer.stream(ASKED))


def test_room_for_thinking_that_does_not_fit_is_given_up_for_good() -> None:
    long = refuses(
        400, {"error": {"message": "This model's maximum context length is 1024 tokens; max_tokens is too large"}}
    )
    answer = unless(lambda body: body["max_tokens"] < 1_000, long, says(f"<think>{THOUGHT}</think>{ANSWER}"))
    with serving(answer) as server, closing(remote(server.url, model="deepseek-r1")) as writer:
        for _ in range(3):
            assert left(list(writer.stream(ASKED))) == ANSWER
    assert [body["max_tokens"] for body in server.posts] == [2_088, 40, 40, 40]


def test_thinking_that_ends_in_nothing_is_told() -> None:
    assert "only thought and wrote no answer" in failure(says(f"<think>{THOUGHT}</think>"))
    assert "while the model was thinking" in failure(stream(f"<think>{THOUGHT}", done=False))


# --- limits -----------------------------------------------------------------------------------------------------------


def _waits(held: threading.Event, before: str = "", again: str = "") -> Reply:
    """Sends something, and then something again and again, or nothing, until it is released."""

    def answer(request: Request) -> None:
        if before or again:
            request.begin()
            request.send(before)
        while not held.wait(0.02):
            if again:
                request.send(again)

    return answer


@pytest.fixture
def held() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ("", ""),
        (": ping\n\n", ""),
        ("", ": keep-alive\n\n"),
        ("", "\n"),
        ("", 'data: {"choices": []}\n\n'),
        ("", 'data: {"choices": [{"index": 0, "delta": {"content": ""}}]}\n\n'),
        ("", "x"),
    ],
    ids=["silence", "one comment", "comments", "empty lines", "no choices", "empty text", "a line that never ends"],
)
def test_a_server_that_never_answers_ends_at_the_limit_and_is_asked_once(
    held: threading.Event, before: str, again: str
) -> None:
    start = time.monotonic()
    with serving(_waits(held, before, again)) as server, closing(remote(server.url, seconds=0.2)) as writer:
        with pytest.raises(
            WriterFailed, match=r"did not answer in 0\.2 s; ask again, or raise CITEWISE_WRITER_SECONDS"
        ):
            list(writer.stream(ASKED))
        assert 0.2 <= time.monotonic() - start < 1.3
    assert len(server.posts) == 1


def test_a_model_that_thinks_until_the_time_is_over_is_told(held: threading.Event) -> None:
    thinks = 'data: {"choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]}\n\n'
    assert r"only thought until the limit of 0.2 s" in failure(_waits(held, again=thinks), seconds=0.2)


def test_an_answer_that_has_come_when_the_time_is_over_is_kept(held: threading.Event) -> None:
    before = f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{ANSWER}"}}}}]}}\n\n'
    with serving(_waits(held, before, ": ping\n\n")) as server, closing(remote(server.url, seconds=0.2)) as writer:
        pieces = list(writer.stream(ASKED))
    assert left(pieces) == ANSWER
    assert pieces[-1] == Cut("the limit of 0.2 s (CITEWISE_WRITER_SECONDS)")


@pytest.mark.parametrize("headers_first", [False, True])
def test_a_slow_first_token_gets_the_whole_limit_and_the_prompt_is_sent_once(
    held: threading.Event, headers_first: bool
) -> None:
    def answer(request: Request) -> None:
        if not headers_first:
            held.wait(0.25)
            says(ANSWER)(request)
            return
        request.begin()
        held.wait(0.25)
        request.send(f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{ANSWER}"}}}}]}}\n\ndata: [DONE]\n\n')

    with serving(answer) as server, closing(remote(server.url, seconds=0.5)) as writer:
        assert left(list(writer.stream(ASKED))) == ANSWER
    assert len(server.posts) == 1


@pytest.mark.parametrize("again", ["", ": ping\n\n"])
def test_stop_ends_the_servers_work_at_once(held: threading.Event, again: str) -> None:
    gone = threading.Event()

    def answer(request: Request) -> None:
        if again:
            request.begin()
        request.connection.settimeout(5)
        if request.connection.recv(1) == b"":  # what the server sees when the other side hangs up
            gone.set()

    with serving(answer) as server, closing(remote(server.url, seconds=60)) as writer:
        stream: Iterator[Piece] = writer.stream(ASKED)
        while not server.posts:
            assert next(stream) == ""
        stream.close()  # type: ignore[attr-defined]
        assert gone.wait(2)
