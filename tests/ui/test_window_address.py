"""The address and the title of the tab follow the conversation; Back and Forward lead through them; a frame's host keeps its own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.helpers.windows import Scripted, answered, ask, box, expect, needs_browser, turn
from tests.ui.test_window_draft import BLOCKED

pytestmark = [*needs_browser, pytest.mark.slow]
NOT_HERE = "This browser does not have the conversation of this address"


def hash_of(page: Any) -> str:
    return urlsplit(page.url).fragment


def asked(page: Any, question: str) -> None:
    expect(turn(page).locator(".cw-question")).to_have_text(question)
    answered(page)


def test_an_address_leads_to_its_conversation_in_this_browser_only(visit: Any, address: str) -> None:
    page = visit(address)
    expect(page).to_have_title("citewise")
    assert hash_of(page) == ""
    ask(page, "how  fast <b>is</b> it?")
    answered(page)
    expect(page).to_have_title("how fast <b>is</b> it? · citewise")
    assert hash_of(page).startswith("c=")
    link = f"{address}#{hash_of(page)}"
    for question in ("another?", "and another?"):
        page.get_by_role("button", name="New chat").click()
        expect(page).to_have_title("citewise")
        assert hash_of(page) == ""
        ask(page, question)
        answered(page)
    tab = visit(address, context=page.context)
    tab.goto("about:blank")
    tab.goto(link)
    asked(tab, "how  fast <b>is</b> it?")
    page.get_by_role("button", name="Rename “another?”").click()
    page.get_by_role("textbox", name="Name of the conversation").fill("Renamed")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Renamed", exact=True).click()
    expect(page).to_have_title("Renamed · citewise")
    stranger = visit(address)
    stranger.goto("about:blank")
    stranger.goto(link)
    expect(stranger.get_by_text(NOT_HERE)).to_be_visible()
    expect(box(stranger)).to_be_focused()
    ask(stranger, "how fast?")
    answered(stranger)
    expect(stranger.get_by_text(NOT_HERE)).to_be_hidden()


def test_back_and_forward_change_the_conversation(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "first?")
    answered(page)
    page.get_by_role("button", name="New chat").click()
    ask(page, "second?")
    answered(page)
    ask(page, "more of the second?")
    answered(page, 1)
    page.get_by_role("button", name="first?", exact=True).click()
    asked(page, "first?")
    page.go_back()
    asked(page, "more of the second?")
    page.go_back()
    asked(page, "first?")
    page.go_forward()
    asked(page, "more of the second?")
    expect(page).to_have_title("second? · citewise")
    page.go_forward()
    asked(page, "first?")
    page.get_by_role("button", name="Delete “second?”").click()
    page.go_back()
    expect(page.get_by_text(NOT_HERE)).to_be_visible()
    page.go_back()
    asked(page, "first?")
    expect(page.get_by_text(NOT_HERE)).to_be_hidden()


def test_another_tab_at_the_address_of_a_running_answer_waits_for_it_and_does_not_ask_again(
    visit: Any, address: str, scripted: Scripted
) -> None:
    scripted.gate.clear()
    page = visit(address)
    ask(page, "hold read, please")
    expect(turn(page)).to_contain_text("Reading sentence 3")
    tab = visit(address, context=page.context)
    tab.goto("about:blank")
    tab.goto(f"{address}#{hash_of(page)}")
    expect(turn(tab).locator(".cw-question")).to_have_text("hold read, please")
    expect(turn(tab)).to_contain_text("Stopped")
    scripted.gate.set()
    answered(page)
    answered(tab)
    assert scripted.times("hold read, please") == 1


def test_a_link_with_a_question_still_asks_it_and_gets_an_address_of_its_own(visit: Any, address: str) -> None:
    page = visit(f"{address}?q=how+fast%3F#c=nowhere1nowhere1")
    asked(page, "how fast?")
    assert hash_of(page).startswith("c=") and "nowhere" not in page.url and "q=" not in page.url
    page.reload()
    asked(page, "how fast?")
    expect(page.locator(".cw-turn")).to_have_count(1)


@pytest.mark.parametrize(
    "odd", ["#c=", "#c=%00", "#c=<img src=x onerror=window.pwned=1>", "#c=../x", "#else", "#c=__proto__"]
)
def test_an_odd_address_breaks_nothing(visit: Any, address: str, odd: str) -> None:
    page = visit(address)
    page.goto("about:blank")
    page.goto(address + odd)
    ask(page, "how fast?")
    answered(page)
    assert hash_of(page).startswith("c=")
    assert page.evaluate("window.pwned") is None


# --- in another page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def host(address: str) -> Iterator[str]:
    """A page that holds the window in a frame."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f"<iframe src='{address}' width=1300 height=800></iframe>"
            self.wfile.write(f"<!doctype html><title>Host</title>{frame}".encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.parametrize("storage", ["there", "denied"])
def test_in_a_frame_the_host_keeps_its_address_its_title_and_its_way_back(
    browser: Any, host: str, storage: str
) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    if storage == "denied":
        page.add_init_script(BLOCKED)
    page.goto("about:blank")
    page.goto(f"{host}#own")
    frame = page.frame_locator("iframe")
    for question in ("first?", "second?"):
        frame.get_by_role("textbox", name="Your question").fill(question)
        frame.get_by_role("textbox", name="Your question").press("Enter")
        expect(frame.locator(".cw-state").last).to_contain_text("2 papers, exact words")
        frame.get_by_role("button", name="New chat").click()
    frame.get_by_role("button", name="first?", exact=True).click()
    expect(frame.locator(".cw-question")).to_have_text("first?")
    assert page.url == f"{host}#own" and page.title() == "Host"
    page.go_back()
    assert page.url == "about:blank"
    assert errors == []
    page.close()
