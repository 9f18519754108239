"""Where the window may change the library."""

from typing import Any

import pytest

from rag.core.errors import WrongUsage
from rag.core.settings import Settings
from ui.session.editing import decided, may_edit
from ui.views.page import facts_of_page


@pytest.mark.parametrize(
    ("given", "host", "expected"),
    [
        ({}, "127.0.0.1", True),
        ({}, "[::1]", True),
        ({}, "localhost", True),
        ({}, None, True),
        ({}, "0.0.0.0", False),
        ({}, "192.168.1.7", False),
        ({}, "", False),
        ({"auth": "ada:secret"}, "0.0.0.0", True),
        ({"auth": "ada:secret"}, "", True),
        ({"root_path": "/papers"}, "127.0.0.1", False),
        ({"trusted_proxy": "127.0.0.1"}, "127.0.0.1", False),
        ({"allow_host": "papers.example.org"}, "127.0.0.1", False),
        ({"edit": "on"}, "0.0.0.0", True),
        ({"edit": "off"}, "127.0.0.1", False),
        ({"edit": "off", "auth": "ada:secret"}, "127.0.0.1", False),
    ],
)
def test_papers_are_changed_only_where_others_cannot_reach_the_window(
    given: dict[str, Any], host: str | None, expected: bool
) -> None:
    assert may_edit(Settings(**given), host) is expected
    assert may_edit(decided(Settings(**given), host), "0.0.0.0") is expected, (
        "once decided, the address does not matter"
    )


def test_the_address_that_gradio_takes_from_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert not may_edit(Settings(), None)


@pytest.mark.parametrize(("given", "expected"), [({}, False), ({"auth": "ada:secret"}, False), ({"edit": "on"}, True)])
def test_on_a_space_papers_are_changed_only_where_it_says_so(
    given: dict[str, Any], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/papers")
    assert may_edit(Settings(**given), "127.0.0.1") is expected


def test_the_page_is_told_whether_papers_may_be_changed_and_how_large_a_file_may_be() -> None:
    facts = facts_of_page(Settings(max_upload_mb=7), edits=True)
    assert (facts["edits"], facts["uploadBytes"]) == (True, 7_000_000)
    assert facts_of_page(Settings())["edits"] is False


@pytest.mark.parametrize("given", [{"edit": "yes"}, {"max_upload_mb": 0}, {"max_upload_mb": "large"}])
def test_a_wrong_value_is_blamed_on_its_flag(given: dict[str, Any]) -> None:
    name = next(iter(given))
    with pytest.raises(WrongUsage, match=f"--{name.replace('_', '-')}"):
        Settings.of_flags(**given)
