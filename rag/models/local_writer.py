"""A writer that runs here: loading the model for its device, and writing with it, token by token, one answer at a time.

Owns: 4 bits where memory is short, the chat template, greedy decoding, the turns of several users, what running out of memory is
called. torch and transformers are imported inside the functions, so that importing this module is light.
"""

import importlib.util
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.core.domain import Message
from rag.core.errors import ModelUnsupported, WriterFailed
from rag.core.lexicon import patterns
from rag.models.find import Device, ModelFiles, load_errors, load_model, load_tokenizer
from rag.models.server_words import THOUGHT_ALONE, only_thought
from rag.models.thinking import ThoughtFilter, is_mark
from rag.models.turns import Turns
from rag.models.weights import quiet_loading
from rag.models.writer import Cut, Emit, Limits, Piece, in_thread


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


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A prompt as the network reads it, and whether it ends in the opening of the model's thinking."""

    encoded: Any
    opens_thinking: bool


def _prompt(tokenizer: Any, chat: list[dict[str, str]]) -> _Prompt:
    """By the model's template, which is told not to let it think where it knows how; for a template without a system role the rules
    stand before the question."""
    options = {"add_generation_prompt": True, "sanitize_control_tokens": True, "enable_thinking": False}
    tokens = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    try:
        encoded = tokenizer.apply_chat_template(chat, **options, **tokens)
    except Exception as error:
        if not type(error).__module__.startswith("jinja2"):  # what a template raises where it refuses a message
            raise
        rules, *rest = [item["content"] for item in chat]
        chat = [{"role": "user", "content": "\n\n".join([rules, *rest])}]
        encoded = tokenizer.apply_chat_template(chat, **options, **tokens)
    last = tokenizer.decode(encoded["input_ids"][0, -8:])
    return _Prompt(encoded, bool(re.search(rf"(?:{patterns('thought_opens').pattern})\s*\Z", last, re.IGNORECASE)))


def generate_text(
    network: Any,
    tokenizer: Any,
    chat: list[dict[str, str]],
    limits: Limits,
    emit: Emit,
    stopped: Callable[[], bool],
) -> None:
    """Write the assistant's next message greedily; `emit` gets its text in pieces, `stopped` is asked after each token.

    Raises:
        WriterFailed: the prompt is longer than the model can read, memory ran out, or the model only thought.
    """
    import torch
    from transformers import StoppingCriteria, StoppingCriteriaList, TextStreamer

    prompt = _prompt(tokenizer, chat)
    size = prompt.encoded["input_ids"].shape[1]
    special = _special(tokenizer)
    tokens = _tokens(network, size, limits, prompt.opens_thinking or special is not None)
    told = ThoughtFilter(thinks=prompt.opens_thinking)
    ends = time.monotonic() + limits.seconds
    cut = ""

    class Stop(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            nonlocal cut
            if input_ids.shape[1] - size >= tokens:
                more = f" and {tokens - limits.tokens:,} for thinking" if tokens > limits.tokens else ""
                cut = f"the limit of {tokens:,} tokens (CITEWISE_WRITER_TOKENS{more})"
            elif time.monotonic() > ends:
                cut = f"the limit of {limits.seconds:g} s (CITEWISE_WRITER_SECONDS)"
            return torch.full((input_ids.shape[0],), stopped(), device=input_ids.device, dtype=torch.bool)

    class Pieces(TextStreamer):
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            for piece in told.feed(special.sub("", text) if special else text):
                emit(piece)

    try:
        with torch.inference_mode():
            network.generate(
                **prompt.encoded.to(network.device),
                max_new_tokens=tokens,
                max_time=limits.seconds,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
                streamer=Pieces(tokenizer, skip_prompt=True, skip_special_tokens=not special),
                stopping_criteria=StoppingCriteriaList([Stop()]),
            )
    except torch.OutOfMemoryError as error:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise WriterFailed(
            "the device ran out of memory while writing; choose a smaller writer, or set CITEWISE_WRITER_4BIT=true"
        ) from error
    for piece in told.end(bool(cut)):
        emit(piece)
    if told.has_answered and cut:
        emit(Cut(cut))
    elif told.has_thought and not told.has_answered and not stopped():
        raise WriterFailed(only_thought(cut) if cut else THOUGHT_ALONE)


def _tokens(network: Any, size: int, limits: Limits, thinks: bool) -> int:
    """How many tokens may be written after a prompt of this size: with room for thinking where the model thinks, as far as it fits.

    Raises:
        WriterFailed: the prompt is longer than the model can read.
    """
    longest = getattr(network.config, "max_position_embeddings", None)
    tokens = limits.tokens + limits.thinking * thinks
    if not longest:
        return tokens
    if size + limits.tokens > longest:
        raise WriterFailed(
            f"the evidence takes {size} tokens, and the model reads {longest} with its answer; set fewer CITEWISE_READ_SENTENCES or "
            "CITEWISE_WRITER_TOKENS"
        )
    return min(tokens, int(longest) - size)


def _special(tokenizer: Any) -> re.Pattern[str] | None:
    """What finds the tokens that are no text, where marks of thinking are among them, so that they must be seen first; else None."""
    names = [str(name) for name in getattr(tokenizer, "all_special_tokens", ())]
    if not any(is_mark(name) for name in names):
        return None
    others = [re.escape(name) for name in names if not is_mark(name)]
    return re.compile("|".join(others) if others else r"(?!)")


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

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        """See `Writer`."""
        return in_thread(lambda emit, stopped: self._write(messages, emit, stopped), lambda: None)

    def _write(self, messages: Sequence[Message], emit: Emit, stopped: threading.Event) -> None:
        with self._turns.mine(stopped) as mine:
            if mine:
                chat = [{"role": message.role, "content": message.content} for message in messages]
                generate_text(self._network, self._tokenizer, chat, self._limits, emit, stopped.is_set)

    def close(self) -> None:
        """Let the weights go; the memory is free once no answer is being written."""
        self._network = None
