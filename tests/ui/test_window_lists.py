"""A list of papers in the window: boxes that can be ticked by keyboard, and the export of those ticked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.windows import MANY, Scripted, ask, expect, needs_browser, running, turn

pytestmark = needs_browser


@pytest.fixture
def many(library_folder: Path) -> Iterator[str]:
    """The address of a window over a library of many papers."""
    with running(lambda settings, progress: Scripted(shelf=MANY), library=library_folder) as url:
        yield url


def listed(page: Any) -> None:
    """Ask for all papers, and wait for the whole list: while it streams, it is drawn anew and anew."""
    ask(page, "Which papers are all of them?")
    expect(turn(page).locator(".cw-state")).to_contain_text("40 papers, exact words")


@pytest.mark.slow
def test_ticked_papers_are_exported_alone_also_by_keyboard(visit: Any, many: str) -> None:
    page = visit(many)
    listed(page)
    boxes = turn(page).locator("[data-tick]")
    bibtex = turn(page).get_by_role("button", name="BibTeX", exact=True)
    expect(bibtex).to_be_disabled()
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    expect(turn(page).locator(".cw-ticked-count")).to_contain_text("1 of")
    bibtex.focus()
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    text = started.value.path().read_text("utf-8")
    assert text.count("@") == 1 and "Method2" in text
    turn(page).get_by_role("button", name="Tick all").click()
    expect(boxes.first).to_be_checked()
    turn(page).get_by_role("button", name="Tick none").click()
    expect(bibtex).to_be_disabled()


@pytest.mark.slow
def test_on_a_phone_what_is_ticked_by_a_finger_can_be_exported(visit: Any, many: str) -> None:
    page = visit(many, width=390, height=844)
    page.add_style_tag(content="#cw .cw-listed blockquote { max-width: 60px }")  # sentences longer than their place
    listed(page)
    last = turn(page).locator("[data-tick]").last
    last.check()
    bibtex = turn(page).get_by_role("button", name="BibTeX", exact=True)
    bibtex.scroll_into_view_if_needed()
    before = bibtex.bounding_box()
    with page.expect_download() as started:
        page.mouse.move(before["x"] + 10, before["y"] + 10)
        page.mouse.down()
        assert bibtex.bounding_box() == before
        page.mouse.up()
    assert started.value.path().read_text("utf-8").count("@") == 1
