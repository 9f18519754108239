"""What is typed and not asked yet stays; the keys; and a browser that keeps nothing, or keeps nonsense, still has a page that works."""

import json
from typing import Any

import pytest

from tests.helpers.windows import answered, ask, box, chat, expect, needs_browser, turn

pytestmark = [*needs_browser, pytest.mark.slow]
SOON = 400  # ms: a draft is kept a moment after the last key


def draft(page: Any, text: str) -> None:
    box(page).press_sequentially(text)
    page.wait_for_function("(text) => Object.values({...sessionStorage}).includes(text)", arg=text)


def test_a_draft_outlasts_a_reload_and_belongs_to_its_conversation(visit: Any, address: str) -> None:
    page = visit(address)
    draft(page, "not asked yet")
    page.reload()
    expect(box(page)).to_have_value("not asked yet")
    expect(box(page)).to_be_focused()
    page.get_by_role("button", name="What is FastCache?").click()
    answered(page)
    expect(box(page)).to_have_value("not asked yet")  # an example does not take what is typed
    page.get_by_role("button", name="New chat").click()
    expect(box(page)).to_have_value("")
    draft(page, "for the new one")
    page.get_by_role("button", name="What is FastCache?", exact=True).first.click()
    expect(box(page)).to_have_value("not asked yet")
    page.get_by_role("button", name="New chat").click()
    expect(box(page)).to_have_value("for the new one")
    box(page).press("Enter")
    answered(page)
    page.reload()
    answered(page)
    expect(box(page)).to_have_value("")
    page.get_by_role("button", name="New chat").click()
    expect(box(page)).to_have_value("")


def test_a_key_pressed_right_before_the_reload_is_kept(visit: Any, address: str) -> None:
    page = visit(address)
    with page.expect_navigation():
        page.evaluate("""() => {
            const box = document.getElementById('cw-box');
            box.value = 'to the last letter';
            box.dispatchEvent(new Event('input', { bubbles: true }));
            location.reload();
        }""")
    expect(box(page)).to_have_value("to the last letter")


def test_each_tab_goes_on_with_what_was_typed_in_it(visit: Any, address: str) -> None:
    one = visit(address)
    ask(one, "how fast?")
    answered(one)
    draft(one, "typed in one")
    other = visit(one.url.partition("?")[0] + "?" + one.url.partition("#")[2], context=one.context)
    other.goto(one.url)
    answered(other)
    expect(box(other)).to_have_value("typed in one")  # nothing of its own yet
    box(other).fill("")
    draft(other, "typed in two")
    for page, text in ((one, "typed in one"), (other, "typed in two")):
        expect(box(page)).to_have_value(text)
        page.reload()
        answered(page)
        expect(box(page)).to_have_value(text)
    ask(other, "typed in two")
    answered(other, 1)
    expect(box(one)).to_have_value("typed in one")
    one.reload()
    expect(box(one)).to_have_value("typed in one")


def test_a_draft_outlasts_its_tab(visit: Any, address: str) -> None:
    page = visit(address)
    draft(page, "closed by mistake")
    other = visit(address, context=page.context)
    page.close()
    expect(box(other)).to_have_value("closed by mistake")


def test_a_deleted_conversation_leaves_no_draft_behind(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    draft(page, "secret")
    page.get_by_role("button", name="Delete “how fast?”").click()
    expect(box(page)).to_have_value("")
    assert "secret" not in json.dumps(page.evaluate("[{...localStorage}, {...sessionStorage}]"))


def test_arrows_bring_back_the_questions_asked_before(visit: Any, address: str) -> None:
    page = visit(address)
    for n, question in enumerate(("first?", "second?", "second?")):
        ask(page, question)
        answered(page, n)
    expect(box(page)).to_be_focused()
    for key, text in (
        ("ArrowUp", "second?"),
        ("ArrowUp", "first?"),
        ("ArrowUp", "first?"),
        ("ArrowDown", "second?"),
        ("ArrowDown", ""),
        ("ArrowDown", ""),
        ("ArrowUp", "second?"),
    ):
        page.keyboard.press(key)
        expect(box(page)).to_have_value(text)
    page.keyboard.type(" and why")
    page.keyboard.press("ArrowUp")  # typed over, so it is a draft and the arrows move in it
    expect(box(page)).to_have_value("second? and why")
    page.get_by_role("button", name="New chat").click()
    page.keyboard.press("ArrowUp")
    expect(box(page)).to_have_value("second?")


def test_single_keys_lead_to_the_box_and_tell_the_keys_but_not_while_typing(visit: Any, address: str) -> None:
    page = visit(address)
    page.keyboard.type("/?")
    expect(box(page)).to_have_value("/?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_hidden()
    box(page).fill("")
    page.get_by_role("button", name="New chat").focus()
    page.keyboard.press("?")
    expect(dialog).to_contain_text("In an empty box: the question before")
    page.keyboard.press("/")
    expect(box(page)).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="New chat")).to_be_focused()
    page.keyboard.press("Control+/")
    expect(box(page)).not_to_be_focused()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Done").click()
    page.keyboard.press("/")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Keys")).to_be_focused()
    page.reload()
    page.get_by_role("button", name="Keys").click()
    expect(dialog.get_by_role("checkbox")).not_to_be_checked()


# --- a browser that keeps nothing, or nonsense --------------------------------------------------------------------------

BLOCKED = """
    for (const kind of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, kind, { get() { throw new DOMException('denied', 'SecurityError'); } });
"""
FULL = """
    Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError'); };
"""


@pytest.mark.parametrize("how", [BLOCKED, FULL], ids=["blocked", "full"])
def test_where_nothing_can_be_kept_the_page_works(browser: Any, visit: Any, address: str, how: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_init_script(how)
    page = visit(address, context=context)
    box(page).press_sequentially("how fast?")
    page.wait_for_timeout(SOON)
    box(page).press("Enter")
    answered(page)
    ask(page, "and that?")
    answered(page, 1)
    page.get_by_role("button", name="New chat").click()
    expect(chat(page)).to_contain_text("Ask about these 3 papers")
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("radio", name="Quote exact words").check()
    page.get_by_role("button", name="Done").click()
    page.go_back()
    page.go_forward()
    ask(page, "and now?")
    answered(page)
    context.close()


def damaged() -> dict[str, str]:
    """What somebody else, or a broken disk, may have left in the storage."""
    turn = {"id": "turn1turn1", "question": "is it sound?", "step": "done", "at": 1, "changed": 1}
    turns: list[Any] = [
        None,
        7,
        "text",
        [],
        {},
        {"id": "<b>"},
        {"id": "turn2turn2"},
        turn | {"id": "turn3turn3", "question": {"not": "text"}},
        turn
        | {"id": "turn4turn4", "answer": "text", "note": 5, "step": {}, "mode": "sing", "at": "x", "changed": None},
        turn | {"id": "turn5turn5", "answer": {"answer": 5, "sentences": "no"}},
        turn | {"id": "turn6turn6", "answer": {"answer": "Words.", "sentences": [None, {"citations": 4}]}},
        turn | {"id": "turn7turn7", "answer": {"answer": "Words.", "sentences": [{"citations": [{}]}]}},
    ]
    talks = {"bad1bad1": turns, "bad2bad2": [], "bad3bad3": "no"}
    kept = {f"citewise:talk:{name}": json.dumps({"id": name, "turns": items}) for name, items in talks.items()}
    kept |= {f"citewise:talk:raw{n}": raw for n, raw in enumerate(("", "{", "null", "[]", "5", '"x"', "\ud800"))}
    odd = {"id": "bad4bad4", "title": {"a": 1}, "updated": "never", "turns": [turn]}
    kept["citewise:talk:bad4bad4"] = json.dumps(odd)
    kept["citewise:settings"] = json.dumps({"mode": ["x"], "papers": -1, "scores": "yes", "theme": {}, "keys": 0})
    kept["citewise:draft:new"] = "x" * 100_000
    return kept


def test_damaged_values_are_left_out_and_nothing_breaks(visit: Any, address: str) -> None:
    page = visit(address)
    page.evaluate("(kept) => { for (const [k, v] of Object.entries(kept)) localStorage.setItem(k, v); }", damaged())
    page.evaluate("sessionStorage.setItem('citewise:current', 'bad1bad1')")
    page.reload()
    talks = page.get_by_role("list", name="Earlier conversations").get_by_role("listitem")
    expect(talks).to_have_count(2)
    expect(page.locator(".cw-turn")).to_have_count(4)
    expect(turn(page)).not_to_contain_text("Reopening")
    ask(page, "how fast?")
    answered(page)
    for raw in ("5", "null", '"text"', "[]", "{"):
        page.evaluate("(raw) => localStorage.setItem('citewise:settings', raw)", raw)
        page.reload()
        answered(page)
