"""GGUF files are converted once, and verified ever after."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import ModelNotFound, WeightsDamaged
from rag.core.settings import DEFAULT_READER
from rag.models import weights
from rag.models.find import WHEELS, find_model
from tests.models.test_find import WEIGHTS, _model_folder


@pytest.fixture
def converted(tmp_path: Path) -> tuple[Path, Path]:
    """A GGUF file and the folder of its weights, as an earlier start left it."""
    gguf = tmp_path / "tiny.Q4_1.gguf"
    gguf.write_bytes(b"GGUF of a tiny model")
    sha256 = hashlib.sha256(gguf.read_bytes()).hexdigest()
    folder = _model_folder(tmp_path / "cache" / "converted" / f"tiny.Q4_1-{sha256[:12]}")
    (folder / "manifest.json").write_text(
        json.dumps({"source": gguf.name, "sha256": hashlib.sha256(WEIGHTS).hexdigest()}), "utf-8"
    )
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
