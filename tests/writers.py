"""Writers for tests: a causal LM with random weights in a published format, and one that says what it is told."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.generation import Message
from rag.models import ModelFiles

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def random_writer(folder: Path, template: bool = True, layers: int = 2, width: int = 64) -> ModelFiles:
    """A small Llama with random weights and a byte-level tokenizer, saved as the hub's models are."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {symbol: i for i, symbol in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>")
    fast.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    fast.chat_template = TEMPLATE if template else None
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4_096,
        eos_token_id=None,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return ModelFiles("random-writer", folder, "path", "0" * 64)


class ScriptedWriter:
    """Says the texts it is given, one a question, in pieces of a few letters; an exception among them is raised."""

    name, place = "scripted", "here"

    def __init__(self, *texts: str | Exception) -> None:
        self._texts = list(texts)
        self.asked: list[Sequence[Message]] = []
        self.closed = 0

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        self.asked.append(messages)
        text = self._texts.pop(0)
        try:
            for piece in [text[i : i + 7] for i in range(0, len(text), 7)] if isinstance(text, str) else []:
                yield piece
                yield ""
            if isinstance(text, Exception):
                raise text
        finally:
            self.closed += 1

    def close(self) -> None:
        pass
