"""The papers that a question is about: a pill under it, which can be taken away."""

from typing import Any

import pytest

from tests.helpers.windows import Scripted, answered, ask, expect, needs_browser, turn
from tests.ui.test_window_look import SIZES, shot, violations

pytestmark = [*needs_browser, pytest.mark.slow]


def test_a_follow_up_shows_its_paper_and_can_be_asked_of_the_whole_library(
    visit: Any, address: str, scripted: Scripted
) -> None:
    page = visit(address)
    ask(page, "How fast?")
    answered(page)
    expect(turn(page)).not_to_contain_text("About:")
    ask(page, "what about it?")
    answered(page)
    expect(turn(page).locator(".cw-pill")).to_contain_text("About: FastCache")
    expect(turn(page)).not_to_contain_text("Asked as")
    page.reload()
    expect(turn(page).locator(".cw-pill")).to_contain_text("About: FastCache")
    away = turn(page).get_by_role("button", name="Do not ask about FastCache only")
    away.focus()
    page.keyboard.press("Enter")
    answered(page)
    expect(page.locator(".cw-turn")).to_have_count(2)
    expect(turn(page).locator(".cw-question")).to_have_text("what about it?")
    expect(turn(page).locator(".cw-pill")).to_have_count(0)
    assert scripted.history_of("what about it?") == ()


@pytest.mark.slow
def test_the_whole_library_is_offered_beside_the_pill(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    ask(page, "How fast?")
    answered(page)
    ask(page, "what about it?")
    answered(page)
    ask(page, "and then?")
    answered(page)
    turn(page, 1).get_by_role("button", name="Ask the whole library").click()
    answered(page, 3)
    expect(turn(page, 3).locator(".cw-question")).to_have_text("what about it?")
    assert scripted.history_of("what about it?") == ()


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_pill_is_accessible_and_fits(visit: Any, address: str, theme: str, size: str) -> None:
    width, height = SIZES[size]
    page = visit(address, width, height, theme)
    ask(page, "How fast?")
    answered(page)
    ask(page, "what about it?")
    answered(page)
    shot(page, f"about-{size}-{theme}")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
