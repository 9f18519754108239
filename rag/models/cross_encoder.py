"""A cross-encoder: question and text read together, one score. Knows nothing of papers or of what the score is for."""

import threading
from collections.abc import Sequence
from typing import Any

from rag.models.find import Device, ModelFiles, load_scorer, load_tokenizer

_MAX_TOKENS = 512


class TransformerCrossEncoder:
    """A sequence classifier with one output, in sentence-transformers' or plain transformers format."""

    def __init__(self, files: ModelFiles, device: Device) -> None:
        self._tokenizer: Any = load_tokenizer(files)
        self._network: Any = load_scorer(files, device)
        self._device = device
        self._lock = threading.Lock()

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """See `CrossEncoder`: (len(texts),) logits."""
        encoded = self._tokenizer(
            [question] * len(texts),
            list(texts),
            truncation="longest_first",
            max_length=min(self._tokenizer.model_max_length, _MAX_TOKENS),
            padding=True,
            return_tensors="pt",
            split_special_tokens=True,
        ).to(self._device.name)
        with self._lock:
            return [float(value) for value in self._network(**encoded).logits[:, 0].float().tolist()]
