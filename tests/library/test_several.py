"""Which libraries a folder, or several of them, stand for, and what they are called."""

from pathlib import Path

import pytest

from rag.core.settings import Settings
from rag.library.several import shelves_of, unknown
from tests.helpers.tools import folders


def named(*paths: Path) -> list[str]:
    return [shelf.name for shelf in shelves_of(Settings(libraries=paths))]


def test_one_library_is_called_as_its_folder_is(tmp_path: Path) -> None:
    library = folders(tmp_path, ["physics"]) / "physics"
    (shelf,) = shelves_of(Settings(library=library))
    assert (shelf.name, shelf.folder) == ("physics", library)


def test_a_folder_stands_for_the_libraries_in_it_in_the_order_of_their_names(tmp_path: Path) -> None:
    root = folders(tmp_path, ["b", "A", ".hidden", "c"])
    (root / "notes").mkdir()
    (root / "library.txt").write_text("no folder")
    assert [shelf.name for shelf in shelves_of(Settings(library=root))] == ["A", "b", "c"]


def test_a_folder_that_is_a_library_stands_for_itself(tmp_path: Path) -> None:
    root = folders(folders(tmp_path, ["outer"]) / "outer", ["inner"])
    assert [shelf.folder for shelf in shelves_of(Settings(library=root))] == [root]


def test_a_folder_without_libraries_stands_for_the_one_that_is_missing(tmp_path: Path) -> None:
    assert [shelf.folder for shelf in shelves_of(Settings(library=tmp_path))] == [tmp_path]
    assert [shelf.folder for shelf in shelves_of(Settings(library=tmp_path / "none"))] == [tmp_path / "none"]


def test_the_same_library_counts_once_however_it_is_named(tmp_path: Path) -> None:
    root = folders(tmp_path, ["physics", "biology"])
    (root / "link").symlink_to(root / "physics")
    assert named(root / "physics", root / "biology" / ".." / "physics", root / "link", root) == ["physics", "biology"]


def test_libraries_that_are_called_alike_are_told_apart(tmp_path: Path) -> None:
    folders(tmp_path / "ada", ["papers", "notes"])
    folders(tmp_path / "ben", ["papers"])
    assert named(tmp_path / "ada", tmp_path / "ben") == ["notes", "ada/papers", "ben/papers"]


def test_a_damaged_library_is_one_of_them(tmp_path: Path) -> None:
    root = folders(tmp_path, ["a", "b"])
    (root / "b" / "library.sqlite3").write_bytes(b"")
    assert [shelf.name for shelf in shelves_of(Settings(library=root))] == ["a", "b"]


def test_odd_names_become_text(tmp_path: Path) -> None:
    root = folders(tmp_path, ["a\nb", "<b>", "x" * 200])
    names = [shelf.name for shelf in shelves_of(Settings(library=root))]
    assert names[:2] == ["<b>", "a b"]
    assert len(names[2]) <= 100


def test_several_libraries_are_set_as_a_path_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWISE_LIBRARIES", "/a:~/b: ")
    assert Settings.load().libraries == (Path("/a"), Path.home() / "b")
    monkeypatch.setenv("CITEWISE_LIBRARIES", "")
    assert Settings.load().libraries is None


def test_the_error_names_those_that_there_are() -> None:
    assert str(unknown("x\ny", ["a", "b"])) == "there is no library “x y” here; there is a, b"
    assert str(unknown("x", [str(n) for n in range(50)])).endswith("18, 19 and 30 more")
