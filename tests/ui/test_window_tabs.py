"""Several tabs and several visitors: none loses or sees what is another's."""

from typing import Any

import pytest

from tests.helpers.windows import (
    SPEED,
    Scripted,
    answered,
    ask,
    chat,
    expect,
    needs_browser,
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
    page = visit(address)
    other = visit(address, context=page.context)
    for deleting in (page, other):
        scripted.closed.clear()
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
    for n in range(20):
        assert scripted.history_of(f"follow-up of visitor {n}?")[0].content == f"question {n} of visitor {n}?"
