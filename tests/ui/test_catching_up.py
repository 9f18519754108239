"""A window that notices what becomes of its library."""

import threading
from pathlib import Path
from typing import Any

import pytest

from rag.core.settings import Settings
from tests.helpers.windows import PAPERS, Scripted
from ui.session.edits import Edits
from ui.session.loading import Loader


class Shelf(Scripted):
    """A library whose papers and revision the test changes."""

    now = 1

    @property
    def revision(self) -> int:
        return self.now


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(shelf=PAPERS[:1])


def opened(shelf: Shelf, folder: Path) -> Loader:
    loader = Loader(Settings(library=folder, edit="on"), lambda *_: shelf)
    loader.start()
    assert loader.looked_over(20)
    return loader


def test_papers_that_came_in_are_told_and_nothing_where_nothing_came(shelf: Shelf, tmp_path: Path) -> None:
    loader = opened(shelf, tmp_path)
    edits = Edits(loader, Settings(library=tmp_path, edit="on"))
    known = edits.news({})["revision"]
    assert "status" not in edits.news({"revision": known})
    shelf.shelf, shelf.now = PAPERS, 2
    told = edits.news({"revision": known})
    assert told["revision"] != known and told["status"]["count"] == "3 papers"
    assert loader.looked_over(20)
    assert "3 papers" in edits.news({})["status"]["library"]


def test_an_overview_that_comes_late_is_news_too(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = opened(shelf, tmp_path)
    edits = Edits(loader, Settings(library=tmp_path, edit="on"))
    monkeypatch.setattr("ui.session.edits.OVERVIEW_SECONDS", 0)
    go, overview = threading.Event(), shelf.overview

    def held() -> Any:
        assert go.wait(20)
        return overview()

    shelf.overview = held  # type: ignore[method-assign]
    shelf.shelf, shelf.now = PAPERS, 2
    known = edits.news({})["revision"]
    assert "status" not in edits.news({"revision": known})
    go.set()
    assert loader.looked_over(20)
    assert "3 papers" in edits.news({"revision": known})["status"]["library"]


def test_a_library_that_is_made_in_the_place_of_none_is_opened(shelf: Shelf, tmp_path: Path) -> None:
    shelf.shelf = ()
    loader = opened(shelf, tmp_path)
    loader.catch_up()
    assert loader.loading.papers == 0
    (tmp_path / "library.sqlite3").touch()
    shelf.shelf = PAPERS
    loader.catch_up()
    assert loader.looked_over(20) and loader.loading.papers == 3
