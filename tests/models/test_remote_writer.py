"""What writes behind a server: real and broken servers on loopback."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.models import remote_writer
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Cut, Forget, Limits, Piece
from tests.helpers.servers import Reply, Request, chunk, refuses, says, serving, stream, unless


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_writer, "_FIRST_WAIT", 0.02)


ASKED = [Message("system", "Be brief."), Message("user", "What is it?")]
ANSWER = "It is fast [1]. It needs no retraining [2]."
THOUGHT = "Okay, the user asks what it is. It is slow [9].\n"


def _remote(url: str, seconds: float = 10, model: str = "m", tokens: int = 40, key: str | None = "key") -> RemoteWriter:
    return RemoteWriter(url, model, key, Limits(seconds, tokens))


def _left(pieces: Sequence[Piece]) -> str:
    text = ""
    for piece in pieces:
        text = "" if isinstance(piece, Forget) else text + piece if isinstance(piece, str) else text
    return text.strip()


def _written(answer: Reply, **options: Any) -> str:
    with serving(answer) as server, closing(_remote(server.url, **options)) as writer:
        return _left(list(writer.stream(ASKED)))


def _failure(answer: Reply, models: Any = None, **options: Any) -> str:
    with (
        serving(answer, models) as server,
        closing(_remote(server.url, **options)) as writer,
        pytest.raises(WriterFailed) as failed,
    ):
        list(writer.stream(ASKED))
    assert "127.0.0.1" not in str(failed.value), "visitors need not see the address"
    return str(failed.value)


# --- whole answers ----------------------------------------------------------------------------------------------------

USAGE = {"id": "1", "object": "chat.completion.chunk", "usage": {"total_tokens": 9}}


def _whole(**message: Any) -> dict[str, Any]:
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


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
        stream(ANSWER[:9], _whole(content=ANSWER)),
        stream(ANSWER[:9], _whole(content=ANSWER[9:])),
        stream(ANSWER[:9], ANSWER[9:], _whole(content=ANSWER)),
        stream(_whole(content=ANSWER)),
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
        stream(ANSWER, chunk(finish="stop"), {"error": {"message": "no usage"}}),
        refuses(200, _whole(content=ANSWER)),
        refuses(200, _whole(content=[{"type": "text", "text": ANSWER}])),
        refuses(200, _whole(content=ANSWER, reasoning_content=THOUGHT)),
        says(f"<think>\n{THOUGHT}</think>\n\n{ANSWER}"),
        says(f"<think>\n{THOUGHT}</think>{ANSWER}", size=200),
        says(f"{THOUGHT}</think>\n\n{ANSWER}"),
        says(f"It is slow. It needs much.</think>\n\n{ANSWER}"),
        says(
            f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>"
        ),
        refuses(200, _whole(content=f"<think>{THOUGHT}</think>{ANSWER}")),
    ],
)
def test_a_complete_answer_is_read_in_every_form_and_thinking_is_none_of_it(answer: Reply) -> None:
    assert _written(answer) == ANSWER


def test_one_unreadable_event_does_not_cost_the_answer() -> None:
    def answer(request: Request) -> None:
        request.begin()
        request.send("data: {broken\n\n")
        stream(ANSWER, chunk(finish="stop"))(request)

    assert _written(answer) == ANSWER


def test_an_answer_that_a_limit_cut_says_which() -> None:
    with (
        serving(stream("It is fast. And it", chunk(finish="length"))) as server,
        closing(_remote(server.url)) as writer,
    ):
        *text, cut = writer.stream(ASKED)
    assert _left(text) == "It is fast. And it"
    assert cut == Cut("the limit of 40 tokens (CITEWISE_WRITER_TOKENS)")


def test_a_server_that_never_ends_after_its_answer_is_not_waited_for() -> None:
    held = threading.Event()

    def answer(request: Request) -> None:
        stream(ANSWER, chunk(finish="stop"), done=False)(request)
        held.wait(5)

    start = time.monotonic()
    assert _written(answer, seconds=30) == ANSWER
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
    assert "only thought until the limit of 40 tokens (CITEWISE_WRITER_TOKENS)" in _failure(answer)


def test_a_model_that_thought_gets_room_for_it_next_time() -> None:
    answers = [
        says(f"<think>{THOUGHT}", "length"),
        says(f"<think>{THOUGHT}</think>{ANSWER}"),
        says(f"<think>{THOUGHT}", "length"),
    ]
    with serving(lambda request: answers.pop(0)(request)) as server, closing(_remote(server.url)) as writer:
        with pytest.raises(WriterFailed, match="only thought"):
            list(writer.stream(ASKED))
        assert _left(list(writer.stream(ASKED))) == ANSWER
        with pytest.raises(WriterFailed, match=r"2,088 tokens \(CITEWISE_WRITER_TOKENS and 2,048 for thinking\)"):
            list(writer.stream(ASKED))
    assert [body["max_tokens"] for body in server.posts] == [40, 2_088, 2_088]


def test_room_for_thinking_that_does_not_fit_is_given_up_for_good() -> None:
    long = refuses(
        400, {"error": {"message": "This model's maximum context length is 1024 tokens; max_tokens is too large"}}
    )
    answer = unless(lambda body: body["max_tokens"] < 1_000, long, says(f"<think>{THOUGHT}</think>{ANSWER}"))
    with serving(answer) as server, closing(_remote(server.url, model="deepseek-r1")) as writer:
        for _ in range(3):
            assert _left(list(writer.stream(ASKED))) == ANSWER
    assert [body["max_tokens"] for body in server.posts] == [2_088, 40, 40, 40]


def test_thinking_that_ends_in_nothing_is_told() -> None:
    assert "only thought and wrote no answer" in _failure(says(f"<think>{THOUGHT}</think>"))
    assert "while the model was thinking" in _failure(stream(f"<think>{THOUGHT}", done=False))


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
    with serving(_waits(held, before, again)) as server, closing(_remote(server.url, seconds=0.2)) as writer:
        with pytest.raises(
            WriterFailed, match=r"did not answer in 0\.2 s; ask again, or raise CITEWISE_WRITER_SECONDS"
        ):
            list(writer.stream(ASKED))
        assert 0.2 <= time.monotonic() - start < 1.3
    assert len(server.posts) == 1


def test_a_model_that_thinks_until_the_time_is_over_is_told(held: threading.Event) -> None:
    thinks = 'data: {"choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]}\n\n'
    assert r"only thought until the limit of 0.2 s" in _failure(_waits(held, again=thinks), seconds=0.2)


def test_an_answer_that_has_come_when_the_time_is_over_is_kept(held: threading.Event) -> None:
    before = f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{ANSWER}"}}}}]}}\n\n'
    with serving(_waits(held, before, ": ping\n\n")) as server, closing(_remote(server.url, seconds=0.2)) as writer:
        pieces = list(writer.stream(ASKED))
    assert _left(pieces) == ANSWER
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

    with serving(answer) as server, closing(_remote(server.url, seconds=0.5)) as writer:
        assert _left(list(writer.stream(ASKED))) == ANSWER
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

    with serving(answer) as server, closing(_remote(server.url, seconds=60)) as writer:
        stream: Iterator[Piece] = writer.stream(ASKED)
        while not server.posts:
            assert next(stream) == ""
        stream.close()  # type: ignore[attr-defined]
        assert gone.wait(2)


# --- asked in another way ---------------------------------------------------------------------------------------------


def _error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def _without(name: str, refusal: Reply) -> Reply:
    return unless(lambda body: name not in body, refusal, says(ANSWER))


NO_SYSTEM = refuses(400, {"object": "error", "message": "System role not supported", "code": 400})
USERS_ONLY = unless(lambda body: body["messages"][0]["role"] == "user", NO_SYSTEM, says(ANSWER))


@pytest.mark.parametrize(
    ("answer", "posts"),
    [
        (
            _without(
                "max_tokens",
                refuses(400, _error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")),
            ),
            2,
        ),
        (_without("temperature", refuses(400, _error("Unsupported value: 'temperature' does not support 0"))), 2),
        (USERS_ONLY, 2),
        (
            unless(
                lambda body: body["messages"][0]["role"] == "user",
                stream(_error("Error rendering prompt with jinja template: System role not supported"), done=False),
                says(ANSWER),
            ),
            2,
        ),
        (
            unless(
                lambda body: not body["stream"],
                refuses(400, _error("stream is not supported")),
                refuses(200, _whole(content=ANSWER)),
            ),
            2,
        ),
        (_without("max_tokens", _without("temperature", refuses(422, "no"))), 2),
        (_without("temperature", refuses(400, "Bad Request")), 2),
        (
            _without(
                "max_tokens",
                refuses(400, _error("unknown field max_tokens")),
            ),
            2,
        ),
        (
            unless(
                lambda body: "max_tokens" not in body,
                refuses(400, _error("bad", param="max_tokens")),
                unless(
                    lambda body: "temperature" not in body, refuses(400, _error("bad", param="temperature")), USERS_ONLY
                ),
            ),
            4,
        ),
    ],
)
def test_what_a_server_refuses_is_left_out_and_remembered(answer: Reply, posts: int) -> None:
    with serving(answer) as server, closing(_remote(server.url)) as writer:
        for _ in range(2):
            assert _left(list(writer.stream(ASKED))) == ANSWER
    assert len(server.posts) == posts + 1
    assert server.posts[-1] == server.posts[-2]


def test_without_a_system_role_the_rules_are_still_sent() -> None:
    with serving(USERS_ONLY) as server, closing(_remote(server.url)) as writer:
        list(writer.stream(ASKED))
    assert server.posts[-1]["messages"] == [{"role": "user", "content": "Be brief.\n\nWhat is it?"}]


def test_a_server_that_is_busy_is_asked_again() -> None:
    answers = [refuses(429, _error("busy"), retry_after="0"), refuses(503, _error("busy")), says(ANSWER)]
    assert _written(lambda request: answers.pop(0)(request)) == ANSWER


def test_a_server_that_loads_its_model_is_waited_for_within_the_limit() -> None:
    loading = refuses(503, _error("Loading model", code=503))
    answers = [loading, loading, says(ANSWER)]
    assert _written(lambda request: answers.pop(0)(request)) == ANSWER
    assert "still loading its model after 0.5 s" in _failure(loading, seconds=0.5)


def test_a_server_that_moved_within_its_host_is_followed() -> None:
    answer = says(ANSWER)
    with serving(answer, paths=("/v1", "/llm/v1")) as server:
        moved: Reply = refuses(307, "", location="/llm/v1/chat/completions")
        with (
            serving(
                lambda request: (moved if request.path.startswith("/v1") else answer)(request), paths=("/v1", "/llm/v1")
            ) as old,
            closing(_remote(old.url)) as writer,
        ):
            assert _left(list(writer.stream(ASKED))) == ANSWER
        assert server.posts == []


@pytest.mark.parametrize("ending", ["", "/", "/v1/", "/v1/chat/completions", "/chat/completions", "/v1/models"])
def test_an_address_may_be_written_in_many_ways(ending: str) -> None:
    with serving(says(ANSWER)) as server, closing(_remote(server.url.removesuffix("/v1") + ending)) as writer:
        assert _left(list(writer.stream(ASKED))) == ANSWER


@pytest.mark.parametrize("base", ["", "/llm", "/llm/v1"])
def test_the_beginning_of_the_paths_is_found_and_remembered(base: str) -> None:
    with serving(says(ANSWER), paths=(base,)) as server:
        url = server.url.removesuffix("/v1") + base.removesuffix("/v1")
        with closing(_remote(url)) as writer:
            for _ in range(2):
                assert _left(list(writer.stream(ASKED))) == ANSWER
    assert server.asked[-1][0] == f"{base}/chat/completions"
    assert len([path for path, *_ in server.asked if path == f"{base}/chat/completions"]) == 2
    assert len(server.asked) <= 3


# --- several models ---------------------------------------------------------------------------------------------------

THREE = {
    "data": [
        {"id": "text-embedding-nomic-embed-text-v1.5"},
        {"id": "bge-reranker-v2-m3"},
        {"id": "qwen2.5-7b-instruct"},
    ]
}


def test_of_several_models_the_first_that_can_chat_is_chosen() -> None:
    with serving(says(ANSWER), THREE) as server, closing(_remote(server.url, model="")) as writer:
        assert writer.choose() == "the first that can chat"
        assert writer.name == "qwen2.5-7b-instruct"
        assert _left(list(writer.stream(ASKED))) == ANSWER
    assert [body["model"] for body in server.posts] == ["qwen2.5-7b-instruct"]


@pytest.mark.parametrize(
    "refusal",
    [
        refuses(400, _error("Model is not llm.", param="model", code="model_not_found")),
        refuses(400, _error('"one" does not support chat')),
        refuses(500, _error("model requires more system memory (5.6 GiB) than is available")),
        refuses(404, _error('model "one" not found, try pulling it first')),
        stream(_error("Failed to load model"), done=False),
    ],
)
def test_where_the_first_cannot_chat_the_next_is_tried_and_remembered(refusal: Reply) -> None:
    answer = unless(lambda body: body["model"] == "two", refusal, says(ANSWER))
    with (
        serving(answer, {"data": [{"id": "one"}, {"id": "two"}]}) as server,
        closing(_remote(server.url, model="")) as writer,
    ):
        writer.choose()
        for _ in range(2):
            assert _left(list(writer.stream(ASKED))) == ANSWER
        assert writer.name == "two"
    assert [body["model"] for body in server.posts] == ["one", "two", "two"]


def test_a_named_model_that_cannot_chat_is_told_with_the_others() -> None:
    said = _failure(refuses(400, _error("Model is not llm.")), THREE, model="bge-reranker-v2-m3")
    assert said == (
        "the model “bge-reranker-v2-m3” cannot chat (it says: Model is not llm.); it also has qwen2.5-7b-instruct; name a model that "
        "can by CITEWISE_WRITER"
    )


@pytest.mark.parametrize(
    "models",
    [
        {"data": []},
        {"data": None},
        [],
        {"data": [{"id": "nomic-embed-text"}]},
        None,
        "<html>no</html>",
        {"hello": 1},
        "no",
        5,
    ],
)
def test_where_no_model_is_found_a_sentence_says_so(models: Any) -> None:
    listing: Reply = lambda request: request.reply(200, models)  # noqa: E731
    with (
        serving(says(ANSWER), listing) as server,
        closing(_remote(server.url, model="")) as writer,
        pytest.raises(WriterFailed, match="CITEWISE_WRITER") as failed,
    ):
        writer.choose()
    assert "Error" not in str(failed.value)


@pytest.mark.parametrize("status", [404, 405, 500, 401])
def test_a_list_of_models_that_is_refused_is_told(status: int) -> None:
    with serving(says(ANSWER), refuses(status, _error("no"))) as server, closing(_remote(server.url)) as writer:
        with pytest.raises(WriterFailed, match="the server that writes"):
            writer.models()
        assert _left(list(writer.stream(ASKED))) == ANSWER, "a model that is named needs no list"


def test_the_list_is_waited_for_while_the_server_loads() -> None:
    answers = [refuses(503, _error("Loading model")), refuses(200, ["m"])]
    with (
        serving(says(ANSWER), lambda request: answers.pop(0)(request)) as server,
        closing(_remote(server.url, model="")) as writer,
    ):
        assert writer.choose() == "the only one"


# --- what goes wrong, in words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (refuses(500, _error("CUDA error")), "failed with status 500 (it says: CUDA error)"),
        (refuses(502, "<html><h1>Bad Gateway</h1></html>"), "web page"),
        (refuses(401, _error("no")), "CITEWISE_WRITER_KEY"),
        (refuses(403, "<p>no</p>"), "CITEWISE_WRITER_KEY"),
        (
            refuses(404, _error("The model `m` does not exist.")),
            "it has a, b; set CITEWISE_WRITER to one that it serves",
        ),
        (refuses(404, _error("no")), "no model “m”, or no chat at this address; it has a, b"),
        (refuses(400, _error("This model's maximum context length is 512 tokens.")), "too long"),
        (refuses(400, _error("no")), "refused the request (it says: no)"),
        (refuses(400, _error("the key is wrong")), "(it says: the … is wrong)"),
        (refuses(429, _error("busy"), retry_after="30"), "too much to do (it says: busy); ask again in 30 s"),
        (refuses(429, _error("You exceeded your current quota"), retry_after="90"), "quota"),
        (refuses(402, _error("Payment required")), "quota"),
        (refuses(200, "<!doctype html><html>Open it</html>"), "web page"),
        (refuses(200, "hello"), "no answer of a chat model: hello"),
        (refuses(200, {"hello": 1}), "no answer of a chat model"),
        (stream({"choices": 5}), "no answer of a chat model"),
        (stream("It wo", done=False), "in the middle of the answer"),
        (stream("It wo", _error("out of memory"), done=False), "in the middle of the answer"),
        (stream({"error": "out of memory"}, done=False), "failed (it says: out of memory)"),
        (stream(done=False), "closed the connection without an answer"),
        (stream(chunk(refusal="I cannot."), chunk(finish="stop")), "refused to answer"),
        (stream(chunk(finish="content_filter")), "refused to answer"),
        (refuses(302, "", location="http://elsewhere.example.org/"), "has moved"),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence(answer: Reply, message: str) -> None:
    said = _failure(answer, {"data": [{"id": "a"}, {"id": "b"}]}, model="m")
    assert message in said
    assert "Error" not in said
    assert "elsewhere" not in said


def test_a_server_that_is_not_there_is_told() -> None:
    with closing(_remote("http://127.0.0.1:9/v1")) as writer:
        with pytest.raises(WriterFailed, match="cannot be reached; is it running"):
            list(writer.stream(ASKED))
        with pytest.raises(WriterFailed, match="cannot be reached"):
            writer.models()


def test_a_connection_that_is_dropped_is_told() -> None:
    def answer(request: Request) -> None:
        request.close_connection = True

    assert "closed the connection without an answer" in _failure(answer)


# --- keys, users and proxies ------------------------------------------------------------------------------------------


def test_user_and_password_of_the_address_are_sent_and_never_shown() -> None:
    with serving(says(ANSWER)) as server:
        url = server.url.replace("//", "//user:hunter2@")
        with closing(_remote(url)) as writer:
            assert _left(list(writer.stream(ASKED))) == ANSWER
            assert writer.models() == ["m"]
            assert writer.place == server.url
    assert {headers["authorization"] for *_, headers in server.asked} == {"Basic dXNlcjpodW50ZXIy"}


def test_a_server_that_repeats_the_password_does_not_get_it_shown() -> None:
    with (
        serving(refuses(401, _error("user:hunter2 is wrong"))) as server,
        closing(_remote(server.url.replace("//", "//user:hunter2@"))) as writer,
        pytest.raises(WriterFailed) as failed,
    ):
        list(writer.stream(ASKED))
    assert "hunter2" not in str(failed.value)


def test_the_key_is_sent_and_without_one_nothing() -> None:
    with serving(says(ANSWER)) as server:
        for key in ("secret\n", None):
            with closing(_remote(server.url, key=key)) as writer:
                list(writer.stream(ASKED))
    assert [headers.get("authorization") for *_, headers in server.asked] == ["Bearer secret", None]


def test_a_key_that_cannot_be_sent_is_told() -> None:
    with pytest.raises(WriterFailed, match="CITEWISE_WRITER_KEY"):
        _remote("http://127.0.0.1:9/v1", key="schlüssel")


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "https_proxy"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://x"])
def test_a_server_nearby_is_reached_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/cert.pem")
    assert _written(says(ANSWER)) == ANSWER


@pytest.mark.parametrize(
    ("variable", "value"), [("ALL_PROXY", "socks5://127.0.0.1:9"), ("HTTPS_PROXY", "nonsense://x")]
)
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(WriterFailed, match=variable):
        _remote("https://api.example.org/v1")


def test_a_stale_file_of_certificates_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/cert.pem")
    with pytest.raises(WriterFailed, match="SSL_CERT_FILE"):
        _remote("https://api.example.org/v1")
