"""What is shown is not lost: conversations live in the browser and outlast reloads, restarts and lost connections."""

from contextlib import ExitStack
from typing import Any

import pytest

from rag.core.domain import Message
from rag.output.to_json import answer_json
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

pytestmark = [*needs_browser, pytest.mark.slow]


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
    assert scripted.history_of("is there another?") == ()
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
    user, said = scripted.history_of("and that one?")[:2]
    assert user == Message("user", "how fast?")
    assert SPEED in said.content
    assert said.cited == ("cache", "propagate")


def test_a_reload_in_the_middle_of_an_answer_keeps_what_was_shown(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    scripted.closed.clear()
    page = visit(address)
    ask(page, "hold draft, please")
    expect(chat(page)).to_contain_text(SPEED)
    page.reload()
    expect(turn(page)).to_contain_text("Stopped The answer is incomplete.")
    expect(chat(page)).to_contain_text(SPEED)
    expect(page.get_by_label("Source 1", exact=True).locator("mark[data-q]")).to_have_text([SPEED])
    expect(page.locator("#cw-panel")).to_contain_text("Also found: 2 papers")
    assert scripted.closed.wait(20)  # the work for nobody has ended
    scripted.gate.set()
    turn(page).get_by_role("button", name="Ask this question again").click()
    answered(page)


@pytest.mark.slow
def test_a_question_that_waited_is_asked_again_after_a_reload(visit: Any, address: str, scripted: Scripted) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(turn(page)).to_contain_text("Reading sentence 3")
    page.reload()
    scripted.gate.set()
    answered(page)
    expect(page.locator(".cw-turn")).to_have_count(1)


@pytest.mark.slow
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


OLD_TALK = {
    "id": "old1old1old1",
    "title": "",
    "updated": 1_790_000_000_000,
    "turns": [
        {
            "id": "turn1turn1",
            "at": 1_790_000_000_000,
            "question": "how fast?",
            "run": "run1run1",
            "step": "done",
            "note": "",
            "vote": "up",
            "alone": False,
            "mode": "auto",
            "papers": None,
            "changed": 1_790_000_000_001,
            "answer": answer_json(Scripted().ask("how fast?")),
        }
    ],
}
"""A conversation with the names that browsers have kept from the start."""


@pytest.mark.slow
def test_conversations_of_older_pages_open(visit: Any, address: str) -> None:
    page = visit(address)
    page.evaluate("(talk) => localStorage.setItem('citewise:talk:' + talk.id, JSON.stringify(talk))", OLD_TALK)
    page.evaluate('localStorage.setItem(\'citewise:settings\', \'{"mode": "quote", "papers": "3", "scores": true}\')')
    page.reload()
    page.get_by_role("button", name="how fast?", exact=True).click()
    answered(page)
    expect(page.get_by_label("Source 2", exact=True).locator("mark[data-q]")).to_have_count(1)
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("radio", name="Quote exact words")).to_be_checked()
    expect(page.get_by_label("Papers per answer")).to_have_value("3")


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
        assert assistant.history_of("hold draft, and that?")[0] == Message("user", "how fast?")


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
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    expect(turn(page, 0)).to_contain_text(SPEED)
    page.context.set_offline(False)
    scripted.gate.set()
    expect(page.get_by_role("alert")).to_be_hidden(timeout=40_000)  # the page has come back by itself
    expect(turn(page, 1)).to_contain_text("Interrupted")  # the question is kept to be asked again
    turn(page, 1).get_by_role("button", name="Ask this question again").click()
    answered(page, 1)
    expect(turn(page, 0)).to_contain_text(SPEED)


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_full_storage_is_said_and_the_answer_stays_on_the_page(visit: Any, address: str) -> None:
    page = visit(address)
    page.evaluate("""() => {
        let size = 1 << 22;
        while (size > 8) try { localStorage.setItem('fill' + Math.random(), 'x'.repeat(size)); } catch { size >>= 1; }
    }""")
    ask(page, "how fast?")
    answered(page)
    expect(page.locator("#cw-toast")).to_contain_text("This browser's storage is full")
