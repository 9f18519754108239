"""The view of the library where it changes, is not there, or is asked for more than a choice can hold."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag import wiring
from rag.core.errors import LibraryMissing
from rag.ingest.pipeline import plan, read_files, store
from rag.library.catalogue import Catalogue
from rag.library.choices import Choices
from rag.library.publishing import publish
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl
from tests.helpers.windows import Scripted, expect, needs_browser, running
from tests.ui.test_catalogue import RECORDS
from tests.ui.test_window_catalogue import library, opened, paper_of, rows
from ui.views import page as page_views

pytestmark = [*needs_browser, pytest.mark.slow]


@pytest.fixture
def bees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A window over a library in which two records are one paper."""
    monkeypatch.setattr(wiring, "open_embedder", lambda settings, report=None: HashEmbedder())
    with Library.open_for_writing(tmp_path / "library", HashEmbedder().identity) as library:
        reading = read_files([file(tmp_path, jsonl(*RECORDS), "bees.jsonl")])
        store(library, plan(library, reading.records), HashEmbedder)
        publish(library)
    opened = Library.open(tmp_path / "library")
    table = Catalogue(opened, Choices(opened))
    assistant = Scripted()
    assistant.real = SimpleNamespace(catalogue=lambda papers: table)  # type: ignore[assignment]
    with running(lambda settings, progress: assistant, library=tmp_path / "library") as url:
        yield url
    opened.close()


def test_a_merge_is_undone_and_another_tab_that_would_undo_it_learns_of_that(visit: Any, bees: str) -> None:
    page = opened(visit, bees)
    other = visit(bees, context=page.context)
    page.get_by_role("button", name="Honey bees dance", exact=True).click()
    expect(paper_of(page)).to_contain_text("the same title and nearly the same abstract")
    record = paper_of(page).locator('.cw-undo[data-record="art"]')
    record.get_by_role("button", name="Undo this merge").click()
    record.get_by_role("button", name="Cancel").click()
    expect(record.get_by_role("button", name="Undo this merge")).to_be_focused()
    record.get_by_role("button", name="Undo this merge").click()
    other.goto("about:blank")
    other.goto(f"{bees}#paper=pre")
    again = paper_of(other).locator('.cw-undo[data-record="art"]')
    again.get_by_role("button", name="Undo this merge").click()
    record.get_by_role("button", name="Make it a paper of its own").click()
    expect(page.locator("#cw-toast")).to_contain_text("The record is a paper of its own now")
    expect(rows(page)).to_have_count(2)
    expect(paper_of(page).get_by_role("button", name="Undo this merge")).to_have_count(0)
    expect(rows(other)).to_have_count(2)  # it takes the change over
    expect(paper_of(other).get_by_role("button", name="Undo this merge")).to_have_count(0)


def test_a_library_that_cannot_be_opened_says_so_and_is_tried_again(visit: Any) -> None:
    outcomes: list[Any] = [LibraryMissing("there is no library in shelf: run `citewise ingest FILE`"), Scripted()]

    def open_(settings: Any, progress: Any) -> Scripted:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    with running(open_, library="shelf") as url:
        page = visit(url)
        page.get_by_role("button", name="Library", exact=True).click()
        expect(library(page)).to_contain_text("The library could not be opened. there is no library in shelf")
        library(page).get_by_role("button", name="Try again").click()
        expect(rows(page)).to_have_count(3)


def test_more_than_can_be_asked_one_by_one_are_asked_by_the_search_or_refused(
    visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_views, "MOST_VALUES", 1)
    with running(lambda settings, progress: Scripted(), library="shelf") as url:
        page = opened(visit, url)
        page.get_by_label("Tick all 3").click()
        page.get_by_role("checkbox", name="Tick Hostile").click()
        page.get_by_role("button", name="Ask of these 2 papers").click()
        expect(page.locator("#cw-toast")).to_contain_text("These are 2 papers; at most 1 can be asked one by one.")
        page.get_by_role("button", name="Untick all").click()
        page.get_by_role("searchbox", name="Words in a title").fill("diffusion")
        page.get_by_label("Tick all 2").click()
        page.get_by_role("button", name="Ask of these 2 papers").click()
        expect(page.locator("#cw-of")).to_contain_text("with “diffusion”")
        expect(page.locator("#cw-of")).to_contain_text("2 of 3 papers")
