"""Measuring a server that writes: several answers at a time beside one after another."""

from contextlib import closing

import pytest

from evals.bench import server
from evals.bench.stand_in import stand_in
from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.core.settings import Settings
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Limits
from tests.helpers.servers import left, refuses, says, serving


def test_several_answers_at_a_time_are_measured_beside_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AT_ONCE", (1, 8))
    monkeypatch.setattr(server, "_FIRST_SECONDS", 0.05)
    monkeypatch.setattr(server, "_TOKEN_SECONDS", 0.001)
    monkeypatch.setattr(server, "_TOKENS", 20)
    result = server.bench_server(Settings())
    rows = result["rows"]
    assert list(rows) == ["naive, one after another", "1 at a time", "8 at a time"]
    assert "stand-in" in result["server"]
    assert rows["8 at a time"]["answers"] == 24
    assert rows["8 at a time"]["times_naive"] > 2
    assert 0 < rows["1 at a time"]["first_word_s"] <= rows["1 at a time"]["answer_s"]


def test_the_server_that_the_settings_name_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AT_ONCE", (2,))
    with serving(says("It is fast.")) as there:
        result = server.bench_server(Settings(writer_url=there.url))
        assert result["server"] == there.url
    with serving(refuses(401, {"error": "no"})) as there, pytest.raises(WriterFailed, match="401"):
        server.bench_server(Settings(writer_url=there.url))


def test_the_stand_in_writes_the_evidence_that_it_is_asked_with() -> None:
    asked = [Message("user", "[1] (DeepCache (2023)) It is fast.\n[2] (Other) It is small.\n\nQuestion: How fast?")]
    with stand_in(0, 0, 5) as url, closing(RemoteWriter(url, "stand-in", None, Limits())) as writer:
        assert left(list(writer.stream(asked))) == "It is fast. It is small."
        assert len(left(list(writer.stream([Message("user", "How fast?")]))).split()) == 5
