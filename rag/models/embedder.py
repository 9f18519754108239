"""Text -> unit vectors: runs a sentence-transformers model with transformers alone.

Importing sentence-transformers costs several seconds and brings scikit-learn; for the usual models (a transformer, then
mean, CLS or last-token pooling, then normalisation) its arithmetic is a dozen lines, and a test compares the vectors.
Knows nothing of papers or storage; what stands before a text is `rag.models.prefixes`.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Protocol

import numpy as np

from rag.core.arrays import Matrix
from rag.core.domain import EmbedderIdentity
from rag.core.errors import ModelUnsupported
from rag.core.sentences import embedded_text
from rag.models import pooled
from rag.models.find import Device, ModelFiles, load_network, load_tokenizer, multiplies_bfloat16
from rag.models.pooled import States
from rag.models.prefixes import Recipe, brings_code, read_json, recipe_of
from rag.models.spans import SpannedText, SpanVectors, TokenVectors, put_together, tokens_of

log = logging.getLogger(__name__)
_BATCH_TOKENS = 4_096
"""Padded word pieces in one forward pass: enough to fill two cores, small enough for a laptop's memory."""
_TOGETHER, _TOGETHER_ON_GPU = 1_024, 65_536
"""The same where papers are taken in: what stays in the cache of a core, and what fills a GPU."""


class Embedder(Protocol):
    """What turns text into unit-length vectors; equal `identity.sha256` means equal vectors."""

    @property
    def identity(self) -> EmbedderIdentity:
        """Which weights these are."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """(len(texts), dimension) float32, unit length, in the order given; `progress` gets the number done."""
        ...

    def embed_question(self, text: str) -> Matrix:
        """(dimension,) float32, unit length."""
        ...

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The token vectors of each text, before pooling."""
        ...

    def embed_spans(self, texts: Sequence[SpannedText], *, apart: bool = False) -> list[SpanVectors]:
        """The vectors of the parts of each text. Title and sentences are read once, each by itself, and windows put together from
        them; with `apart`, or where the model cannot do otherwise, each window is read as well, with its title before it. With
        `apart` there are no token vectors."""
        ...

    def knows(self, word: str) -> bool:
        """Whether it has this word as a whole, not in pieces."""
        ...


class TransformerEmbedder:
    """An embedder in sentence-transformers' folder format (Reimers and Gurevych 2019, arXiv:1908.10084)."""

    def __init__(self, files: ModelFiles, device: Device, recipe: Recipe | None = None) -> None:
        """Load the model; `recipe` is how it is used, by default as it says itself or as its family is.

        Raises:
            ModelUnsupported: it cannot be loaded, or only with code of its own.
        """
        if brings_code(files):
            raise ModelUnsupported(
                f"{files.name} computes with code of its own folder, which citewise never runs; choose an embedder that "
                "transformers knows by itself (docs/answers.md has a table)"
            )
        self._recipe = recipe or recipe_of(files)
        if not self._recipe.pooling_origin:
            log.warning("%s does not say how its token vectors become one; taking their mean", files.name)
        self._tokenizer: Any = load_tokenizer(files)
        self._network: Any = load_network(files, device, causal=False)
        self._device = device
        positions = min(self._tokenizer.model_max_length, _positions(files))
        limit = read_json(files.folder / "sentence_bert_config.json").get("max_seq_length")
        self._most_positions = min(positions, 512)
        self._max_tokens = min(int(limit), positions) if limit else self._most_positions
        self._ends = self._recipe.ends and not self._adds_an_end()
        self._lock = threading.Lock()
        self.identity = identity_of(files, self._recipe)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """See `Embedder`. Texts are batched by length, so that little is computed on padding."""
        return self._embed([self._recipe.passage + text for text in texts], progress)

    def embed_question(self, text: str) -> Matrix:
        """See `Embedder`."""
        row: Matrix = self._embed([self._recipe.query + text], None)[0]
        return row

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """See `Embedder`. A text longer than the network can read is read in pieces. Prefixes are left out: their tokens are words of
        no question and no paper."""
        # One at a time: in half precision a vector depends a little on what else is in the batch, and an answer must not depend on
        # which papers happened to be new.
        return [tokens_of(states) for states in self._read(texts, 0)]

    def embed_spans(self, texts: Sequence[SpannedText], *, apart: bool = False) -> list[SpanVectors]:
        """See `Embedder`. Only where a vector is the mean of its tokens, that of a window is the mean of its parts: models of another
        pooling read windows too."""
        if apart or self._recipe.pooling != "mean":
            return self._embed_apart(texts, with_tokens=not apart)
        heads = [embedded_text(one.title, "").rstrip() for one in texts]
        # A text that is empty is read as that, so that each has a vector.
        parts = [
            [head] * bool(head or not one.sentences) + [span.of(one.text) for span in one.sentences]
            for head, one in zip(heads, texts, strict=True)
        ]
        prefix = self._recipe.passage
        together = _TOGETHER if self._device.name == "cpu" else _TOGETHER_ON_GPU
        states = iter(self._read([prefix + part for of_text in parts for part in of_text], together))
        return [
            put_together(one, head, list(islice(states, len(of_text))), len(prefix))
            for one, head, of_text in zip(texts, heads, parts, strict=True)
        ]

    def _half(self) -> AbstractContextManager[Any]:
        """Half precision inside, where this CPU multiplies it: a cosine moves by less than 0.0001."""
        import torch

        return torch.autocast("cpu", torch.bfloat16, enabled=self._device.name == "cpu" and multiplies_bfloat16())

    def _embed_apart(self, texts: Sequence[SpannedText], *, with_tokens: bool) -> list[SpanVectors]:
        windows = self.embed_passages(
            [embedded_text(one.title, span.of(one.text)) for one in texts for span in one.windows]
        )
        sentences = self.embed_passages([span.of(one.text) for one in texts for span in one.sentences])
        of_text = [embedded_text(one.title, one.text) for one in texts]
        tokens = self.embed_tokens(of_text) if with_tokens else [None] * len(texts)
        return [
            SpanVectors(*parts)
            for parts in zip(
                pooled.dealt(sentences, [len(one.sentences) for one in texts]),
                pooled.dealt(windows, [len(one.windows) for one in texts]),
                tokens,
                strict=True,
            )
        ]

    def _read(self, texts: Sequence[str], together: int) -> list[States]:
        """The token states of each text, in half precision where this CPU multiplies it; at most so many padded tokens together."""
        if not texts:
            return []
        encoded = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self._most_positions,
            stride=self._most_positions // 4,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            # Abstracts may contain "[CLS]" and the like; they are words there, not control tokens.
            split_special_tokens=True,
        )
        ids = encoded["input_ids"]
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        pieces: list[dict[int, States]] = [{} for _ in texts]
        for batch in _batches(order, [len(tokens) for tokens in ids], together):
            with self._half():
                hidden, _ = self._states([ids[i] for i in batch])
            for i, rows in zip(batch, hidden.cpu().numpy(), strict=True):
                is_mark = np.array(encoded["special_tokens_mask"][i]) == 1
                offsets = np.array(encoded["offset_mapping"][i], np.int64)
                pieces[encoded["overflow_to_sample_mapping"][i]][i] = States.of(rows[: len(is_mark)], offsets, is_mark)
        return [pooled.joined([of_text[i] for i in sorted(of_text)]) for of_text in pieces]

    def knows(self, word: str) -> bool:
        """See `Embedder`."""
        return len(self._tokenizer.tokenize(f" {word}")) == 1

    def _embed(self, texts: Sequence[str], progress: Callable[[int], None] | None) -> Matrix:
        vectors = np.empty((len(texts), self.identity.dimension), np.float32)
        if not texts:
            return vectors
        encoded = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self._max_tokens - self._ends,
            # Abstracts may contain "[CLS]" and the like; they are words there, not control tokens.
            split_special_tokens=True,
        )["input_ids"]
        if self._ends:
            encoded = [[*ids, self._tokenizer.eos_token_id] for ids in encoded]
        order = sorted(range(len(texts)), key=lambda i: -len(encoded[i]))
        done = 0
        for batch in _batches(order, [len(ids) for ids in encoded], _BATCH_TOKENS):
            vectors[batch] = self._forward([encoded[i] for i in batch])
            done += len(batch)
            if progress:
                progress(done)
        return vectors

    def _adds_an_end(self) -> bool:
        """Whether the tokenizer puts a token behind a text by itself."""
        with_marks = self._tokenizer("a")["input_ids"]
        return bool(with_marks[-1] != self._tokenizer("a", add_special_tokens=False)["input_ids"][-1])

    def _forward(self, encoded: Sequence[Sequence[int]]) -> Matrix:
        import torch

        with torch.inference_mode():
            hidden, mask = self._states(encoded)
            if self._recipe.pooling == "mean":
                weights = mask.unsqueeze(-1).float()
                pooled = (hidden * weights).sum(1) / weights.sum(1)
            elif self._recipe.pooling == "cls":
                pooled = hidden[:, 0]
            else:
                pooled = hidden[torch.arange(len(encoded)), mask.sum(1) - 1]
            vectors: Matrix = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return vectors

    def _states(self, encoded: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        """Token states (batch, width, dimension) float32 and the mask (batch, width), padded on the right; on the device."""
        import torch

        width = max(map(len, encoded))
        ids = torch.full((len(encoded), width), self._tokenizer.pad_token_id or 0)
        mask = torch.zeros((len(encoded), width), dtype=torch.long)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        with self._lock, torch.inference_mode():
            mask = mask.to(self._device.name)
            hidden = self._network(input_ids=ids.to(self._device.name), attention_mask=mask).last_hidden_state.float()
        return hidden, mask


def identity_of(files: ModelFiles, recipe: Recipe | None = None) -> EmbedderIdentity:
    """Which weights these are and how they are used, read from the model's folder without loading them."""
    dimension = read_json(files.folder / "config.json").get("hidden_size")
    if not isinstance(dimension, int):
        raise ModelUnsupported(f"{files.folder}/config.json names no hidden_size; is this an embedding model?")
    return EmbedderIdentity(files.name, (recipe or recipe_of(files)).identity(files.sha256), dimension)


def _positions(files: ModelFiles) -> int:
    """How many tokens the network has places for."""
    config = read_json(files.folder / "config.json")
    # RoBERTa and its kin count their places from behind the padding's.
    offset = config.get("pad_token_id", 1) + 1 if "roberta" in str(config.get("model_type")) else 0
    return int(config.get("max_position_embeddings") or 512) - offset


def _batches(order: Sequence[int], lengths: Sequence[int], most: int) -> list[list[int]]:
    """Runs of indices whose padded size stays within `most`; `order` goes from long to short."""
    batches: list[list[int]] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= most:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
