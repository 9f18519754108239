"""The window, driven in a real browser over a scripted assistant: a question, its answer and its sources."""

import logging
import re
from typing import Any

import pytest

from rag.core.domain import Message
from tests.helpers.windows import (
    HOSTILE,
    SPEED,
    Scripted,
    answered,
    ask,
    box,
    chat,
    expect,
    needs_browser,
    turn,
)

pytestmark = needs_browser


def test_answer_streams_and_its_chip_shows_and_finds_the_words(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    page = visit(address, height=478)  # so low that the second card is out of view
    ask(page, "hold draft: how much faster is it?")
    expect(turn(page)).to_contain_text("Answering …")
    expect(chat(page)).to_contain_text("“This enables a speedup factor of 2.3")
    expect(chat(page)).not_to_contain_text("41% and 24%")
    expect(page.locator(".cw-elapsed")).to_have_text(re.compile(r"^\d+\.\d s$"))
    scripted.gate.set()
    answered(page)
    chip = page.get_by_role("link", name="Source 2: Faster Encoders")
    card = page.get_by_label("Source 2", exact=True)
    expect(card).not_to_be_in_viewport(ratio=0.5)
    chip.hover()
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("It accelerates the sampling of both models by 41% and 24%")
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()
    chip.focus()
    expect(tip).to_contain_text("Faster Encoders")
    expect(chip).to_have_attribute("aria-describedby", "cw-tip")
    chip.click()
    expect(card).to_be_in_viewport(ratio=0.5)
    expect(card).to_be_focused()
    expect(card.locator("mark.cw-flash")).to_have_text(re.compile("^It accelerates .* is kept.$"))
    expect(card.get_by_role("link", name="Faster Encoders")).to_have_attribute(
        "href", "https://arxiv.org/abs/2312.09608"
    )
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()
    answered(page)  # still the same page


@pytest.mark.slow
def test_cards_mark_quotes_and_what_else_was_read_and_say_what_was_searched(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    card = page.get_by_label("Source 1", exact=True)
    expect(card.locator("mark[data-q]")).to_have_text([SPEED, "No retraining is needed."])
    expect(card.locator("mark.cw-read")).to_have_text(re.compile("^We reuse .* cheap way.$"))
    expect(card).to_contain_text("Ada Example, Ben Sample, Cleo Person, Dan Name et al. · 2023")
    panel = page.get_by_label("Sources", exact=True)
    expect(panel).to_contain_text("Searched 3 papers, 0.04 s · read 4 sentences, 0.9 s")
    panel.get_by_text("Also found: 1 paper").click()
    expect(panel.locator(".cw-other")).to_contain_text("Hostile: <img")
    card.get_by_role("button", name="More like this").click()
    expect(card.locator(".cw-similar .cw-card").first).to_contain_text("Faster Encoders")
    card.get_by_role("button", name="Copy citation").click()
    expect(page.locator("#cw-toast")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(
        "Diffusion Models for Free. https://example.org/fastcache"
    )


@pytest.mark.slow
def test_found_papers_are_shown_while_sentences_are_read(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(turn(page)).to_contain_text("Found 3 papers")
    expect(turn(page)).to_contain_text("Reading sentence 3 of 10 …")
    expect(page.locator(".cw-found")).to_have_count(3)
    scripted.gate.set()
    expect(page.locator(".cw-found")).to_have_count(0)


@pytest.mark.parametrize(
    ("where", "seen", "left"),
    [
        pytest.param("hold read", "Reading sentence 3", "Stopped Nothing was found yet.", marks=pytest.mark.slow),
        ("hold draft", "Answering …", "Stopped The answer is incomplete."),
    ],
)
def test_stop_ends_the_work_and_keeps_what_is_there(
    visit: Any, address: str, scripted: Scripted, where: str, seen: str, left: str
) -> None:
    scripted.gate.clear()
    scripted.closed.clear()
    page = visit(address)
    ask(page, f"{where} for ever")
    expect(turn(page)).to_contain_text(seen)
    page.get_by_role("button", name="Stop").click()
    expect(turn(page)).to_contain_text(left)
    assert scripted.closed.wait(20)
    if where == "hold draft":
        expect(chat(page)).to_contain_text("speedup factor of 2.3")
    scripted.gate.set()
    turn(page).get_by_role("button", name="Ask this question again").click()
    answered(page)
    expect(page.locator(".cw-turn")).to_have_count(1)


@pytest.mark.slow
def test_a_question_stopped_while_it_waits_is_never_answered(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    first, second = visit(address), visit(address)
    ask(first, "hold read: the model is busy")
    expect(turn(first)).to_contain_text("Reading sentence 3")
    ask(second, "waits in vain")
    expect(turn(second)).to_contain_text("Waiting for its turn …")
    second.get_by_role("button", name="Stop").click()
    expect(turn(second)).to_contain_text("Stopped")
    scripted.gate.set()
    answered(first)
    ask(second, "who is next?")
    answered(second)
    assert (scripted.times("waits in vain"), scripted.times("who is next?")) == (0, 1)
    expect(turn(second, 0)).to_contain_text("Stopped")


@pytest.mark.slow
def test_edit_changes_the_last_question_in_its_place_and_asks_an_earlier_one_anew(
    visit: Any, address: str, scripted: Scripted
) -> None:
    page = visit(address)
    ask(page, "how fats?")
    answered(page)
    turn(page).get_by_role("button", name="Change the question and ask again").click()
    typed = page.get_by_role("textbox", name="Change the question")
    expect(typed).to_have_value("how fats?")
    typed.press("Escape")
    expect(turn(page).locator(".cw-question")).to_have_text("how fats?")
    turn(page).get_by_role("button", name="Change the question and ask again").click()
    typed.fill("how fast?")
    typed.press("Enter")
    expect(turn(page).locator(".cw-question")).to_have_text("how fast?")
    answered(page)
    ask(page, "and then?")
    answered(page)
    turn(page, 0).get_by_role("button", name="Ask this question again").click()
    expect(page.locator(".cw-turn")).to_have_count(3)
    expect(turn(page, 2).locator(".cw-question")).to_have_text("how fast?")
    answered(page, 2)
    assert scripted.history_of("how fast?") == ()  # understood as it was the first time


@pytest.mark.slow
def test_follow_up_says_how_it_was_asked_which_can_be_changed(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    ask(page, "How fast?")
    answered(page)
    expect(chat(page)).not_to_contain_text("Asked as")
    ask(page, "hostile, and that?")
    expect(turn(page)).to_contain_text("Asked as: hostile, and that? (about FastCache)")
    expect(turn(page)).to_contain_text("1 paper, exact words")  # whose sources have come to the panel
    user, answer = scripted.history_of("hostile, and that?")
    assert user == Message("user", "How fast?")
    assert "“This enables a speedup factor of 2.3" in answer.content
    assert answer.cited == ("cache", "propagate")
    page.get_by_role("link", name="Source 2").click()  # of the first answer
    expect(page.get_by_label("Source 2", exact=True)).to_be_in_viewport()
    expect(page.get_by_label("Source 2", exact=True)).to_contain_text("Faster Encoders")
    expect(page.locator("#cw-panel-body")).to_have_attribute("data-of", "How fast?")
    turn(page).get_by_role("button", name="Show the sources of this answer").click()
    expect(page.get_by_label("Source 1", exact=True)).to_contain_text("Hostile")
    turn(page).get_by_role("button", name="Change", exact=True).click()
    typed = page.get_by_role("textbox", name="Change the question")
    expect(typed).to_have_value("hostile, and that? (about FastCache)")
    typed.fill("What is hostile there?")
    typed.press("Enter")
    expect(turn(page).locator(".cw-question")).to_have_text("What is hostile there?")
    expect(turn(page)).to_contain_text("1 paper, exact words")
    assert scripted.history_of("What is hostile there?") == ()
    expect(turn(page)).not_to_contain_text("Asked as")


def test_hostile_papers_and_questions_are_only_text(visit: Any, address: str) -> None:
    page = visit(address)
    marks = ["<b>x</b>", "**y**", "[z](javascript:alert(1))", "# h", "1. li", "- li", "`c`", "$x$", "${1}", "www.a.org"]
    question = f"hostile {' '.join(marks)} \\xi https://example.org <script>window.pwned=1</script>"
    ask(page, question)
    expect(turn(page)).to_contain_text("1 paper, exact words")
    heading = turn(page).locator(".cw-question")
    expect(heading).to_have_text(question)
    assert heading.locator("*").count() == 0
    card = page.get_by_label("Source 1", exact=True)
    expect(card.get_by_role("heading")).to_contain_text(HOSTILE.title)
    assert card.locator("img, script, b, strong").count() == 0
    assert card.locator("h3 a").count() == 0  # its address is a script
    formula = card.locator("mark math")
    expect(formula).to_have_attribute("alttext", "O(n)")
    shown = card.locator("mark").inner_text()
    assert shown.startswith("We show <script>window.pwned=1</script> **no bold**, ")
    assert shown.endswith("and ${window.pwned=1} with \\xyz [a](javascript:void).")
    page.get_by_role("link", name="Source 1").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("<script>window.pwned=1</script>")
    page.get_by_role("button", name="3 papers").click()
    row = page.get_by_role("row", name="Hostile: <img src=x onerror=")
    row.get_by_role("button").click()
    expect(page.get_by_role("region", name="Paper")).to_contain_text("<script>window.pwned=1</script>")
    assert page.evaluate("window.pwned") is None


@pytest.mark.slow
def test_declined_shows_the_nearest_papers_and_what_to_try(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "What will the weather be?")
    expect(turn(page)).to_contain_text("Not found")
    expect(page.get_by_role("heading", name="Nearest papers: 3 papers")).to_be_visible()
    expect(page.locator("#cw-panel .cw-card")).to_have_count(3)
    expect(page.get_by_text("We reuse the high-level")).to_be_hidden()
    page.get_by_text("Abstract", exact=True).first.click()
    expect(page.get_by_text("We reuse the high-level")).to_be_visible()
    page.get_by_role("button", name="What is FastCache?").click()
    answered(page, 1)


@pytest.mark.slow
def test_partly_answered_says_what_is_missing(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "how fast, and partly how dear?")
    expect(turn(page)).to_contain_text("Answered in part")
    expect(turn(page)).to_contain_text("Not found in these abstracts: its cost in dollars")
    expect(page.get_by_label("Source 2", exact=True)).to_be_visible()


@pytest.mark.slow
def test_errors_are_told_and_the_next_question_works(visit: Any, address: str, caplog: Any) -> None:
    page = visit(address)
    ask(page, "too odd")
    expect(turn(page)).to_contain_text("Not answered Cannot take <b>this</b> question")
    with caplog.at_level(logging.ERROR, "ui"):
        ask(page, "crash")
        expect(turn(page)).to_contain_text(
            "Something went wrong while answering. Try again; whoever runs citewise finds the reason in its log."
        )
    assert "a secret detail" not in page.content()
    assert "a secret detail" in caplog.text
    ask(page, "x" * 4001)
    expect(page.locator("#cw-toast")).to_contain_text("This question has 4,001 characters; at most 4,000 are accepted.")
    expect(page.locator("#cw-limit")).to_have_text("4,001 of 4,000 characters")
    expect(box(page)).to_have_value("x" * 4001)
    expect(page.locator(".cw-turn")).to_have_count(2)
    ask(page, "and now?")
    answered(page)
