"""The page for signing in, and what who has no JavaScript is told."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.windows import Scripted, answered, expect, needs_browser, running
from tests.ui.test_window_look import shot, violations

pytestmark = [*needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    with running(lambda settings, progress: Scripted(), auth="ada:se:cret", root_path="/papers") as url:
        yield url


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_page_for_signing_in_says_what_it_is_and_what_went_wrong(
    browser: Any, guarded: str, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(f"{guarded}papers?q=how+fast%3F")
    expect(page).to_have_title("citewise")
    expect(page.get_by_role("heading", level=1)).to_have_text("citewise")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This name and password do not fit together. Try again.")
    expect(page.get_by_label("Password")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    shot(page, f"{scheme}-sign-in")
    page.keyboard.type("se:cret")  # in place of the wrong one
    page.keyboard.press("Enter")
    answered(page)  # what the address asks for is asked after it
    page.close()


def test_too_many_attempts_and_a_silent_server_are_said(browser: Any, guarded: str) -> None:
    page = browser.new_page()
    statuses = iter([429])
    # Routed before the page is there, and once only: a route that is set later may miss the request that follows at once.
    page.route("**/login", lambda route: route.fulfill(status=code) if (code := next(statuses, 0)) else route.abort())
    page.goto(f"{guarded}papers/")
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Too many attempts to sign in. Wait a minute")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    page.close()


def test_without_javascript_a_sentence_says_what_is_needed(browser: Any, guarded: str, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for url, words in ((address, "Its window needs JavaScript"), (f"{guarded}papers", "Signing in needs JavaScript")):
        page.goto(url)
        said = page.locator("noscript p")
        expect(said).to_be_visible()
        assert words in said.inner_text()
    context.close()
