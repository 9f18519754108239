"""Makes the shipped file of a trained reader: its factors in eight bits, and a record of what they are.

Owns: how factors are rounded, and what the record says. `rag.models.adapter` reads both. `evals.fit.reader_training` makes what is
shipped here.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from evals.errors import EvalError
from rag.models.adapter import HEAD
from rag.models.find import ModelFiles

MOST_BYTES = 8 << 20
"""Of the shipped file."""
_LARGEST = 127


def ship(trained: Path, base: ModelFiles, trained_on: Mapping[str, Any], folder: Path, name: str) -> Path:
    """Write `NAME.safetensors` and `NAME.json` to the folder.

    Args:
        trained: factors `MATRIX.A` (rank, columns) and `MATRIX.B` (rows, rank), whose product is added to the matrix, and `head`.
        base: the weights that they were trained on.
        trained_on: sets with their licences, seed, steps: kept in the record.

    Returns: the record's path.

    Raises:
        EvalError: the file of factors cannot be read, or is none, or would be too large.
    """
    try:
        tensors = load_file(trained)
    except (OSError, SafetensorError) as error:
        raise EvalError(f"{trained} cannot be read as trained factors: {error}") from error
    names = sorted(key.removesuffix(".A") for key in tensors if key.endswith(".A"))
    missing = [f"{name}.B" for name in names if f"{name}.B" not in tensors] + [HEAD] * (HEAD not in tensors)
    if missing or not names:
        raise EvalError(f"{trained} holds no trained factors: it lacks {missing[0] if missing else 'matrices'}")
    shipped: dict[str, torch.Tensor] = {HEAD: tensors[HEAD].float().contiguous()}
    for key in names:
        # The names are those below the language model; its head, which nothing here reads, is left out.
        place = key.removeprefix("model.")
        shipped[f"{place}.A"], shipped[f"{place}.A.scale"] = rounded(tensors[f"{key}.A"].float(), rank=0)
        shipped[f"{place}.B"], shipped[f"{place}.B.scale"] = rounded(tensors[f"{key}.B"].float(), rank=1)
    content = save(shipped)
    if len(content) > MOST_BYTES:
        raise EvalError(f"the file would have {len(content):,} bytes, over {MOST_BYTES:,}; train with a smaller rank")
    record = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "base": {"name": base.name, "sha256": base.sha256},
        "rank": tensors[f"{names[0]}.A"].shape[0],
        "kept_as": "int8 with a scale for each rank",
        "trained_on": dict(trained_on),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def rounded(factor: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A factor as whole numbers from -127 to 127, and the scale of each of its ranks, which run along the dimension `rank`."""
    scale = factor.abs().amax(1 - rank, keepdim=True).clamp(min=1e-30) / _LARGEST
    whole = (factor / scale).round().clamp(-_LARGEST, _LARGEST).to(torch.int8)
    return whole.contiguous(), scale.flatten().contiguous()
