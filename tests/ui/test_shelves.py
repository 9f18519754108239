"""Several libraries in one process: opened when they are asked for, closed when they are many, each on its own."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import CitewiseError, LibraryDamaged, UnknownLibrary
from rag.core.settings import Settings
from tests.helpers.tools import folders
from tests.helpers.windows import Scripted
from ui.session.shelves import Shelves


class Closing(Scripted):
    """Says when it is closed."""

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def shelves(tmp_path: Path) -> Callable[..., tuple[Shelves, list[tuple[str, Closing]]]]:
    def made(
        names: str, most: int = 2, fails: Callable[[str], Any] = lambda name: None
    ) -> tuple[Shelves, list[tuple[str, Closing]]]:
        opened: list[tuple[str, Closing]] = []

        def open_(settings: Settings, progress: Any) -> Closing:
            fails(settings.library.name)
            opened.append((settings.library.name, Closing()))
            return opened[-1][1]

        return Shelves(Settings(library=folders(tmp_path, names.split())), open_, most), opened

    return made


def use(shelves: Shelves, name: str) -> None:
    with shelves.using(name) as loader:
        loader.assistant()
        assert loader.looked_over(5)


def test_a_library_is_opened_when_it_is_first_used_and_stays_open(shelves: Any) -> None:
    these, opened = shelves("a b")
    assert these.names == ("a", "b") and these.several and opened == []
    for name in "abab":
        use(these, name)
    assert [name for name, _ in opened] == ["a", "b"]


def test_the_first_library_is_meant_where_none_is_named(shelves: Any) -> None:
    these, opened = shelves("a b")
    for name in (None, ""):
        use(these, name)
    assert [name for name, _ in opened] == ["a"]
    assert these.settings().library.name == "a" and these.settings("b").library.name == "b"


@pytest.mark.parametrize("name", ["c", "A", 5, {"a": 1}, ["a"], "../a"])
def test_an_unknown_name_is_told_with_those_that_there_are(shelves: Any, name: Any) -> None:
    these, _ = shelves("a b")
    with pytest.raises(UnknownLibrary, match="there is a, b"), these.using(name):
        pass


def test_the_one_not_used_for_longest_is_closed_and_opened_again(shelves: Any) -> None:
    these, opened = shelves("a b c")
    for name in "abac":
        use(these, name)
    assert [(name, one.closed.is_set()) for name, one in opened] == [("a", False), ("b", True), ("c", False)]
    use(these, "b")
    assert [name for name, _ in opened] == ["a", "b", "c", "b"]


def test_a_library_in_use_is_never_closed(shelves: Any) -> None:
    these, opened = shelves("a b c", most=1)
    with these.using("a") as loader:
        loader.assistant()
        use(these, "b")
        use(these, "c")
        assert not opened[0][1].closed.is_set()
        assert loader.assistant() is opened[0][1]
    use(these, "b")
    assert opened[0][1].closed.is_set()


def test_whoever_still_asks_a_closed_library_opens_it_again(shelves: Any) -> None:
    these, opened = shelves("a b", most=1)
    loader = these.loader("a")
    use(these, "a")
    use(these, "b")
    assert loader.opened is None
    assert loader.assistant() is opened[-1][1] and len(opened) == 3


def test_one_damaged_library_leaves_the_others_at_work(shelves: Any) -> None:
    def fails(name: str) -> None:
        if name == "b":
            raise LibraryDamaged("the library b is broken; restore it")

    these, opened = shelves("a b c", fails=fails)
    with pytest.raises(CitewiseError, match="restore it"):
        use(these, "b")
    use(these, "a")
    use(these, "c")
    assert [name for name, _ in opened] == ["a", "c"]


def test_one_that_failed_is_tried_again_when_it_is_started(shelves: Any) -> None:
    broken = {"b"}

    def fails(name: str) -> None:
        if name in broken:
            raise LibraryDamaged("broken")

    these, opened = shelves("a b", fails=fails)
    with pytest.raises(CitewiseError):
        use(these, "b")
    broken.clear()
    these.loader("b").start()
    use(these, "b")
    assert [name for name, _ in opened] == ["b"]


def test_libraries_are_opened_one_after_the_other_so_that_models_are_loaded_once(shelves: Any) -> None:
    gate, begun, entered = threading.Event(), threading.Event(), []

    def fails(name: str) -> None:
        entered.append(name)
        begun.set()
        if name == "a":
            assert gate.wait(5)

    these, _ = shelves("a b", fails=fails)
    these.loader("a").start()
    assert begun.wait(5)
    second = these.loader("b")
    second.start()
    while not second.loading.note.startswith("Waiting for another library"):
        assert not second.wait(0.01)
    assert entered == ["a"]
    gate.set()
    assert second.wait(5) and entered == ["a", "b"]


def test_fifty_libraries_are_offered_and_few_are_open(shelves: Any) -> None:
    these, opened = shelves(" ".join(f"n{n:02}" for n in range(50)), most=4)
    for name in these.names:
        use(these, name)
    assert sum(not one.closed.is_set() for _, one in opened) == 4
