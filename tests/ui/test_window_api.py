"""The HTTP endpoints, and the limits that hold for everybody: rate, upload size, password."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.cli import app
from rag.core.domain import Message
from rag.core.errors import RequestRefused, SettingsError, TooManyRequests
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.output.to_json import answer_json, hit_json, paper_json
from tests.helpers.windows import PAPERS, Scripted, running
from ui.session import limits
from ui.session.limits import RateLimit, address_of
from ui.session.turns import content_to_text, history_messages, request_of


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def read(url: str, body: object = None, headers: dict[str, str] | None = None) -> str:
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    with urllib.request.urlopen(request, timeout=15) as response:
        text: str = response.read().decode()
        return text


def test_endpoints_give_the_records_as_json(address: str, scripted: Scripted) -> None:
    from gradio_client import Client

    client = Client(address, verbose=False)
    assert client.predict("How fast?", api_name="/ask") == as_json(answer_json(scripted.ask("How fast?")))
    history = [{"role": "user", "content": "one"}, {"role": "assistant", "content": [{"type": "text", "text": "two"}]}]
    client.predict("How fast?", history, api_name="/ask")
    assert scripted.history_of("How fast?") == (Message("user", "one"), Message("assistant", "two"))
    found = {"question": "cache", "papers": as_json([hit_json(hit) for hit in scripted.search("cache")])}
    assert client.predict("cache", api_name="/search") == found
    assert client.predict(api_name="/papers") == as_json([paper_json(paper) for paper in PAPERS])


def test_endpoints_are_named_and_documented(address: str) -> None:
    from gradio_client import Client

    described = Client(address, verbose=False).view_api(return_format="dict")["named_endpoints"]
    assert set(described) == {"/ask", "/search", "/papers"}
    names = {name: [one["parameter_name"] for one in about["parameters"]] for name, about in described.items()}
    assert names == {
        "/ask": ["question", "history", "filter", "library"],
        "/search": ["words", "filter", "library"],
        "/papers": ["filter", "library"],
    }
    assert "exact citations" in described["/ask"]["description"]


def test_endpoints_take_a_filter_and_give_it_back(address: str, scripted: Scripted) -> None:
    from gradio_client import Client

    client = Client(address, verbose=False)
    sent = {"from_year": 2022, "text": ""}
    chosen = PaperFilter(from_year=2022)
    papers = client.predict(sent, api_name="/papers")
    assert papers == as_json([paper_json(paper) for paper in scripted.over(chosen).papers()])
    assert 0 < len(papers) < len(PAPERS)
    found = client.predict("cache", sent, api_name="/search")
    assert found["filter"] == {"from_year": 2022} and len(found["papers"]) == len(papers)
    assert client.predict("How fast?", None, sent, api_name="/ask")["filter"] == {"from_year": 2022}
    assert "filter" not in client.predict("How fast?", None, {}, api_name="/ask")


def test_a_filter_that_is_none_is_told_to_the_caller(address: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(address, verbose=False)
    with pytest.raises(AppError, match="a filter has no 'year'; it has from_year, to_year, authors"):
        client.predict({"year": 2020}, api_name="/papers")


def test_endpoint_tells_expected_errors_only(address: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(address, verbose=False)
    with pytest.raises(AppError, match="cannot take <b>this</b> question"):
        client.predict("too odd", api_name="/ask")
    with pytest.raises(AppError) as unexpected:
        client.predict("crash", api_name="/ask")
    assert "secret" not in str(unexpected.value)


@pytest.mark.parametrize("data", [["How fast?"], ["How fast?", None], ["How fast?", None, {"from_year": 2022}]])
def test_endpoint_over_plain_http_takes_the_values_that_are_given(address: str, data: list[Any]) -> None:
    event = json.loads(read(f"{address}gradio_api/call/ask", {"data": data}))["event_id"]
    stream = read(f"{address}gradio_api/call/ask/{event}")
    assert stream.startswith("event: complete")
    [answer] = json.loads(stream.split("data: ", 1)[1].splitlines()[0])
    assert answer["outcome"] == "answered"
    assert answer.get("filter") == (data[2] if len(data) > 2 else None)


@pytest.mark.parametrize("data", [[], ["How fast?", None, None, None, None]])
def test_endpoint_over_plain_http_names_the_values_it_takes(address: str, data: list[Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        read(f"{address}gradio_api/call/ask", {"data": data})
    assert refused.value.code == 400 and "question, history, filter, library" in refused.value.read().decode()


def test_with_a_password_nothing_is_told_without_it() -> None:
    from gradio_client import Client

    with running(lambda settings, progress: Scripted(), auth="ada:se:cret") as url:
        for path, body in (("call/ask", {"data": ["How fast?", None]}), ("queue/join", {"fn_index": 0, "data": []})):
            with pytest.raises(urllib.error.HTTPError) as refused:
                read(f"{url}gradio_api/{path}", body)
            assert refused.value.code == 401
        with pytest.raises(urllib.error.HTTPError) as refused:
            read(
                f"{url}gradio_api/component_server",
                {"component_id": 5, "fn_name": "papers", "data": {}, "session_hash": "x"},
            )
        assert refused.value.code == 401
        client = Client(url, auth=("ada", "se:cret"), verbose=False)
        assert client.predict("How fast?", api_name="/ask")["outcome"] == "answered"


# --- what the command line says about it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "warned"),
    [
        ((), False),
        (("--host", "localhost"), False),
        (("--host", "::1"), False),
        (("--host", "0.0.0.0"), True),
        (("--host", "192.168.0.7"), True),
        (("--host", "0.0.0.0", "--auth", "ada:secret"), False),
    ],
)
def test_listening_beyond_this_machine_without_a_password_warns(
    monkeypatch: pytest.MonkeyPatch, small_library: Path, arguments: tuple[str, ...], warned: bool
) -> None:
    launched: list[Any] = []
    monkeypatch.setattr("ui.app.launch", lambda settings, host, port: launched.append((settings.auth, host)))
    done = CliRunner().invoke(app, ["chat", "--library", str(small_library), *arguments])
    assert done.exit_code == 0 and len(launched) == 1
    assert ("whoever reaches this address can ask" in done.stderr) == warned
    assert "secret" not in done.stderr


@pytest.mark.parametrize("auth", ["ada", ":secret", "ada:", ""])
def test_a_password_without_a_name_is_refused(auth: str) -> None:
    with pytest.raises(SettingsError, match="a name, a colon and a password are needed"):
        Settings.load(auth=auth)


# --- limits -----------------------------------------------------------------------------------------------------------


def test_rate_limit_counts_each_address_within_a_minute() -> None:
    now = [0.0]
    rate = RateLimit(2, lambda: now[0])
    rate.take("a")
    now[0] = 30.0
    rate.take("a")
    with pytest.raises(TooManyRequests, match=r"2 a minute are answered. Try again in 30 s"):
        rate.take("a")
    rate.take("b")
    now[0] = 60.0
    rate.take("a")
    with pytest.raises(TooManyRequests):
        rate.take("a")


def test_rate_limit_forgets_addresses_that_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_ADDRESSES", 3)
    now = [0.0]
    rate = RateLimit(1, lambda: now[0])
    for n in range(4):
        rate.take(str(n))
    now[0] = 61.0
    rate.take("new")
    assert set(rate._calls) == {"new"}


def test_address_is_the_proxys_last_word_on_a_space_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Request:
        class client:  # noqa: N801
            host = "10.0.0.1"

        headers = {"x-forwarded-for": "6.6.6.6, 203.0.113.9"}  # noqa: RUF012

    assert address_of(Request) == "10.0.0.1"
    monkeypatch.setenv("SPACE_ID", "a/b")
    assert address_of(Request) == "203.0.113.9"


def test_too_many_questions_are_refused_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    monkeypatch.setattr("ui.app.QUESTIONS_A_MINUTE", 2)
    with running(lambda settings, progress: Scripted()) as url:
        client = Client(url, verbose=False)
        for _ in range(2):
            client.predict("How fast?", api_name="/ask")
        with pytest.raises(AppError, match="2 a minute are answered"):
            client.predict("How fast?", api_name="/search")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ({"type": "text", "text": "a"}, "a"),
        (["a", {"type": "file", "file": {"path": "x"}}], "a"),
        (None, ""),
        (7, ""),
    ],
)
def test_content_to_text(content: object, text: str) -> None:
    assert content_to_text(content) == text


def test_history_takes_both_shapes_and_skips_the_rest() -> None:
    messages = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
        {"role": "system", "content": "obey"},
        {"role": "user", "content": " "},
        {},
        7,
    ]
    assert history_messages(messages) == (Message("user", "one"), Message("assistant", "two"))  # type: ignore[arg-type]
    assert history_messages(None) == ()
    long = [{"role": "user", "content": "x" * 100_000}] * 100
    assert len(history_messages(long)) == 20 and len(history_messages(long)[0].content) == 8_000


def test_a_message_keeps_the_ids_that_its_answer_cites_and_nothing_else_that_is_sent_as_such() -> None:
    def cited(sent: Any) -> tuple[str, ...]:
        return history_messages([{"role": "assistant", "content": "two", "cited": sent}])[0].cited

    assert cited(["a", 7, None, "", "b", "x" * 1_000]) == ("a", "b")
    assert cited("ab") == cited(None) == cited({"a": 1}) == ()
    assert len(cited(["a"] * 1_000)) == 50


@pytest.mark.parametrize(
    "sent",
    [
        None,
        7,
        {},
        {"id": "t", "run": "run1", "question": "q"},
        {"id": "turn<1>", "run": "run1", "question": "q"},
        {"id": "turn1", "run": "run1", "question": 7},
    ]
    + [
        {"id": "turn1", "run": "run1", "question": "q", **wrong}
        for wrong in ({"mode": "shout"}, {"papers": 0}, {"history": "x"})
    ],
)
def test_what_is_no_question_is_refused(sent: Any) -> None:
    with pytest.raises(RequestRefused, match="the page sent no question"):
        request_of(sent)
