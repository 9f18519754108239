"""How the window looks and feels: accessible, steady while it streams, usable by keyboard alone, in each of its states.

Screenshots of the states go to `screenshots/`, which git ignores.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import LibraryMissing
from rag.core.settings import Settings
from tests.conftest import ROOT
from tests.helpers.windows import (
    KEY_TO_FRAME,
    MANY,
    PAPERS,
    SPEED,
    Scripted,
    answered,
    ask,
    box,
    chat,
    expect,
    needs_browser,
    running,
    turn,
)

pytestmark = needs_browser
SHOTS = ROOT / "screenshots"
SIZES = {"wide": (1440, 900), "phone": (390, 844)}


def shot(page: Any, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")


def violations(page: Any) -> list[str]:
    """What axe-core finds that is serious or critical, by the rules of WCAG 2.2 A and AA, in what is ours."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}: {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.fixture(scope="module")
def full(library_folder: Path) -> Any:
    """A window over many papers."""
    assistant = Scripted(shelf=(*PAPERS, *MANY))
    with running(lambda settings, progress: assistant, library=library_folder) as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_each_state_is_accessible_and_fits(visit: Any, full: str, theme: str, size: str) -> None:
    width, height = SIZES[size]
    page = visit(full, width, height, theme)
    expect(page.locator("#cw-count")).to_have_text("43 papers")

    def seen(name: str) -> None:
        shot(page, f"{size}-{theme}-{name}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    seen("1-empty")
    for name, question, sign in (
        ("2-answer", "how fast?", "2 papers, exact words"),
        ("3-partly", "hostile, and partly the price?", "Answered in part"),
        ("4-declined", "What will the weather be?", "Not found"),
        ("4-nearest", "Which GPU was used?", "Nearest words"),
        ("5-error", "too odd", "Not answered"),
        ("6-forty", "all of them?", "40 papers, exact words"),
    ):
        ask(page, question)
        expect(turn(page)).to_contain_text(sign)
        seen(name)
    turn(page, 0).locator(".cw-chip").first.click()
    expect(page.locator("mark.cw-flash").first).to_be_in_viewport()
    shot(page, f"{size}-{theme}-7-flash")
    turn(page).get_by_text("Why this answer").click()
    seen("8-why")
    page.get_by_role("button", name="Settings").click()
    seen("9-settings")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="43 papers").click()
    expect(page.locator("#cw-rows")).to_have_attribute("aria-rowcount", "44")
    seen("10-papers")
    page.get_by_role("searchbox", name="Words in a title").fill("way")
    expect(page.locator("#cw-rows mark").first).to_be_visible()
    seen("10-papers-found")
    page.locator(".cw-row-title").first.click()
    expect(page.get_by_role("region", name="Paper").get_by_role("heading").first).to_be_focused()
    seen("10-papers-one")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Words in a title").fill("zebra")
    expect(page.get_by_role("heading", name="No paper holds “zebra”")).to_be_visible()
    seen("10-papers-none")
    page.get_by_role("button", name="Ask", exact=True).click()
    if size == "phone":
        page.get_by_role("button", name="Conversations").click()
        seen("11-conversations")


@pytest.mark.slow
@pytest.mark.parametrize(("size", "theme"), [("wide", "light"), ("phone", "dark")])
def test_what_the_page_says_of_itself_is_accessible_and_fits(visit: Any, address: str, size: str, theme: str) -> None:
    page = visit(address, *SIZES[size], theme)
    page.goto("about:blank")
    page.goto(f"{address}?__theme={theme}#c=unknown1unknown1")

    def seen(name: str) -> None:
        shot(page, f"{size}-{theme}-{name}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    expect(page.locator("#cw-missing")).to_be_visible()
    expect(page.locator("#cw-examples button").first).to_be_visible()
    seen("14-not-here")
    for n in range(8):
        page.evaluate(KEEP_A_TALK, n)
    ask(page, "What is said about " + "this and that and " * 60 + "it?")
    answered(page)
    seen("15-folded")
    if size == "phone":
        turn(page).locator(".cw-chip").last.click()
        expect(page.get_by_role("button", name="Back to the answer")).to_be_visible()
        seen("16-back")
        page.get_by_role("button", name="Conversations").click()
    page.get_by_role("searchbox", name="Search conversations").fill("talk")
    seen("17-search")
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    seen("18-keys")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    expect(page.locator("#cw-gone")).to_be_visible()
    seen("19-gone")


KEEP_A_TALK = """(n) => {
    const question = `Talk ${n} of a rather long kind, which says much`;
    const turn = { id: `turn${n}turn`, at: n, changed: n, question, step: 'stopped' };
    const talk = { id: `talk${n}talk`, title: n % 2 ? `Talk ${n}` : '', updated: n, turns: [turn] };
    localStorage.setItem(`citewise:talk:${talk.id}`, JSON.stringify(talk));
}"""


@pytest.mark.slow
def test_states_before_the_library_is_there_are_accessible(visit: Any) -> None:
    outcomes: list[Any] = [
        LibraryMissing("there is no library in shelf: run `citewise ingest FILE`"),
        Scripted(shelf=()),
    ]

    def open_(settings: Settings, progress: Callable[[str], None]) -> Scripted:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    with running(open_, library="shelf") as url:
        page = visit(url)
        expect(chat(page)).to_contain_text("there is no library")
        shot(page, "wide-light-12-failed")
        assert violations(page) == []
        page.get_by_role("button", name="Try again").click()
        expect(chat(page)).to_contain_text("No papers yet")
        shot(page, "wide-light-13-empty-library")
        assert violations(page) == []


@pytest.mark.slow
def test_everything_works_with_the_keyboard_alone(visit: Any, address: str) -> None:
    page = visit(address)
    expect(box(page)).to_be_focused()
    page.keyboard.type("how fast?")
    page.keyboard.press("Enter")
    answered(page)

    def tab_to(name: str, key: str = "Tab") -> None:
        for _ in range(60):
            page.keyboard.press(key)
            here = page.evaluate("(e => e.getAttribute('aria-label') || e.textContent.trim())(document.activeElement)")
            if re.match(name, here):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline == "solid", f"no focus ring on {here}"
                return
        raise AssertionError(f"{name} cannot be reached")

    tab_to("Why this answer", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(turn(page).get_by_text("Papers found (3)")).to_be_visible()
    tab_to("Export", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="RIS of")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="RIS of")).to_be_hidden()
    tab_to("Source 2: ", "Shift+Tab")
    expect(page.get_by_role("tooltip")).to_contain_text("It accelerates")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Source 2", exact=True)).to_be_focused()
    tab_to("More like this")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-similar .cw-card").first).to_be_visible()
    tab_to("Settings", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Settings")).to_be_focused()
    tab_to("Rename", "Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="By keys", exact=True)).to_be_visible()


SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => shifts.push(...list.getEntries().filter((one) => !one.hadRecentInput).map((one) => one.value)))
        .observe({ type: 'layout-shift', buffered: true });
}"""


@pytest.mark.slow
def test_nothing_jumps_while_an_answer_streams(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    ask(page, "hold draft, please")
    expect(turn(page)).to_contain_text(SPEED)
    page.evaluate(SHIFTS)
    top = turn(page).bounding_box()["y"]
    scripted.gate.set()
    answered(page)
    assert turn(page).bounding_box()["y"] == top
    assert sum(page.evaluate("shifts")) < 0.02  # 0.1 is what web.dev calls good


@pytest.mark.slow
def test_typing_is_not_disturbed_while_an_answer_streams(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(turn(page)).to_contain_text("Reading sentence 3")
    typed = "what about the second method, then?"
    box(page).press_sequentially(typed)
    expect(box(page)).to_have_value(typed)
    scripted.gate.set()
    answered(page)
    expect(box(page)).to_have_value(typed)


@pytest.mark.slow
def test_a_key_is_on_the_screen_in_a_tenth_of_a_second_while_an_answer_streams(
    visit: Any, address: str, scripted: Scripted
) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(turn(page)).to_contain_text("Reading sentence 3")
    page.evaluate(KEY_TO_FRAME)
    box(page).press_sequentially("what about the second method, then?" * 3, delay=10)
    late = sorted(page.evaluate("late"))
    scripted.gate.set()
    assert late[len(late) // 2] < 100  # on a machine that also runs the server and the browser
