"""The report in a browser: it fits the screen, its questions can be filtered, and it needs no script."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.report.page import write_report
from tests.evals.reports import HOSTILE, PAPERS, SCRIPT, answered, make_run, some_run

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = "no-sandbox disable-gpu disable-background-networking disable-component-update disable-sync no-first-run"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; set CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--{switch}" for switch in QUIET.split()]
        )
        yield chromium
        chromium.close()


@pytest.mark.slow
@pytest.mark.ui
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_the_screen_and_its_questions_can_be_filtered(browser: Any, tmp_path: Path, width: int) -> None:
    from playwright.sync_api import expect

    wide = answered("wide", HOSTILE, f"We show {SCRIPT}", case={"question": "w" * 400, "type": "t" * 80})
    run = make_run(*some_run().lines, wide)
    write_report([run, run], PAPERS, tmp_path / "report.html")
    page_ = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page_.on("pageerror", lambda error: complaints.append(str(error)))
    page_.on("console", lambda message: complaints.append(message.text))  # a broken policy is told there
    page_.goto((tmp_path / "report.html").as_uri())
    questions, count = page_.locator("details.question:visible"), page_.get_by_role("status")

    expect(count).to_have_text("5 of 5 shown")
    page_.get_by_role("button", name="Open all shown").click()
    expect(page_.get_by_role("button", name="Close all shown")).to_be_visible()
    assert page_.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page_.get_by_role("combobox", name="What went wrong").select_option(label="fact missing (1)")
    expect(count).to_have_text("1 of 5 shown")
    expect(questions).to_contain_text("What of tea?")
    page_.get_by_role("combobox", name="What went wrong").select_option("")
    page_.get_by_role("combobox", name="Type").select_option("odd one")
    expect(questions).to_have_count(1)
    page_.get_by_role("combobox", name="Type").select_option("")
    page_.get_by_role("searchbox", name="Text").fill("WEATHER what")
    expect(count).to_have_text("1 of 5 shown")
    expect(questions).to_contain_text("What of the weather?")
    assert complaints == []
    page_.close()


@pytest.mark.slow
@pytest.mark.ui
def test_without_scripts_the_page_is_a_plain_list(browser: Any, tmp_path: Path) -> None:
    write_report([some_run()], PAPERS, tmp_path / "report.html")
    context = browser.new_context(java_script_enabled=False)
    page_ = context.new_page()
    page_.goto((tmp_path / "report.html").as_uri())
    assert page_.locator("details.question:visible").count() == 4
    assert not page_.locator("#filter").is_visible()
    page_.get_by_text("What of tea?").first.focus()
    page_.keyboard.press("Tab")
    page_.locator("summary").first.press("Enter")
    assert page_.locator("details.question[open]").count() == 1
    context.close()
