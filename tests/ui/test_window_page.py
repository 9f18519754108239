"""The page around the answers, in a real browser: settings, votes, links, the list of papers, loading, a phone."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import LibraryMissing
from rag.core.settings import Settings
from tests.helpers.windows import (
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


@pytest.mark.slow
def test_examples_and_suggestions_can_be_clicked(visit: Any, address: str) -> None:
    page = visit(address)
    page.get_by_role("button", name="What is FastCache?").click()
    expect(turn(page).locator(".cw-question")).to_have_text("What is FastCache?")
    answered(page)
    page.get_by_role("button", name="How do FastCache and Faster Encoders differ?").click()
    answered(page, 1)
    expect(page.get_by_role("button", name="How do FastCache and Faster Encoders differ?")).to_have_count(0)


@pytest.mark.slow
def test_settings_reach_the_answer_and_are_remembered(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    ask(page, "as it comes?")
    answered(page)
    assert scripted.wish_of("as it comes?") == ("auto", None)
    page.get_by_text("Why this answer").click()
    expect(page.get_by_text("likelihood -1.50").first).to_be_hidden()
    page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("SmolLM2-135M-Instruct")
    expect(dialog).to_contain_text("With a GPU")
    dialog.get_by_role("radio", name="Quote exact words").check()
    dialog.get_by_label("Papers per answer").select_option("2")
    dialog.get_by_label("Show reading scores").check()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_text("likelihood -1.50").first).to_be_visible()
    page.reload()
    ask(page, "and now?")
    answered(page, 1)
    assert scripted.wish_of("and now?") == ("quote", 2)


@pytest.mark.slow
def test_votes_are_kept_on_the_server_and_say_so(visit: Any, address: str, library_folder: Path) -> None:
    page = visit(address)
    ask(page, "is it good?")
    answered(page)
    page.get_by_role("button", name="Good answer").click()
    expect(turn(page)).to_contain_text("Kept on the machine that runs citewise, in feedback.jsonl of the library")
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("textbox", name="A note on this answer").fill("says <b>it</b> all")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#cw-toast")).to_contain_text("The note is kept")
    first, second = map(json.loads, (library_folder / "feedback.jsonl").read_text("utf-8").splitlines())
    assert set(first) == {"time", "vote", "note", "question", "mode", "outcome", "answer", "cited"}
    assert (first["vote"], first["note"], second["note"]) == ("up", "", "says <b>it</b> all")
    assert second["cited"] == ["cache", "propagate"]
    page.reload()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")


@pytest.mark.slow
def test_copy_has_the_answer_with_its_sources(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    page.get_by_role("button", name="Copy the answer with its sources").click()
    expect(page.locator("#cw-toast")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "” “No retraining is needed.” [1]" in copied
    assert copied.split("\n\n[1] ")[0].count("[1]") == 1
    assert copied.endswith("[2] Faster Encoders: Rethinking the Role of the Encoder in Diffusion Models")


@pytest.mark.slow
def test_a_link_asks_its_question_again_and_holds_nothing_else(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    ask(page, "how fast & good?")
    answered(page)
    page.get_by_role("button", name="Copy a link that asks this question").click()
    expect(page.locator("#cw-toast")).to_contain_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{address}?q=how+fast+%26+good%3F"
    other = visit(f"{link}&mode=quote")
    answered(other)
    expect(turn(other).locator(".cw-question")).to_have_text("how fast & good?")
    assert scripted.wish_of("how fast & good?") == ("quote", None)
    assert "q=" not in other.url
    other.reload()
    answered(other)
    expect(other.locator(".cw-turn")).to_have_count(1)


@pytest.mark.slow
def test_papers_can_be_looked_through(visit: Any, address: str) -> None:
    page = visit(address)
    page.get_by_role("button", name="3 papers").click()
    library = page.get_by_role("region", name="Library", exact=True)
    expect(library.locator("[data-paper]")).to_have_count(3)
    library.get_by_role("searchbox").fill("encoder EXAMPLE")
    expect(library).to_contain_text("0 of 3 papers")
    library.get_by_role("searchbox").fill("ada example")
    expect(library).to_contain_text("1 of 3 papers")
    expect(library.locator("[data-paper]")).to_contain_text("FastCache")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(library).to_be_hidden()
    expect(box(page)).to_be_focused()


@pytest.mark.slow
def test_phone_has_one_column_and_the_sources_under_the_answer(visit: Any, address: str) -> None:
    page = visit(address, width=390, height=844)
    ask(page, "hostile " + "longword" * 40)
    expect(turn(page)).to_contain_text("1 paper, exact words")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(box(page)).to_be_in_viewport(ratio=1)
    expect(page.locator("#cw-panel")).to_be_hidden()
    card = page.get_by_label("Source 1", exact=True)
    expect(card).to_be_hidden()
    page.get_by_role("link", name="Source 1").click()
    expect(card).to_be_in_viewport()
    expect(card.locator("mark.cw-flash")).to_be_in_viewport()
    turn(page).get_by_text("Sources: 1 paper").click()
    expect(card).to_be_hidden()
    expect(page.locator("#cw-side")).to_be_hidden()
    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("button", name="New chat")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#cw-side")).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("#cw-panel").get_by_label("Source 1", exact=True)).to_be_visible()


def test_page_is_there_while_models_load_and_the_question_waits(visit: Any) -> None:
    loaded = threading.Event()

    def open_slowly(settings: Settings, progress: Callable[[str], None]) -> Scripted:
        progress("Loading the reader")
        assert loaded.wait(30)
        return Scripted()

    with running(open_slowly) as url:
        page = visit(url)
        expect(page.locator("#cw-line")).to_have_text("Loading the reader …")
        ask(page, "already?")
        expect(turn(page)).to_contain_text("Loading the reader …")
        loaded.set()
        answered(page)
        expect(page.locator("#cw-line")).to_have_text("Searches 3 papers · answers in exact quotes")
        expect(page.locator("#cw-count")).to_have_text("3 papers")


@pytest.mark.slow
def test_failed_loading_says_what_to_do_and_can_be_tried_again(visit: Any) -> None:
    outcomes: list[Any] = [LibraryMissing("no library in <nowhere>: run `citewise ingest FILE`"), Scripted(shelf=())]

    def open_(settings: Settings, progress: Callable[[str], None]) -> Scripted:
        outcome = outcomes.pop(0) if outcomes else Scripted()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    with running(open_, library="shelf") as url:
        page = visit(url)
        expect(chat(page)).to_contain_text("no library in <nowhere>: run `citewise ingest FILE`")
        page.get_by_role("button", name="Try again").click()
        expect(chat(page)).to_contain_text("No papers yet")
        expect(chat(page)).to_contain_text("citewise ingest FILE --library shelf")
        page.get_by_role("button", name="Look again").click()
        expect(chat(page)).to_contain_text("Ask about these 3 papers")
        expect(page.get_by_role("button", name="Try again")).to_be_hidden()
