"""Removing papers in the window and putting them back, without a window."""

import threading
from pathlib import Path

import pytest

from rag.core.errors import EditRefused, LibraryBusy
from rag.core.settings import Settings
from rag.ingest.formats.record import make_paper
from rag.library import setting_aside
from rag.library.sqlite import writer_lock
from tests.conftest import add
from ui.session import removing as removing_module
from ui.session.edits import _back, _gone
from ui.session.jobs import Job, Jobs
from ui.session.removing import Removing


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("removing") / "library"
    add(folder, [make_paper(id=f"p{n}", title=f"Paper {n}", abstract=f"Number {n} is here.") for n in range(4)])
    return folder


@pytest.fixture
def removing(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Removing:
    import shutil

    shutil.copytree(made, tmp_path / "library")
    monkeypatch.setattr(removing_module.private, "new_folder", lambda: tmp_path / "aside")
    return Removing(Settings(library=tmp_path / "library"), lambda: None, Jobs(), Clock())


def left(removing: Removing) -> int:
    return 4 - removing.planned(["p0", "p1", "p2", "p3"]).absent


def test_what_goes_is_told_first_and_comes_back_with_one_word(removing: Removing, tmp_path: Path) -> None:
    plan = removing.planned(["p1", "p2", "gone"])
    assert (plan.papers, plan.absent, plan.undoable) == ((("p1", "Paper 1"), ("p2", "Paper 2")), 1, True)
    _, word = removing.remove(["p1", "p2"])
    assert left(removing) == 2 and len(word) >= 20
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "aside").iterdir()] == [0o600]
    assert [name for name, _ in removing.undo(word).papers] == ["p1", "p2"]
    assert left(removing) == 4 and list((tmp_path / "aside").iterdir()) == []


def test_the_second_of_two_tabs_is_told_that_it_is_gone_already(removing: Removing, tmp_path: Path) -> None:
    removing.remove(["p1"])
    out, word = removing.remove(["p1"])
    assert (out.papers, out.absent, word) == ((), ("p1",), "")
    assert _gone(0, 1) == "Nothing was removed: the paper is gone already."
    assert len(list((tmp_path / "aside").iterdir())) == 1


def test_a_removal_is_undone_once(removing: Removing) -> None:
    _, word = removing.remove(["p1"])
    removing.undo(word)
    for wrong in (word, "", "guessed"):
        with pytest.raises(EditRefused, match="undone already"):
            removing.undo(wrong)


def test_what_is_kept_for_the_way_back_has_bounds(
    removing: Removing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [removing.remove([f"p{n}"])[1] for n in range(2)]
    removing._clock.now = removing_module.KEEP_SECONDS  # type: ignore[attr-defined]
    with pytest.raises(EditRefused, match="twelve hours"):
        removing.undo(words[0])
    monkeypatch.setattr(removing_module, "MOST_KEPT", 1)
    words = [removing.remove([f"p{n}"])[1] for n in (2, 3)]
    assert len(list((tmp_path / "aside").iterdir())) == 1
    with pytest.raises(EditRefused):
        removing.undo(words[0])
    assert removing.undo(words[1]).papers


def test_what_is_too_much_to_be_kept_is_said_before(removing: Removing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing_module, "MOST_BYTES", 10)
    assert not removing.planned(["p1"]).undoable
    assert removing.remove(["p1"])[1] == "" and left(removing) == 3


def test_nothing_is_removed_while_papers_are_being_added(removing: Removing) -> None:
    begun, end = threading.Event(), threading.Event()

    def work(job: Job) -> None:
        job.progress("embedding", 3, 12)
        begun.set()
        assert end.wait(20)

    removing._jobs.start(Job("add", work))
    assert begun.wait(20)
    with pytest.raises(EditRefused, match="3 of 12 papers"):
        removing.remove(["p1"])
    end.set()


def test_another_process_that_writes_is_named_and_the_way_back_stays(removing: Removing, tmp_path: Path) -> None:
    _, word = removing.remove(["p1"])
    with writer_lock(tmp_path / "library"):
        with pytest.raises(LibraryBusy, match="being written by process"):
            removing.remove(["p2"])
        with pytest.raises(LibraryBusy):
            removing.undo(word)
    assert removing.undo(word).papers and left(removing) == 4


def test_what_came_in_again_meanwhile_is_said() -> None:
    assert _back(2, []) == "2 papers are back."
    assert _back(0, ["Ants"]) == "1 paper came in again meanwhile and stayed as it is: Ants"
    assert setting_aside.BroughtBack((), ()).papers == ()
