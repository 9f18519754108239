"""A writer that runs here: loading the model for its device, and writing with it, token by token, one answer at a time.

Owns: 4 bits where memory is short, the chat template, greedy decoding, the turns of several users, what running out of memory is
called. torch and transformers are imported inside the functions, so that importing this module is light.
"""

import contextlib
import importlib.util
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rag.core.domain import Message
from rag.core.errors import ModelUnsupported, WriterFailed
from rag.models.find import Device, ModelFiles, load_errors, load_model, load_tokenizer
from rag.models.weights import quiet_loading
from rag.models.writer import HEARTBEAT_SECONDS, Emit, Limits, in_thread


def load_writer(files: ModelFiles, tokenizer: Any, device: Device, four_bit: bool = False) -> Any:
    """A causal LM that writes, in evaluation mode on the device; on CUDA with SDPA, and in 4 bits where that is asked for or the memory
    that is free would not hold the weights and bitsandbytes is installed.

    Raises:
        ModelUnsupported: it cannot be loaded, or its tokenizer has no chat template.
    """
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    bits: Any = BitsAndBytesConfig

    if not getattr(tokenizer, "chat_template", None):
        raise ModelUnsupported(
            f"{files.name} has no chat template, so it was not taught to answer; choose an instruct model, such as "
            "Qwen/Qwen3-4B-Instruct-2507"
        )
    if device.name != "cuda":
        return load_model(AutoModelForCausalLM, files, device).requires_grad_(False)
    can = importlib.util.find_spec("bitsandbytes") is not None
    if four_bit and not can:
        raise ModelUnsupported("4 bits need bitsandbytes: pip install bitsandbytes, or unset CITEWISE_WRITER_4BIT")
    options: dict[str, Any] = {"dtype": device.dtype, "attn_implementation": "sdpa", "local_files_only": True}
    if four_bit or (can and _too_large(files, device)):
        options |= {
            "quantization_config": bits(load_in_4bit=True, bnb_4bit_compute_dtype=device.dtype),
            "device_map": device.name,
        }
    with quiet_loading(), load_errors(files):
        model: Any = AutoModelForCausalLM.from_pretrained(files.folder, **options)
        return (model if "device_map" in options else model.to(device.name)).eval().requires_grad_(False)


_ROOM = 1.2
"""Memory that a model needs, as a multiple of its weights: keys and values of a prompt, and activations."""


def _too_large(files: ModelFiles, device: Device) -> bool:
    import torch

    weights = sum(path.stat().st_size for path in files.folder.glob("*.safetensors"))
    free, _ = torch.cuda.mem_get_info()
    return weights * _ROOM > free


def generate_text(
    network: Any,
    tokenizer: Any,
    chat: list[dict[str, str]],
    tokens: int,
    seconds: float,
    emit: Callable[[str], None],
    stopped: Callable[[], bool],
) -> None:
    """Write the assistant's next message greedily; `emit` gets its text in pieces, `stopped` is asked after each token.

    Raises:
        WriterFailed: the prompt is longer than the model can read, or memory ran out.
    """
    import torch
    from transformers import StoppingCriteria, StoppingCriteriaList, TextStreamer

    class Stop(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            return torch.full((input_ids.shape[0],), stopped(), device=input_ids.device, dtype=torch.bool)

    class Pieces(TextStreamer):
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            emit(text)

    encoded = tokenizer.apply_chat_template(
        chat,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        sanitize_control_tokens=True,
    )
    longest = getattr(network.config, "max_position_embeddings", None)
    size = encoded["input_ids"].shape[1]
    if longest and size + tokens > longest:
        raise WriterFailed(
            f"the evidence takes {size} tokens, and the model reads {longest} with its answer; set fewer CITEWISE_READ_SENTENCES or "
            "CITEWISE_WRITER_TOKENS"
        )
    try:
        with torch.inference_mode():
            network.generate(
                **encoded.to(network.device),
                max_new_tokens=tokens,
                max_time=seconds,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
                streamer=Pieces(tokenizer, skip_prompt=True, skip_special_tokens=True),
                stopping_criteria=StoppingCriteriaList([Stop()]),
            )
    except torch.OutOfMemoryError as error:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise WriterFailed(
            "the device ran out of memory while writing; choose a smaller writer, or set CITEWISE_WRITER_4BIT=true"
        ) from error


def bandwidth(device: str) -> float:
    """Bytes a second that the device's memory reads: the fastest of some sums over 256 MB."""
    import time

    import torch

    numbers = torch.ones(64 << 20, dtype=torch.float32, device=device)

    def once() -> float:
        start = time.perf_counter()
        float(numbers.sum())  # the conversion waits for the device
        return time.perf_counter() - start

    return numbers.numel() * 4 / min(once() for _ in range(8))


class LocalWriter:
    """A causal LM that runs here, on any device; one answer at a time, in the order of asking.

    Deterministic: the most likely token is taken. The prompt is tokenised by the model's chat template.

    Raises:
        ModelUnsupported: it cannot be loaded, or has no chat template.
    """

    def __init__(self, files: ModelFiles, device: Device, limits: Limits, four_bit: bool = False) -> None:
        self.name = files.name
        self.place = device.name
        self._limits = limits
        self._tokenizer: Any = load_tokenizer(files)
        self._network: Any = load_writer(files, self._tokenizer, device, four_bit)
        self._turns = Turns()

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """See `Writer`."""
        return in_thread(lambda emit, stopped: self._write(messages, emit, stopped), lambda: None)

    def _write(self, messages: Sequence[Message], emit: Emit, stopped: threading.Event) -> None:
        with self._turns.mine(stopped) as mine:
            if mine:
                chat = [{"role": message.role, "content": message.content} for message in messages]
                generate_text(
                    self._network,
                    self._tokenizer,
                    chat,
                    self._limits.tokens,
                    self._limits.seconds,
                    emit,
                    stopped.is_set,
                )

    def close(self) -> None:
        """Let the weights go; the memory is free once no answer is being written."""
        self._network = None


class Turns:
    """One at a time, first come first served. A thread that stops waiting loses its place."""

    def __init__(self) -> None:
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def mine(self, stopped: threading.Event) -> Iterator[bool]:
        """Waits for its turn, and gives True; False where `stopped` is set before."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        try:
            with self._changed:
                while self._waiting[0] is not ticket and not stopped.is_set():
                    self._changed.wait(HEARTBEAT_SECONDS)
            yield not stopped.is_set()
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()
