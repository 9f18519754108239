"""The page that says that citewise starts, and the window that comes in its place."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.windows import expect, free_port, needs_browser, served
from tests.ui.test_window_look import SIZES, shot, violations
from ui.opening import Opening

pytestmark = needs_browser


@pytest.fixture
def first() -> Iterator[Opening]:
    opening = Opening("127.0.0.1", free_port())
    yield opening
    opening.close()


def opened(browser: Any, first: Opening, size: str, theme: str) -> Any:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce")
    page.goto(f"http://127.0.0.1:{first.port}/?__theme={theme}")
    expect(page.get_by_role("status")).to_have_text("Starting … The page opens by itself in a few seconds.")
    return page


@pytest.mark.slow
def test_it_makes_way_for_the_window_by_itself(browser: Any, first: Opening, scripted: Any) -> None:
    page = opened(browser, first, "wide", "dark")
    first.close()
    with served(lambda settings, progress: scripted, first.port):
        expect(page.locator("#cw-page")).to_be_visible()
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "theme"), [("wide", "light"), ("phone", "dark")])
def test_everybody_can_read_it(browser: Any, first: Opening, size: str, theme: str) -> None:
    page = opened(browser, first, size, theme)
    assert violations(page) == []
    shot(page, f"opening-{size}-{theme}")
    page.close()
