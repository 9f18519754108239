"""The remote writer against a real OpenAI-compatible server: `transformers serve` with the small reader's weights, on loopback."""

import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.core.settings import DEFAULT_READER, Settings
from rag.models import remote_writer
from rag.models.find import find_model
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Limits
from rag.wiring import open_assistant
from tests.helpers.servers import left

pytestmark = pytest.mark.slow
STARTS_IN = 120.0


@pytest.fixture(scope="module")
def server(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(URL, name of the model) of a server that answers."""
    for needed in ("fastapi", "uvicorn", "openai"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed; it comes with transformers[serving]")
    model = str(find_model(DEFAULT_READER, cache).folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [
        str(Path(sys.executable).parent / "transformers"),
        "serve",
        model,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with log.open("w") as out:
        offline = {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **offline})
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/health", process, log)
        yield f"{url}/v1", model
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_IN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text()[-2_000:]
            time.sleep(0.5)
    raise AssertionError(f"no answer in {STARTS_IN} s: {log.read_text()[-2_000:]}")


def test_a_real_server_streams_is_stopped_and_refuses_what_it_cannot_do(server: tuple[str, str]) -> None:
    url, model = server
    asked = [Message("user", "Name a colour.")]
    with closing(RemoteWriter(url, model, None, Limits(60, 12))) as generator:
        assert model in generator.models()
        pieces = [piece for piece in generator.stream(asked) if piece]
        assert len(pieces) > 1
        assert "".join(piece for piece in pieces if isinstance(piece, str)).strip()
        stream = generator.stream([Message("user", "Count to a thousand.")])
        next(piece for piece in stream if piece)
        start = time.perf_counter()
        stream.close()  # type: ignore[attr-defined]
        assert time.perf_counter() - start < 0.2
        assert "".join(piece for piece in generator.stream(asked) if isinstance(piece, str)).strip()
    with (
        closing(RemoteWriter(url, "nobody/no-such-model", None, Limits(60, 12))) as wrong,
        pytest.raises(WriterFailed),
    ):
        list(wrong.stream(asked))


def test_a_real_server_is_asked_for_two_answers_at_a_time_over_connections_that_are_kept(
    server: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_writer, "_LAST_BYTES_SECONDS", 5.0)  # however busy the machine is
    url, model = server
    texts: list[str] = []

    def write(animals: str) -> None:
        texts.append(left(list(writer.stream([Message("user", f"Tell me about {animals}.")]))))

    with closing(RemoteWriter(url, model, None, Limits(60, 12), at_once=2)) as writer:
        threads = [threading.Thread(target=write, args=(animals,)) for animals in ("bees", "ants")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(texts) == 2
        assert all(texts)
        assert [lane._socket is not None for lane in writer._pool._idle] == [True, True]
        write("wasps")
        assert writer._pool._idle[-1].is_reused


def test_with_the_small_model_behind_a_server_every_shown_sentence_is_cited(
    server: tuple[str, str], seed_settings: Settings
) -> None:
    url, model = server
    settings = seed_settings.model_copy(update={"writer_url": url, "writer": model, "writer_tokens": 80})
    with closing(open_assistant(settings)) as assistant:
        assert assistant.description["mode"] == "write"
        for question in ("By how much does DeepCache speed up Stable Diffusion?", "What FID does DiffuseVAE reach?"):
            answer = assistant.ask(question)
            assert answer.mode == "write" or answer.notice
            for sentence in answer.sentences:
                assert sentence.citations
                for citation in sentence.citations:
                    assert citation.span.of(citation.paper.abstract) == citation.quote
