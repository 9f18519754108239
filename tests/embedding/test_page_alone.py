"""The page asks nobody but the machine that serves it, and shows something at once."""

import statistics
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag.answer.assistant import Assistant
from rag.core.settings import Settings
from tests.helpers.sites import site
from tests.helpers.windows import MANY, PAPERS, Scripted, ask, expect, needs_browser, running, turn

pytestmark = [*needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def window() -> Iterator[str]:
    with running(lambda settings, progress: Scripted(shelf=(*PAPERS, *MANY))) as url:
        yield url.rstrip("/")


@pytest.fixture(scope="module")
def real(assistant: Assistant, seed_settings: Settings) -> Iterator[str]:
    with running(lambda settings, progress: assistant, library=seed_settings.library) as url:
        yield url.rstrip("/")


def test_no_request_leaves_the_machine(browser: Any, real: str) -> None:
    context = browser.new_context()
    asked: set[str] = set()

    def note(route: Any) -> None:
        parts = urlsplit(route.request.url)
        asked.add(parts.hostname or parts.scheme)
        route.continue_()

    context.route("**/*", note)
    page = context.new_page()
    page.on("websocket", lambda socket: asked.add(socket.url))
    page.goto(real)
    ask(page, "What is DeepCache?")
    expect(turn(page).locator(".cw-state")).to_contain_text("exact words")
    turn(page).locator(".cw-chip").first.click()
    page.get_by_role("button", name="Settings", exact=True).click()
    page.keyboard.press("Escape")
    views = page.locator("#cw-views")
    views.get_by_role("button", name="Library", exact=True).click()
    expect(page.locator("#cw-rows-body [role=row]").first).to_be_visible()
    views.get_by_role("button", name="Map", exact=True).click()
    expect(page.locator("#cw-map")).to_contain_text("59 papers")
    page.goto(f"{real}/?embed=1&q=What+is+DeepCache%3F")
    expect(turn(page).locator(".cw-state")).to_contain_text("exact words")
    assert asked == {"127.0.0.1"}
    named = {
        urlsplit(name).hostname
        for name in page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    }
    assert named == {"127.0.0.1"}
    context.close()


WATCH = """(() => {
    window.painted = new Promise((done) => new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (one.name === 'first-contentful-paint') done(one.startTime);
    }).observe({ type: 'paint', buffered: true }));
})()"""


def first_paint(browser: Any, url: str) -> float:
    """Milliseconds until a browser that was never there shows something of the page."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(url)
    painted = float(page.evaluate("window.painted"))
    context.close()
    return painted


def test_the_first_paint_comes_within_a_second(browser: Any, window: str) -> None:
    """Beside a page of one line, since on a machine that does other things too even that one takes its time."""
    with site({"/": "<!doctype html><p>One line"}) as port:
        pairs = [(first_paint(browser, f"http://127.0.0.1:{port}/"), first_paint(browser, window)) for _ in range(5)]
    line, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert ours < max(1_000, 12 * line), pairs


def test_what_is_shown_until_the_window_is_there_says_so_and_goes(browser: Any, window: str) -> None:
    for theme, scheme, paper in (("", "light", "rgb(250, 249, 246)"), ("?__theme=dark", "light", "rgb(20, 23, 26)")):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.route("**/assets/index-*.js", lambda route: None)  # never comes
        page.goto(f"{window}/{theme}", wait_until="commit")
        said = page.get_by_text("Opening citewise")
        expect(said).to_be_visible()
        expect(said).to_have_css("background-color", paper)
        context.close()
    context = browser.new_context()
    page = context.new_page()
    page.goto(window)
    expect(page.locator("#cw-box")).to_be_visible()
    expect(page.locator("#cw-coming")).to_have_count(0)
    context.close()
