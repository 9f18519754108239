"""Trained weights that are added to a published network when it is loaded: low-rank factors (LoRA), and a head.

Owns: the form of the two files `rag/core/fitted/NAME.json` and `NAME.safetensors`, their checks, and the sum. Of each matrix W that
was trained, the factors B and A are kept as whole numbers from -127 to 127 with a scale for each of their ranks: W becomes W + B·A.
Knows nothing of what the network is for.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from rag.core.errors import FittedModelError
from rag.core.logistic import load_stored, unusable

FACTOR_NAMES = ("A", "A.scale", "B", "B.scale")
"""Of each matrix: A (rank, columns) and B (rows, rank) in int8, their scales (rank,) in float32."""
HEAD = "head"


@dataclass(frozen=True, slots=True)
class Record:
    """What `NAME.json` says: the sha256 of the tensors' file and of the weights that they belong to, the rank, and how they came about
    (sets, licences, seed, steps)."""

    name: str
    sha256: str
    base: str
    base_sha256: str
    rank: int
    trained_on: Mapping[str, Any]


def load_record(name: str) -> Record:
    """Raises:
    FittedModelError: the file is missing, or not of the form that `evals.fit.reader` writes.
    """
    try:
        stored = load_stored(name)
        base = stored["base"]
        return Record(
            name,
            str(stored["sha256"]),
            str(base["name"]),
            str(base["sha256"]),
            int(stored["rank"]),
            dict(stored["trained_on"]),
        )
    except (TypeError, KeyError, ValueError) as error:
        raise unusable(name, error) from error


def add_adapter(network: Any, record: Record) -> Any:
    """Add the trained factors to the network's matrices, in place.

    Returns: the head, (hidden size,) float32 on the network's device: a score is its product with a hidden state.

    Raises:
        FittedModelError: the tensors' file is missing, damaged, or made for another network; nothing was added.
    """
    import torch

    tensors = _tensors(record)
    matrices = {name.removesuffix(".A") for name in tensors if name.endswith(".A")}
    _check(network, record, tensors, matrices)
    with torch.no_grad():
        for matrix in sorted(matrices):
            weight = network.get_submodule(matrix).weight
            a, b = (
                tensors[f"{matrix}.{side}"].float() * tensors[f"{matrix}.{side}.scale"].reshape(shape)
                for side, shape in (("A", (-1, 1)), ("B", (1, -1)))
            )
            # In full precision, and on the processor: the sum is then the same for every device.
            # In place, so that no memory is taken twice.
            weight.copy_(weight.cpu().float() + b @ a)
    return tensors[HEAD].float().to(next(network.parameters()).device)


def check_tensors(record: Record) -> None:
    """Raises:
    FittedModelError: the tensors' file is missing or damaged.
    """
    _content(record)


def _content(record: Record) -> bytes:
    try:
        content = files("rag.core").joinpath(f"fitted/{record.name}.safetensors").read_bytes()
    except OSError as error:
        raise _unusable(record, f"it cannot be read ({error.strerror or error})") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != record.sha256:
        raise _unusable(record, f"its sha256 is {sha256[:12]}…, not {record.sha256[:12]}… as {record.name}.json says")
    return content


def _tensors(record: Record) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(_content(record))
    except (SafetensorError, ValueError) as error:
        raise _unusable(record, str(error)) from error


def _check(network: Any, record: Record, tensors: Mapping[str, Any], matrices: set[str]) -> None:
    """Every tensor has the place and the shape that it must have, so that nothing is left half added."""
    import torch

    wanted: dict[str, tuple[int, ...]] = {HEAD: (network.config.hidden_size,)}
    for matrix in matrices:
        try:
            rows, columns = network.get_submodule(matrix).weight.shape
        except (AttributeError, ValueError) as error:
            raise _unusable(record, f"the reader has no matrix {matrix}") from error
        shapes = ((record.rank, columns), (record.rank,), (rows, record.rank), (record.rank,))
        wanted |= {f"{matrix}.{part}": shape for part, shape in zip(FACTOR_NAMES, shapes, strict=True)}
    if not matrices or set(wanted) != set(tensors):
        odd = sorted(set(wanted) ^ set(tensors))
        raise _unusable(record, f"it lacks {odd[0]}, or nothing uses it" if odd else "it holds no factors")
    for name, shape in wanted.items():
        if tuple(tensors[name].shape) != shape:
            raise _unusable(record, f"{name} has the shape {tuple(tensors[name].shape)}, the reader needs {shape}")
        if not bool(torch.isfinite(tensors[name].float()).all()):
            raise _unusable(record, f"{name} holds a number that is not finite")


def _unusable(record: Record, why: str) -> FittedModelError:
    return FittedModelError(
        f"rag/core/fitted/{record.name}.safetensors cannot be used: {why}. Install citewise again, or name another "
        "reader in CITEWISE_READER"
    )
