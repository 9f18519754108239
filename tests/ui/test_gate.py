"""By which names and addresses the window may be called, rule by rule."""

import pytest

from rag.core.settings import Settings
from ui.gate.names import Names
from ui.gate.routes import ROUTES, inside, routes_of

LOOPBACK = Names.of(Settings(), "127.0.0.1")
OPEN = Names.of(Settings(), "0.0.0.0")
NAMED = Names.of(Settings(allow_host="papers.example.org, https://www.example.org/page"), "0.0.0.0", "a-b.hf.space")

# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860", "localhost."]
)
def test_on_this_machine_alone_its_own_names_are_answered(host: str) -> None:
    assert LOOPBACK.answer_to(host)


FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:7860",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "evil.example/127.0.0.1",
    "192.168.0.7",
    "0.0.0.0",
    "[::ffff:127.0.0.1]",
    "2130706433",
    "",
    "localhost:evil",
    "localhost, evil.example",
    "lоcalhost",
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_on_this_machine_alone_no_other_name_is_answered(host: str) -> None:
    assert not LOOPBACK.answer_to(host)


def test_the_address_that_is_listened_on_and_the_names_allowed_are_answered() -> None:
    assert Names.of(Settings(), "127.0.0.5").answer_to("127.0.0.5:7860")
    assert Names.of(Settings(), "::1").answer_to("[::1]:7860")
    behind = Names.of(Settings(allow_host="papers.example.org"), "127.0.0.1")
    assert behind.answer_to("papers.example.org") and behind.answer_to("localhost")
    assert not behind.answer_to("evil.example")


def test_on_a_network_every_name_is_answered_until_some_are_given() -> None:
    assert all(OPEN.answer_to(host) for host in ("papers.example.org", "citewise.default.svc:7860", "10.1.2.3:7860"))
    assert not OPEN.answer_to("") and not OPEN.answer_to("a b")
    for host in ("papers.example.org", "www.example.org", "a-b.hf.space", "10.1.2.3:7860", "[fd00::1]", "localhost"):
        assert NAMED.answer_to(host), host
    assert not NAMED.answer_to("evil.example")


def of(host: str = "127.0.0.1:7860", **headers: str) -> dict[str, str]:
    return {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(of(), id="a program"),
        pytest.param(of(origin="http://127.0.0.1:7860"), id="our page in a browser without Sec-Fetch"),
        pytest.param(of(origin="http://127.0.0.1:7860", sec_fetch_site="same-origin"), id="our page"),
        pytest.param(of(sec_fetch_site="none"), id="typed into the address line"),
        pytest.param(of("a-b.hf.space", origin="https://a-b.hf.space"), id="a Space"),
        pytest.param(
            of("papers.example.org", origin="https://papers.example.org:8443"), id="a proxy that drops the port"
        ),
        pytest.param(
            of("papers.example.org:443", origin="https://papers.example.org"), id="the usual port written out"
        ),
        pytest.param(
            of("127.0.0.1:7860", origin="https://p.example", x_forwarded_host="p.example"), id="a proxy that says so"
        ),
        pytest.param(
            of("127.0.0.1:7860", origin="https://p.example", sec_fetch_site="same-origin"),
            id="a proxy that says nothing",
        ),
    ],
)
def test_these_are_not_foreign(headers: dict[str, str]) -> None:
    assert not LOOPBACK.is_foreign(headers)


@pytest.mark.parametrize(
    "headers",
    [
        of(origin="http://evil.example"),
        of(origin="https://127.0.0.1.evil.example"),
        of(origin="http://evil.example:7860"),
        of(origin="http://127.0.0.1:8888"),
        of(origin="http://localhost:7860"),
        of(origin="null"),
        of(origin="file://"),
        of(origin="http://127.0.0.1:7860@evil.example"),
        of(sec_fetch_site="cross-site"),
        of(sec_fetch_site="same-site", origin="http://127.0.0.1:8888"),
        of(sec_fetch_site="cross-site", origin="http://127.0.0.1:7860"),
        of(sec_fetch_site="nonsense"),
    ],
    ids=str,
)
def test_these_are_foreign(headers: dict[str, str]) -> None:
    assert LOOPBACK.is_foreign(headers)


def test_a_page_of_an_allowed_site_is_not_foreign() -> None:
    assert not NAMED.is_foreign(of("a-b.hf.space", origin="https://www.example.org", sec_fetch_site="cross-site"))
    assert NAMED.is_foreign(of("a-b.hf.space", origin="https://evil.example", sec_fetch_site="cross-site"))


@pytest.mark.parametrize(
    ("referer", "foreign"),
    [
        ("https://www.example.org/page?x=1", False),
        ("https://evil.example/", True),
        ("https://evil.example/https://www.example.org/", True),
        ("https://evil.example/?://www.example.org/", True),
        ("", True),
    ],
)
def test_a_style_sheet_of_an_allowed_page_is_asked_for_without_an_origin(referer: str, foreign: bool) -> None:
    assert NAMED.is_foreign(of("a-b.hf.space", referer=referer, sec_fetch_site="cross-site")) == foreign
    assert NAMED.is_foreign(
        of("a-b.hf.space", origin="null", referer="https://www.example.org/", sec_fetch_site="cross-site")
    )


# --- addresses --------------------------------------------------------------------------------------------------------


def test_a_path_below_that_of_the_proxy_is_found_with_and_without_it() -> None:
    for around in ("", "/papers"):  # the framework knows of it, or it does not
        assert inside("/papers", around, "/papers/gradio_api/info")[0] == "/gradio_api/info"
        assert inside("/papers", around, "/gradio_api/info")[0] == "/gradio_api/info"
        assert inside("/papers", around, "/papers")[0] == inside("/papers", around, "/papers/")[0] == "/"
        assert inside("/papers", around, "/papersandmore")[0] == "/papersandmore"
    assert inside("", "", "/config") == ("/config", "/config")


def test_below_an_app_the_path_of_the_app_stands_before_what_is_handed_on() -> None:
    assert inside("/papers", "/lab/papers", "/papers/config") == ("/config", "/lab/papers/config")
    assert inside("/papers", "/lab/papers", "/lab/papers/config") == ("/config", "/lab/papers/config")
    assert inside("/papers", "/papers", "/papers/papers/config") == ("/papers/config", "/papers/papers/config")
    assert inside("/papers", "https://lab.example/papers", "/papers/config") == ("/config", "/config")


def test_every_address_has_a_limit_and_only_reopening_takes_megabytes() -> None:
    # A file has a limit of its own, looked at where it is taken (test_uploads).
    large = [route.pattern for route in ROUTES if route.most > 1_000_000 and route.body != "file"]
    assert [route.pattern for route in ROUTES if route.body == "file"] == ["/citewise/upload"]
    assert len(large) == 1 and "component_server" in large[0]
    assert all(0 < route.most <= 6_000_000 for route in ROUTES if route.body != "file")


NOT_THERE = """
    /gradio_api/file=/etc/passwd /gradio_api/file/x /gradio_api/upload /gradio_api/upload_progress /gradio_api/run/ask
    /gradio_api/api/ask /gradio_api/proxy=https://x.hf.space/a /gradio_api/stream/x /gradio_api/deep_link
    /gradio_api/vibe-code /gradio_api/dev/reload /gradio_api/runs /gradio_api/process_recording
    /gradio_api/call/ask/x/y /gradio_api/mcp/ /monitoring/summary /docs /svelte/x /custom_component/a/b/c/d
"""


@pytest.mark.parametrize("path", NOT_THERE.split())
def test_what_citewise_does_not_need_is_not_there(path: str) -> None:
    assert routes_of(path) == []
