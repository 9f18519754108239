"""The view of the library: its table by pointer and keyboard, one paper beside it, what is asked of it, its addresses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag.core.domain import Paper
from rag.core.paper_filter import PaperFilter
from tests.helpers.windows import (
    CACHE,
    HOSTILE,
    MANY,
    PAPERS,
    PROPAGATE,
    Scripted,
    answered,
    ask,
    box,
    expect,
    needs_browser,
    running,
)

pytestmark = needs_browser
STATUS = replace(HOSTILE, id="10.1000/a&b#c", title="A retracted one", abstract="", status="retracted", venue="Bees")
SHELF = tuple(
    replace(paper, id=f"{paper.id}-{part}", year=1990 + n % 30 if n % 7 else None, title=f"{paper.title} {part}")
    for part in range(8)
    for n, paper in enumerate(MANY)
)


@dataclass
class Long:
    """A window over 323 papers, and its assistant."""

    url: str
    assistant: Scripted


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Long]:
    assistant = Scripted(shelf=(*PAPERS[:2], STATUS, *SHELF))
    with running(lambda settings, progress: assistant, library=tmp_path_factory.mktemp("long")) as url:
        yield Long(url, assistant)


def hash_of(page: Any) -> str:
    return urlsplit(page.url).fragment


def library(page: Any) -> Any:
    return page.get_by_role("region", name="Library", exact=True)


def grid(page: Any) -> Any:
    return page.get_by_role("grid", name="Papers")


def rows(page: Any) -> Any:
    return page.locator(".cw-paper-row")


def row(page: Any, n: int) -> Any:
    """The row with this number, 0-based."""
    return page.locator(f'.cw-paper-row[aria-rowindex="{n + 2}"]')


def at(page: Any, n: int) -> None:
    """Wait until the keys have come to this row."""
    expect(grid(page)).to_have_attribute("aria-activedescendant", f"cw-row-{n}")


def paper_of(page: Any) -> Any:
    return page.get_by_role("region", name="Paper", exact=True)


def opened(visit: Any, url: str, **how: Any) -> Any:
    page = visit(url, **how)
    page.get_by_role("button", name="Library", exact=True).click()
    expect(rows(page).first).to_be_visible()
    return page


@pytest.mark.slow
def test_columns_sort_and_say_so(visit: Any, address: str) -> None:
    page = opened(visit, address)
    titles = page.locator(".cw-row-title")
    head = page.get_by_role("columnheader", name="Title")
    expect(page.get_by_role("columnheader", name="Added")).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(titles.first).to_have_text(CACHE.title)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(titles.first).to_contain_text("Hostile")
    assert page.evaluate("window.pwned") is None


@pytest.mark.slow
def test_the_keys_go_through_rows_open_one_tick_and_close(visit: Any, address: str) -> None:
    page = opened(visit, address)
    page.get_by_role("searchbox", name="Words in a title").press("ArrowDown")
    at(page, 0)
    expect(grid(page)).to_be_focused()
    page.keyboard.press("End")
    at(page, 2)
    page.keyboard.press("ArrowUp")
    at(page, 1)
    page.keyboard.press("Space")
    expect(row(page, 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Space")
    expect(library(page)).to_contain_text("2 ticked")
    page.keyboard.press("Enter")
    expect(paper_of(page).get_by_role("heading", level=3)).to_be_focused()
    page.keyboard.press("Escape")
    expect(paper_of(page)).to_be_hidden()
    expect(grid(page)).to_be_focused()


@pytest.mark.slow
def test_ticked_papers_become_what_is_asked(visit: Any, address: str, scripted: Scripted) -> None:
    page = opened(visit, address)
    asks = page.get_by_role("button", name="Ask of these 2 papers")
    expect(asks).to_be_hidden()
    page.get_by_role("checkbox", name=f"Tick {CACHE.title}").click()
    page.get_by_role("checkbox", name=f"Tick {PROPAGATE.title}").click()
    asks.click()
    expect(page.locator("#cw-of")).to_contain_text("2 of 3 papers")
    expect(box(page)).to_be_focused()
    ask(page, "how fast?")
    answered(page)
    expect(page.locator(".cw-of").last).to_contain_text("Asked of 2 of 3 papers")
    assert scripted.filter_of("how fast?") == PaperFilter(ids=("cache", "propagate"))
    page.get_by_role("button", name="Library", exact=True).click()
    expect(rows(page)).to_have_count(2)


@pytest.mark.slow
def test_a_search_becomes_what_is_asked(visit: Any, address: str) -> None:
    page = opened(visit, address)
    page.get_by_role("searchbox", name="Words in a title").fill("encoder diffusion")
    page.get_by_role("button", name="Ask of this paper").click()
    expect(page.locator("#cw-of")).to_contain_text("with “encoder diffusion”")
    expect(page.locator("#cw-of")).to_contain_text("1 of 3 papers")


@pytest.mark.slow
def test_each_view_and_paper_has_an_address_and_back_leads_through_them(visit: Any, address: str) -> None:
    page = opened(visit, address)
    assert hash_of(page) == "v=library"
    expect(page).to_have_title("Library · citewise")
    page.get_by_role("button", name=CACHE.title, exact=True).click()
    expect(page).to_have_title(f"{CACHE.title} · citewise")
    assert hash_of(page) == "paper=cache"
    page.get_by_role("button", name=PROPAGATE.title, exact=True).click()
    expect(page).to_have_title(f"{PROPAGATE.title} · citewise")
    page.go_back()
    expect(paper_of(page)).to_be_hidden()
    assert hash_of(page) == "v=library"
    page.go_back()
    expect(box(page)).to_be_visible()
    assert hash_of(page) == ""
    page.go_forward()
    expect(grid(page)).to_be_visible()
    page.get_by_role("button", name=CACHE.title, exact=True).click()
    expect(page).to_have_title(f"{CACHE.title} · citewise")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("button", name="Library", exact=True).click()
    expect(paper_of(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(paper_of(page)).to_be_hidden()
    expect(grid(page)).to_be_visible()
    assert hash_of(page) == "v=library"


@pytest.mark.slow
def test_a_reload_stays_where_one_was(visit: Any, long: Long) -> None:
    page = opened(visit, long.url)
    page.get_by_role("columnheader", name="Year").get_by_role("button").click()
    expect(page.locator(".cw-col-year").nth(1)).to_have_text("2023")
    page.get_by_role("searchbox", name="Words in a title").fill("retracted")
    page.get_by_role("button", name="A retracted one").click()
    expect(page).to_have_title("A retracted one · citewise")
    assert hash_of(page) == "paper=10.1000%2Fa%26b%23c"
    page.reload()
    expect(paper_of(page)).to_contain_text("No abstract in the library")
    expect(page.get_by_role("searchbox", name="Words in a title")).to_have_value("retracted")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page).to_have_title("Library · citewise")


@pytest.mark.slow
def test_rows_far_down_are_brought_as_they_come_into_sight(visit: Any, long: Long) -> None:
    page = opened(visit, long.url)
    expect(grid(page)).to_have_attribute("aria-rowcount", "324")
    page.get_by_role("columnheader", name="Title").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Title")).to_have_attribute("aria-sort", "ascending")
    grid(page).focus()
    page.keyboard.press("End")
    at(page, 322)
    expect(row(page, 322)).to_be_in_viewport()
    assert rows(page).count() < 60
    page.keyboard.press("Shift+Space")
    page.keyboard.press("Home")
    at(page, 0)
    page.keyboard.press("Shift+Space")
    expect(library(page)).to_contain_text("323 ticked")


@pytest.mark.slow
def test_what_changes_underneath_is_taken_over_without_losing_the_place(visit: Any, long: Long) -> None:
    page = opened(visit, long.url)
    page.get_by_role("columnheader", name="Title").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Title")).to_have_attribute("aria-sort", "ascending")
    grid(page).focus()
    for _ in range(9):
        page.keyboard.press("PageDown")
    chosen = page.locator(".cw-at")
    expect(chosen).to_be_in_viewport()
    name, top = chosen.get_attribute("data-paper"), chosen.bounding_box()["y"]
    page.keyboard.press("Space")
    before = long.assistant.shelf
    new = Paper("aaa", "A new paper, which comes first", "It is new.")
    try:
        long.assistant.shelf = (*before, new)
        expect(page.locator("#cw-toast")).to_contain_text("The library has changed: 324 papers now.")
        expect(chosen).to_have_attribute("data-paper", name)
        assert abs(chosen.bounding_box()["y"] - top) < 2
        expect(page.locator("#cw-count")).to_have_text("324 papers")
        long.assistant.shelf = tuple(paper for paper in before if paper.id != name)
        expect(page.locator("#cw-toast")).to_contain_text("The library has changed: 322 papers now.")
        expect(page.get_by_text("Tick all 322")).to_be_visible()  # what is gone is not ticked
    finally:
        long.assistant.shelf = before


@pytest.mark.slow
def test_a_flag_lists_its_papers_alone_and_is_let_go(visit: Any, long: Long) -> None:
    page = opened(visit, long.url)
    page.get_by_role("button", name="Retracted or corrected 1").click()
    expect(rows(page)).to_have_count(1)
    expect(library(page)).to_contain_text("1 of 323 papers")
    flag = page.get_by_role("button", name="Retracted or corrected 1")
    expect(flag).to_have_attribute("aria-pressed", "true")
    expect(flag).to_be_focused()
    page.get_by_role("button", name="Ask of this paper").click()
    expect(page.locator("#cw-of")).to_contain_text("1 of 323 papers")


@pytest.mark.slow
def test_an_address_of_a_paper_that_is_not_here_says_so(visit: Any, address: str) -> None:
    for odd in ("nobody", "%E0%A4%A", "<img src=x onerror=window.pwned=1>", ""):
        page = visit(address)
        page.goto("about:blank")
        page.goto(f"{address}#paper={odd}")
        expect(rows(page).first).to_be_visible()
        if odd and "%" not in odd:
            expect(paper_of(page)).to_contain_text("This library has no such paper")
            page.get_by_role("button", name="Back to the list").click()
            expect(paper_of(page)).to_be_hidden()
        assert page.evaluate("window.pwned") is None


@pytest.mark.slow
def test_esc_in_the_library_does_not_stop_the_answer(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(page.locator(".cw-turn")).to_contain_text("Reading sentence 3")
    page.get_by_role("button", name="Library", exact=True).click()
    expect(rows(page).first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    scripted.gate.set()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".cw-turn .cw-state")).to_contain_text("2 papers, exact words")


@pytest.mark.slow
def test_on_a_phone_a_paper_is_a_card_and_its_details_cover_the_list(visit: Any, long: Long) -> None:
    page = opened(visit, long.url, width=390, height=844, theme="dark")
    expect(page.get_by_role("columnheader").first).to_be_hidden()
    page.get_by_label("Sort by").select_option("Title")
    expect(page.get_by_role("button", name="Ascending; make it descending")).to_be_visible()
    page.get_by_role("button", name="A retracted one").click()
    expect(paper_of(page)).to_contain_text("No abstract in the library")
    assert page.evaluate("document.getElementById('cw-shelf').inert")
    page.go_back()
    expect(paper_of(page)).to_be_hidden()
    assert not page.evaluate("document.getElementById('cw-shelf').inert")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
