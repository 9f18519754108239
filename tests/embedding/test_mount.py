"""The window mounted in an app of somebody's own: the same door as everywhere, the app's other routes untouched."""

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

from rag.core.errors import SettingsError
from rag.core.settings import Settings
from tests.helpers.windows import Scripted
from ui.app import launch_options, mount
from ui.mounting import checked_path, public_path

HERE = "http://127.0.0.1"


class Shelf(Scripted):
    """Knows whether it was closed."""

    shut = False

    def close(self) -> None:
        self.shut = True


def parent(**options: Any) -> FastAPI:
    app = FastAPI(**options)

    @app.get("/hello")
    def hello() -> str:
        return "from the app"

    return app


def put(app: FastAPI, path: str = "/papers", *, shelf: Shelf | None = None, **settings: Any) -> FastAPI:
    given = {name: settings.pop(name) for name in ("host", "auth_dependency") if name in settings}
    kept = shelf or Shelf()
    return mount(app, path, Settings(**settings), open_=lambda settings, progress: kept, **given)


@contextmanager
def client(app: FastAPI, base: str = HERE, **options: Any) -> Iterator[TestClient]:
    with TestClient(app, base_url=base, **options) as one:
        yield one


def asked(http: TestClient, below: str) -> str:
    """What the endpoint `ask` says, as text."""
    call = http.post(f"{below}/gradio_api/call/ask", json={"data": ["How fast?", None]})
    assert call.status_code == 200, call.text
    return http.get(f"{below}/gradio_api/call/ask/{call.json()['event_id']}").text


def root_of(page: str) -> str:
    found = re.search(r'"root":"([^"]*)"', page)
    assert found
    return found[1]


def test_the_window_answers_at_its_path_and_the_app_at_its_own() -> None:
    shelf = Shelf()
    with client(put(parent(), "papers/", shelf=shelf)) as http:
        assert http.get("/hello").json() == "from the app"
        assert root_of(http.get("/papers/").text) == f"{HERE}/papers"
        assert "citewise" in http.get("/papers").text, "without the slash it leads there"
        assert "speedup factor of 2.3" in asked(http, "/papers")
        assert http.get("/nowhere").json() == {"detail": "Not Found"}, "what the app lacks, the app says"
    assert shelf.shut


@pytest.mark.parametrize("path", ["papers", "/papers/", "papers/", " /papers ", "//papers//"])
def test_a_path_may_have_its_slashes_or_not(path: str) -> None:
    assert checked_path(parent(), path) == "/papers"


@pytest.mark.parametrize("path", ["", "/", " "])
def test_a_path_may_be_that_of_the_whole_app(path: str) -> None:
    assert checked_path(parent(), path) == ""


@pytest.mark.parametrize("path", ["/pa pers", "/{id}", "/a?b", "/a#b", "/a//b", "/../a", "/a/.", "https://x/papers"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(SettingsError, match="no path to mount the window at"):
        put(parent(), path)


def test_a_path_that_is_taken_is_refused() -> None:
    app = parent()
    app.mount("/papers", FastAPI())
    with pytest.raises(SettingsError, match="something is mounted at /papers already"):
        put(app, "papers/")


@pytest.mark.slow
def test_the_whole_app_can_be_the_window_behind_the_routes_that_it_has() -> None:
    with client(put(parent(), "/")) as http:
        assert http.get("/hello").json() == "from the app"
        assert root_of(http.get("/").text) == HERE
        assert "speedup factor" in asked(http, "")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/config", "/login", "/assets", "/gradio_api", "/gradio_api/call"])
def test_a_path_may_be_called_like_an_address_of_the_window(path: str) -> None:
    with client(put(parent(), path)) as http:
        assert http.get(f"{path}/config").json()["root"] == f"{HERE}{path}"
        assert "speedup factor" in asked(http, path)


@pytest.mark.slow
def test_two_windows_in_one_app_have_their_own_papers_and_passwords() -> None:
    app = put(put(parent(), "/one"), "/two", shelf=Shelf(shelf=()), auth="ada:x")
    with client(app) as http:
        assert len(papers(http, "/one")) == 3
        assert http.get("/two/config").status_code == 401
        assert http.post("/two/login", data={"username": "ada", "password": "x"}).status_code == 200
        assert papers(http, "/two") == []


def papers(http: TestClient, below: str) -> Any:
    call = http.post(f"{below}/gradio_api/call/papers", json={"data": []})
    event = http.get(f"{below}/gradio_api/call/papers/{call.json()['event_id']}").text
    return json.loads(event.split("data: ", 1)[1].split("\n")[0])[0]


# --- the door ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/papers/gradio_api/upload", 403),
        ("/papers/gradio_api/file=/etc/passwd", 404),
        ("/papers/gradio_api/proxy=https://example.org", 404),
        ("/papers/gradio_api/runs", 404),
        ("/papers/gradio_api/mcp/", 404),
        ("/papers/monitoring", 404),
        ("/papers/docs", 404),
        ("/papers/papers/config", 404),
        ("/papers/gradio_api/..%2fconfig", 404),
    ],
)
def test_gradios_other_addresses_are_not_there(mounted: TestClient, path: str, status: int) -> None:
    assert mounted.get(path).status_code == status


@pytest.fixture(scope="module")
def mounted() -> Iterator[TestClient]:
    with client(put(parent())) as http:
        yield http


def test_other_names_and_pages_of_other_sites_are_refused_but_the_apps_own_routes_are_the_apps(
    mounted: TestClient,
) -> None:
    named = mounted.get("/papers/", headers={"Host": "rebound.example"})
    assert named.status_code == 421 and "--allow-host" in named.text
    assert mounted.get("/hello", headers={"Host": "rebound.example"}).status_code == 200
    call = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    refused = mounted.post("/papers/gradio_api/call/ask", json={"data": ["?", None]}, headers=call)
    assert refused.status_code == 403 and "CITEWISE_ALLOW_HOST" in refused.json()["error"]


def test_too_large_a_body_is_refused_before_it_is_read(mounted: TestClient) -> None:
    assert mounted.post("/papers/gradio_api/call/ask", content=b" " * 1_000_001).status_code == 413


@pytest.mark.slow
def test_on_a_network_it_answers_to_every_name_until_some_are_given() -> None:
    with client(put(parent(), host="0.0.0.0")) as http:
        assert http.get("/papers/config", headers={"Host": "lab.example"}).status_code == 200
    with client(put(parent(), host="0.0.0.0", allow_host="lab.example")) as http:
        assert http.get("/papers/config", headers={"Host": "lab.example"}).status_code == 200
        assert http.get("/papers/config", headers={"Host": "other.example"}).status_code == 421


# --- behind a proxy ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("root", [None, "/lab", "/lab/papers", "/lab/"])
@pytest.mark.parametrize("of_server", ["", "/lab"], ids=["the server does not know", "the server knows"])
@pytest.mark.parametrize("left", ["", "/lab"], ids=["cut off", "left"])
def test_below_the_path_of_a_proxy(root: str | None, of_server: str, left: str) -> None:
    if not of_server and (left or not root):
        pytest.skip("nobody knows of the path")
    with client(put(parent(), root_path=root), root_path=of_server) as http:
        assert root_of(http.get(f"{left}/papers/").text) == f"{HERE}/lab/papers"
        assert "speedup factor" in asked(http, f"{left}/papers")


@pytest.mark.slow
def test_a_whole_address_as_the_root_path_is_that_of_the_window() -> None:
    with client(put(parent(), root_path="https://lab.example/lab")) as http:
        assert root_of(http.get("/papers/").text) == "https://lab.example/lab/papers"
        assert "speedup factor" in asked(http, "/papers")


@pytest.mark.parametrize(
    ("root", "path", "public"),
    [
        (None, "/papers", None),
        ("/lab", "/papers", "/lab/papers"),
        ("/lab/papers", "/papers", "/lab/papers"),
        ("/papers", "/papers", "/papers"),
        ("/papers/papers", "/papers", "/papers/papers"),
        ("/mypapers", "/papers", "/mypapers/papers"),
        ("https://lab.example", "/papers", "https://lab.example/papers"),
        ("/lab", "", "/lab"),
    ],
)
def test_a_root_path_is_that_of_the_app_or_of_the_window(root: str | None, path: str, public: str | None) -> None:
    assert public_path(root, path) == public


# --- signing in ----------------------------------------------------------------------------------------------------------


def who(request: Request) -> str | None:
    return request.headers.get("X-User")


CLOSED = (
    ("GET", "/config"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/openapi.json"),
    ("GET", "/gradio_api/queue/data?session_hash=x"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/call/ask"),
    ("POST", "/gradio_api/run/predict"),
    ("POST", "/gradio_api/component_server"),
    ("PUT", "/citewise/upload"),
    ("POST", "/mcp"),
    ("GET", "/mcp"),
)


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_the_apps_sign_in_no_address_tells_anything(
    signed_in_by_app: TestClient, method: str, path: str
) -> None:
    sent = {"data": ["How fast?", None], "session_hash": "x", "fn_index": 0, "component_id": 1, "fn_name": "papers"}
    answer = signed_in_by_app.request(method, f"/papers{path}", json=None if method == "GET" else sent)
    if method == "PUT":
        answer = signed_in_by_app.put(
            f"/papers{path}", content=b"x", headers={"Content-Type": "application/octet-stream"}
        )
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"]["error"] == "Not authenticated"


ADA = {"X-User": "ada"}


@pytest.fixture(scope="module")
def signed_in_by_app() -> Iterator[TestClient]:
    with client(put(parent(), auth_dependency=who)) as http:
        yield http


def test_with_the_apps_sign_in_the_window_answers_and_without_it_a_page_says_so(signed_in_by_app: TestClient) -> None:
    assert root_of(signed_in_by_app.get("/papers/", headers=ADA).text) == f"{HERE}/papers"
    signed_in_by_app.headers.update(ADA)
    assert "speedup factor" in asked(signed_in_by_app, "/papers")
    del signed_in_by_app.headers["X-User"]
    page = signed_in_by_app.get("/papers/", headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert page.headers["content-type"].startswith("text/html")
    assert "Sign in to the site that this window belongs to" in page.text
    program = signed_in_by_app.get("/papers/config")
    assert program.json()["detail"]["error"] == "Not authenticated"


def test_the_apps_sign_in_may_lead_to_its_own_page() -> None:
    def lead(request: Request) -> str:
        raise HTTPException(303, headers={"Location": "/sign-in"})

    with client(put(parent(), auth_dependency=lead), follow_redirects=False) as http:
        answer = http.get("/papers/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_two_kinds_of_sign_in_are_refused() -> None:
    with pytest.raises(SettingsError, match="two kinds of sign-in"):
        put(parent(), auth="ada:x", auth_dependency=who)


# --- the page -----------------------------------------------------------------------------------------------


def test_a_mounted_window_has_the_options_of_a_launched_one() -> None:
    app = put(parent())
    window: Any = app.routes[-1].app  # type: ignore[attr-defined]
    blocks, given = window.get_blocks(), launch_options(Settings())
    for name in ("show_error", "run_history", "enable_monitoring", "footer_links", "head", "pwa", "ssr_mode"):
        assert getattr(blocks, name) == given[name], name
    assert blocks.allowed_paths == []
