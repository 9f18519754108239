"""The map as the page asks for it: drawn in the background, stopped, kept, and told to be of an earlier state."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ui.session.map
from rag.core.errors import LibraryMissing, RequestRefused
from rag.core.settings import Settings
from rag.ingest.formats.record import make_paper
from rag.map.record import Group, PaperMap
from tests.conftest import add
from tests.helpers.maps import subjects
from ui.session.map import Maps
from ui.views.map import drawn


def quick(library: Any, before: PaperMap | None, report: Callable[[str, float], None]) -> PaperMap:
    """A map without the arithmetic: the papers in a row."""
    report("Reading the embeddings", 0.0)
    ids = tuple(paper.id for paper in library.papers())
    from rag.map.vectors import state_of

    places = tuple((float(n), 0.0) for n in range(len(ids)))
    return PaperMap(state_of(library), ids, places, (0,) * len(ids), (Group(()),), len(ids))


@pytest.fixture
def maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maps:
    add(tmp_path / "library", subjects(2))
    monkeypatch.setattr(ui.session.map, "draw", quick)
    return Maps(Settings(library=tmp_path / "library", cache=tmp_path / "cache"))


def finished(maps: Maps) -> dict[str, Any]:
    """The map when its drawing has ended."""
    answer = maps.map({})
    for thread in threading.enumerate():
        if thread.name == "citewise-map":
            thread.join(20)
    return maps.map({}) if answer["state"] == "drawing" else answer


def test_the_first_look_draws_the_map_and_its_points_come_once(maps: Maps) -> None:
    answer = finished(maps)
    assert answer["state"] == "ready"
    assert answer["stale"] == ""
    assert len(answer["points"]["ids"]) == 6
    assert "points" not in maps.map({"have": answer["key"]})


def test_a_kept_map_is_shown_without_drawing(maps: Maps, monkeypatch: pytest.MonkeyPatch) -> None:
    first = finished(maps)
    monkeypatch.setattr(ui.session.map, "draw", None)
    again = Maps(maps._settings).map({})
    assert (again["state"], again["points"]["ids"]) == ("ready", first["points"]["ids"])


def test_a_map_of_an_earlier_state_says_what_changed_and_is_drawn_anew_on_wish(maps: Maps) -> None:
    first = finished(maps)
    folder = maps._settings.library
    add(folder, [make_paper(id="new", title="New", abstract="Something new.")])
    _remove(folder, "0-0")
    answer = maps.map({"have": first["key"]})
    assert answer["stale"] == (
        "This map is of an earlier state of the library: since then 1 paper came in and 1 paper went out."
    )
    assert "0-0" not in answer["points"]["ids"]
    maps.map_draw({})
    later = finished(maps)
    assert later["stale"] == ""
    assert "new" in later["points"]["ids"]


def _remove(folder: Path, paper: str) -> None:
    from rag.library.sqlite import connect

    connection = connect(folder / "library.sqlite3", create=True)
    connection.execute("DELETE FROM papers WHERE id = ?", (paper,))
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    connection.close()


def test_details_that_change_leave_the_map_as_it_is(maps: Maps) -> None:
    first = finished(maps)
    paper = subjects(2)[1]
    add(maps._settings.library, [make_paper(id=paper.id, title=paper.title, abstract=paper.abstract, year=1901)])
    answer = maps.map({"have": first["key"]})
    assert answer["stale"] == ""
    assert 1901 in answer["points"]["years"]


def test_a_drawing_can_be_stopped_and_begun_again(maps: Maps, monkeypatch: pytest.MonkeyPatch) -> None:
    held, goes_on = threading.Event(), threading.Event()

    def slow(library: Any, before: PaperMap | None, report: Callable[[str, float], None]) -> PaperMap:
        held.set()
        goes_on.wait(20)
        return quick(library, before, report)

    monkeypatch.setattr(ui.session.map, "draw", slow)
    assert maps.map({})["state"] == "drawing"
    assert held.wait(20)
    assert maps.map_stop({})["state"] == "stopped"
    goes_on.set()
    assert finished(maps)["state"] == "stopped"
    maps.map_draw({})
    assert finished(maps)["state"] == "ready"


def test_a_drawing_that_fails_says_so_and_tells_no_secret(maps: Maps, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> PaperMap:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(ui.session.map, "draw", broken)
    maps.map({})
    answer = finished(maps)
    assert answer["state"] == "failed"
    assert answer["note"].startswith("Something went wrong while drawing the map")


def test_papers_are_found_by_words_and_a_wrong_filter_is_refused(maps: Maps) -> None:
    assert maps.map_found({"filter": {"text": "glacier"}})["ids"] == ["1-0", "1-1"]
    with pytest.raises(RequestRefused):
        maps.map_found({"filter": "glacier"})


def test_without_a_library_it_is_told_as_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing):
        Maps(Settings(library=tmp_path / "none", cache=tmp_path)).map({})


def test_an_empty_library_has_no_points_and_says_so() -> None:
    points = drawn(PaperMap("state"), {})
    assert points["ids"] == []
    assert points["note"] == "There are no papers yet."


def test_what_has_no_place_is_told() -> None:
    one = PaperMap("state", ("a", "b"), ((0.0, 0.0), (4.0, 2.0)), (0, 0), (Group(("ants",)),), 3, 1)
    points = drawn(one, {"a": ("Ants", 2000), "b": ("", None)})
    assert (points["x"], points["y"]) == ([-100.0, 100.0], [-50.0, 50.0])
    assert points["titles"] == ["Ants", "Untitled"]
    assert points["note"].endswith("1 paper without an embedding has no place.")


def test_terms_in_the_list_of_groups_are_escaped() -> None:
    one = PaperMap("state", ("a",), ((0.0, 0.0),), (0,), (Group(("<b>ants", "bees & <i>")),), 1)
    html = drawn(one, {"a": ("<script>", 2000)})["groups"]
    assert "&lt;b&gt;ants" in html
    assert "<i>" not in html
