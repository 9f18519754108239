"""A writer on a GPU that is lent for each answer: what goes to the process that has it, and what is said where there is none. The
lender here forks and pickles as ZeroGPU's does; `tests/space` has the real one."""

import contextvars
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.models import gpu_writer
from rag.models.find import ModelFiles, choose_device
from rag.models.gpu_writer import GpuWriter, Job, refusal
from rag.models.writer import Cut, Emit, Limits, Piece

ASKED = [Message("system", "Rules."), Message("user", "What is it?")]
TOKEN: contextvars.ContextVar[str] = contextvars.ContextVar("token", default="none")


class Lender:
    """Runs the function in a forked process; `asked` has the seconds and the visitor's token of each loan."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []
        self.refuses: Exception | None = None
        self.ended = threading.Event()

    def __call__(self, duration: Callable[[Job], int]) -> Callable[[Any], Any]:
        def decorate(task: Callable[[Job], Iterator[Any]]) -> Callable[[Job], Iterator[Any]]:
            def run(job: Job) -> Iterator[Any]:
                self.asked.append((duration(job), TOKEN.get()))
                if self.refuses:
                    raise self.refuses
                yield from self._in_fork(task, pickle.dumps(job))

            return run

        return decorate

    def _in_fork(self, task: Callable[[Job], Iterator[Any]], job: bytes) -> Iterator[Any]:
        fork = multiprocessing.get_context("fork")
        results, stop = fork.SimpleQueue(), fork.Event()

        def child() -> None:
            pieces = task(pickle.loads(job))
            for piece in pieces:
                if stop.is_set():
                    pieces.close()  # type: ignore[attr-defined]
                    break
                results.put((piece, os.getpid()))
            results.put(None)

        process = fork.Process(target=child, daemon=True)
        process.start()
        try:
            while (item := results.get()) is not None:
                piece, pid = item
                assert pid != os.getpid()
                yield piece
        finally:
            stop.set()
            process.join(10)
            self.ended.set()


def say(network: Any, tokenizer: Any, chat: Any, limits: Limits, emit: Emit, stopped: Callable[[], bool]) -> None:
    """In the place of a model: says the last message back, or what it stands for."""
    asked = chat[-1]["content"]
    if asked == "fail":
        raise WriterFailed("the evidence is too long")
    if asked == "crash":
        raise ZeroDivisionError("a secret detail")
    while asked == "go on" and not stopped():
        emit("on and ")
    for word in asked.split():
        emit(f"{word} ")
    emit(Cut(f"the limit of {limits.tokens} tokens"))


@pytest.fixture
def lender(monkeypatch: pytest.MonkeyPatch) -> Lender:
    lends = Lender()
    monkeypatch.setattr(gpu_writer, "_lent", [])
    monkeypatch.setattr(gpu_writer, "_loaded", {})
    monkeypatch.setattr(gpu_writer, "generate_text", say)
    monkeypatch.setattr(gpu_writer, "load_tokenizer", lambda files: "tokenizer")
    monkeypatch.setattr(gpu_writer, "load_writer", lambda files, tokenizer, device: SimpleNamespace(device=device.name))
    gpu_writer.lend(lends)
    return lends


def writer(seconds: float = 60, gpu_seconds: float = 20, tokens: int = 40) -> GpuWriter:
    return GpuWriter(ModelFiles("tiny", None, "path", ""), Limits(seconds, tokens), gpu_seconds)  # type: ignore[arg-type]


def asking(text: str) -> list[Message]:
    return [*ASKED[:1], Message("user", text)]


def test_an_answer_is_written_in_the_process_that_has_the_gpu(lender: Lender) -> None:
    pieces: list[Piece] = [piece for piece in writer().stream(ASKED) if piece]
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == "What is it? "
    assert pieces[-1] == Cut("the limit of 40 tokens")


def test_the_gpu_is_asked_for_no_longer_than_is_set(lender: Lender) -> None:
    list(writer(gpu_seconds=20).stream(ASKED))
    list(writer(seconds=8, gpu_seconds=60).stream(ASKED))
    assert [seconds for seconds, _ in lender.asked] == [20, 13]


def test_the_loan_is_the_visitors_who_asked(lender: Lender) -> None:
    token = TOKEN.set("ada")
    stream = writer().stream(ASKED)
    list(stream)
    TOKEN.reset(token)
    assert lender.asked[0][1] == "ada"


def test_stop_ends_the_writing_and_gives_the_gpu_back(lender: Lender) -> None:
    stream = writer().stream(asking("go on"))
    assert next(piece for piece in stream if piece) == "on and "
    stream.close()  # type: ignore[attr-defined]
    assert lender.ended.wait(10)


@pytest.mark.parametrize(
    ("asked", "reason"), [("fail", "the evidence is too long"), ("crash", "the writer failed in an unexpected way")]
)
def test_what_fails_there_is_a_reason_here(lender: Lender, asked: str, reason: str) -> None:
    with pytest.raises(WriterFailed, match=reason) as raised:
        list(writer().stream(asking(asked)))
    assert "secret" not in str(raised.value)


def told(title: str, message: str) -> Exception:
    """As `spaces` tells it, in an error of gradio's."""
    from gradio import Error

    return Error(message, title=title)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            told(
                "ZeroGPU quota exceeded",
                "You have exceeded your ZeroGPU quota (20s requested vs. 3s left). Try again in 0:20:00. ",
            ),
            "no GPU was lent for it: You have exceeded your ZeroGPU quota (20s requested vs. 3s left). Try again in 0:20:00",
        ),
        (
            told(
                "ZeroGPU quota exceeded",
                "Space app has reached its GPU limit. Try re-running outside of examples if it happened",
            ),
            "no GPU was lent for it: Space app has reached its GPU limit",
        ),
        (
            told(
                "ZeroGPU quota exceeded", "Used up. Add credits to keep using ZeroGPU. - https://huggingface.co/x?y=z"
            ),
            "no GPU was lent for it: Used up. Add credits to keep using ZeroGPU",
        ),
        (told("ZeroGPU worker error", "GPU task aborted"), "the lent GPU broke off; ask again"),
        (told("ZeroGPU worker error", "AssertionError"), "the lent GPU broke off; ask again"),
        (RuntimeError("ZeroGPU API /schedule error: 500"), "no GPU was lent for it; ask again later"),
    ],
)
def test_a_gpu_that_is_refused_is_told_in_words(error: Exception, words: str) -> None:
    assert refusal(error) == words


def test_a_refusal_is_a_failure_of_the_writer_so_that_the_answer_is_quoted(lender: Lender) -> None:
    lender.refuses = told("ZeroGPU queue timeout", "No GPU was available after 60s")
    with pytest.raises(WriterFailed, match="no GPU was lent for it: No GPU was available after 60s"):
        list(writer().stream(ASKED))


def test_a_writer_that_is_closed_leaves_the_next_one_its_weights(lender: Lender) -> None:
    former, present = writer(), writer()
    former.close()
    assert "".join(piece for piece in present.stream(ASKED) if isinstance(piece, str)) == "What is it? "


@pytest.mark.parametrize("preferred", ["auto", "cuda"])
def test_everything_else_stays_on_the_cpu_where_a_gpu_is_only_lent(
    monkeypatch: pytest.MonkeyPatch, preferred: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)  # as ZeroGPU has it say everywhere
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: True)
    assert choose_device(preferred).name == "cuda"
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert choose_device(preferred).name == "cpu"
