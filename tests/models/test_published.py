"""Models of the hub: taken at the commit that was tested, or at the one that is named, and verified where their hash is known."""

import hashlib
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import ModelNotFound, WeightsDamaged
from rag.core.settings import DEFAULT_EMBEDDER, DEFAULT_READER, DEFAULT_WRITER
from rag.models.find import find_model
from rag.models.published import PUBLISHED, Published, hub_name

NAME, WEIGHTS = "nobody/tested", b"weights"
TESTED, OTHER = "a" * 40, "b" * 40


class Hub:
    """A hub and its cache, which hold folders by revision; None is what a branch points to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cached: set[str | None] = set()
        self.there: set[str | None] = set()
        self.asked: list[str | None] = []

    def snapshot_download(
        self, name: str, *, revision: str | None = None, local_files_only: bool = False, **_: Any
    ) -> str:
        from huggingface_hub.errors import LocalEntryNotFoundError

        assert name == NAME, "the revision is no part of the name"
        if not local_files_only:
            self.asked.append(revision)
        if revision not in (self.cached if local_files_only else self.there):
            raise LocalEntryNotFoundError("not there")
        return str(self.folder)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "config.json").write_text("{}", "utf-8")
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    hub = Hub(folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub.snapshot_download)
    monkeypatch.setitem(PUBLISHED, NAME, Published(TESTED, hashlib.sha256(WEIGHTS).hexdigest()))
    return hub


def test_what_is_taken_by_default_has_a_commit_that_was_tested() -> None:
    for name in (DEFAULT_EMBEDDER, DEFAULT_READER, DEFAULT_WRITER):
        revision = hub_name(name).revision
        assert revision and re.fullmatch("[0-9a-f]{40}", revision), name
    assert all(hub_name(name).sha256 for name in (DEFAULT_EMBEDDER, DEFAULT_READER))


def test_a_tested_model_is_asked_for_at_its_commit_and_no_other(hub: Hub, tmp_path: Path) -> None:
    hub.there = {TESTED, None}
    hub.cached = {None}
    assert find_model(NAME, tmp_path / "cache").source == "hub"
    assert hub.asked == [TESTED]


def test_a_name_may_carry_its_commit(hub: Hub, tmp_path: Path) -> None:
    hub.there = {OTHER}
    assert find_model(f"{NAME}@{OTHER}", tmp_path / "cache").source == "hub"
    assert hub.asked == [OTHER]
    hub.there, hub.cached = set(), {None, TESTED}
    with pytest.raises(ModelNotFound, match=f"at revision {OTHER}"):
        find_model(f"{NAME}@{OTHER}", tmp_path / "cache")


@pytest.mark.parametrize("place", ["there", "cached"])
def test_other_weights_under_a_tested_name_are_refused(hub: Hub, tmp_path: Path, place: str) -> None:
    setattr(hub, place, {TESTED})
    (hub.folder / "model.safetensors").write_bytes(b"exchanged")
    with pytest.raises(WeightsDamaged, match="expected"):
        find_model(NAME, tmp_path / "cache")


def test_without_the_hub_another_revision_of_the_cache_is_used_and_verified(hub: Hub, tmp_path: Path) -> None:
    hub.cached = {None}
    assert find_model(NAME, tmp_path / "cache").source == "hub cache"
    (hub.folder / "model.safetensors").write_bytes(b"exchanged")
    with pytest.raises(WeightsDamaged):
        find_model(NAME, tmp_path / "cache")


def test_where_it_cannot_be_verified_that_is_said(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(PUBLISHED, NAME, Published(TESTED, None))
    hub.cached = {None}
    with caplog.at_level(logging.WARNING):
        assert find_model(NAME, tmp_path / "cache").source == "hub cache"
    assert TESTED in caplog.text
