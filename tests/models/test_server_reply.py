"""Whatever a server sends, the reply is an answer, a refusal, or a sentence for people; never another error."""

import json
import random
from typing import Any

from rag.core.errors import WriterFailed
from rag.models.server_line import Line
from rag.models.server_models import read_models
from rag.models.server_reply import Asked, Dropped, Learned, Refused, give_reply
from rag.models.server_request import Form, asked_again, refusal
from rag.models.server_stream import events, lines
from rag.models.server_words import refused
from rag.models.writer import Limits, Piece

ODD: list[Any] = [
    None, 0, 1.5, True, "", "stop", "length", "It is fast.", "<think>", "</think>", "\ud800", "\x00", [], {}, [None], [[]],
    {"type": "text", "text": "It"}, [{"type": "text", "text": None}], {"message": "no"}, float("nan"), 10**30, "null",
]  # fmt: skip
KEYS = [
    "choices",
    "delta",
    "message",
    "content",
    "finish_reason",
    "index",
    "text",
    "usage",
    "error",
    "code",
    "type",
    "detail",
    "param",
]


def _odd(chance: random.Random, depth: int = 0) -> Any:
    """A value as no server should send it."""
    if depth < 4 and chance.random() < 0.6:
        inner = {chance.choice(KEYS): _odd(chance, depth + 1) for _ in range(chance.randrange(4))}
        return inner if chance.random() < 0.7 else [inner, _odd(chance, depth + 1)]
    return chance.choice(ODD)


def test_odd_replies_lists_and_refusals_end_in_a_sentence() -> None:
    chance = random.Random(5)
    for _ in range(400):
        values = [_odd(chance) for _ in range(3)]
        read_models(values[0])
        what = refusal(chance.choice([200, 400, 404, 422, 429, 500, 503]), values[1])
        asked_again(Form(), what)
        assert "Error" not in refused(what, "m", ["a"])
        raw = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)
        cut = chance.randrange(len(raw))
        broken = raw[:cut] + bytes(chance.randrange(256) for _ in range(3)) + raw[cut:]
        given: list[Piece] = []
        try:
            with Line(Limits(5)) as line:
                give_reply(events(lines([broken])), Asked(Form(), Limits(5, 40)), given.append, line, Learned())
        except (WriterFailed, Refused, Dropped) as error:
            assert "Error" not in str(error) or isinstance(error, Refused)
        assert all(given), "no empty pieces"
