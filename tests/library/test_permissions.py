"""A library is its owner's alone, until its owner opens it; what is made later is as open as its file."""

import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from rag.core import permissions
from rag.core.domain import Paper
from rag.library.backup import backup
from rag.library.files import database_file
from rag.library.restore import restore
from tests.conftest import add

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
SHARED = 0o640
NOW = datetime(2026, 1, 2)


@pytest.fixture(autouse=True)
def usual_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """The modes of all files and folders in a folder."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def test_every_file_of_a_library_is_made_for_its_owner_alone(tmp_path: Path, few_papers: list[Paper]) -> None:
    add(tmp_path / "library", few_papers)
    for name, mode in modes(tmp_path / "library").items():
        assert mode & 0o077 == 0, name


def test_what_is_made_later_is_as_open_as_the_library_s_file(tmp_path: Path, few_papers: list[Paper]) -> None:
    folder = tmp_path / "library"
    add(folder, few_papers[:2])
    for path in (folder, *folder.rglob("*")):
        path.chmod(SHARED | 0o110 if path.is_dir() else SHARED)

    add(folder, few_papers)

    made = modes(folder)
    assert made.pop("library.sqlite3") == SHARED
    for name, mode in made.items():
        assert mode == (SHARED | 0o110 if (folder / name).is_dir() else SHARED), name


def test_a_backup_is_its_owner_s_and_what_it_replaces_stays_as_open_as_it_was(
    tmp_path: Path, few_papers: list[Paper]
) -> None:
    folder, file = tmp_path / "library", tmp_path / "library.zip"
    add(folder, few_papers)
    backup(folder, file)
    assert stat.S_IMODE(file.stat().st_mode) == permissions.OWNER_ONLY

    restore(file, tmp_path / "other", NOW)
    assert stat.S_IMODE(database_file(tmp_path / "other").stat().st_mode) == permissions.OWNER_ONLY

    database_file(folder).chmod(SHARED)
    restore(file, folder, NOW, force=True)
    assert stat.S_IMODE(database_file(folder).stat().st_mode) == SHARED


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    with open(file, "a", opener=permissions.owner_only) as stream:
        stream.write("a\n")
    assert stat.S_IMODE(file.stat().st_mode) == permissions.OWNER_ONLY
    file.chmod(SHARED)
    with open(file, "a", opener=permissions.owner_only) as stream:
        stream.write("b\n")
    assert stat.S_IMODE(file.stat().st_mode) == SHARED
