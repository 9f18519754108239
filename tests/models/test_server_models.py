"""A server's list of models in every form, and which of them writes."""

from typing import Any

import pytest

from rag.models.server_models import Served, in_order, is_served, listed, read_models, thinks

CHAT = [
    "qwen2.5-7b-instruct",
    "llama3.2:latest",
    "gemma3:4b",
    "mistralai/Mistral-7B-Instruct-v0.3",
    "deepseek-r1:7b",
    "gpt-4o-mini",
    "gpt-oss:20b",
    "phi-4",
    "Qwen/Qwen3-4B-Instruct-2507",
    "qwen2-vl-7b-instruct",
    "claude-sonnet-4",
    "gemini-2.5-flash",
    "command-r",
    "granite3.3:8b",
    "smollm2:135m",
    "/models/model.gguf",
    "tinyllama",
    "default",
    "stablelm2",
    "starling-lm",
    "eclipse-7b",
    "vanguard-7b",
    "fluxmind-3b",
    "yi-34b-chat",
]
OTHER = [
    "text-embedding-nomic-embed-text-v1.5",
    "nomic-embed-text:latest",
    "nomic-embed-text",
    "bge-m3",
    "bge-m3:latest",
    "BAAI/bge-large-en-v1.5",
    "bge-reranker-v2-m3",
    "mxbai-embed-large:latest",
    "mxbai-rerank-large-v2",
    "snowflake-arctic-embed2",
    "snowflake-arctic-embed:335m",
    "all-minilm",
    "all-minilm:22m",
    "sentence-transformers/all-MiniLM-L6-v2",
    "sentence-transformers/all-mpnet-base-v2",
    "paraphrase-multilingual:278m",
    "embeddinggemma:300m",
    "qwen3-embedding:0.6b",
    "Qwen/Qwen3-Reranker-0.6B",
    "jina-embeddings-v3",
    "jina-reranker-v2-base",
    "granite-embedding:30m",
    "intfloat/e5-mistral-7b-instruct",
    "intfloat/multilingual-e5-large",
    "thenlper/gte-large",
    "gte-Qwen2-7B-instruct",
    "colbert-v2",
    "text-embedding-3-small",
    "text-embedding-ada-002",
    "voyage-3-large",
    "openai/whisper-large-v3",
    "whisper-1",
    "tts-1",
    "tts-1-hd",
    "gpt-4o-mini-tts",
    "gpt-4o-transcribe",
    "gpt-4o-realtime-preview",
    "gpt-4o-audio-preview",
    "kokoro-82m",
    "dall-e-3",
    "gpt-image-1",
    "stable-diffusion-3.5-large",
    "black-forest-labs/FLUX.1-schnell",
    "omni-moderation-latest",
    "text-moderation-stable",
    "llama-guard3:8b",
    "meta-llama/Llama-Guard-3-8B",
    "meta-llama/Llama-Prompt-Guard-2-86M",
    "shieldgemma:2b",
    "granite3-guardian:2b",
    "gpt-oss-safeguard:20b",
    "davinci-002",
    "gpt-3.5-turbo-instruct",
    "openai/clip-vit-large-patch14",
]


@pytest.mark.parametrize("name", CHAT)
def test_a_model_that_chats_is_told_by_its_name(name: str) -> None:
    assert read_models([name]) == (Served(name),)


@pytest.mark.parametrize("name", OTHER)
def test_a_model_for_something_else_is_told_by_its_name(name: str) -> None:
    assert read_models([name]) == (Served(name, chats=False),)


A, B = Served("a"), Served("b")


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ({"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b"}]}, (A, B)),
        ([{"id": "a"}, {"id": "b"}], (A, B)),
        (["a", "b"], (A, B)),
        ({"models": [{"name": "a", "model": "a"}, {"name": "b"}]}, (A, B)),
        ({"models": ["a", "b"]}, (A, B)),
        ({"models": [{"type": "llm", "key": "a"}, {"key": "b"}]}, (A, B)),
        ({"data": {"a": {}, "b": None}}, (A, B)),
        ({"data": {"id": "a"}}, (A,)),
        ({"data": [{"id": "a"}, None, 5, {"id": None}, {}, {"id": "a"}, {"id": " "}]}, (A,)),
        ({"data": []}, ()),
        ({"data": None}, ()),
        ([], ()),
        ({"data": "a"}, None),
        ({"data": [5]}, None),
        ({"error": {"message": "no"}}, None),
        ({}, None),
        (None, None),
        ("a", None),
        (5, None),
    ],
)
def test_a_list_of_models_is_read_in_every_form(body: Any, models: tuple[Served, ...] | None) -> None:
    assert read_models(body) == models


@pytest.mark.parametrize(
    ("about", "chats"),
    [
        ({"type": "embeddings"}, False),
        ({"type": "embedding"}, False),
        ({"type": "rerank"}, False),
        ({"type": "llm"}, True),
        ({"type": "vlm"}, True),
        ({"task": "chat-completion"}, True),
        ({"task": "feature-extraction"}, False),
        ({"capabilities": {"completion_chat": False}}, False),
        ({"capabilities": {"completion_chat": True}}, True),
        ({"capabilities": ["embed"]}, False),
        ({"capabilities": ["completion"]}, True),
        ({"capabilities": []}, True),
        ({"architecture": {"output_modalities": ["image"]}}, False),
        ({"architecture": {"output_modalities": ["text"]}}, True),
        ({"object": "model", "type": None}, True),
    ],
)
def test_what_the_list_says_of_a_model_counts(about: dict[str, Any], chats: bool) -> None:
    assert read_models([{"id": "x", **about}]) == (Served("x", chats),)


def test_the_first_that_can_chat_is_chosen_and_before_it_one_that_is_loaded() -> None:
    assert in_order([Served("e", chats=False), A, B]) == (A, B)
    away, here = Served("a", loaded=False), Served("b", loaded=True)
    assert in_order([away, here]) == (here, away)
    listed_by_lm_studio = {"data": [{"id": "a", "state": "not-loaded"}, {"id": "b", "state": "loaded"}]}
    assert read_models(listed_by_lm_studio) == (away, here)


@pytest.mark.parametrize(
    ("name", "served", "there"),
    [
        ("llama3.2", "llama3.2:latest", True),
        ("llama3.2:latest", "llama3.2", True),
        ("Llama3.2", "llama3.2:latest", True),
        ("model.gguf", "/models/model.gguf", True),
        ("llama3", "llama3.2:latest", False),
    ],
)
def test_a_name_is_found_as_people_write_it(name: str, served: str, there: bool) -> None:
    assert is_served(name, [Served(served)]) == there


@pytest.mark.parametrize(
    "name",
    [
        "deepseek-r1:7b",
        "DeepSeek-R1-Distill-Qwen-7B",
        "qwq-32b",
        "qwen3:8b",
        "Qwen/Qwen3-8B",
        "qwen3.5-4b",
        "gpt-oss-20b",
        "o4-mini",
    ],
)
def test_a_model_that_thinks_is_told_by_its_name(name: str) -> None:
    assert thinks(name)


@pytest.mark.parametrize(
    "name", ["m", "llama3.2", "Qwen/Qwen3-4B-Instruct-2507", "qwen2.5-7b", "qwen3-coder:30b", "gpt-4o"]
)
def test_any_other_model_does_not_think_as_far_as_its_name_tells(name: str) -> None:
    assert not thinks(name)


def test_many_names_are_counted() -> None:
    assert listed("abc", most=2) == "a, b and 1 more"
    assert listed("ab", most=2) == "a, b"
