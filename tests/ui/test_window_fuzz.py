"""A thousand requests that are no calls, or nearly some: no error of the server, no long answer, no long log."""

import json
import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.requests import JSON, call

PLACES = (
    *(f"/gradio_api/{place}" for place in ("call/ask", "call/search", "call/papers", "call/v2/ask", "call/v2/search")),
    *(
        f"/gradio_api/{place}"
        for place in (
            "call/none",
            "queue/join",
            "cancel",
            "reset",
            "component_server",
            "run/ask",
            "run/predict",
            "upload",
        )
    ),
    "/login",
)
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        7,
        -1,
        1.5,
        10**400,
        "",
        "q",
        "x" * 5_000,
        "\ud83d",
        "\0",
        "../../etc/passwd",
        "{{7*7}}",
        "<script>",
        [],
        {},
    ),
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    [[[[[[]]]]]],
)
KEYS = (
    "data",
    "fn_index",
    "session_hash",
    "event_id",
    "event_data",
    "trigger_id",
    "component_id",
    "fn_name",
    "question",
    "words",
)
RAW = (
    b"",
    b"{",
    b"[1,",
    b"\xff\xfe",
    b"NaN",
    b"[" * 5_000,
    b'{"data":' + b"[" * 900 + b"]" * 900 + b"}",
    b"null",
    b"\x00" * 500,
)


def payloads(count: int) -> Iterator[bytes]:
    """Bodies that are no call, or nearly one; always the same ones."""
    rng = random.Random(7)
    for _ in range(count):
        if rng.random() < 0.2:
            yield rng.choice(RAW)
            continue
        sent: dict[str, Any] = {key: rng.choice(ODD) for key in rng.sample(KEYS, rng.randint(0, 6))}
        if rng.random() < 0.6:
            sent["data"] = [rng.choice(ODD) for _ in range(rng.randint(0, 3))]
        if rng.random() < 0.5:
            sent |= {
                "session_hash": "s",
                "fn_index": rng.randint(-1, 6),
                "component_id": rng.randint(0, 9),
                "event_id": "e",
            }
            sent["fn_name"] = rng.choice(
                [
                    "reopen",
                    "export",
                    "similar",
                    "listed",
                    "paper",
                    "undo_merge",
                    "feedback",
                    "place",
                    "__class__",
                    "value",
                ]
            )
        yield json.dumps(sent).encode()


@pytest.mark.parametrize("count", [130, pytest.param(1_000, marks=pytest.mark.slow)])
def test_no_payload_ends_in_an_error_of_the_server_or_fills_the_log(
    address: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)  # tests of commands leave a handler without its stream
    seen: dict[int, int] = {}
    for n, body in enumerate(payloads(count)):
        place = PLACES[n % len(PLACES)]
        status, text = call(address, "POST", place, body, JSON)
        assert status < 500, (status, place, body[:300], text[:300])
        assert len(text) < 1_000 or status == 200, (place, text[:300])
        seen[status] = seen.get(status, 0) + 1
    assert {200, 400, 403, 404} <= set(seen), seen  # of each kind there are some
    assert call(address, "GET", "/")[0] == 200
    out, err = capfd.readouterr()
    assert len(out) + len(err) < 2_000, (out + err)[-2_000:]


NAMES = "reopen export similar feedback place listed listed_ids still_there paper library_state export_papers merge_state".split()
LOOKED_UP = tuple(
    "turns title format paper_id words vote note question answer run paper ids start stop near record flag column descending".split()
)
TURN = (
    "id",
    "question",
    "step",
    "note",
    "answer",
    "sentences",
    "citations",
    "paper_id",
    "start",
    "end",
    "quote",
    "n",
    "outcome",
)


def lookups(count: int) -> Iterator[tuple[str, Any]]:
    """What a page could send to the functions that it calls, but does not; always the same."""
    rng = random.Random(11)

    def odd(depth: int = 0) -> Any:
        if depth < 4 and rng.random() < 0.5:
            return {key: odd(depth + 1) for key in rng.sample(TURN, rng.randint(0, 8))}
        if depth < 4 and rng.random() < 0.4:
            return [odd(depth + 1) for _ in range(rng.randint(0, 4))]
        return rng.choice(ODD)

    for n in range(count):
        name = NAMES[n % len(NAMES)]
        yield name, rng.choice([odd(), {key: odd() for key in rng.sample(LOOKED_UP, rng.randint(0, 6))}])


@pytest.mark.parametrize("count", [90, pytest.param(600, marks=pytest.mark.slow)])
def test_no_lookup_ends_in_an_error_of_the_server_or_fills_the_log(
    address: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, count: int
) -> None:
    def send(name: str, data: Any, component: int) -> tuple[int, str]:
        body = {"data": data, "component_id": component, "session_hash": "s", "fn_name": name}
        return call(address, "POST", "/gradio_api/component_server", json.dumps(body).encode(), JSON)

    components = [one["id"] for one in json.loads(call(address, "GET", "/config")[1])["components"]]
    [bridge] = [number for number in components if send("listed", {}, number)[0] == 200]
    for name, data in lookups(count):
        status, text = send(name, data, bridge)
        assert status == 200 and len(text) < 20_000, (name, str(data)[:300], status, text[:300])
        assert "finds the reason in its log" not in text, (name, data)
    out, err = capfd.readouterr()
    assert len(out) + len(err) + len(caplog.text) < 2_000, (out + err + caplog.text)[-2_000:]
