"""Tiny networks with random weights, saved as published ones are."""

from pathlib import Path
from typing import Any

MARK = "<|im_end|>"
"""The control token of the tiny tokenizer."""
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] query passage : bees make honey how do they dance ants what is instruct".split()
"""All that the tokenizer of `make_bert` knows."""


def save_causal_model(folder: Path, hidden: int = 16, seed: int = 0) -> Path:
    """A Llama of two layers that reads bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([MARK])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=MARK, pad_token=MARK).save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(letters) + 1,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2_048,
        initializer_range=0.3,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_bert(folder: Path, **more: Any) -> None:
    """A network of 16 dimensions and 32 places, and its tokenizer, in a new folder."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=32).save_pretrained(folder)
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=32, **size, **more)).save_pretrained(folder)
