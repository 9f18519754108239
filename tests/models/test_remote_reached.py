"""How a server that writes is reached: user and password, key, proxies."""

from contextlib import closing

import pytest

from rag.core.errors import WriterFailed
from rag.models import server_way
from rag.models.server_line import proxy_variable
from tests.helpers.servers import (
    ANSWER,
    ASKED,
    Reply,
    error,
    failure,
    left,
    refuses,
    remote,
    says,
    serving,
    written,
)


def test_user_and_password_of_the_address_are_sent_and_never_shown() -> None:
    with serving(says(ANSWER)) as server:
        url = server.url.replace("//", "//user:hunter2@")
        with closing(remote(url)) as writer:
            assert left(list(writer.stream(ASKED))) == ANSWER
            assert writer.models() == ["m"]
            assert writer.place == server.url
    assert {headers["authorization"] for *_, headers in server.asked} == {"Basic dXNlcjpodW50ZXIy"}


def test_a_server_that_repeats_the_password_does_not_get_it_shown() -> None:
    with (
        serving(refuses(401, error("user:hunter2 is wrong"))) as server,
        closing(remote(server.url.replace("//", "//user:hunter2@"))) as writer,
        pytest.raises(WriterFailed) as failed,
    ):
        list(writer.stream(ASKED))
    assert "hunter2" not in str(failed.value)


def test_the_key_is_sent_and_without_one_nothing() -> None:
    with serving(says(ANSWER)) as server:
        for key in ("secret\n", None):
            with closing(remote(server.url, key=key)) as writer:
                list(writer.stream(ASKED))
    assert [headers.get("authorization") for *_, headers in server.asked] == ["Bearer secret", None]


def test_a_key_that_cannot_be_sent_is_told() -> None:
    with pytest.raises(WriterFailed, match="CITEWISE_WRITER_KEY"):
        remote("http://127.0.0.1:9/v1", key="schlüssel")


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "https_proxy"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://x"])
def test_a_server_nearby_is_reached_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/cert.pem")
    assert written(says(ANSWER)) == ANSWER


@pytest.mark.parametrize(
    ("variable", "value"), [("ALL_PROXY", "socks5://127.0.0.1:9"), ("HTTPS_PROXY", "nonsense://x")]
)
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(WriterFailed, match=variable):
        remote("https://api.example.org/v1")


def test_a_stale_file_of_certificates_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/cert.pem")
    with pytest.raises(WriterFailed, match="SSL_CERT_FILE"):
        remote("https://api.example.org/v1")


PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "refusal", [None, refuses(502, "<html>Bad gateway</html>"), refuses(407, "no"), refuses(403, "<html>no</html>")]
)
def test_a_proxy_that_does_not_lead_to_the_server_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, refusal: Reply | None
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(server_way, "FIRST_WAIT", 0.02)
    with serving(refusal or says(ANSWER), paths=("http://api.example.org/v1",)) as server:
        monkeypatch.setenv(variable, server.url.removesuffix("/v1") if refusal else "http://127.0.0.1:9")
        with closing(remote("http://api.example.org/v1")) as writer, pytest.raises(WriterFailed) as failed:
            list(writer.stream(ASKED))
    assert f"through the proxy that {variable} names" in str(failed.value)


def test_a_server_far_away_is_asked_through_the_proxy_unless_it_is_exempt(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    with serving(says(ANSWER), paths=("http://api.example.org/v1",)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        with closing(remote("http://api.example.org/v1")) as writer:
            assert left(list(writer.stream(ASKED))) == ANSWER
        monkeypatch.setenv("no_proxy", "example.org")
        assert proxy_variable("http://api.example.org/v1") == ""
        assert proxy_variable("http://api.example.com/v1") == "http_proxy"


def test_a_move_to_another_server_gets_neither_prompt_nor_key() -> None:
    with serving(says(ANSWER)) as other:
        to = f"{other.url}/chat/completions"
        assert "has moved" in failure(refuses(307, "", location=to))
        with (
            serving(says(ANSWER), refuses(307, "", location=to)) as server,
            closing(remote(server.url)) as writer,
            pytest.raises(WriterFailed, match="has moved"),
        ):
            writer.models()
        assert other.asked == []
