"""What is shown is not lost: conversations live in the browser and outlast reloads, restarts, lost connections and second tabs."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from evals.cases.from_chat import set_lines
from rag.core.domain import Turn
from tests.helpers.windows import (
    SPEED,
    Scripted,
    answered,
    ask,
    box,
    chat,
    expect,
    free_port,
    needs_browser,
    running,
    turn,
)

pytestmark = needs_browser


def talks(page: Any) -> Any:
    return page.get_by_role("list", name="Earlier conversations").get_by_role("listitem")


def kept(page: Any) -> list[Any]:
    """The conversations in the browser's storage."""
    found: list[Any] = page.evaluate(
        "Object.entries(localStorage).filter(([k]) => k.startsWith('citewise:talk:')).map(([, v]) => JSON.parse(v))"
    )
    return found


def test_conversations_are_listed_reopened_renamed_and_deleted(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    page.get_by_role("button", name="New chat").click()
    expect(chat(page)).to_contain_text("Ask about these 3 papers")
    expect(page.locator("#cw-panel .cw-card")).to_have_count(0)
    expect(box(page)).to_be_focused()
    ask(page, "is there another?")
    answered(page)
    assert scripted.histories[-1] == ()
    expect(talks(page)).to_have_count(2)
    page.get_by_role("button", name="how fast?", exact=True).click()
    answered(page)
    expect(turn(page).locator(".cw-question")).to_have_text("how fast?")
    expect(page.get_by_label("Source 2", exact=True).locator("mark")).to_have_count(1)
    page.get_by_role("button", name="Rename “how fast?”").click()
    page.get_by_role("textbox", name="Name of the conversation").fill("<b>Speed</b>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="<b>Speed</b>", exact=True)).to_be_visible()
    page.reload()
    answered(page)
    page.get_by_role("button", name="Delete “<b>Speed</b>”").click()
    expect(talks(page)).to_have_count(1)
    expect(chat(page)).to_contain_text("Ask about these 3 papers")
    page.get_by_role("button", name="Undo").click()
    expect(talks(page)).to_have_count(2)
    assert {talk["title"] for talk in kept(page)} == {"", "<b>Speed</b>"}


def test_a_follow_up_knows_what_was_said_before_a_reload(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    page.reload()
    answered(page)
    ask(page, "and that one?")
    answered(page, 1)
    assert scripted.histories[-1][0] == Turn("user", "how fast?")
    assert SPEED in scripted.histories[-1][1].content


def test_a_reload_in_the_middle_of_an_answer_keeps_what_was_shown(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    scripted.closed.clear()
    page = visit(address)
    ask(page, "hold draft, please")
    expect(chat(page)).to_contain_text(SPEED)
    page.reload()
    expect(turn(page)).to_contain_text("Stopped The answer is incomplete.")
    expect(chat(page)).to_contain_text(SPEED)
    assert scripted.closed.wait(20)  # the work for nobody has ended
    scripted.gate.set()
    turn(page).get_by_role("button", name="Ask this question again").click()
    answered(page)


def test_a_question_that_waited_is_asked_again_after_a_reload(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(turn(page)).to_contain_text("Reading sentence 3")
    page.reload()
    scripted.gate.set()
    answered(page)
    expect(page.locator(".cw-turn")).to_have_count(1)


def test_two_tabs_keep_both_their_conversations(visit: Any, address: str) -> None:
    one = visit(address)
    other = visit(address, context=one.context)
    for page, question in ((one, "how fast in one?"), (other, "how fast in two?")):
        ask(page, question)
        answered(page)
    expect(talks(one)).to_have_count(2)
    other.get_by_role("button", name="how fast in one?", exact=True).click()
    answered(other)
    ask(other, "more in two?")
    answered(other, 1)
    expect(one.locator(".cw-turn")).to_have_count(2)  # the first tab follows
    ask(one, "more in one?")
    answered(one, 2)
    expect(other.locator(".cw-turn")).to_have_count(3)
    assert sorted(len(talk["turns"]) for talk in kept(one)) == [1, 3]


def test_an_answer_made_in_one_tab_is_not_lost_to_another(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    one = visit(address)
    ask(one, "hold draft: first?")
    expect(turn(one)).to_contain_text(SPEED)
    other = visit(address, context=one.context)
    other.get_by_role("button", name="hold draft: first?", exact=True).click()
    expect(turn(other)).to_contain_text("incomplete")
    scripted.gate.set()
    answered(one)
    answered(other)  # the second tab follows
    other.get_by_role("button", name="Good answer").click()
    expect(other.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    ask(other, "second?")
    answered(other, 1)
    one.reload()
    answered(one, 0)
    answered(one, 1)
    [talk] = kept(one)
    assert [(len(turn["answer"]["sentences"]), turn["vote"]) for turn in talk["turns"]] == [(3, "up"), (3, "")]


def test_two_tabs_that_both_ask_see_both_answers(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    one = visit(address)
    ask(one, "hold draft: first?")
    expect(turn(one)).to_contain_text(SPEED)
    other = visit(address, context=one.context)
    other.get_by_role("button", name="hold draft: first?", exact=True).click()
    ask(other, "second?")
    scripted.gate.set()
    answered(one)
    answered(other, 1)
    for page in (one, other):
        expect(page.locator(".cw-turn")).to_have_count(2)
        answered(page, 0)
        answered(page, 1)


def test_a_conversation_deleted_while_it_is_answered_stays_deleted(
    visit: Any, address: str, scripted: Scripted
) -> None:
    scripted.gate.clear()
    scripted.closed.clear()
    page = visit(address)
    other = visit(address, context=page.context)
    for deleting in (page, other):
        ask(page, "hold draft: gone?")
        expect(turn(page)).to_contain_text(SPEED)
        deleting.get_by_role("button", name="Delete “hold draft: gone?”").click()
        expect(chat(page)).to_contain_text("Ask about these 3 papers")
        assert scripted.closed.wait(20)
        expect(talks(page)).to_have_count(0)
        assert kept(page) == []
    scripted.gate.set()
    ask(page, "and now?")
    answered(page)
    assert len(kept(page)) == 1


def test_retry_right_after_stop_has_its_own_answer(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    first, page = visit(address), visit(address)
    ask(first, "hold read: the model is busy")
    expect(turn(first)).to_contain_text("Reading sentence 3")
    ask(page, "is it mine?")
    for _ in range(3):
        page.get_by_role("button", name="Stop").click()
        turn(page).get_by_role("button", name="Ask this question again").click()
    scripted.gate.set()
    answered(page)
    expect(page.locator("#cw-send")).to_be_visible()


@pytest.mark.slow
def test_a_restart_of_the_server_loses_nothing(visit: Any) -> None:
    port, assistant = free_port(), Scripted()
    assistant.gate.clear()
    with ExitStack() as first:
        url = first.enter_context(running(lambda settings, progress: assistant, port))
        page = visit(url)
        ask(page, "how fast?")
        answered(page)
        ask(page, "hold draft, and that?")
        expect(turn(page, 1)).to_contain_text(SPEED)
    expect(page.locator("#cw-stop")).to_be_hidden(timeout=40_000)
    expect(turn(page, 1)).to_contain_text(SPEED)
    answered(page, 0)
    assistant.gate.set()
    with running(lambda settings, progress: assistant, port):
        page.reload()
        answered(page, 0)
        expect(turn(page, 1)).to_contain_text("incomplete")
        turn(page, 1).get_by_role("button", name="Ask this question again").click()
        answered(page, 1)
        assert assistant.histories[-1][0] == Turn("user", "how fast?")


@pytest.mark.slow
def test_a_lost_connection_keeps_what_is_there_and_the_page_goes_on(
    visit: Any, address: str, scripted: Scripted
) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold draft, please")
    expect(chat(page)).to_contain_text(SPEED)
    page.context.set_offline(True)
    page.get_by_role("button", name="Stop").click()
    expect(turn(page)).to_contain_text("The answer is incomplete.")
    ask(page, "anybody there?")
    expect(turn(page, 1)).to_contain_text("the connection was lost", timeout=40_000)
    expect(turn(page, 0)).to_contain_text(SPEED)
    page.context.set_offline(False)
    scripted.gate.set()
    expect(turn(page, 1)).to_contain_text("Nothing was found yet.", timeout=40_000)  # the page has come back by itself
    turn(page, 1).get_by_role("button", name="Ask this question again").click()
    answered(page, 1)
    expect(turn(page, 0)).to_contain_text(SPEED)


@pytest.mark.parametrize("name", ["Markdown with footnotes", "BibTeX", "RIS", "CSL-JSON", "The conversation as JSON"])
def test_a_conversation_can_be_exported(visit: Any, address: str, tmp_path: Path, name: str) -> None:
    page = visit(address)
    expect(page.locator("#cw-export")).to_be_hidden()  # nothing to export yet
    for n, question in enumerate(("how fast?", "What will the weather be?")):
        ask(page, question)
        expect(turn(page, n).locator(".cw-why")).to_be_visible()
    page.locator("#cw-export summary").click()
    with page.expect_download() as started:
        page.get_by_role("button", name=name).first.click()
    started.value.save_as(tmp_path / started.value.suggested_filename)
    assert started.value.suggested_filename.startswith("how-fast.")
    text = (tmp_path / started.value.suggested_filename).read_text("utf-8")
    if name.startswith("Markdown"):
        assert text.count("## ") == 2 and "[^2]: Faster Encoders" in text and "Not in these abstracts" in text
    elif name == "BibTeX":
        bibtexparser = pytest.importorskip("bibtexparser")
        entries = bibtexparser.parse_string(text).entries
        assert [entry["title"].strip("{").split(":")[0] for entry in entries] == ["FastCache", "Faster Encoders"]
    elif name == "RIS":
        records = pytest.importorskip("rispy").loads(text)
        assert [record["title"].split(":")[0] for record in records] == ["FastCache", "Faster Encoders"]
    elif name == "CSL-JSON":
        assert [item["title"].split(":")[0] for item in json.loads(text)] == ["FastCache", "Faster Encoders"]
    else:
        first, second = set_lines(tmp_path / "how-fast.json")
        assert (first["question"], first["gold"], first["answerable"]) == ("how fast?", ["cache", "propagate"], True)
        assert [one["role"] for one in second["history"]] == ["user", "assistant"]
        assert second["answerable"] is False


def test_one_answer_can_be_exported(visit: Any, address: str, tmp_path: Path) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    turn(page).locator(".cw-menu summary").click()
    with page.expect_download() as started:
        turn(page).get_by_role("button", name="BibTeX").click()
    assert started.value.suggested_filename == "how-fast.bib"
    page.keyboard.press("Escape")
    expect(turn(page).get_by_role("button", name="BibTeX")).to_be_hidden()


def test_what_the_library_no_longer_says_is_not_shown_again(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    page.evaluate("""() => {
        for (const [key, text] of Object.entries(localStorage)) {
            if (!key.startsWith('citewise:talk:')) continue;
            const talk = JSON.parse(text);
            const [first, second] = talk.turns[0].answer.sentences;
            first.text = first.citations[0].quote = 'Bees make <img src=x onerror="window.pwned=1"> honey.';
            second.citations[0].paper_id = 'gone';
            localStorage.setItem(key, JSON.stringify(talk));
        }
        localStorage.setItem('citewise:talk:broken', '{');
        localStorage.setItem('citewise:talk:other', '{"id": "wrong", "turns": []}');
    }""")
    page.reload()
    expect(turn(page)).to_contain_text("2 sentences left out: no longer in this library word for word.")
    expect(chat(page)).to_contain_text("It accelerates the sampling")
    expect(chat(page)).not_to_contain_text("honey")
    expect(talks(page)).to_have_count(1)
    assert page.evaluate("window.pwned") is None


def test_a_full_storage_is_said_and_the_answer_stays_on_the_page(visit: Any, address: str) -> None:
    page = visit(address)
    page.evaluate("""() => {
        let size = 1 << 22;
        while (size > 8) try { localStorage.setItem('fill' + Math.random(), 'x'.repeat(size)); } catch { size >>= 1; }
    }""")
    ask(page, "how fast?")
    answered(page)
    expect(page.locator("#cw-toast")).to_contain_text("This browser's storage is full")


@pytest.mark.slow
def test_twenty_browsers_keep_their_own_histories(visit: Any, address: str, scripted: Scripted) -> None:
    pages = [visit(address) for _ in range(20)]
    for n, page in enumerate(pages):
        ask(page, f"question {n} of visitor {n}?")
    for page in pages:
        answered(page)
    for n, page in enumerate(pages):
        ask(page, f"follow-up of visitor {n}?")
    for n, page in enumerate(pages):
        answered(page, 1)
        expect(turn(page, 0).locator(".cw-question")).to_have_text(f"question {n} of visitor {n}?")
        expect(page.locator(".cw-turn")).to_have_count(2)
    said = {history[0].content for history in scripted.histories[-20:]}
    assert said == {f"question {n} of visitor {n}?" for n in range(20)}
