"""The window where others are around it: a queue, a proxy with a path, another site's page that holds it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.helpers.requests import call
from tests.helpers.windows import CHROMIUM, QUIET, Scripted, answered, ask, box, expect, needs_browser, running, turn

pytestmark = [*needs_browser, pytest.mark.slow]


def test_who_waits_is_told_how_many_are_before(visit: Any) -> None:
    scripted = Scripted()
    with running(lambda settings, progress: scripted) as url:
        first, second, third = visit(url), visit(url), visit(url)
        ask(first, "hold read")
        expect(turn(first).locator(".cw-state")).to_contain_text("Reading")
        for n, page in enumerate((second, third), 1):
            ask(page, "How fast?")
            expect(turn(page).locator(".cw-state")).to_contain_text(f"Waiting: {n} ahead of you")
        scripted.gate.set()
        for page in (first, second, third):
            answered(page)


@pytest.mark.parametrize(
    "path", ["", "papers", "papers/"], ids=["the proxy cuts the path off", "without a slash", "with it"]
)
def test_below_a_path_the_window_answers(visit: Any, path: str) -> None:
    with running(lambda settings, progress: Scripted(), root_path="/papers") as url:
        page = visit(url + path)
        ask(page, "How fast?")
        answered(page)
        through = {"X-Forwarded-Host": "lab.example", "X-Forwarded-Proto": "https", "Host": "localhost"}
        assert '"root":"https://lab.example/papers"' in call(url, "GET", "/", headers=through)[1]


@pytest.fixture
def outer() -> Iterator[Any]:
    """The address of a page of another site, which holds the address that is put into it."""
    held: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(
                f"<!doctype html><title>t</title><iframe src='{held[0]}' width=800 height=600></iframe>".encode()
            )

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def holding(url: str) -> str:
        held[:] = [url]
        return f"http://outer.example:{server.server_port}/"

    yield holding
    server.shutdown()


@pytest.fixture
def browser_with_other_sites(browser: Any) -> Iterator[Any]:
    switches = [*QUIET.split(), "host-resolver-rules=MAP outer.example 127.0.0.1"]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=[f"--{switch}" for switch in switches])
    yield chromium
    chromium.close()


def signed_in(page: Any) -> None:
    page.locator("input").nth(0).fill("ada")
    page.locator("input").nth(1).fill("x")
    page.get_by_role("button").first.click()


def test_a_password_is_kept_inside_another_site(browser_with_other_sites: Any, outer: Any) -> None:
    with running(lambda settings, progress: Scripted(), auth="ada:x") as url:
        page = browser_with_other_sites.new_page()
        page.goto(outer(url))
        signed_in(page.frame_locator("iframe"))
        expect(page.frame_locator("iframe").get_by_role("textbox", name="Your question")).to_be_visible()


def test_where_no_cookie_is_kept_there_it_does_not_loop_but_says_why(browser_with_other_sites: Any, outer: Any) -> None:
    with running(lambda settings, progress: Scripted(), auth="ada:x") as url:
        page = browser_with_other_sites.new_page()
        # The password is right, and its cookie gone.
        page.route("**/login", lambda route: route.fulfill(status=200, json={"success": True}))
        page.goto(outer(url))
        frame = page.frame_locator("iframe")
        signed_in(frame)
        said = frame.get_by_role("alert")
        expect(said).to_contain_text("the browser blocks third-party cookies")
        expect(said.get_by_role("link")).to_have_attribute("target", "_blank")
        page.unroute("**/login")
        page.goto(url)  # in its own tab it works
        signed_in(page)
        expect(box(page)).to_be_visible()


def test_without_a_password_the_window_works_inside_another_site(browser_with_other_sites: Any, outer: Any) -> None:
    with running(lambda settings, progress: Scripted()) as url:
        page = browser_with_other_sites.new_page()
        page.goto(outer(url))
        frame = page.frame_locator("iframe")
        frame.get_by_role("textbox", name="Your question").fill("How fast?")
        frame.get_by_role("textbox", name="Your question").press("Enter")
        expect(frame.locator(".cw-state").last).to_contain_text("2 papers, exact words")
