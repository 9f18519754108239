"""The map in the window: what is seen, opened, picked and asked, with the mouse, by keyboard and by touch."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import add
from tests.helpers.maps import subjects
from tests.helpers.windows import Scripted, answered, ask, expect, looked_up, needs_browser, running, turn
from tests.ui.test_window_look import SIZES, shot, violations

pytestmark = needs_browser
SHELF = tuple(subjects())


@pytest.fixture(scope="module")
def shelf() -> Scripted:
    return Scripted(shelf=SHELF)


@pytest.fixture(scope="module")
def mapped(shelf: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A window over a library whose papers have places."""
    folder = tmp_path_factory.mktemp("mapped")
    add(folder, list(SHELF))
    with running(lambda settings, progress: shelf, library=folder, cache=folder / "cache") as url:
        yield url


PLOT = "#cw-map-plot .js-plotly-plot"
AT = f"""(n) => {{
    const plot = document.querySelector('{PLOT}');
    const {{ left, top }} = plot.getBoundingClientRect();
    const {{ xaxis, yaxis }} = plot._fullLayout;
    const {{ x, y }} = plot._fullData[0];
    return [left + xaxis._offset + xaxis.d2p(x[n]), top + yaxis._offset + yaxis.d2p(y[n])];
}}"""


def open_map(page: Any, picture: bool = True) -> None:
    page.get_by_role("button", name="Map", exact=True).click()
    expect(page.locator("#cw-map-note")).to_contain_text("24 papers; the nearer two of them")
    if picture:
        # The browser reads 4 MB of plotly.js first, and a busy machine takes its time.
        expect(page.locator(f"{PLOT} .nsewdrag")).to_be_visible(timeout=60_000)
        expect(page.locator("#cw-map-drawing")).to_be_hidden()


def scope(page: Any) -> Any:
    return page.locator("#cw-map-scope")


@pytest.mark.slow
def test_a_point_tells_its_title_and_opens_its_paper(visit: Any, mapped: str) -> None:
    page = visit(mapped)
    open_map(page)
    x, y = page.evaluate(AT, 0)
    page.mouse.move(x - 20, y - 20)
    page.mouse.move(x, y, steps=4)
    tip = page.locator("#cw-map-tip")
    expect(tip).to_contain_text("Varroa Mites <img src=x onerror='window.pwned=1'>")
    with looked_up(page, "map_paper"):
        page.mouse.click(x, y)
    card = page.get_by_role("region", name="Paper", exact=True)
    expect(card).to_contain_text("We study varroa mites hive honey bees")
    assert page.evaluate("window.pwned") is None
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    with looked_up(page, "map_paper"):
        page.mouse.click(x, y)
    page.get_by_role("button", name="Ask about this paper").click()
    expect(page.get_by_role("textbox", name="Your question")).to_have_value(re.compile("^About “Varroa Mites <img"))


@pytest.mark.slow
def test_a_rectangle_is_what_is_asked(visit: Any, mapped: str, shelf: Scripted) -> None:
    page = visit(mapped)
    open_map(page)
    page.get_by_role("button", name="Rectangle").click()
    corners = [page.evaluate(AT, n) for n in range(8)]
    left, right = min(x for x, _ in corners) - 8, max(x for x, _ in corners) + 8
    top, bottom = min(y for _, y in corners) - 8, max(y for _, y in corners) + 8
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=6)
    page.mouse.up()
    expect(scope(page)).to_have_text("8 of 24 papers")
    with looked_up(page, "choose"):
        page.get_by_role("button", name="Ask of these papers").click()
    expect(page.locator("#cw-of .cw-choose-label")).to_have_text("8 of 24 papers")
    ask(page, "how many mites?")
    answered(page)
    expect(turn(page).locator(".cw-of")).to_contain_text("Asked of 8 of 24 papers")
    assert set(shelf.filter_of("how many mites?").ids) == {f"0-{n}" for n in range(8)}
    with looked_up(page, "map_found"):
        page.get_by_role("button", name="Map", exact=True).click()
    expect(scope(page)).to_have_text("8 of 24 papers")
    page.get_by_role("button", name="Clear").click()
    expect(scope(page)).to_have_text("8 of 24 papers are asked now")
    page.get_by_role("button", name="Ask the whole library").click()
    expect(scope(page)).to_have_text("All papers")


@pytest.mark.slow
def test_words_are_highlighted_and_asked_as_words(visit: Any, mapped: str) -> None:
    page = visit(mapped)
    open_map(page, picture=False)
    with looked_up(page, "map_found"):
        page.get_by_role("searchbox", name="Words to highlight").fill("glacier")
    expect(scope(page)).to_have_text("8 of 24 papers hold “glacier”")
    with looked_up(page, "choose"):
        page.get_by_role("button", name="Ask of these papers").click()
    expect(page.locator("#cw-of .cw-pill")).to_have_text(["with “glacier”✕"])


@pytest.mark.slow
def test_the_list_of_groups_says_the_same_by_keyboard_alone(visit: Any, mapped: str) -> None:
    page = visit(mapped)
    open_map(page, picture=False)
    group = page.locator(".cw-map-group", has_text="Glacier Melt")
    group.focus()
    page.keyboard.press("Enter")
    expect(group).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask of this group")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    with looked_up(page, "map_paper"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Paper", exact=True)).to_contain_text("We study glacier ice melt")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    with looked_up(page, "choose"):
        page.keyboard.press("Enter")
    expect(page.locator("#cw-of .cw-choose-label")).to_have_text("8 of 24 papers")
    expect(page.get_by_role("textbox", name="Your question")).to_be_focused()


@pytest.mark.slow
def test_nothing_of_the_picture_is_loaded_before_somebody_looks_at_it(visit: Any, mapped: str) -> None:
    page = visit(mapped)
    loaded = "performance.getEntriesByType('resource').filter((one) => one.name.includes('Plotly')).length"
    assert page.evaluate(loaded) == 0
    open_map(page)
    assert page.evaluate(loaded) == 1


@pytest.mark.slow
def test_a_library_without_papers_says_so(visit: Any, tmp_path: Path) -> None:
    add(tmp_path, [])
    with running(lambda settings, progress: Scripted(shelf=()), library=tmp_path, cache=tmp_path) as url:
        page = visit(url)
        page.get_by_role("button", name="Map", exact=True).click()
        expect(page.locator("#cw-map-note")).to_have_text("There are no papers yet.")
        expect(page.locator("#cw-map-body")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "theme"), [("wide", "light"), ("wide", "dark"), ("phone", "light"), ("phone", "dark")]
)
def test_the_map_is_accessible_and_fits(visit: Any, mapped: str, size: str, theme: str) -> None:
    page = visit(mapped, *SIZES[size], theme)
    open_map(page)
    for name in ("20-map", "21-map-of-years", "22-map-group", "23-map-paper"):
        if "years" in name:
            page.get_by_label("Colour").select_option("year")
            expect(page.locator("#cw-map-years")).to_contain_text("2001")
        if "group" in name:
            page.locator(".cw-map-group", has_text="Solar Cells").click()
        if "paper" in name:
            with looked_up(page, "map_paper"):
                page.get_by_role("button", name="Solar Cells: growth").click()
            expect(page.get_by_role("region", name="Paper", exact=True)).to_be_visible()
        shot(page, f"{size}-{theme}-{name}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.slow
def test_on_a_phone_a_tap_opens_a_paper_and_a_rectangle_is_drawn_with_a_finger(browser: Any, mapped: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(mapped)
    expect(page.locator("#cw-box")).to_be_visible()
    open_map(page)
    x, y = page.evaluate(AT, 12)
    with looked_up(page, "map_paper"):
        page.touchscreen.tap(x, y)
    expect(page.get_by_role("region", name="Paper", exact=True)).to_contain_text("We study glacier")
    page.get_by_role("button", name="Close the paper").tap()
    page.get_by_role("button", name="Rectangle").tap()
    page.locator("#cw-map-plot").scroll_into_view_if_needed()
    corners = [page.evaluate(AT, n) for n in range(24)]
    start = [min(x for x, _ in corners) - 6, min(y for _, y in corners) - 6]
    end = [max(x for x, _ in corners) + 6, max(y for _, y in corners) + 6]
    finger = context.new_cdp_session(page)
    for kind, points in (("touchStart", [start]), ("touchMove", [[200, 300]]), ("touchMove", [end]), ("touchEnd", [])):
        touches = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    expect(scope(page)).to_have_text("24 of 24 papers")
    context.close()
