"""A writer on a GPU that is lent for the length of one answer, as Hugging Face ZeroGPU does it.

Owns: the one function that runs in the process that has the GPU, what goes into it and comes out (all of it is pickled), the time that
is asked for, and the words for a GPU that is refused. Retrieval, reading and checking stay in the process that this one is forked from:
a Chroma client hangs in a forked one. Knows nothing of who lends the GPU; torch is imported inside the functions.
"""

import contextvars
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.models.find import Device, ModelFiles, load_tokenizer
from rag.models.local_writer import generate_text, load_writer
from rag.models.writer import THINKING_TOKENS, UNEXPECTED, Emit, Limits, Piece, in_thread

log = logging.getLogger(__name__)
_STARTS_SECONDS = 5.0
"""Of the time with the GPU: until the weights are on it."""
_WAITS_SECONDS = 120.0
"""Longest that a GPU is waited for."""
_TITLES = re.compile(r"quota|queue|credits|duration|client")
_ASIDE = re.compile(r"\s*[-–]?\s*https?://\S+|\s*Try re-running outside of examples[^.]*")
"""Links, and what holds for Gradio's own examples."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be written: (role, text) of each message, and the limits. All that goes to the process with the GPU."""

    chat: tuple[tuple[str, str], ...]
    seconds: float
    tokens: int
    thinking: int = THINKING_TOKENS


@dataclass(frozen=True, slots=True)
class Failed:
    """In what comes from the process with the GPU: nothing more is written, for this reason. Errors do not come through as they are."""

    reason: str


_loaded: dict[str, Any] = {}
"""Network and tokenizer of the writer. A forked process has them as they were when it was forked."""


def write(job: Job) -> Iterator[Piece | Failed]:
    """The answer's text in pieces, some of them empty; closing it ends the writing. Runs in the process with the GPU."""
    try:
        network, tokenizer = _placed(), _loaded["tokenizer"]
        chat = [{"role": role, "content": text} for role, text in job.chat]
        limits = Limits(job.seconds, job.tokens, thinking=job.thinking)

        def work(emit: Emit, stopped: threading.Event) -> None:
            generate_text(network, tokenizer, chat, limits, emit, stopped.is_set)

        # The GPU is given back when this ends, so nothing may run on after it.
        with closing(in_thread(work, lambda: None, to_the_end=True)) as pieces:  # type: ignore[type-var]
            yield from pieces
    except WriterFailed as error:
        yield Failed(str(error))
    except Exception:
        log.exception("the writer failed on the lent GPU")
        yield Failed(UNEXPECTED)


def _placed() -> Any:
    """The network on the device of this process, where it stays for the next answer."""
    import torch

    torch.set_num_threads(1)  # the threads of a parent are not in its child, and OpenMP would wait for them
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if _loaded.get("device") != device:
        _loaded["network"], _loaded["device"] = _loaded["network"].to(device), device
    return _loaded["network"]


def seconds_asked(job: Job) -> int:
    """How long the GPU is asked for, in seconds. Who asks for less waits less."""
    return round(job.seconds + _STARTS_SECONDS)


Lend = Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]
"""`spaces.GPU`: called with `duration`, it gives a decorator."""
_lent: list[Callable[[Job], Iterator[Piece | Failed]]] = []


def lend(gpu: Lend) -> None:
    """Let `write` run where this decorator runs it. Before the page is served: ZeroGPU wants to know by then what needs a GPU."""
    _lent[:] = [gpu(duration=seconds_asked)(write)]


def is_lent() -> bool:
    """Whether there is such a decorator."""
    return bool(_lent)


class GpuWriter:
    """A causal LM that writes on a GPU lent for each answer. Its weights wait in this machine's memory.

    Raises:
        ModelUnsupported: it cannot be loaded, or has no chat template.
    """

    place = "a GPU that is lent for each answer"

    def __init__(self, files: ModelFiles, limits: Limits, gpu_seconds: float) -> None:
        import torch

        self.name = files.name
        self._limits = replace(limits, seconds=min(limits.seconds, gpu_seconds - _STARTS_SECONDS))
        tokenizer = load_tokenizer(files)
        self._network: Any = load_writer(files, tokenizer, Device("cpu", torch.bfloat16))
        _loaded.update(network=self._network, tokenizer=tokenizer, device="cpu")

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        """See `Writer`. Waiting for a GPU counts as waiting, and can be stopped."""
        chat = tuple((message.role, message.content) for message in messages)
        job = Job(chat, self._limits.seconds, self._limits.tokens, self._limits.thinking)
        # Whose quota it is hangs on the request, which is known to the thread of the turn only.
        context = contextvars.copy_context()
        return in_thread(
            lambda emit, stopped: context.run(_borrow, job, emit, stopped),
            lambda: None,
            within=seconds_asked(job) + _WAITS_SECONDS,
        )

    def close(self) -> None:
        """Let the weights go, unless another writer has taken this one's place."""
        if _loaded.get("network") is self._network:
            _loaded.clear()
        self._network = None


def _borrow(job: Job, emit: Emit, stopped: threading.Event) -> None:
    """Write with a GPU that is asked for now.

    Raises:
        WriterFailed: none was lent, or the writing failed there.
    """
    try:
        with closing(_lent[0](job)) as pieces:  # type: ignore[type-var]
            for piece in pieces:
                if stopped.is_set():
                    return
                if isinstance(piece, Failed):
                    raise WriterFailed(piece.reason)
                emit(piece)
    except WriterFailed:
        raise
    except Exception as error:
        log.warning("no GPU was lent, or it broke off: %r", error)
        raise WriterFailed(refusal(error)) from error


def refusal(error: Exception) -> str:
    """Why there is no GPU, in words: what the lender says of quotas and queues, and no more of anything else."""
    title, said = str(getattr(error, "title", "")), str(getattr(error, "message", "")).strip()
    if said and _TITLES.search(title):
        return f"no GPU was lent for it: {_ASIDE.sub('', said).strip().rstrip('.')}"
    if title:
        return "the lent GPU broke off; ask again"
    return "no GPU was lent for it; ask again later"
