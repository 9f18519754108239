"""Adding and removing papers in the window: the panel, its files and pasted text, what is refused, the way back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import rag.wiring
from rag.core.domain import Paper
from rag.core.settings import Settings
from rag.ingest.formats.record import make_paper
from rag.library.sqlite import writer_lock
from rag.library.store import Library
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from tests.helpers.windows import Scripted, expect, looked_up, needs_browser, running
from tests.ui.test_window_look import SIZES, shot, violations

pytestmark = needs_browser
RIS = "TY  - JOUR\nTI  - {title}\nAB  - {abstract}\nER  - \n"
MOTHS = RIS.format(title="Moths", abstract="Moths fly by night. They follow the moon.").encode()
SHELF = [
    make_paper(id="10.1000/bees", title="Honey bees of the Alps", abstract="Bees make honey.", doi="10.1000/bees"),
    make_paper(id="ants", title="Ants on the move", abstract="Ants follow scent trails."),
]


@dataclass
class OverLibrary(Scripted):
    """Its shelf is the library in a folder, as it is now."""

    folder: Path = field(default_factory=Path)

    def _library(self) -> Any:
        return closing(Library.open(self.folder))

    @property
    def revision(self) -> int:
        with self._library() as library:
            return int(library.revision)

    def find_papers(self, words: str, limit: int) -> tuple[int, tuple[Paper, ...]]:
        with self._library() as library:
            count, papers = library.find_papers(words, limit)
            return count, tuple(papers)


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    """Ingestion with the hash embedder in the place of a network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rag.wiring, "find_model", lambda *_: object())
        patch.setattr("rag.models.prefixes.recipe_of", lambda *_: None)
        patch.setattr("rag.models.embedder.identity_of", lambda *_: HashEmbedder().identity)
        patch.setattr(rag.wiring, "open_embedder", lambda *_: HashEmbedder())
        yield


Window = tuple[str, Path]


@pytest.fixture(scope="module")
def window(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    folder = tmp_path_factory.mktemp("adding") / "library"
    add(folder, SHELF)

    def open_(settings: Settings, progress: Callable[[str], None] | None) -> OverLibrary:
        return OverLibrary(folder=settings.library)

    with running(open_, library=folder, max_upload_mb=1) as url:
        yield url, folder


def opened(visit: Any, url: str, **size: Any) -> Any:
    """The page with the panel open."""
    page = visit(url, **size)
    expect(page.locator("#cw-count")).to_contain_text("paper")
    with looked_up(page, "adding"):
        page.evaluate("() => document.querySelector('#cw-catalogue [data-do=add-papers]').click()")
    return page


def panel(page: Any) -> Any:
    return page.get_by_role("dialog", name="Add papers")


def files(*named: tuple[str, bytes]) -> list[Mapping[str, Any]]:
    return [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in named]


def choose_files(page: Any, *named: tuple[str, bytes]) -> None:
    page.locator("#cw-adding-input").set_input_files(files(*named))


def at_step(page: Any, step: str) -> None:
    expect(page.locator("#cw-adding")).to_have_attribute("data-step", step)


def paste(page: Any, text: str) -> None:
    panel(page).get_by_label("Or paste records, identifiers or titles").fill(text)
    panel(page).get_by_role("button", name="See what would go in").click()
    at_step(page, "looked")


def titles(folder: Path) -> list[str]:
    with closing(Library.open(folder)) as library:
        return [paper.title for paper in library.papers()]


@pytest.mark.slow
def test_a_file_goes_in_after_what_would_become_of_it_was_shown(visit: Any, window: Window) -> None:
    url, folder = window
    page = opened(visit, url)
    choose_files(
        page,
        ("moths.ris", MOTHS),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40),
        ("huge.ris", b"x" * 1_100_000),
    )
    at_step(page, "looked")
    expect(page.locator("#cw-adding-files li")).to_contain_text(["huge.ris"])
    expect(panel(page).get_by_role("heading", level=3)).to_have_text("1 new paper")
    expect(panel(page)).to_contain_text("photo.png is a picture")
    assert "Moths" not in titles(folder)
    panel(page).get_by_role("button", name="Add 1 paper").click()
    at_step(page, "added")
    expect(panel(page).get_by_role("heading", level=3)).to_have_text("1 paper added")
    assert titles(folder)[-1] == "Moths"
    expect(page.locator("#cw-count")).to_have_text(f"{len(titles(folder))} papers")
    with page.expect_download() as download:
        panel(page).get_by_role("button", name="CSV").click()
    assert "photo.png" in Path(download.value.path()).read_text("utf-8-sig")
    panel(page).get_by_role("button", name="Done").click()
    expect(panel(page)).to_be_hidden()


@pytest.mark.slow
def test_a_list_is_no_record_and_says_which_papers_are_here(visit: Any, window: Window) -> None:
    page = opened(visit, window[0])
    paste(page, "https://doi.org/10.1000/bees\n10.1000/none\nAnts on the Move")
    told = page.locator("#cw-adding-told")
    expect(told.get_by_role("heading")).to_have_text("2 DOIs and 1 title are no records")
    expect(told.locator(".cw-adding-here li")).to_have_text(["Honey bees of the Alps", "Ants on the move"])
    expect(told.locator(".cw-adding-away li")).to_have_text(["10.1000/none"])
    expect(panel(page).get_by_role("button", name="Add 1 paper")).to_be_hidden()
    told.get_by_role("button", name="Ask of these 2 papers").click()
    expect(page.locator("#cw-of .cw-pill")).to_have_count(2)
    expect(panel(page)).to_be_hidden()


@pytest.mark.slow
def test_a_file_that_is_too_large_is_refused_with_the_limit_before_it_is_sent(visit: Any, window: Window) -> None:
    page = opened(visit, window[0])
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "/citewise/upload" in request.url else None)
    choose_files(page, ("huge.ris", b"x" * 1_100_000))
    expect(page.locator("#cw-adding-files")).to_contain_text("at most 1 MB are taken here")
    assert sent == [] and panel(page).get_by_role("button", name="See what would go in").is_disabled()


@pytest.mark.slow
def test_files_are_dropped_anywhere_on_the_page(visit: Any, window: Window) -> None:
    page = visit(window[0])
    expect(page.locator("#cw-count")).to_contain_text("paper")
    drop = """(kind) => {
        const data = new DataTransfer();
        data.items.add(new File(["TY  - JOUR\\nTI  - Wasps\\nAB  - Wasps build paper nests.\\nER  - \\n"], "wasps.ris"));
        document.querySelector("#cw-log").dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true }));
    }"""
    page.evaluate(drop, "dragenter")
    expect(page.locator("#cw-dropzone")).to_be_visible()
    page.evaluate(drop, "drop")
    expect(page.locator("#cw-dropzone")).to_be_hidden()
    at_step(page, "looked")
    expect(panel(page)).to_contain_text("wasps.ris")


@pytest.mark.slow
def test_what_waits_is_found_again_after_a_reload_and_by_no_other_visitor(visit: Any, window: Window) -> None:
    page = opened(visit, window[0])
    choose_files(page, ("lacewings.ris", RIS.format(title="Lacewings", abstract="Lacewings eat lice.").encode()))
    at_step(page, "looked")
    page.reload()
    page.get_by_role("button", name="Papers wait to be added").click()
    expect(panel(page)).to_contain_text("lacewings.ris")
    other = opened(visit, window[0])
    at_step(other, "none")
    expect(panel(other)).not_to_contain_text("lacewings.ris")


@pytest.mark.slow
def test_another_program_that_writes_is_named_and_it_can_be_tried_again(visit: Any, window: Window) -> None:
    url, folder = window
    page = opened(visit, url)
    paste(page, RIS.format(title="Hornets", abstract="Hornets hunt bees."))
    with writer_lock(folder):
        panel(page).get_by_role("button", name="Add 1 paper").click()
        at_step(page, "failed")
        expect(page.locator("#cw-adding-told")).to_contain_text("is being written by process")
    panel(page).get_by_role("button", name="Try again").click()
    at_step(page, "added")
    assert "Hornets" in titles(folder)


REMOVE = """(id) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    Object.assign(button.dataset, { do: "remove-papers", paper: id });
    document.getElementById("cw").append(button);
    button.click();
    button.remove();
}"""


def removal(page: Any) -> Any:
    return page.get_by_role("dialog", name="Remove papers")


@pytest.mark.slow
def test_a_removed_paper_comes_back_and_a_second_tab_is_told_that_it_is_gone(visit: Any, window: Window) -> None:
    url, folder = window
    before = titles(folder)
    page, other = opened(visit, url), opened(visit, url)
    for one in (page, other):
        panel(one).get_by_role("button", name="Close").click()
        one.evaluate(REMOVE, "ants")
        expect(removal(one)).to_contain_text("Ants on the move")
    removal(page).get_by_role("button", name="Remove 1 paper").click()
    expect(page.locator("#cw-toast")).to_contain_text("Removed 1 paper.")
    assert "Ants on the move" not in titles(folder)
    removal(other).get_by_role("button", name="Remove 1 paper").click()
    expect(other.locator("#cw-toast")).to_contain_text("Nothing was removed: the paper is gone already.")
    page.get_by_role("navigation", name="Views").get_by_role("button", name="Library").click()
    page.locator("#cw-removed").get_by_role("button", name="Undo").click()
    expect(page.locator("#cw-toast")).to_contain_text("1 paper is back.")
    expect(page.locator("#cw-removed")).to_be_hidden()
    assert titles(folder) == before


@pytest.mark.slow
def test_a_library_that_changes_underneath_is_noticed(visit: Any, window: Window) -> None:
    url, folder = window
    page = visit(url)
    expect(page.locator("#cw-count")).to_have_text(f"{len(titles(folder))} papers")
    add(folder, [make_paper(id="gnats", title="Gnats", abstract="Gnats dance at dusk.")])
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#cw-count")).to_have_text(f"{len(titles(folder))} papers")


@pytest.mark.slow
def test_where_it_is_switched_off_nothing_of_it_is_there(
    visit: Any, quick: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("off") / "library"
    add(folder, SHELF)
    with running(lambda settings, progress: OverLibrary(folder=folder), library=folder, edit="off") as url:
        page = visit(url)
        expect(page.locator("#cw-count")).to_contain_text("2 papers")
        assert page.locator("[data-do=add-papers]:visible, [data-do=remove-papers]").count() == 0
        page.evaluate(REMOVE, "ants")
        expect(page.locator("#cw-toast")).to_contain_text("cannot be added or removed in this window")
        refused = page.evaluate(
            "() => fetch('/citewise/upload', { method: 'PUT', body: 'x' }).then((got) => got.status)"
        )
        assert refused in (403, 415)
    assert len(titles(folder)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_each_state_is_accessible_and_fits(visit: Any, window: Window, size: str, theme: str) -> None:
    width, height = SIZES[size]
    page = opened(visit, window[0], width=width, height=height, theme=theme)

    def seen(name: str) -> None:
        shot(page, f"{size}-{theme}-adding-{name}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    seen("empty")
    choose_files(page, ("huge.ris", b"x" * 1_100_000), ("bad.ris", RIS.format(title="", abstract="x").encode() + MOTHS))
    at_step(page, "looked")
    seen("looked")
    panel(page).get_by_role("button", name="Cancel").click()
    at_step(page, "none")
    paste(page, "10.1000/none\n10.1000/bees")
    seen("pasted")
    panel(page).get_by_role("button", name="Close").click()
    page.evaluate(REMOVE, "ants")
    expect(removal(page)).to_be_visible()
    seen("removal")
