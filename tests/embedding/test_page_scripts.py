"""The window in a page without a frame: as an element, and asked by JavaScript, with the examples of docs/space.md."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.embedding.examples import example
from tests.helpers.sites import proxy, self_signed, site
from tests.helpers.windows import ANSWERED, Scripted, expect, needs_browser, running

pytestmark = [*needs_browser, pytest.mark.slow]
ALLOWED, OTHER = "site.example", "evil.example"
QUESTION = "What is DeepCache?"
NPM = "@gradio/client@2.7.0"


@pytest.fixture(scope="module")
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def window(scripted: Scripted) -> Iterator[str]:
    with running(lambda settings, progress: scripted, allow_host=ALLOWED) as url:
        yield url.rstrip("/")


@pytest.fixture(scope="module")
def pages() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def client_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Gradio's JavaScript client from the registry of npm."""
    folder = tmp_path_factory.mktemp("npm")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed; it brings Gradio's JavaScript client")
    command = ["npm", "install", NPM, "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        pytest.skip(f"the registry of npm cannot be reached: {done.stderr[-200:]}")
    return folder


@pytest.fixture(scope="module")
def port(pages: dict[str, Any]) -> Iterator[int]:
    with site(pages) as number:
        yield number


def script(text: str, head: str = "") -> str:
    """A page that runs this example; what it prints stands in the page, also where it fails."""
    shown = "console.log = (text) => { document.body.append(Object.assign(document.createElement('p'), { textContent: text })); };"
    caught = """for (const kind of ['error', 'unhandledrejection'])
        addEventListener(kind, (event) => (event.preventDefault(), console.log(String(event.reason ?? event.message))));"""
    start = f"<script>{shown} {caught}</script>"
    return f'<!doctype html><title>Host</title>{head}<body>{start}<script type="module">{text}</script></body>'


def said(page: Any) -> str:
    expect(page.locator("p").first).to_be_visible()
    return str(page.locator("p").first.text_content())


# --- the element --------------------------------------------------------------------------------------------------------


def test_the_element_is_the_whole_window_and_leaves_the_page_alone(
    look: Any, window: str, pages: Any, port: int
) -> None:
    pages["/"] = f"<!doctype html><title>Host</title><h1>Our papers</h1>{example('html', '<gradio-app', window)}"
    page = look(f"http://{ALLOWED}:{port}/#own")
    expect(page.locator("#cw-views")).to_be_visible()
    page.get_by_role("textbox", name="Your question").fill("How fast?")
    page.get_by_role("textbox", name="Your question").press("Enter")
    expect(page.locator(".cw-state")).to_contain_text(ANSWERED)
    assert page.evaluate("document.fonts.check('16px \"IBM Plex Sans\"')"), "its styles have come too"
    assert page.title() == "Host" and page.url.endswith("/#own")


def test_in_a_page_that_is_not_allowed_the_element_stays_empty(look: Any, window: str, pages: Any, port: int) -> None:
    pages["/"] = f"<!doctype html><title>Host</title>{example('html', '<gradio-app', window)}"
    page = look("about:blank")
    lines: list[str] = []
    page.on("console", lambda message: lines.append(message.text))
    with page.expect_console_message(lambda message: "CORS" in message.text):
        page.goto(f"http://{OTHER}:{port}/")
    expect(page.locator("#cw")).to_have_count(0)


# --- JavaScript ---------------------------------------------------------------------------------------------------------


def test_without_a_library_an_allowed_page_is_answered(look: Any, window: str, pages: Any, port: int) -> None:
    pages["/"] = script(example("js", "fetch(", window))
    assert "speedup factor of 2.3" in said(look(f"http://{ALLOWED}:{port}/"))


def test_another_page_is_refused_and_nothing_is_asked(
    look: Any, window: str, pages: Any, port: int, scripted: Scripted
) -> None:
    question = "Is this asked by a stranger?"
    pages["/"] = script(example("js", "fetch(", window).replace(QUESTION, question))
    assert "Failed to fetch" in said(look(f"http://{OTHER}:{port}/"))
    local = said(look(f"http://127.0.0.1:{port}/"))  # of this machine: it may read why
    assert "comes from a page of another site" in local and "--allow-host" in local
    assert scripted.times(question) == 0


def test_a_page_of_no_origin_is_refused(look: Any, window: str, pages: Any, port: int) -> None:
    pages["/inner"] = script(example("js", "fetch(", window))
    pages["/"] = '<!doctype html><title>Host</title><iframe sandbox="allow-scripts" src="/inner"></iframe>'
    frame = look(f"http://{ALLOWED}:{port}/").frame_locator("iframe")
    expect(frame.locator("p").first).to_contain_text("Failed to fetch")


def imports(folder: str) -> str:
    return f'<script type="importmap">{json.dumps({"imports": {"@gradio/client": folder}})}</script>'


def with_client(pages: dict[str, Any], folder: Path, text: str) -> None:
    built = folder / "node_modules" / "@gradio" / "client" / "dist" / "browser.js"
    pages["/client.js"] = (built.read_text("utf-8"), {"Content-Type": "text/javascript"})
    pages["/"] = script(text, imports("/client.js"))


def test_gradios_client_answers_an_allowed_page(
    look: Any, window: str, pages: Any, port: int, client_folder: Path
) -> None:
    with_client(pages, client_folder, example("js", "import { Client }", window))
    assert "speedup factor of 2.3" in said(look(f"http://{ALLOWED}:{port}/"))


def test_gradios_client_answers_in_node(window: str, client_folder: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    for name, auth in (("open.mjs", ""), ("closed.mjs", "ada:x")):
        with running(lambda settings, progress: Scripted(), **({"auth": auth} if auth else {})) as url:
            text = example("js", "import { Client }", url)
            if auth:
                text = text.replace(f'"{url.rstrip("/")}"', f'"{url.rstrip("/")}", {{ auth: ["ada", "x"] }}')
            (client_folder / name).write_text(f"{text}\nprocess.exit();\n")
            done = subprocess.run(
                ["node", name], cwd=client_folder, capture_output=True, text=True, timeout=60, check=False
            )
            assert "speedup factor of 2.3" in done.stdout, done.stderr


def test_with_a_password_an_allowed_page_is_answered_over_https(
    look: Any, pages: Any, client_folder: Path, tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path)
    options = {"auth": "ada:x", "root_path": "/papers", "allow_host": f"papers.example, {ALLOWED}"}
    with (
        running(lambda settings, progress: Scripted(), **options) as url,
        proxy(url, "/papers", certificate) as secure,
        site(pages, certificate=certificate) as outer,
    ):
        address = f"https://papers.example:{secure}/papers"
        signing = f'"{address}", {{ auth: ["ada", "x"], credentials: "include" }}'
        text = example("js", "import { Client }", address).replace(f'"{address}"', signing)
        with_client(pages, client_folder, text)
        assert "speedup factor of 2.3" in said(look(f"https://{ALLOWED}:{outer}/"))
