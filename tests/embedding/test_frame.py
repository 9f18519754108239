"""The window in a frame of another site's page, with the examples of docs/space.md: chat and sources alone, whatever the page around
allows."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.embedding.examples import example
from tests.helpers.sites import proxy, self_signed, site
from tests.helpers.windows import ANSWERED, Scripted, expect, needs_browser, running
from tests.ui.test_window_draft import BLOCKED
from tests.ui.test_window_look import shot, violations

pytestmark = [*needs_browser, pytest.mark.slow]
HOST = "site.example"


@pytest.fixture(scope="module")
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def window(scripted: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("library")
    with running(lambda settings, progress: scripted, library=folder) as url:
        yield url.rstrip("/")


@pytest.fixture(scope="module")
def pages() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def outer(pages: dict[str, Any]) -> Iterator[str]:
    with site(pages) as port:
        yield f"http://{HOST}:{port}"


def around(body: str, policy: str = "") -> Any:
    page = f"""<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark"><title>Host</title><main><h1>Our papers</h1>{body}</main></html>"""
    return (page, {"Content-Security-Policy": policy} if policy else {})


def framed(address: str, more: str = "") -> str:
    """The frame of the docs."""
    return example("html", "<iframe", address).replace("?embed=1", f"?embed=1{more}")


def ask_in(frame: Any, question: str, n: int = -1) -> None:
    frame.get_by_role("textbox", name="Your question").fill(question)
    frame.get_by_role("textbox", name="Your question").press("Enter")
    expect(frame.locator(".cw-state").nth(n)).to_contain_text(ANSWERED)


HIDDEN = ("#cw-views", "#cw-side", "#cw-menu", "#cw-count", "#cw-gear", "#cw-export", "#cw-title", "footer", "#cw-of")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1200, 400, "light"), (390, 600, "dark")])
def test_a_frame_shows_chat_and_sources_alone(
    look: Any, window: str, pages: Any, outer: str, width: int, height: int, scheme: str
) -> None:
    pages["/"] = around(framed(window).replace('height="600"', f'height="{height}"'))
    page = look(f"{outer}/", width, 844, color_scheme=scheme)
    frame = page.frame_locator("iframe")
    expect(frame.locator("#cw-examples button").first).to_be_visible()
    for part in HIDDEN:
        expect(frame.locator(part)).to_be_hidden()
    ask_in(frame, "How fast?")
    for what in ("copy", "retry", "edit", "link", "export"):
        expect(
            frame.locator(f".cw-turn [data-do={what}], .cw-turn details:has([data-do={what}])").first
        ).to_be_visible()
    frame.locator(".cw-chip").last.click()
    expect(frame.locator("mark.cw-flash").first).to_be_in_viewport()
    expect(frame.locator("body.dark")).to_have_count(int(scheme == "dark"))
    assert frame.locator("html").evaluate("(e) => e.scrollWidth <= innerWidth && e.scrollHeight <= innerHeight")
    assert page.title() == "Host" and page.url == f"{outer}/"
    shot(page, f"embed-{width}-{height}-{scheme}")


@pytest.mark.parametrize(("width", "theme"), [(1100, "light"), (390, "dark")])
def test_the_embed_view_is_accessible_in_each_state(look: Any, window: str, width: int, theme: str) -> None:
    page = look(f"{window}/?embed=1&__theme={theme}", width, 560)
    expect(page.locator("#cw-examples button").first).to_be_visible()
    assert violations(page) == []
    for question, sign in (
        ("How fast?", ANSWERED),
        ("What will the weather be?", "Not found"),
        ("too odd", "Not answered"),
    ):
        page.get_by_role("textbox", name="Your question").fill(question)
        page.keyboard.press("Enter")
        expect(page.locator(".cw-turn").last).to_contain_text(sign)
        assert violations(page) == [], question
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_leads_through_the_frame_and_out_again(look: Any, window: str, pages: Any, outer: str) -> None:
    pages["/"] = around(f"<a href='#'>before</a>{framed(window)}<a href='#'>after</a>")
    page = look(f"{outer}/")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#cw-examples button").first).to_be_visible()
    assert page.evaluate("document.activeElement === document.body"), "the frame takes no focus by itself"
    page.get_by_role("link", name="before").focus()
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "after":
            break
        inner = frame.locator(":focus")
        names.append(inner.evaluate("(e) => e.id || e.textContent.trim()") if inner.count() else "")
    assert "cw-box" in names and "cw-out" in names and "cw-log" in names, names
    assert page.evaluate("document.activeElement.textContent") == "after"
    hidden = {"cw-menu", "cw-gear", "cw-count", "Library", "Map", "cw-new"}
    assert not hidden & set(names)


def test_it_stays_through_reloads_and_follow_ups_and_takes_a_question_from_the_address(look: Any, window: str) -> None:
    page = look(f"{window}/?embed=1&q=How+fast%3F&__theme=dark", 800, 500)
    expect(page.locator(".cw-state")).to_contain_text(ANSWERED)
    page.get_by_role("textbox", name="Your question").fill("And what about it?")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-asked")).to_contain_text(["", "about FastCache"])
    page.reload()
    expect(page.locator(".cw-turn")).to_have_count(2)
    assert "embed=1" in page.url and "q=" not in page.url
    expect(page.locator("#cw-views")).to_be_hidden()
    expect(page.locator("body.dark")).to_have_count(1)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".cw-turn")).to_have_count(0)
    expect(page.get_by_role("button", name="New chat")).to_be_hidden()


def test_the_scope_of_a_question_is_shown_and_a_running_answer_can_be_stopped(
    look: Any, window: str, scripted: Scripted
) -> None:
    scripted.gate.clear()
    page = look(f"{window}/?embed=1&q=hold+read&of=%7B%22from_year%22%3A2023%7D", 800, 500)
    expect(page.locator("#cw-of")).to_be_visible()
    expect(page.locator(".cw-state")).to_contain_text("Reading sentence 3")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cw-state")).to_contain_text("Stopped")
    scripted.gate.set()


def test_a_link_opens_the_whole_window_with_the_question_where_nothing_is_shared(
    look: Any, window: str, pages: Any, outer: str
) -> None:
    pages["/"] = around(framed(window))
    page = look(f"{outer}/")
    frame = page.frame_locator("iframe")
    ask_in(frame, "How fast?")
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Open in its own tab").click()
    tab = opened.value
    expect(tab.locator(".cw-question")).to_have_text("How fast?")
    expect(tab.locator("#cw-views")).to_be_visible()
    assert "embed" not in tab.url


def test_a_link_opens_the_conversation_where_it_is_shared(look: Any, window: str, scripted: Scripted) -> None:
    page = look(f"{window}/?embed=1&q=How+fast+is+it+then%3F")
    expect(page.locator(".cw-state")).to_contain_text(ANSWERED)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in its own tab").click()
    expect(opened.value.locator(".cw-question")).to_have_text("How fast is it then?")
    expect(opened.value.locator(".cw-state")).to_contain_text(ANSWERED)
    assert scripted.times("How fast is it then?") == 1, "it is the same conversation and not asked again"


def test_without_it_the_whole_window_is_shown(look: Any, window: str) -> None:
    page = look(f"{window}/?embed=0")
    expect(page.locator("#cw-views")).to_be_visible()
    expect(page.get_by_role("link", name="Open in its own tab")).to_be_hidden()


# --- what the page around does ------------------------------------------------------------------------------------------


def test_where_the_browser_denies_storage_a_conversation_lasts_as_long_as_the_page(
    look: Any, window: str, pages: Any, outer: str
) -> None:
    pages["/"] = around(framed(window))
    page = look("about:blank")
    page.add_init_script(BLOCKED)
    page.goto(f"{outer}/")
    frame = page.frame_locator("iframe")
    ask_in(frame, "How fast?")
    ask_in(frame, "And what about it?")
    expect(frame.locator(".cw-asked").last).to_contain_text("about FastCache")
    page.reload()
    expect(frame.locator("#cw-examples button").first).to_be_visible()
    expect(frame.locator(".cw-turn")).to_have_count(0)


def test_two_frames_in_one_page_answer_side_by_side(look: Any, window: str, pages: Any, outer: str) -> None:
    pages["/"] = around(framed(window) + framed(window, "&__theme=dark"))
    page = look(f"{outer}/", 1000, 1400)
    frames = [page.frame_locator("iframe >> nth=0"), page.frame_locator("iframe >> nth=1")]
    for frame, question in zip(frames, ("How fast?", "And how good?"), strict=True):
        ask_in(frame, question)
    for frame, question in zip(frames, ("How fast?", "And how good?"), strict=True):
        expect(frame.locator(".cw-question")).to_have_text([question])


def test_a_strict_policy_must_name_the_window(look: Any, window: str, pages: Any, outer: str) -> None:
    pages["/"] = around(framed(window), f"default-src 'none'; frame-src {window}")
    frame = look(f"{outer}/").frame_locator("iframe")
    ask_in(frame, "How fast?")
    pages["/"] = around(framed(window), "default-src 'self'")
    page = look("about:blank")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{outer}/")
    expect(page.frame_locator("iframe").locator("#cw")).to_have_count(0)
    assert any("Content Security Policy" in line and "frame-src" in line for line in said), said


# --- with a password ----------------------------------------------------------------------------------------------------


def sign_in(frame: Any) -> None:
    frame.get_by_label("Name", exact=True).fill("ada")
    frame.get_by_label("Password").fill("x")
    frame.get_by_role("button", name="Sign in").click()


def test_on_one_site_the_password_is_kept_in_the_frame(look: Any, pages: Any) -> None:
    with running(lambda settings, progress: Scripted(), auth="ada:x") as url, site(pages) as port:
        pages["/"] = around(framed(url))
        page = look(f"http://127.0.0.1:{port}/")
        frame = page.frame_locator("iframe")
        sign_in(frame)
        ask_in(frame, "How fast?")
        expect(frame.locator("#cw-views")).to_be_hidden()
        page.reload()
        expect(frame.locator(".cw-turn")).to_have_count(1)


def test_over_https_the_password_is_kept_on_another_site_too(look: Any, pages: Any, tmp_path: Any) -> None:
    certificate = self_signed(tmp_path)
    options = {"auth": "ada:x", "root_path": "/papers", "allow_host": "papers.example"}
    with (
        running(lambda settings, progress: Scripted(), **options) as url,
        proxy(url, "/papers", certificate) as secure,
        site(pages, certificate=certificate) as port,
    ):
        pages["/"] = around(framed(f"https://papers.example:{secure}/papers"))
        frame = look(f"https://{HOST}:{port}/").frame_locator("iframe")
        sign_in(frame)
        ask_in(frame, "How fast?")
