"""Several libraries in the window: one is chosen at the top, and a conversation belongs to its own."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from rag.core.errors import LibraryDamaged
from rag.core.settings import Settings
from tests.helpers.tools import folders
from tests.helpers.windows import MANY, PAPERS, Scripted, answered, ask, box, expect, needs_browser, running, turn
from tests.ui.test_window_look import SIZES, violations

pytestmark = needs_browser
ODD = '<img src=x onerror="window.pwned=1"> ${x} & “more”'


@pytest.fixture(scope="module")
def assistants() -> dict[str, Scripted]:
    return {"few": Scripted(), "many": Scripted(shelf=MANY), ODD: Scripted(shelf=PAPERS[:1])}


@pytest.fixture(scope="module")
def shelves(assistants: dict[str, Scripted], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = folders(tmp_path_factory.mktemp("shelves"), [*assistants, "broken"])

    def open_(settings: Settings, progress: Any) -> Scripted:
        if settings.library.name == "broken":
            raise LibraryDamaged("the library broken cannot be read. Restore it from a backup")
        return assistants[settings.library.name]

    paths = tuple(root / name for name in ("few", "many", ODD, "broken"))
    with running(open_, libraries=paths, library=paths[0]) as url:
        yield url


def picker(page: Any) -> Any:
    return page.get_by_label("Papers from", exact=True)


def line(page: Any) -> Any:
    return page.locator("#cw-line")


def pick(page: Any, name: str, papers: str) -> None:
    picker(page).select_option(name)
    expect(line(page)).to_contain_text(papers)


@pytest.mark.slow
def test_where_there_is_one_library_nothing_is_to_be_chosen(visit: Any, address: str) -> None:
    page = visit(address)
    expect(line(page)).to_contain_text("3 papers")
    expect(picker(page)).to_be_hidden()
    ask(page, "How fast?")
    answered(page)
    assert "library" not in page.url


@pytest.mark.slow
def test_questions_go_to_the_library_that_is_chosen(visit: Any, shelves: str, assistants: dict[str, Scripted]) -> None:
    page = visit(shelves)
    expect(line(page)).to_contain_text("3 papers")
    expect(picker(page)).to_have_value("few")
    pick(page, "many", "40 papers")
    assert "library=many" in page.url
    expect(page.locator("#cw-examples button").first).to_be_visible()
    ask(page, "How fast are all of them?")
    expect(turn(page)).to_contain_text("40 papers, exact words")
    assert assistants["many"].times("How fast are all of them?") == 1
    assert assistants["few"].times("How fast are all of them?") == 0


@pytest.mark.slow
def test_a_conversation_belongs_to_its_library_and_leads_back_to_it(visit: Any, shelves: str) -> None:
    page = visit(shelves)
    expect(line(page)).to_contain_text("3 papers")
    ask(page, "How fast?")
    answered(page)
    pick(page, "many", "40 papers")
    expect(page.locator("#cw-turns article")).to_have_count(0)
    ask(page, "How fast are all of them?")
    expect(turn(page)).to_contain_text("40 papers, exact words")
    page.get_by_role("button", name="How fast? few", exact=True).click()
    expect(picker(page)).to_have_value("few")
    expect(line(page)).to_contain_text("3 papers")
    answered(page)
    expect(turn(page)).to_contain_text("2 papers, exact words")  # its words are found in its library again
    page.go_back()
    expect(picker(page)).to_have_value("many")
    expect(turn(page)).to_contain_text("40 papers, exact words")
    page.reload()
    expect(picker(page)).to_have_value("many")
    expect(turn(page)).to_contain_text("40 papers, exact words")


@pytest.mark.slow
def test_the_address_and_a_link_name_the_library(visit: Any, shelves: str, assistants: dict[str, Scripted]) -> None:
    page = visit(f"{shelves}?library=many&q=How+fast+are+all+of+them")
    expect(picker(page)).to_have_value("many")
    expect(turn(page)).to_contain_text("40 papers, exact words")
    assert assistants["many"].times("How fast are all of them") == 1
    turn(page).get_by_role("button", name="Copy a link that asks this question").click()
    assert "library=many" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.slow
def test_a_running_answer_ends_where_another_library_is_chosen(
    visit: Any, shelves: str, assistants: dict[str, Scripted]
) -> None:
    few = assistants["few"]
    few.gate.clear()
    few.closed.clear()
    page = visit(shelves)
    expect(line(page)).to_contain_text("3 papers")
    ask(page, "hold read here")
    expect(turn(page)).to_contain_text("3 of 10")
    pick(page, "many", "40 papers")
    assert few.closed.wait(10)
    ask(page, "How fast are all of them?")
    expect(turn(page)).to_contain_text("40 papers, exact words")


@pytest.mark.slow
def test_a_filter_is_of_the_library_that_it_was_chosen_in(visit: Any, shelves: str) -> None:
    recent = quote('{"from_year": 2020}')
    page = visit(f"{shelves}?of={recent}&q=How+fast")
    answered(page)
    expect(page.locator("#cw-of")).to_contain_text("2020 or later")
    pick(page, "many", "40 papers")
    expect(page.locator("#cw-of")).to_contain_text("all papers")


@pytest.mark.slow
def test_a_library_that_cannot_be_opened_says_why_and_the_others_work(visit: Any, shelves: str) -> None:
    page = visit(shelves)
    expect(line(page)).to_contain_text("3 papers")
    picker(page).select_option("broken")
    expect(page.locator("#cw-welcome")).to_contain_text("Restore it from a backup")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    ask(page, "How fast?")
    expect(turn(page)).to_contain_text("Restore it from a backup")
    pick(page, "many", "40 papers")
    ask(page, "How fast are all of them?")
    expect(turn(page)).to_contain_text("40 papers, exact words")


@pytest.mark.slow
def test_an_unknown_library_is_said_and_another_can_be_chosen(visit: Any, shelves: str) -> None:
    page = visit(f"{shelves}?library={quote(ODD)}2")
    expect(picker(page)).to_have_value(f"{ODD}2")
    expect(page.locator("#cw-toast")).to_contain_text("is not open here")
    expect(line(page)).to_contain_text("Not ready")
    assert page.evaluate("window.pwned") is None
    box(page).fill("How fast?")
    page.keyboard.press("Enter")
    expect(turn(page)).to_contain_text("There is no library")
    pick(page, "few", "3 papers")


@pytest.mark.slow
def test_a_name_is_text_wherever_it_stands(visit: Any, shelves: str) -> None:
    page = visit(shelves)
    pick(page, ODD, "1 paper")
    ask(page, "How fast?")
    answered(page)
    expect(page.locator("#cw-talks .cw-talk-of")).to_have_text(ODD)
    assert page.evaluate("window.pwned") is None


@pytest.mark.slow
def test_the_picker_works_by_keyboard(visit: Any, shelves: str) -> None:
    page = visit(shelves)
    expect(line(page)).to_contain_text("3 papers")
    picker(page).focus()
    page.keyboard.press("ArrowDown")
    expect(line(page)).to_contain_text("40 papers")
    expect(picker(page)).to_be_focused()


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_picker_is_accessible_and_fits(visit: Any, shelves: str, theme: str, size: str) -> None:
    page = visit(shelves, *SIZES[size], theme)
    for name, papers in (("many", "40 papers"), (ODD, "1 paper")):
        pick(page, name, papers)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
