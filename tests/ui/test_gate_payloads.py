"""What may be sent to the window: JSON of a usual size, of the form that is wanted, without files."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest

from rag.core.errors import RequestRefused
from ui.gate.payloads import FILES_REFUSED, check_call, check_fields, parsed, without_half_characters

FILE = {"path": "http://files.example/x", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    "value",
    [
        {"data": [FILE]},
        {"data": ["q", [{"role": "user", "content": FILE}]]},
        {"data": ["q", [{"role": "user", "content": [{"type": "file", "file": {"path": "/etc/passwd"}}]}]]},
        {"data": [], "event_data": {"a": {"b": [FILE]}}},
        {"data": [{"path": "x", "url": "http://a", "orig_name": "b"}]},
        {"data": [{"url": "http://a", "meta": {"_type": "gradio.FileData"}}]},
        {"data": [{"_type": "gradio.FileData"}]},
        {"data": [{"path": "x", "meta": 7}]},
        {"words": FILE},
    ],
    ids=str,
)
def test_what_names_a_file_is_refused(value: Any) -> None:
    with pytest.raises(RequestRefused, match=FILES_REFUSED):
        parsed(json.dumps(value).encode())


def test_the_answers_own_fields_may_be_in_a_history() -> None:
    said = {"role": "assistant", "content": "a", "citations": [{"url": "https://example.org", "title": "path"}]}
    assert parsed(json.dumps({"data": ["q", [said]]}).encode())["data"][1] == [said]


NO_JSON = [b"", b"{", b"\xff{}", b"[" * 100_000, b'{"a":NaN}', b"9" * 10_000, b"[" * 41 + b"]" * 41]
NO_JSON += [b"[" + b"7," * 50_001 + b"7]", b'{"b":-Infinity}']


@pytest.mark.parametrize("body", NO_JSON, ids=lambda body: repr(body[:20]))
def test_what_is_no_json_of_a_usual_size_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(RequestRefused) as refused:
        parsed(body)
    assert len(str(refused.value)) < 120 and "7,7" not in str(refused.value)


def test_reading_a_body_takes_no_longer_than_its_size() -> None:
    started = time.process_time()
    for body in (
        b"[" * 900_000,
        b"[" + b"[]," * 300_000 + b"[]]",
        b'{"' + b"a" * 900_000 + b'":0}',
        b'"' + b"\\u0000" * 150_000,
    ):
        with suppress(RequestRefused):
            parsed(body)
    assert time.process_time() - started < 3


def test_half_characters_become_question_marks_and_whole_ones_stay() -> None:
    assert json.loads(without_half_characters(b'{"a": "\\ud83d x \\uD83D\\uDE00"}')) == {"a": "? x 😀"}
    assert without_half_characters(b'{"a": "\\u00e9"}') == b'{"a": "\\u00e9"}'
    assert without_half_characters(b'{"a": "\\ud83d') == b'{"a": "\\ud83d'


WRONG_FIELDS: list[dict[str, Any]] = [
    *({"fn_index": value} for value in ("1", True, 1.5, {})),
    *({"session_hash": value} for value in (7, "x" * 201)),
    *({name: []} for name in ("trigger_id", "event_id", "batched", "simple_format")),
    {"oauth_token": "x"},
]
NO_CALLS = [None, [], "x", 7, {}, {"data": {}}, {"data": "x"}, *({"data": [], **wrong} for wrong in WRONG_FIELDS)]


@pytest.mark.parametrize("sent", NO_CALLS, ids=str)
def test_what_is_no_call_is_refused(sent: Any) -> None:
    with pytest.raises(RequestRefused):
        check_call(sent, named=False)


def test_what_ends_an_answer_needs_all_its_fields() -> None:
    check_fields({"session_hash": "a", "fn_index": 1, "event_id": "b"}, "cancel")
    for sent in ([], {}, {"session_hash": "a", "fn_index": 1}, {"session_hash": "a", "fn_index": "1", "event_id": "b"}):
        with pytest.raises(RequestRefused):
            check_fields(sent, "cancel")
