"""A server that refuses: it is asked in another way, another model is taken, or a sentence says what is wrong."""

from contextlib import closing
from typing import Any

import pytest

from rag.core.errors import WriterFailed
from rag.models import server_way
from tests.helpers.servers import (
    ANSWER,
    ASKED,
    Reply,
    Request,
    chunk,
    error,
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


# --- asked in another way ---------------------------------------------------------------------------------------------


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
                refuses(400, error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")),
            ),
            2,
        ),
        (_without("temperature", refuses(400, error("Unsupported value: 'temperature' does not support 0"))), 2),
        (USERS_ONLY, 2),
        (
            unless(
                lambda body: body["messages"][0]["role"] == "user",
                stream(error("Error rendering prompt with jinja template: System role not supported"), done=False),
                says(ANSWER),
            ),
            2,
        ),
        (
            unless(
                lambda body: not body["stream"],
                refuses(400, error("stream is not supported")),
                refuses(200, whole(content=ANSWER)),
            ),
            2,
        ),
        (_without("max_tokens", _without("temperature", refuses(422, "no"))), 2),
        (_without("temperature", refuses(400, "Bad Request")), 2),
        (
            _without(
                "max_tokens",
                refuses(400, error("unknown field max_tokens")),
            ),
            2,
        ),
        (
            unless(
                lambda body: "max_tokens" not in body,
                refuses(400, error("bad", param="max_tokens")),
                unless(
                    lambda body: "temperature" not in body, refuses(400, error("bad", param="temperature")), USERS_ONLY
                ),
            ),
            4,
        ),
    ],
)
def test_what_a_server_refuses_is_left_out_and_remembered(answer: Reply, posts: int) -> None:
    with serving(answer) as server, closing(remote(server.url)) as writer:
        for _ in range(2):
            assert left(list(writer.stream(ASKED))) == ANSWER
    assert len(server.posts) == posts + 1
    assert server.posts[-1] == server.posts[-2]


def test_without_a_system_role_the_rules_are_still_sent() -> None:
    with serving(USERS_ONLY) as server, closing(remote(server.url)) as writer:
        list(writer.stream(ASKED))
    assert server.posts[-1]["messages"] == [{"role": "user", "content": "Be brief.\n\nWhat is it?"}]


def test_a_server_that_is_busy_is_asked_again() -> None:
    answers = [refuses(429, error("busy"), retry_after="0"), refuses(503, error("busy")), says(ANSWER)]
    assert written(lambda request: answers.pop(0)(request)) == ANSWER


def test_a_server_that_loads_its_model_is_waited_for_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    loading = refuses(503, error("Loading model", code=503))
    answers = [*[loading] * 20, says(ANSWER)]
    with monkeypatch.context() as shorter:
        shorter.setattr(server_way, "FIRST_WAIT", 0.001)
        assert written(lambda request: answers.pop(0)(request)) == ANSWER
    assert "still loading its model after 0.5 s" in failure(loading, seconds=0.5)


def test_a_server_that_moved_within_its_host_is_followed() -> None:
    answer = says(ANSWER)
    with serving(answer, paths=("/v1", "/llm/v1")) as server:
        moved: Reply = refuses(307, "", location="/llm/v1/chat/completions")
        with (
            serving(
                lambda request: (moved if request.path.startswith("/v1") else answer)(request), paths=("/v1", "/llm/v1")
            ) as old,
            closing(remote(old.url)) as writer,
        ):
            assert left(list(writer.stream(ASKED))) == ANSWER
        assert server.posts == []


@pytest.mark.parametrize("ending", ["", "/", "/v1/", "/v1/chat/completions", "/chat/completions", "/v1/models"])
def test_an_address_may_be_written_in_many_ways(ending: str) -> None:
    with serving(says(ANSWER)) as server, closing(remote(server.url.removesuffix("/v1") + ending)) as writer:
        assert left(list(writer.stream(ASKED))) == ANSWER


@pytest.mark.parametrize("base", ["", "/llm", "/llm/v1"])
def test_the_beginning_of_the_paths_is_found_and_remembered(base: str) -> None:
    with serving(says(ANSWER), paths=(base,)) as server:
        url = server.url.removesuffix("/v1") + base.removesuffix("/v1")
        with closing(remote(url)) as writer:
            for _ in range(2):
                assert left(list(writer.stream(ASKED))) == ANSWER
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
    with serving(says(ANSWER), THREE) as server, closing(remote(server.url, model="")) as writer:
        assert writer.choose() == "the first that can chat"
        assert writer.name == "qwen2.5-7b-instruct"
        assert left(list(writer.stream(ASKED))) == ANSWER
    assert [body["model"] for body in server.posts] == ["qwen2.5-7b-instruct"]


@pytest.mark.parametrize(
    "refusal",
    [
        refuses(400, error("Model is not llm.", param="model", code="model_not_found")),
        refuses(400, error('"one" does not support chat')),
        refuses(500, error("model requires more system memory (5.6 GiB) than is available")),
        refuses(404, error('model "one" not found, try pulling it first')),
        stream(error("Failed to load model"), done=False),
    ],
)
def test_where_the_first_cannot_chat_the_next_is_tried_and_remembered(refusal: Reply) -> None:
    answer = unless(lambda body: body["model"] == "two", refusal, says(ANSWER))
    with (
        serving(answer, {"data": [{"id": "one"}, {"id": "two"}]}) as server,
        closing(remote(server.url, model="")) as writer,
    ):
        writer.choose()
        for _ in range(2):
            assert left(list(writer.stream(ASKED))) == ANSWER
        assert writer.name == "two"
    assert [body["model"] for body in server.posts] == ["one", "two", "two"]


def test_a_named_model_that_cannot_chat_is_told_with_the_others() -> None:
    said = failure(refuses(400, error("Model is not llm.")), THREE, model="bge-reranker-v2-m3")
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
        closing(remote(server.url, model="")) as writer,
        pytest.raises(WriterFailed, match="CITEWISE_WRITER") as failed,
    ):
        writer.choose()
    assert "Error" not in str(failed.value)


@pytest.mark.parametrize("status", [404, 405, 500, 401])
def test_a_list_of_models_that_is_refused_is_told(status: int) -> None:
    with serving(says(ANSWER), refuses(status, error("no"))) as server, closing(remote(server.url)) as writer:
        with pytest.raises(WriterFailed, match="the server that writes"):
            writer.models()
        assert left(list(writer.stream(ASKED))) == ANSWER, "a model that is named needs no list"


def test_the_list_is_waited_for_while_the_server_loads() -> None:
    answers = [refuses(503, error("Loading model")), refuses(200, ["m"])]
    with (
        serving(says(ANSWER), lambda request: answers.pop(0)(request)) as server,
        closing(remote(server.url, model="")) as writer,
    ):
        assert writer.choose() == "the only one"


# --- what goes wrong, in words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (refuses(500, error("CUDA error")), "failed with status 500 (it says: CUDA error)"),
        (
            refuses(502, "<html><h1>Bad Gateway</h1></html>"),
            "does not answer behind its gateway, which has status 502;",
        ),
        (refuses(504, error("upstream")), "behind its gateway, which has status 504 (it says: upstream)"),
        (refuses(503, "<html><h1>Unavailable</h1></html>"), "behind its gateway, which has status 503"),
        (refuses(404, "<html><h1>Not found</h1></html>"), "web page"),
        (refuses(401, error("no")), "CITEWISE_WRITER_KEY"),
        (refuses(403, "<p>no</p>"), "CITEWISE_WRITER_KEY"),
        (
            refuses(404, error("The model `m` does not exist.")),
            "it has a, b; set CITEWISE_WRITER to one that it serves",
        ),
        (refuses(404, error("no")), "no model “m”, or no chat at this address; it has a, b"),
        (refuses(400, error("This model's maximum context length is 512 tokens.")), "too long"),
        (refuses(400, error("no")), "refused the request (it says: no)"),
        (refuses(400, error("the key is wrong")), "(it says: the … is wrong)"),
        (refuses(429, error("busy"), retry_after="30"), "too much to do (it says: busy); ask again in 30 s"),
        (refuses(429, error("You exceeded your current quota"), retry_after="90"), "quota"),
        (refuses(402, error("Payment required")), "quota"),
        (refuses(200, "<!doctype html><html>Open it</html>"), "web page"),
        (refuses(200, "hello"), "no answer of a chat model (it says: hello)"),
        (refuses(200, {"hello": 1}), "no answer of a chat model"),
        (stream({"choices": 5}), "no answer of a chat model"),
        (stream("It wo", done=False), "in the middle of the answer"),
        (stream("It wo", error("out of memory"), done=False), "in the middle of the answer"),
        (stream({"error": "out of memory"}, done=False), "failed (it says: out of memory)"),
        (stream(done=False), "closed the connection without an answer"),
        (stream(chunk(refusal="I cannot."), chunk(finish="stop")), "refused to answer"),
        (stream(chunk(finish="content_filter")), "refused to answer"),
        (refuses(302, "", location="http://elsewhere.example.org/"), "has moved"),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence(answer: Reply, message: str) -> None:
    said = failure(answer, {"data": [{"id": "a"}, {"id": "b"}]}, model="m")
    assert message in said
    assert "Error" not in said
    assert "elsewhere" not in said


def test_a_server_that_is_not_there_is_told() -> None:
    with closing(remote("http://127.0.0.1:9/v1")) as writer:
        with pytest.raises(WriterFailed, match="cannot be reached; is it running"):
            list(writer.stream(ASKED))
        with pytest.raises(WriterFailed, match="cannot be reached"):
            writer.models()


def test_a_connection_that_is_dropped_is_told() -> None:
    def answer(request: Request) -> None:
        request.close_connection = True

    assert "closed the connection without an answer" in failure(answer)
