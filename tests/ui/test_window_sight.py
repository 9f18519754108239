"""What a person sees and does around answers: the library at first sight, folded cards, the list of papers, paper itself."""

from typing import Any

import pytest

from tests.helpers.windows import PROPAGATE, Scripted, answered, ask, box, expect, needs_browser, running, turn

pytestmark = [*needs_browser, pytest.mark.slow]


def test_first_sight_shows_topics_and_years_which_ask(visit: Any, address: str) -> None:
    page = visit(address)
    library = page.get_by_role("region", name="In this library")
    expect(library).to_contain_text("3 papers")
    expect(library.get_by_role("button", name="1 paper from 2021")).to_be_visible()
    library.get_by_role("button", name="diffusion models 2").click()
    expect(turn(page).locator(".cw-question")).to_have_text("Which papers are about diffusion models?")
    answered(page)
    expect(library).to_be_hidden()


def test_on_a_phone_the_library_stands_below_the_welcome(visit: Any, address: str) -> None:
    page = visit(address, width=390, height=844)
    expect(page.locator("#cw-holds").get_by_role("button", name="diffusion models 2")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_empty_library_has_no_box_and_no_examples_until_papers_are_there(visit: Any) -> None:
    assistants = [Scripted(shelf=()), Scripted()]
    with running(lambda settings, progress: assistants.pop(0), library="shelf") as url:
        page = visit_empty(visit, url)
        expect(page.get_by_text("citewise ingest FILE --library shelf")).to_be_visible()
        for hidden in ("#cw-ask", "#cw-count", "#cw-examples", "#cw-panel"):
            expect(page.locator(hidden)).to_be_hidden()
        page.get_by_role("button", name="Look again").click()
        expect(box(page)).to_be_visible()


def visit_empty(visit: Any, url: str) -> Any:
    page = visit(url)
    expect(page.locator(".cw-nothing")).to_be_visible()
    return page


def test_a_folded_card_unfolds_by_key_and_says_so(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "How fast?")
    answered(page)
    card = page.get_by_label("Source 1", exact=True)
    left_out = card.get_by_text("Diffusion models have recently gained")
    expect(left_out).to_be_hidden()
    fold = card.get_by_role("button", name="Whole abstract")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.focus()
    page.keyboard.press("Enter")
    expect(left_out).to_be_visible()
    folded = card.get_by_role("button", name="Show less")
    expect(folded).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    expect(left_out).to_be_hidden()


def test_the_table_of_papers_takes_keys_at_once_marks_hits_forgives_slips_and_leads_to_a_question(
    visit: Any, address: str
) -> None:
    page = visit(address)
    page.get_by_role("button", name="3 papers").click()
    library = page.get_by_role("region", name="Library", exact=True)
    page.keyboard.type("enncoder")
    expect(library).to_contain_text("No paper holds “enncoder”. 1 paper for “encoder”:")
    expect(library.locator("mark.cw-hit").first).to_have_text("Encoders")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    library.get_by_role("button", name="Ask about this paper").click()
    expect(library).to_be_hidden()
    expect(box(page)).to_be_focused()
    assert box(page).input_value() == f"About “{PROPAGATE.title}”: "
    page.keyboard.type("what is reused?")
    page.keyboard.press("Enter")
    expect(turn(page).locator(".cw-question")).to_have_text(f"About “{PROPAGATE.title}”: what is reused?")


def test_what_tex_left_is_read_and_copied_exactly(visit: Any) -> None:
    with running(lambda settings, progress: Scripted(shelf=(TEXTUAL,))) as url:
        page = visit(url)
        page.get_by_role("button", name="1 paper", exact=True).click()
        page.locator(".cw-row-title").click()
        words = page.locator("#cw-paper .cw-abstract")
        expect(words).to_have_text("It saves 62% and is 2.3× faster.")
        expect(words.locator("abbr").first).to_have_attribute("title", "\\%")
        words.select_text()
        page.keyboard.press("Control+C")
        assert page.evaluate("navigator.clipboard.readText()").strip() == TEXTUAL.abstract
        expect(words).to_have_text("It saves 62% and is 2.3× faster.")


TEXTUAL = type(PROPAGATE)("tex", "Saver: A Title", "It saves 62\\% and is 2.3times faster.")


def test_on_paper_stand_all_answers_with_their_sources_and_nothing_to_click(visit: Any, address: str) -> None:
    page = visit(address, theme="dark")
    for n, question in enumerate(("How fast?", "And how cheap?")):
        ask(page, question)
        answered(page, n)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".cw-turn .cw-sources .cw-card h3")).to_have_count(6)  # two cited and one folded, twice
    for n in (0, 1):
        expect(turn(page, n).get_by_label("Source 2", exact=True)).to_be_visible()
        expect(turn(page, n).get_by_text("https://arxiv.org/abs/2312.09608").first).to_be_visible()
    assert page.locator("button:visible, textarea:visible, nav:visible, aside:visible, footer:visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.cw-words')).color") == "rgb(0, 0, 0)"
    assert len(page.pdf()) > 10_000
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#cw-panel").get_by_label("Source 1", exact=True)).to_be_visible()
    expect(turn(page, 0).locator(".cw-sheet")).to_be_hidden()
