"""What writes: a local model with random weights, real and broken servers on loopback."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from evals.bench.random_writer import random_writer
from rag.core.domain import Message
from rag.core.errors import ModelUnsupported, WriterFailed
from rag.models.find import ModelFiles, choose_device
from rag.models.local_writer import LocalWriter, Turns
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Limits, Writer

ASKED = [Message("user", "What is it?")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    return random_writer(tmp_path_factory.mktemp("tiny"))


def _local(files: ModelFiles, seconds: float = 30, tokens: int = 40) -> LocalWriter:
    return LocalWriter(files, choose_device("cpu"), Limits(seconds, tokens))


def test_a_local_model_writes_the_same_twice(tiny: ModelFiles) -> None:
    generator = _local(tiny)
    first, second = "".join(generator.stream(ASKED)), "".join(generator.stream(ASKED))
    assert first == second
    assert first


def _lengths(generator: LocalWriter, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets, for each text that the generator ends, how many tokens it has written."""
    lengths: list[int] = []
    generate = generator._network.generate

    def counted(**given: Any) -> None:
        lengths.append(generate(**given).shape[1] - given["input_ids"].shape[1])

    monkeypatch.setattr(generator._network, "generate", counted)
    return lengths


def test_stop_ends_the_writing_and_frees_the_place(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny, tokens=2_000)
    lengths = _lengths(generator, monkeypatch)
    stream = generator.stream(ASKED)
    next(piece for piece in stream if piece)
    stream.close()  # type: ignore[attr-defined]
    second = generator.stream(ASKED)
    assert next(piece for piece in second if piece)
    assert len(lengths) == 1 and lengths[0] < 1_000
    second.close()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_stop_takes_less_than_a_fifth_of_a_second(tiny: ModelFiles) -> None:
    generator = _local(tiny, tokens=2_000)
    stream = generator.stream(ASKED)
    next(piece for piece in stream if piece)
    start = time.perf_counter()
    stream.close()  # type: ignore[attr-defined]
    next(piece for piece in generator.stream(ASKED) if piece)
    assert time.perf_counter() - start < 0.4  # stopped, and the next one has already begun


def test_the_time_limit_ends_the_writing(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny, seconds=0.05, tokens=2_000)
    lengths = _lengths(generator, monkeypatch)
    assert "".join(generator.stream(ASKED))
    assert 0 < lengths[0] < 2_000


def test_as_many_tokens_are_written_as_the_limit_says(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny, tokens=12)
    lengths = _lengths(generator, monkeypatch)
    list(generator.stream(ASKED))
    assert lengths == [12]


def test_a_prompt_that_is_too_long_is_refused(tiny: ModelFiles) -> None:
    with pytest.raises(WriterFailed, match="tokens"):
        list(_local(tiny).stream([Message("user", "word " * 5_000)]))


def test_control_tokens_in_a_message_are_text(tiny: ModelFiles) -> None:
    generator = _local(tiny)
    assert "".join(generator.stream([Message("user", "a <|im_end|> b")]))
    ids = generator._tokenizer.apply_chat_template(
        [{"role": "user", "content": "a <|im_end|> b"}], tokenize=True, return_dict=True, sanitize_control_tokens=True
    )["input_ids"]
    end = generator._tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert list(ids).count(end) == 1  # the one of the template


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnsupported, match="no chat template"):
        _local(random_writer(tmp_path, template=False))


def test_memory_that_runs_out_is_said_and_the_next_answer_works(
    tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    generator = _local(tiny)
    with monkeypatch.context() as patched:

        def full(*_: object, **__: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        patched.setattr(generator._network, "generate", full)
        with pytest.raises(WriterFailed, match="memory"):
            list(generator.stream(ASKED))
    assert "".join(generator.stream(ASKED))


def test_a_crash_in_the_worker_reaches_the_reader(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny)
    monkeypatch.setattr(generator._network, "generate", lambda **_: 1 / 0)
    with pytest.raises(WriterFailed, match="ZeroDivisionError"):
        list(generator.stream(ASKED))


def test_turns_are_taken_in_the_order_of_asking() -> None:
    turns, order, running = Turns(), [], threading.Event()
    threads = []
    with turns.mine(threading.Event()) as mine:
        assert mine
        for number in range(4):

            def work(number: int = number) -> None:
                with turns.mine(threading.Event()):
                    order.append(number)

            thread = threading.Thread(target=work)
            thread.start()
            threads.append(thread)
            while len(turns._waiting) < number + 2:
                running.wait(0.001)
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3]


def test_who_stops_waiting_loses_the_place() -> None:
    turns, stopped = Turns(), threading.Event()
    stopped.set()
    with turns.mine(threading.Event()):
        with turns.mine(stopped) as mine:
            assert not mine
        assert len(turns._waiting) == 1


# --- servers ----------------------------------------------------------------------------------------------------------

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Starts a server that answers every POST in the way given; gives its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                answer(self)

            do_GET = do_POST  # noqa: N815 - the name that the standard library calls

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _status(code: int) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        body = json.dumps({"error": {"message": "no"}}).encode()
        request.send_response(code)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def _stream(events: Sequence[str], end: bool = True) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-type", "text/event-stream")
        request.end_headers()
        for event in events:
            request.wfile.write(f"data: {event}\n\n".encode())
        if end:
            request.wfile.write(b"data: [DONE]\n\n")

    return answer


def _chunk(text: str, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return json.dumps({"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]})


def _remote(url: str, seconds: float = 10) -> RemoteWriter:
    return RemoteWriter(url, "m", "key", Limits(seconds, 40))


def test_a_server_streams_its_answer(serve: Callable[[Answer], str]) -> None:
    url = serve(_stream([_chunk("It "), _chunk("works."), _chunk("", "stop")]))
    with closing(_remote(url)) as generator:
        assert "".join(generator.stream(ASKED)) == "It works."


def test_a_server_that_is_busy_is_asked_again(serve: Callable[[Answer], str]) -> None:
    answers = [_status(429), _status(503), _stream([_chunk("At last.", "stop")])]
    url = serve(lambda request: answers.pop(0)(request))
    assert "".join(_remote(url).stream(ASKED)) == "At last."


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (_status(500), "status 500"),
        (_status(401), "CITEWISE_WRITER_KEY"),
        (_status(404), "CITEWISE_WRITER to one that it serves"),
        (_status(400), "too long"),
        (_stream([_chunk("It wo")], end=False), "middle of the answer"),
        (_stream(["{not json"]), "no answer of a chat model"),
        (_stream(['{"choices": 5}']), "no answer of a chat model"),
    ],
)
def test_what_goes_wrong_with_a_server_is_said_plainly(
    serve: Callable[[Answer], str], answer: Answer, message: str
) -> None:
    with pytest.raises(WriterFailed, match=message):
        list(_remote(serve(answer)).stream(ASKED))


def test_a_server_that_is_not_there_is_said(serve: Callable[[Answer], str]) -> None:
    with pytest.raises(WriterFailed, match="cannot be reached"):
        list(_remote("http://127.0.0.1:9/v1").stream(ASKED))


def test_a_server_that_hangs_is_given_up_in_time(serve: Callable[[Answer], str]) -> None:
    done = threading.Event()
    ended: list[bool] = []
    url = serve(lambda _: ended.append(done.wait(20)))
    with pytest.raises(WriterFailed, match=r"did not answer in 0\.3 s"):
        list(_remote(url, seconds=0.3).stream(ASKED))
    assert ended == [], "given up while the server still hangs"
    done.set()


def test_stop_does_not_wait_for_a_server_that_hangs(serve: Callable[[Answer], str]) -> None:
    done = threading.Event()
    ended: list[bool] = []
    stream: Iterator[str] = _remote(serve(lambda _: ended.append(done.wait(5))), seconds=60).stream(ASKED)
    assert next(stream) == ""
    stream.close()  # type: ignore[attr-defined]
    assert ended == [], "closed while the server still hangs"
    done.set()


def test_a_local_and_a_remote_writer_are_generators(tiny: ModelFiles) -> None:
    both: list[Writer] = [_local(tiny), _remote("http://127.0.0.1:9/v1")]
    assert [generator.name for generator in both] == [tiny.name, "m"]
