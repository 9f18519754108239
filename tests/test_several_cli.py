"""`citewise chat` and `citewise mcp` with several libraries."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from rag.core.settings import Settings
from tests.helpers.commands import citewise


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which the window, or the server, would have been opened."""
    settings: list[Settings] = []
    monkeypatch.setattr("ui.app.launch", lambda given, **_: settings.append(given))
    monkeypatch.setattr("ui.mcp.stdio.serve", lambda given: settings.append(given))
    return settings


@pytest.mark.parametrize("command", ["chat", "mcp"])
def test_libraries_are_named_once_each(
    command: str, opened: list[Settings], small_library: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(small_library, tmp_path / "other")
    done = citewise(command, "--library", str(small_library), "--library", str(other))
    assert done.code == 0
    assert opened[0].libraries == (small_library, other)


@pytest.mark.parametrize("command", ["chat", "mcp"])
def test_one_that_cannot_be_opened_is_told_and_the_others_are_offered(
    command: str, opened: list[Settings], small_library: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(small_library, tmp_path / "broken")
    (broken / "library.sqlite3").write_text("no database")
    done = citewise(command, "--library", str(small_library), "--library", str(broken))
    assert done.code == 0 and str(broken) in done.err and len(opened) == 1


def test_the_switch_for_programs_is_a_setting(opened: list[Settings], small_library: Path) -> None:
    citewise("chat", "--library", str(small_library))
    citewise("chat", "--library", str(small_library), "--mcp")
    assert [settings.mcp for settings in opened] == [False, True]


def test_the_help_shows_what_to_put_into_a_programs_settings() -> None:
    said: Any = citewise("mcp", "--help").out
    assert '"mcpServers"' in said and '"args": ["mcp", "--library"' in said
