"""The list of conversations, votes that are taken back, and finding one's way in a conversation."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.windows import answered, ask, box, expect, needs_browser, turn

pytestmark = [*needs_browser, pytest.mark.slow]
LONG_TITLE = (
    "How does the way of reusing features between neighbouring steps compare with pruning and with distillation?"
)


def put_talks(page: Any, questions: list[str]) -> None:
    """Conversations of an earlier visit."""
    for n, question in enumerate(questions):
        name = f"talk{n:04}"
        turn = {"id": f"turn{n:04}", "at": n, "changed": n, "question": question, "run": "run1", "step": "stopped"}
        turn["answer"] = {"answer": f"Answer about Möwe{n}.", "sentences": []}
        talk = json.dumps({"id": name, "title": "", "updated": n, "turns": [turn]})
        page.evaluate("([name, talk]) => localStorage.setItem(`citewise:talk:${name}`, talk)", [name, talk])
    page.reload()


def rows(page: Any) -> Any:
    return page.get_by_role("list", name="Earlier conversations").get_by_role("listitem")


def test_titles_have_two_lines_and_are_whole_in_their_hint(visit: Any, address: str) -> None:
    page = visit(address)
    put_talks(page, ["short?", LONG_TITLE + " " + LONG_TITLE])
    titles = rows(page).locator(".cw-open")
    short, long = titles.nth(1).bounding_box(), titles.nth(0).bounding_box()
    line = titles.nth(1).evaluate("(title) => parseFloat(getComputedStyle(title).lineHeight)")
    assert round((long["height"] - short["height"]) / line) == 1
    assert long["width"] > 200  # the buttons beside it take no room until they are wanted
    rows(page).nth(0).hover()
    page.get_by_role("button", name="Rename").first.click()
    page.get_by_role("textbox", name="Name of the conversation").fill("Renamed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Rename “Renamed”")).to_be_focused()
    page.get_by_role("button", name="Rename “short?”").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).opacity") == "1"
    page.get_by_role("button", name="Rename “Renamed”").focus()
    page.get_by_role("button", name="Renamed", exact=True).click()
    expect(page).to_have_title("Renamed · citewise")
    page.evaluate("document.activeElement.blur()")
    put_talks(page, ["short?", LONG_TITLE + " " + LONG_TITLE])
    expect(titles.nth(0)).to_have_attribute("title", f"{LONG_TITLE} {LONG_TITLE}")


def test_many_conversations_can_be_searched_by_their_words(visit: Any, address: str) -> None:
    page = visit(address)
    find = page.get_by_role("searchbox", name="Search conversations")
    put_talks(page, [f"question {n}?" for n in range(7)])
    expect(rows(page)).to_have_count(7)
    expect(find).to_be_hidden()
    put_talks(page, [*(f"question {n}?" for n in range(7)), "Is the café <b>open</b>?"])
    expect(rows(page)).to_have_count(8)
    find.fill("CAFE open")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Is the café <b>open</b>?")
    find.fill("mowe3")
    expect(rows(page)).to_contain_text("question 3?")  # words of the answer
    find.fill("(nothing [like\\ this*")
    expect(rows(page)).to_have_count(0)
    expect(page.get_by_text("No conversation here has these words.")).to_be_visible()
    find.press("Escape")
    expect(find).to_have_value("")
    expect(rows(page)).to_have_count(8)
    expect(page.get_by_text("No conversation here has these words.")).to_be_hidden()


def test_a_vote_can_be_taken_back_and_the_file_says_so(visit: Any, address: str, library_folder: Path) -> None:
    page = visit(address)
    ask(page, "is it good?")
    answered(page)
    good, bad = page.get_by_role("button", name="Good answer"), page.get_by_role("button", name="Bad answer")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("title", "Take this vote back")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#cw-toast")).to_contain_text("Your vote is taken back")
    expect(page.get_by_role("textbox", name="A note on this answer")).to_have_count(0)
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    page.get_by_role("textbox", name="A note on this answer").fill("why")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#cw-toast")).to_contain_text("The note is kept")
    expect(bad).to_have_attribute("aria-pressed", "true")  # a note is no second press
    page.reload()
    answered(page)
    expect(bad).to_have_attribute("title", "Take this vote back")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "false")
    lines = [json.loads(line) for line in (library_folder / "feedback.jsonl").read_text("utf-8").splitlines()]
    assert [(line["vote"], line["note"]) for line in lines[-5:]] == [
        ("up", ""),
        ("withdrawn", ""),
        ("down", ""),
        ("down", "why"),
        ("withdrawn", ""),
    ]


def test_old_suggestions_go_when_a_new_question_is_asked(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    expect(turn(page, 0).locator(".cw-next button").first).to_be_visible()
    page.get_by_role("button", name="How do FastCache and Faster Encoders differ?").press("Enter")
    expect(turn(page, 0).locator(".cw-next")).to_be_hidden()
    answered(page, 1)
    expect(turn(page, 1)).to_be_focused()  # and not the top of the page, as the button is gone
    expect(turn(page, 1).locator(".cw-next button").first).to_be_visible()
    page.reload()
    answered(page, 1)
    expect(turn(page, 0).locator(".cw-next")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_a_long_question_is_folded_until_it_is_clicked(visit: Any, address: str, width: int, height: int) -> None:
    page = visit(address, width, height)
    ask(page, "short?")
    answered(page)
    expect(turn(page).get_by_role("button", name="Show the whole question")).to_be_hidden()
    ask(page, "And what about this sentence that somebody has pasted into the box? " * 40)
    answered(page, 1)
    question = turn(page).locator(".cw-question")
    more = turn(page).get_by_role("button", name="Show the whole question")
    expect(more).to_have_attribute("aria-expanded", "false")
    folded = question.bounding_box()["height"]
    assert folded < 130
    assert turn(page).locator(".cw-asked").bounding_box()["height"] < 130  # how it was understood is as long
    question.click()
    expect(turn(page).get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    assert question.bounding_box()["height"] > 3 * folded
    turn(page).get_by_role("button", name="Show less").press("Enter")
    assert question.bounding_box()["height"] == folded
    turn(page).get_by_role("button", name="Change the question and ask again").click()
    page.get_by_role("textbox", name="Change the question").fill("short again?")
    page.keyboard.press("Enter")
    answered(page, 1)
    expect(more).to_be_hidden()


def test_on_a_phone_a_bar_leads_from_the_sources_back_to_the_answer(visit: Any, address: str) -> None:
    page = visit(address, 390, 844)
    ask(page, "how fast?")
    answered(page)
    bar = page.get_by_role("button", name="Back to the answer")
    expect(bar).to_be_hidden()
    chip = turn(page).get_by_role("link", name="Source 2: ")
    chip.click()
    expect(page.get_by_label("Source 2", exact=True)).to_be_focused()
    bar.click()
    expect(chip).to_be_in_viewport(ratio=1)
    expect(chip).to_be_focused()
    expect(bar).to_be_hidden()
    page.get_by_label("Source 2", exact=True).evaluate("(card) => card.scrollIntoView()")  # by hand
    bar.press("Enter")
    expect(turn(page).locator(".cw-answer")).to_be_in_viewport()
    expect(bar).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    turn(page).get_by_role("link", name="Source 2: ").click()
    expect(bar).to_be_hidden()


def test_the_head_of_the_page_is_one_row_on_a_phone(visit: Any, address: str) -> None:
    page = visit(address, 390, 844)
    expect(page.locator("#cw-count")).to_have_text("3 papers")
    ask(page, LONG_TITLE)
    answered(page)
    head = page.locator("#cw-top")
    assert head.bounding_box()["height"] < 60
    middles = head.locator("button:visible, summary:visible, p:visible").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((box) => Math.round((box.top + box.bottom) / 2))"
    )
    assert len(middles) == 5 and max(middles) - min(middles) <= 2
    for name in ("Conversations", "Settings", "3 papers"):
        expect(head.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(box(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
