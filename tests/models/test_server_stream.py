"""What servers stream: every form that is met is read, and what is none is passed over."""

import json
from typing import Any

import pytest

from rag.models.server_stream import Done, Said, Unreadable, events, lines, read_event, text_of


def _chunk(**choice: Any) -> dict[str, Any]:
    return {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'data: {"a": 1}\n\ndata: [DONE]\n\n', [{"a": 1}, Done()]),
        (b'data:{"a": 1}\r\n\r\ndata:[DONE]', [{"a": 1}, Done()]),
        (b'data: {"a": 1}\ndata: {"b": 2}\n', [{"a": 1}, {"b": 2}]),
        (b'data: {"a":\ndata: 1}\n\n', [{"a": 1}]),
        (b': keep-alive\n\nevent: x\nid: 3\nretry: 9\ndata: {"a": 1}\n\n: ping\n', [{"a": 1}]),
        (b'data: {"a"\n\ndata: {"b": 2}\n\n', [Unreadable('{"a"'), {"b": 2}]),
        (b'data: {"a"\ndata: {"b": 2}\n\n', [Unreadable('{"a"'), {"b": 2}]),
        (b'data: {"a": 1}', [{"a": 1}]),
        (b'\xef\xbb\xbfdata: {"a": 1}\n', [{"a": 1}]),
        ('data: {"a": "x\u2028y\x85z"}\n\n'.encode(), [{"a": "x\u2028y\x85z"}]),
        (b'data: {"a": "\xff"}\n\n', [{"a": "\ufffd"}]),
        (b'{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}]),
        (b'{\n  "a": 1\n}\n', [{"a": 1}]),
        (b"<html>\n<body>no</body>", [Unreadable("<html>\n<body>no</body>")]),
        (b"data: " + b"[" * 20_000 + b"\n\n", [Unreadable("[" * 20_000)]),
        (b"", []),
        (b"data:\n\n", []),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_events_are_told_wherever_the_chunks_end(body: bytes, expected: list[Any], size: int) -> None:
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert list(events(lines(chunks))) == expected


def test_a_line_that_never_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="without an end"):
        list(lines(b"x" * 1_000_000 for _ in range(3)))


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (_chunk(delta={"content": "It"}), "It"),
        (_chunk(delta={"content": [{"type": "text", "text": "It"}, {"type": "text", "text": " is"}]}), "It is"),
        (_chunk(delta={"content": ["It", {"text": " is"}]}), "It is"),
        (_chunk(delta={"content": {"type": "output_text", "text": "It"}}), "It"),
        (_chunk(delta={"content": [{"type": "text", "text": {"value": "It"}}]}), "It"),
        (_chunk(delta={"content": None}), ""),
        (_chunk(delta={"content": 5}), ""),
        (_chunk(delta=None), ""),
        (_chunk(), ""),
        (_chunk(text="It"), "It"),
        ({"choices": [None, {"delta": {"content": "It"}}]}, "It"),
        ({"choices": [{"index": 1, "delta": {"content": "no"}}, {"index": 0, "delta": {"content": "It"}}]}, "It"),
        ({"choices": {"delta": {"content": "It"}}}, "It"),
        ({"choices": None, "usage": {"total_tokens": 9}}, ""),
        ({"choices": []}, ""),
        ({"usage": {"total_tokens": 9}}, ""),
        ({"message": {"role": "assistant", "content": "It"}, "done": False}, "It"),
    ],
)
def test_the_text_of_every_form_of_chunk_is_read(event: Any, text: str) -> None:
    said = read_event(event)
    assert (said.text, said.is_chat, said.error) == (text, True, None)


def test_a_last_message_in_place_of_a_delta_is_read_as_the_whole() -> None:
    assert read_event(_chunk(message={"content": "It is."}, finish_reason="stop")) == Said(
        "It is.", whole=True, finish="stop", is_chat=True
    )


@pytest.mark.parametrize(
    "delta",
    [
        {"content": None, "reasoning_content": "Hm"},
        {"reasoning": "Hm"},
        {"thinking": "Hm"},
        {"content": "", "reasoning_details": [{"text": "Hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
        {"content": [{"type": "reasoning", "text": "Hm"}]},
        {"content": [{"type": "reasoning_text", "text": "Hm"}]},
        {"content": [{"type": "text", "text": "Hm", "thought": True}]},
    ],
)
def test_thinking_in_fields_of_its_own_is_no_text(delta: dict[str, Any]) -> None:
    said = read_event(_chunk(delta=delta))
    assert (said.text, said.has_thought) == ("", True)


@pytest.mark.parametrize(
    ("reason", "finish"), [("stop", "stop"), ("length", "length"), ("", ""), (None, ""), ("null", ""), (5, "")]
)
def test_only_a_reason_to_finish_finishes(reason: Any, finish: str) -> None:
    assert read_event(_chunk(delta={}, finish_reason=reason)).finish == finish


@pytest.mark.parametrize(
    "event",
    [
        {"error": "no memory"},
        {"error": {"message": "no memory"}},
        [{"error": {"message": "no memory"}}],
        {"object": "error", "message": "no memory", "code": 400},
        {"detail": "no memory"},
        {"type": "error", "message": "no memory"},
    ],
)
def test_an_error_within_the_stream_is_told(event: Any) -> None:
    assert "no memory" in json.dumps(read_event(event).error)


@pytest.mark.parametrize("event", [5, None, "text", [], {}, {"choices": 5}, {"choices": ["x"]}, {"hello": "world"}])
def test_what_is_no_chat_reply_says_nothing(event: Any) -> None:
    assert read_event(event) == Said()


def test_a_deep_list_of_parts_is_read() -> None:
    assert text_of([[{"type": "text", "text": "It"}], {"type": "image_url"}, None]) == ("It", False)
