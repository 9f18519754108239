"""The browser of the tests of embedding, which takes names of other sites for this machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.helpers.sites import ELSEWHERE
from tests.helpers.windows import CHROMIUM, QUIET, sync_playwright


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    switches = [*QUIET.split(), ELSEWHERE]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{switch}" for switch in switches])
        yield launched
        launched.close()


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of any site as a new visitor; afterwards none may have had a script error."""
    contexts, errors = [], []

    def open_page(url: str, width: int = 1000, height: int = 800, **options: Any) -> Any:
        options = {"reduced_motion": "reduce", "ignore_https_errors": True, **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(f"{error} {getattr(error, 'stack', '')}"))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == [], errors
