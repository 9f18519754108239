"""The window in other apps, with the examples of docs/space.md: in FastAPI, beside another Gradio app, behind a proxy with https."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from gradio.external import from_spaces_blocks
from gradio_client import Client

from rag.core.settings import Settings
from tests.embedding.examples import example
from tests.helpers.sites import proxy, self_signed, site
from tests.helpers.windows import ANSWERED, Scripted, expect, free_port, needs_browser, running

pytestmark = pytest.mark.slow
HERE = "http://127.0.0.1"
NAME = "papers.example"


def run(text: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What an example has made, over a scripted assistant."""
    import ui.app

    monkeypatch.setattr(
        ui.app.mount, "__kwdefaults__", {**(ui.app.mount.__kwdefaults__ or {}), "open_": lambda *_: Scripted()}
    )
    made: dict[str, Any] = {"__name__": "site"}
    exec(compile(text, "example", "exec"), made)
    return made


def asked(http: TestClient) -> str:
    call = http.post("/papers/gradio_api/call/ask", json={"data": ["How fast?", None]})
    return http.get(f"/papers/gradio_api/call/ask/{call.json()['event_id']}").text if call.is_success else call.text


# --- in FastAPI ---------------------------------------------------------------------------------------------------------


def test_the_app_of_the_docs_serves_both(monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(example("python", "def home()"), monkeypatch)
    with TestClient(made["app"], base_url="http://site.example.org") as http:
        assert http.get(http.get("/").json()["ask"]).status_code == 200
        assert "speedup factor" in asked(http)
        assert http.get("/papers/", headers={"Host": "other.example"}).status_code == 421


def test_the_sign_in_of_the_docs_lets_in_who_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(example("python", "def who("), monkeypatch)
    with TestClient(made["app"], base_url=HERE) as http:
        assert "Not authenticated" in asked(http)
        http.cookies.set("session", next(iter(made["SESSIONS"])))
        assert "speedup factor" in asked(http)


# --- beside another Gradio app ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def window() -> Iterator[str]:
    with running(lambda settings, progress: Scripted()) as url:
        yield url.rstrip("/")


def test_a_small_app_of_ones_own_asks_the_endpoint(window: str) -> None:
    text = example("python", "gr.Interface(").replace("http://127.0.0.1:7860", window)
    text = text.replace("gr.Interface(", "own = gr.Interface(").replace(".launch()", "")
    exec(compile(text, "example", "exec"), made := {"__name__": "own"})
    made["own"].launch(prevent_thread_lock=True, quiet=True, server_port=free_port())
    try:
        said = Client(made["own"].local_url, verbose=False).predict("How fast?", api_name="/ask")
        assert "speedup factor of 2.3" in said
    finally:
        made["papers"].close()
        made["own"].close(verbose=False)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_gr_load_does_with_a_space_ends_with_an_error(window: str) -> None:
    """Without the hub, from where it has asked for the address of the Space. Where this passes some day, the docs can say how."""
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        from_spaces_blocks(window, None)


# --- behind a proxy -----------------------------------------------------------------------------------------------------


def flags() -> Settings:
    """The settings of the command in the docs, for a name of these tests."""
    command = example("", "--root-path")
    given = dict(re.findall(r"--([\w-]+) (\S+)", command))
    assert set(given) == {"library", "root-path", "allow-host", "trusted-proxy"}
    options = {name.replace("-", "_"): value for name, value in given.items() if name != "library"}
    return Settings.load(**{**options, "allow_host": options["allow_host"].replace("papers.example.org", NAME)})


@contextmanager
def nginx(to: str, certificate: Path, folder: Path) -> Iterator[int]:
    """The port of nginx with the location of the docs."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("nginx is not installed; the other proxy of this test stands for it")
    port = free_port()
    location = example("nginx", "location").replace("http://127.0.0.1:7860", to.rstrip("/"))
    (folder / "nginx.conf").write_text(
        f"""daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
            uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
            server {{
                listen 127.0.0.1:{port} ssl;
                ssl_certificate {certificate}; ssl_certificate_key {certificate};
                {location}
            }}
        }}"""
    )
    server = subprocess.Popen([program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"])
    try:
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def small(to: str, certificate: Path, folder: Path) -> Iterator[int]:
    with proxy(to, "/papers", certificate) as port:
        yield port


class TestBehindAProxy:
    pytestmark = needs_browser

    @pytest.mark.parametrize("around", [small, nginx])
    def test_with_https_below_a_path_the_window_and_its_frame_answer(
        self, look: Any, around: Any, tmp_path: Path
    ) -> None:
        certificate = self_signed(tmp_path)
        settings = flags().model_dump(include={"root_path", "allow_host", "trusted_proxy"})
        pages: dict[str, Any] = {}
        with (
            running(lambda settings, progress: Scripted(), **settings) as url,
            around(url, certificate, tmp_path) as secure,
            site(pages, certificate=certificate) as outer,
        ):
            address = f"https://{NAME}:{secure}/papers"
            page = look(f"{address}/?q=How+fast%3F")
            expect(page.locator(".cw-state")).to_contain_text(ANSWERED)
            root = json.loads(page.evaluate("JSON.stringify(window.gradio_config.root)"))
            assert root == address
            pages["/"] = f"<!doctype html><title>Host</title>{example('html', '<iframe', address)}"
            frame = look(f"https://site.example:{outer}/").frame_locator("iframe")
            frame.get_by_role("textbox", name="Your question").fill("How fast?")
            frame.get_by_role("textbox", name="Your question").press("Enter")
            expect(frame.locator(".cw-state")).to_contain_text(ANSWERED)
