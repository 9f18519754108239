"""How fast the writer is on this machine, beside what its memory allows, and whether it stops and falls back as it should.

Owns: the measurements of `evals bench-writer`. Each token reads all weights once, so the memory's bandwidth over the weights' size is
the most tokens a second that one user can get.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evals.bench.random_writer import random_writer
from rag.core.domain import Message
from rag.core.errors import CitewiseError, WriterFailed
from rag.core.settings import Settings
from rag.models.find import ModelFiles, choose_device, find_model
from rag.models.local_writer import LocalWriter, bandwidth
from rag.models.writer import Limits, Piece

_TOKENS = 128
_STOP_MS = 200.0
_PROMPT = [Message("system", "Answer from the sentences."), Message("user", "A sentence of evidence. " * 60)]


def bench_write(settings: Settings) -> dict[str, Any]:
    """Device, dtype, time to the first token, tokens a second against the limit, time until Stop, and that a prompt that is too long is
    refused and the next one answered. Takes the writer named in the settings, else makes one of random weights."""
    with TemporaryDirectory() as folder:
        files = _files(settings, Path(folder))
        device = choose_device(settings.device, bfloat16_on_cpu=True)
        with closing(LocalWriter(files, device, Limits(120, _TOKENS), settings.writer_4bit)) as generator:
            weights = sum(path.stat().st_size for path in files.folder.glob("*.safetensors"))
            return {
                "writer": files.name,
                "device": device.name,
                "dtype": str(device.dtype).removeprefix("torch."),
                "weights_mb": round(weights / 1e6, 1),
                **_speed(generator, weights, device.name),
                **_stop(generator),
                "too_long_is_refused": _refuses(generator),
                "answers_after_that": any(map(_is_text, generator.stream(_PROMPT))),
            }


def _files(settings: Settings, folder: Path) -> ModelFiles:
    if settings.writer in ("auto", "none"):
        return random_writer(folder, layers=8, width=512)
    return find_model(settings.writer, settings.cache)


def _speed(generator: LocalWriter, weights: int, device: str) -> dict[str, float]:
    list(generator.stream(_PROMPT))  # the first run pays for the start
    start = time.perf_counter()
    moments = [time.perf_counter() for piece in generator.stream(_PROMPT) if _is_text(piece)]
    rate = (len(moments) - 1) / max(1e-9, moments[-1] - moments[0]) if len(moments) > 1 else 0.0
    reads = bandwidth(device)
    limit = reads / max(1, weights)
    return {
        "first_token_ms": round((moments[0] - start) * 1_000, 1) if moments else 0.0,
        "tokens_per_second": round(rate, 1),
        "bandwidth_gb_per_second": round(reads / 1e9, 1),
        "limit_tokens_per_second": round(limit, 1),
        "share_of_limit": round(rate / limit, 3),
    }


def _stop(generator: LocalWriter) -> dict[str, Any]:
    stream = generator.stream(_PROMPT)
    next(filter(_is_text, stream))
    start = time.perf_counter()
    assert isinstance(stream, Iterator)
    with closing(stream):  # type: ignore[type-var]
        pass
    next(filter(_is_text, generator.stream(_PROMPT)))
    took = (time.perf_counter() - start) * 1_000
    return {"stop_and_next_token_ms": round(took, 1), "stop_limit_ms": _STOP_MS}


def _is_text(piece: Piece) -> bool:
    return isinstance(piece, str) and bool(piece)


def _refuses(generator: LocalWriter) -> bool:
    try:
        list(generator.stream([Message("user", "word " * 200_000)]))
    except WriterFailed:
        return True
    except CitewiseError:
        return False
    return False
