"""The server is gone: one line says so, nothing covers the sources, and nothing is lost when it is back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.helpers.windows import SPEED, answered, ask, box, chat, expect, free_port, needs_browser, turn

pytestmark = [*needs_browser, pytest.mark.slow]
LONG = 60_000  # a busy machine
COVERED = """() => {
    const { left, top, width, height } = document.getElementById('cw-panel').getBoundingClientRect();
    const places = [0.1, 0.5, 0.9].flatMap((x) => [0.03, 0.1, 0.5, 0.9].map((y) => [left + x * width, top + y * height]));
    return places.filter(([x, y]) => !document.elementFromPoint(x, y)?.closest('#cw-panel'));
}"""


def gone(page: Any) -> Any:
    return page.locator("#cw-gone")


SERVER = """
import sys
from tests.helpers.windows import Scripted, served

assistant = Scripted()
if sys.argv[2] == "answers":
    assistant.gate.set()
with served(lambda settings, progress: assistant, int(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()  # until this test ends
"""


@contextmanager
def process(port: int, how: str) -> Iterator[None]:
    """A window in a process of its own, which is killed when the block is left."""
    command = [sys.executable, "-c", SERVER, str(port), how]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout and server.stdout.readline() == "open\n"
            yield
        finally:
            server.kill()


def test_a_server_that_dies_and_comes_back_loses_nothing(visit: Any) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with process(port, "holds"):
        idle, busy = visit(url), visit(url)
        for page in (idle, busy):
            ask(page, "how fast?")
            answered(page)
        ask(busy, "hold read, please")
        expect(turn(busy, 1)).to_contain_text("Reading sentence 3")
        for page in (idle, busy):
            box(page).press_sequentially("a draft")
    for page in (idle, busy):
        expect(gone(page)).to_be_visible(timeout=LONG)
        expect(gone(page)).to_have_text(
            "The server does not answer. Nothing here is lost; this page goes on by itself.Try now"
        )
        expect(page.locator("#cw-line")).to_have_text("Not connected")
        expect(chat(page)).to_contain_text(SPEED)
    expect(turn(busy, 1)).to_contain_text("Interrupted", timeout=LONG)
    ask(idle, "asked in vain?")
    expect(turn(idle, 1)).to_contain_text("Interrupted", timeout=LONG)
    idle.get_by_role("button", name="Try now").click()
    # Gradio has noticed too, and would say so over the sources.
    expect(busy.locator(".toast-wrap")).to_contain_text("Connection", timeout=LONG)
    for page in (idle, busy):
        assert page.evaluate(COVERED) == []
        expect(page.get_by_role("alert").filter(visible=True)).to_have_count(1)
    with process(port, "answers"):
        for page in (idle, busy):
            expect(gone(page)).to_be_hidden(timeout=LONG)
            expect(page.locator("#cw-line")).not_to_contain_text("Not connected")
            answered(page, 0)
            expect(turn(page, 1)).to_contain_text("Interrupted")
        expect(box(busy)).to_have_value("a draft")
        for page in (idle, busy):
            turn(page, 1).get_by_role("button", name="Ask this question again").click()
            answered(page, 1)
        expect(turn(idle, 1).locator(".cw-question")).to_have_text("asked in vain?")
        expect(box(busy)).to_have_value("a draft")


def test_a_short_failure_of_the_network_is_no_reason_to_load_the_page_anew(visit: Any, address: str) -> None:
    page = visit(address)
    ask(page, "how fast?")
    answered(page)
    page.evaluate("window.same = true")
    page.context.set_offline(True)
    expect(gone(page)).to_be_visible(timeout=LONG)
    failed: list[str] = []

    def looked_again(request: Any) -> bool:
        """Whether a look-up has failed, and after it both tries to find the server."""
        failed.append(request.url)
        return sum("/app_id" in url for url in dropwhile(lambda url: "component_server" not in url, failed)) == 2

    with page.expect_event("requestfailed", looked_again):
        page.get_by_role("button", name="3 papers").click()  # a look-up that fails does not say the same once more
    expect(page.locator("#cw-toast")).to_be_hidden()
    expect(page.locator("#cw-shelf")).to_contain_text("The server does not answer")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.context.set_offline(False)
    expect(gone(page)).to_be_hidden(timeout=LONG)
    expect(page.locator("#cw-line")).not_to_contain_text("Not connected")
    assert page.evaluate("window.same")
    ask(page, "and now?")
    answered(page, 1)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_that_answers_for_a_server_that_is_gone_is_not_taken_for_it(
    visit: Any, address: str, status: int
) -> None:
    page = visit(address)
    expect(page.locator("#cw-count")).to_have_text("3 papers")
    page.route("**/app_id", lambda route: route.fulfill(status=status, body="Bad Gateway"))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(gone(page)).to_be_visible(timeout=LONG)
    page.unroute("**/app_id")
    page.get_by_role("button", name="Try now").click()
    expect(gone(page)).to_be_hidden(timeout=LONG)
