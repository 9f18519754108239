"""On a GPU: the same code, and the same order of papers and sentences as on the CPU. Skipped where there is none."""

from pathlib import Path

import numpy as np
import pytest
import torch

from evals.bench.random_writer import random_writer
from rag.core.domain import Message
from rag.core.errors import WriterFailed
from rag.core.settings import DEFAULT_EMBEDDER, DEFAULT_READER, Settings
from rag.models.embedder import TransformerEmbedder
from rag.models.find import choose_device, find_model
from rag.models.local_writer import LocalWriter
from rag.models.query_likelihood import LikelihoodReader
from rag.models.writer import Limits

accelerator = pytest.mark.skipif(
    not (torch.cuda.is_available() or torch.backends.mps.is_available()), reason="torch sees no GPU on this machine"
)
TEXTS = [
    "caching features speeds up sampling",
    "pruning removes weights",
    "bees dance",
    "speech is enhanced by diffusion",
]


def test_auto_takes_the_best_device_there_is() -> None:
    device = choose_device("auto")
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert device.name == best
    assert (device.dtype == torch.float32) == (best == "cpu")


@accelerator
def test_the_embedder_ranks_as_on_the_cpu(seed_settings: Settings) -> None:
    files = find_model(DEFAULT_EMBEDDER, seed_settings.cache)
    orders = []
    for name in ("auto", "cpu"):
        embedder = TransformerEmbedder(files, choose_device(name))
        orders.append(np.argsort(embedder.embed_passages(TEXTS) @ embedder.embed_question("faster sampling")).tolist())
    assert orders[0] == orders[1]


@accelerator
def test_the_reader_ranks_as_on_the_cpu(seed_settings: Settings) -> None:
    files = find_model(DEFAULT_READER, seed_settings.cache)
    passages = [("", text) for text in TEXTS]
    best = [
        LikelihoodReader(files, choose_device(name)).score("What do bees do?", passages).argmax()
        for name in ("auto", "cpu")
    ]
    assert best[0] == best[1]


@accelerator
def test_the_writer_runs_on_the_gpu_and_survives_a_shortage_of_memory(tmp_path: Path) -> None:
    generator = LocalWriter(random_writer(tmp_path), choose_device("auto"), Limits(30, 16))
    asked = [Message("user", "What is it?")]
    assert "".join(generator.stream(asked))
    if torch.cuda.is_available():
        torch.cuda.empty_cache()  # the limit is looked at when memory is taken from the card, not from what is kept
        torch.cuda.set_per_process_memory_fraction(1e-6)
        try:
            with pytest.raises(WriterFailed, match="memory"):
                list(generator.stream([Message("user", "word " * 700)]))
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
    assert "".join(generator.stream(asked))
