"""The address of a server that writes: as people write it, as it may be shown, and whether a proxy stands before it."""

import pytest

from rag.core.errors import WriterFailed
from rag.models.server_address import is_nearby, read_address, shown


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "127.0.0.1:8000",
        "http://localhost:11434",
        "http://[::1]:1234/v1",
        "http://192.168.1.20:1234/v1",
        "http://10.0.0.4/v1",
        "http://172.16.3.4/v1",
        "http://169.254.1.1/v1",
        "http://100.64.0.7/v1",
        "http://0.0.0.0:8000/v1",
        "http://user:pass@127.0.0.1/v1",
        "http://ollama:11434/v1",
        "http://host.docker.internal:11434/v1",
        "http://nas.local/v1",
        "http://vllm.default.svc.cluster.local/v1",
        "http://LOCALHOST/v1",
    ],
)
def test_a_server_nearby_is_told(url: str) -> None:
    assert is_nearby(url)


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "http://8.8.8.8/v1", "http://127.0.0.1.example.com", "http://[::1/v1", ""]
)
def test_any_other_server_is_far(url: str) -> None:
    assert not is_nearby(url)


@pytest.mark.parametrize(
    ("url", "bases"),
    [
        ("http://h:8000/v1", ["http://h:8000/v1"]),
        ("http://h:8000/v1/", ["http://h:8000/v1"]),
        ("http://h:8000/v1/chat/completions", ["http://h:8000/v1"]),
        ("http://h:8000/v1/chat/completions/", ["http://h:8000/v1"]),
        ("http://h:8000/v1/models", ["http://h:8000/v1"]),
        ("http://h:8000", ["http://h:8000/v1", "http://h:8000"]),
        ("http://h:8000/", ["http://h:8000/v1", "http://h:8000"]),
        ("http://h:8000/chat/completions", ["http://h:8000/v1", "http://h:8000"]),
        (" h:8000 ", ["http://h:8000/v1", "http://h:8000"]),
        ('"localhost:1234/v1"', ["http://localhost:1234/v1"]),
        ("http://h/llm", ["http://h/llm", "http://h/llm/v1"]),
        ("http://h:11434/api/chat", ["http://h:11434/api", "http://h:11434/api/v1", "http://h:11434/v1"]),
        ("http://h:11434/api/tags", ["http://h:11434/api", "http://h:11434/api/v1", "http://h:11434/v1"]),
        ("http://h:1234/api/v1/chat", ["http://h:1234/api/v1", "http://h:1234/v1"]),
        ("https://h/v1beta/openai/", ["https://h/v1beta/openai"]),
        ("http://user:pass@h/v1", ["http://h/v1"]),
        ("http://[::1]:8000/v1", ["http://[::1]:8000/v1"]),
    ],
)
def test_an_address_is_understood_as_people_write_it(url: str, bases: list[str]) -> None:
    assert list(read_address(url).bases) == bases


def test_user_password_and_query_are_kept_for_the_request() -> None:
    address = read_address("http://me:p%40ss@h/v1?api-version=2")
    assert (address.user, address.password) == ("me", "p@ss")
    assert address.of(address.bases[0], "/models") == "http://h/v1/models?api-version=2"


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("http://user:pass@127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("user:pass@h:8000", "http://h:8000"),
        ("https://h/v1?key=secret#x", "https://h/v1"),
        ("http://token@h/v1", "http://h/v1"),
        ("http://user:p@ss@h/v1", "http://h/v1"),
        ("http://user:pa/ss@h/v1", "an address that cannot be read"),
        ("http://user:12/ss@h/v1", "an address that cannot be read"),
        ("http://user:pa#ss@h/v1", "an address that cannot be read"),
        ("http://user:12?ss@h/v1", "an address that cannot be read"),
        ("http://user:12#ss@h/v1", "an address that cannot be read"),
        ("http://user:a@b?c@h/v1", "an address that cannot be read"),
        ("http://user:pass%40h/v1", "an address that cannot be read"),
        ("http://user:pass@[::1/v1", "an address that cannot be read"),
    ],
)
def test_what_is_shown_of_an_address_holds_no_secret(url: str, seen: str) -> None:
    assert shown(url) == seen


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "ftp://h/v1",
        "http://",
        "http://h:99999/v1",
        "http://a b/v1",
        "http://u:hunter2@[::1/v1",
        "http://u:1/hunter2@h/v1",
        "http://u:1?hunter2@h/v1",
        "http://u:1#hunter2@h/v1",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(WriterFailed, match="CITEWISE_WRITER_URL is no address") as refused:
        read_address(url)
    assert "hunter2" not in str(refused.value)
