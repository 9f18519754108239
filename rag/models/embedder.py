"""Text -> unit vectors: runs a sentence-transformers model with transformers alone.

Importing sentence-transformers costs several seconds and brings scikit-learn; for the usual models (a transformer, then
mean, CLS or last-token pooling, then normalisation) its arithmetic is a dozen lines, and a test compares the vectors.
Knows nothing of papers or storage.
"""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Matrix
from rag.core.domain import EmbedderIdentity
from rag.core.errors import ModelUnsupported
from rag.models.find import Device, ModelFiles, load_network, load_tokenizer, multiplies_bfloat16

log = logging.getLogger(__name__)
_BATCH_TOKENS = 4_096
"""Padded word pieces in one forward pass: enough to fill two cores, small enough for a laptop's memory."""


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text in context: `vectors` (n, dimension) float32, unit length; `starts` (n,) character offsets."""

    vectors: Matrix
    starts: npt.NDArray[np.int64]


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

    def knows(self, word: str) -> bool:
        """Whether it has this word as a whole, not in pieces."""
        ...


class TransformerEmbedder:
    """An embedder in sentence-transformers' folder format (Reimers and Gurevych 2019, arXiv:1908.10084)."""

    def __init__(self, files: ModelFiles, device: Device) -> None:
        self._pooling = _pooling(files.folder)
        self._prompts: dict[str, str] = _read_json(files.folder / "config_sentence_transformers.json").get(
            "prompts", {}
        )
        self._tokenizer: Any = load_tokenizer(files)
        self._network: Any = load_network(files, device, causal=False)
        self._device = device
        limit = _read_json(files.folder / "sentence_bert_config.json").get("max_seq_length")
        self._max_tokens = int(limit or min(self._tokenizer.model_max_length, 512))
        self._most_positions = min(self._tokenizer.model_max_length, 512)
        self._lock = threading.Lock()
        self.identity = identity_of(files)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """See `Embedder`. Texts are batched by length, so that little is computed on padding."""
        return self._embed([self._prompts.get("document", "") + text for text in texts], progress)

    def embed_question(self, text: str) -> Matrix:
        """See `Embedder`; a query prompt that the model's folder defines is put in front."""
        row: Matrix = self._embed([self._prompts.get("query", "") + text], None)[0]
        return row

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """See `Embedder`. A text longer than the network can read is read in pieces."""
        import torch

        if not texts:
            return []
        encoded = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self._most_positions,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            split_special_tokens=True,
        )
        parts: list[list[TokenVectors]] = [[] for _ in texts]
        # One at a time: in half precision a vector depends a little on what else is in the batch, and an answer must not depend on
        # which papers happened to be new.
        for i, ids in enumerate(encoded["input_ids"]):
            # Token vectors are compared within one question and never stored, so half precision does.
            with torch.autocast("cpu", torch.bfloat16, enabled=self._device.name == "cpu" and multiplies_bfloat16()):
                hidden, _ = self._states([ids])
            states = torch.nn.functional.normalize(hidden[0], dim=-1).cpu().numpy()
            of_text = np.array(encoded["special_tokens_mask"][i]) == 0
            starts = np.array([start for start, _ in encoded["offset_mapping"][i]], np.int64)
            parts[encoded["overflow_to_sample_mapping"][i]].append(TokenVectors(states[of_text], starts[of_text]))
        return [
            TokenVectors(
                np.concatenate([part.vectors for part in pieces]), np.concatenate([part.starts for part in pieces])
            )
            for pieces in parts
        ]

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
            max_length=self._max_tokens,
            # Abstracts may contain "[CLS]" and the like; they are words there, not control tokens.
            split_special_tokens=True,
        )["input_ids"]
        order = sorted(range(len(texts)), key=lambda i: -len(encoded[i]))
        done = 0
        for batch in _batches(order, [len(ids) for ids in encoded]):
            vectors[batch] = self._forward([encoded[i] for i in batch])
            done += len(batch)
            if progress:
                progress(done)
        return vectors

    def _forward(self, encoded: Sequence[Sequence[int]]) -> Matrix:
        import torch

        with torch.inference_mode():
            hidden, mask = self._states(encoded)
            if self._pooling == "mean":
                weights = mask.unsqueeze(-1).float()
                pooled = (hidden * weights).sum(1) / weights.sum(1)
            elif self._pooling == "cls":
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


def identity_of(files: ModelFiles) -> EmbedderIdentity:
    """Which weights these are, read from the model's folder without loading them."""
    dimension = _read_json(files.folder / "config.json").get("hidden_size")
    if not isinstance(dimension, int):
        raise ModelUnsupported(f"{files.folder}/config.json names no hidden_size; is this an embedding model?")
    return EmbedderIdentity(files.name, files.sha256, dimension)


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Runs of indices whose padded size stays within `_BATCH_TOKENS`; `order` goes from long to short."""
    batches: list[list[int]] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= _BATCH_TOKENS:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _read_json(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def _pooling(folder: Path) -> str:
    modules = folder / "modules.json"
    if not modules.is_file():
        log.warning("%s has no modules.json; taking the mean of its token vectors", folder)
        return "mean"
    for module in json.loads(modules.read_text("utf-8")):
        kind = str(module["type"]).rsplit(".", 1)[-1]
        if kind not in ("Transformer", "Pooling", "Normalize"):
            raise ModelUnsupported(f"{folder}: citewise cannot run the module {kind}; choose another embedder")
    config = _read_json(folder / "1_Pooling" / "config.json")
    poolings = [name for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    names = {
        "pooling_mode_mean_tokens": "mean",
        "pooling_mode_cls_token": "cls",
        "pooling_mode_lasttoken": "last",
    }
    if len(poolings) != 1 or poolings[0] not in names:
        raise ModelUnsupported(f"{folder}: pooling {poolings} is not supported; mean, CLS and last token are")
    return names[poolings[0]]
