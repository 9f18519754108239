"""The request in the forms that servers take, and what is made of a refusal."""

from dataclasses import replace
from typing import Any

import pytest

from rag.core.domain import Message
from rag.models.server_request import PLAIN, WHOLE, Form, Refusal, asked_again, refusal
from rag.models.writer import Limits

ASKED = [Message("system", "Be brief."), Message("user", "What is it?")]
FIRST = Form()


def test_the_first_form_has_all_that_is_wished() -> None:
    assert Form().body("m", ASKED, Limits()) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is it?"}],
        "max_tokens": 320,
        "temperature": 0,
        "stream": True,
    }


def test_without_a_system_role_the_rules_stand_before_the_question() -> None:
    assert PLAIN.body("m", ASKED, Limits()) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Be brief.\n\nWhat is it?"}],
        "stream": True,
    }
    assert PLAIN.body("m", ASKED[:1], Limits())["messages"] == [{"role": "user", "content": "Be brief."}]


def test_a_model_that_thinks_gets_room_for_it() -> None:
    assert Form(room=True, tokens="max_completion_tokens").body("m", ASKED, Limits())["max_completion_tokens"] == 2_368


TOKENS = replace(FIRST, tokens="max_completion_tokens")
WARM = replace(FIRST, temperature=False)
USER = replace(FIRST, system=False)
IN_ONE = replace(FIRST, stream=False)


def _error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("status", "body", "form"),
    [
        (
            400,
            _error(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            ),
            TOKENS,
        ),
        (400, _error("bad", param="max_tokens", code="unsupported_parameter"), TOKENS),
        (400, {"message": "max_tokens is deprecated"}, TOKENS),
        (
            422,
            {"detail": [{"loc": ["body", "max_tokens"], "msg": "Extra inputs are not permitted", "input": 320}]},
            TOKENS,
        ),
        (400, "Unrecognized request argument supplied: max_tokens", TOKENS),
        (400, _error("Unsupported value: 'temperature' does not support 0 with this model."), WARM),
        (400, _error("`temperature` must be strictly positive", type="validation"), WARM),
        (422, {"detail": [{"loc": ["body", "temperature"], "msg": "greater than 0", "input": 0}]}, WARM),
        (400, {"object": "error", "message": "System role not supported", "code": 400}, USER),
        (500, _error("Error rendering prompt with jinja template: Only user and assistant roles are supported!"), USER),
        (400, _error("Conversation roles must alternate user/assistant/user/assistant/..."), USER),
        (400, _error("Developer instruction is not enabled for models/gemma-3-1b-it"), USER),
        (
            400,
            _error(
                "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                param="messages[0].role",
            ),
            USER,
        ),
        (200, {"error": "System role not supported"}, USER),
        (400, {"error": {"message": '{"error": {"message": "System role not supported"}}'}}, USER),
        (400, _error("Your organization must be verified to stream this model.", param="stream"), IN_ONE),
        (501, _error("Streaming is not supported"), IN_ONE),
        (400, _error("Unsupported value: 'stream' does not support true with this model."), IN_ONE),
        (400, "Bad Request", PLAIN),
        (422, {}, PLAIN),
        (400, None, PLAIN),
    ],
)
def test_what_a_server_refuses_is_left_out(status: int, body: Any, form: Form) -> None:
    assert asked_again(FIRST, refusal(status, body)) == form


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, _error("This model's maximum context length is 512 tokens. Please reduce the length of the messages.")),
        (400, _error("the request exceeds the available context size, try increasing it")),
        (400, _error("Model is not llm.", param="model", code="model_not_found")),
        (400, _error('"nomic-embed-text" does not support chat')),
        (404, _error("model 'x' not found, try pulling it first")),
        (401, _error("Incorrect API key provided")),
        (500, _error("CUDA error")),
        (500, _error("model requires more system memory (5.6 GiB) than is available (3.0 GiB)")),
    ],
)
def test_where_another_form_would_not_help_there_is_none(status: int, body: Any) -> None:
    assert asked_again(FIRST, refusal(status, body)) is None


def test_a_limit_of_tokens_that_does_not_fit_is_lowered_then_left_to_the_server() -> None:
    refused = refusal(400, _error("max_tokens is too large: 2368. This model's maximum context length is 2048 tokens"))
    assert asked_again(Form(room=True), refused) == Form()
    assert asked_again(Form(), refused) == Form(tokens="")
    assert asked_again(Form(tokens=""), refused) is None


def test_the_plainest_form_comes_last() -> None:
    unclear = refusal(400, "Bad Request")
    assert asked_again(PLAIN, unclear) == WHOLE
    assert asked_again(WHOLE, unclear) is None


def test_asking_again_comes_to_an_end() -> None:
    everything = refusal(400, _error("max_tokens, temperature, the system role and stream are not supported"))
    form: Form | None = Form()
    for _ in range(8):
        form = asked_again(form, everything) if form else None
    assert form is None


@pytest.mark.parametrize(
    "message",
    [
        "Model is not llm.",
        '"nomic-embed-text" does not support chat',
        "The model `bge-m3` does not support Chat Completions API",
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
        "This server does not support completions. Start it without `--embeddings`",
        "As of transformers v4.44, default chat template is no longer allowed, so you must provide a chat template if the tokenizer "
        "does not define one.",
    ],
)
def test_a_model_that_cannot_chat_is_told_by_the_servers_words(message: str) -> None:
    assert refusal(400, _error(message)).cannot_chat


@pytest.mark.parametrize(
    "message",
    [
        "The model `m` does not exist.",
        'model "m" not found, try pulling it first',
        "No models loaded. Please load a model in the developer page.",
        "m is not a valid model ID",
        "The model 'm' does not exist or you do not have access to it.",
        "Failed to load model",
    ],
)
def test_a_model_that_is_not_there_is_told_from_a_wrong_path(message: str) -> None:
    refused = refusal(404, _error(message))
    assert refused.is_of_model
    assert not refused.is_of_path


@pytest.mark.parametrize(
    "body", [{"detail": "Not Found"}, "404 page not found", "<!DOCTYPE html><html>no</html>", None, ""]
)
def test_a_wrong_path_is_told(body: Any) -> None:
    assert refusal(404, body).is_of_path


@pytest.mark.parametrize(
    "message", ["Loading model", "Model is still loading", "The server is starting up", "Server not ready"]
)
def test_a_server_that_still_loads_is_told(message: str) -> None:
    assert refusal(503, _error(message)).is_loading
    assert not refusal(400, _error(message)).is_loading


def test_what_a_refusal_repeats_of_the_request_is_left_out() -> None:
    body = {
        "detail": [
            {"loc": ["body", "messages"], "msg": "wrong", "input": "the temperature of diffusion", "url": "https://x"}
        ]
    }
    assert refusal(422, body) == Refusal(422, "body messages wrong")
