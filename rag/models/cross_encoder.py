"""A cross-encoder: question and text read together, one score. Knows nothing of papers or of what the score is for."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rag.core.arrays import Scores
from rag.models.find import Device, ModelFiles, load_scorer, load_tokenizer

_MAX_TOKENS = 512
_BATCH = 8


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


class CrossEncoderReader:
    """A cross-encoder that reads (title, sentence) pairs, as published for passages: its logit for each. Safe for several threads."""

    signal = "answers"
    """The name that its scores have among the signals of a sentence."""

    def __init__(self, files: ModelFiles, device: Device) -> None:
        self.files = files
        self._encoder = TransformerCrossEncoder(files, device)
        self.description: dict[str, str] = {}

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], Scores]]:
        """(indices, scores) of one batch after another; passages of like length share one, so that little is computed on padding."""
        texts = [f"{title} {sentence}" if title else sentence for title, sentence in passages]
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            yield batch, np.array(self._encoder.score(question, [texts[i] for i in batch]))
