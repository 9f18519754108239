"""What a Space does before anything large is loaded: where it writes, what it sends, and the page that says that it starts."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from rag.core import space
from tests.conftest import ROOT
from ui.opening import Opening, open_early
from ui.space_library import settings_of_space

TOLD = """
import json, os, sys
from rag.core.space import keep_to_temporary_folders
keep_to_temporary_folders()
assert not {"gradio", "huggingface_hub", "torch"} & sys.modules.keys()
print(json.dumps({"bytecode": str(not sys.dont_write_bytecode), **os.environ}))
"""


def environment(tmp_path: Path, **variables: str) -> dict[str, str]:
    """What a process has in its environment after the start, in a home and a temporary folder of its own."""
    given = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", TOLD], env=given | variables, cwd=ROOT, capture_output=True, text=True, check=True
    )
    told: dict[str, str] = json.loads(done.stdout)
    return told


def test_no_telemetry_is_sent_and_everything_goes_to_the_temporary_folder(tmp_path: Path) -> None:
    told = environment(tmp_path)
    assert told["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert told["HF_HUB_DISABLE_TELEMETRY"] == told["DO_NOT_TRACK"] == "1"
    assert told["CITEWISE_CACHE"].startswith(str(tmp_path / "tmp"))
    assert told["bytecode"] == "False"
    assert "HF_HOME" not in told  # the hub's own folder can be written
    assert list((tmp_path / "home").iterdir()) == []


def test_on_a_space_nothing_is_downloaded_into_the_home(tmp_path: Path) -> None:
    assert environment(tmp_path, SPACE_ID="a/b")["HF_HOME"].startswith(str(tmp_path / "tmp"))


def test_folders_that_are_named_stay(tmp_path: Path) -> None:
    told = environment(tmp_path, SPACE_ID="a/b", CITEWISE_CACHE="/kept", HF_HOME=str(tmp_path / "kept"))
    assert (told["CITEWISE_CACHE"], told["HF_HOME"]) == ("/kept", str(tmp_path / "kept"))
    assert "HF_HOME" not in environment(tmp_path, SPACE_ID="a/b", HF_HUB_CACHE=str(tmp_path / "kept"))


def test_models_of_a_home_that_cannot_be_written_are_seen_from_a_folder_that_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "home" / "hub" / "models--owner--name"
    model.mkdir(parents=True)
    (model / "weights").write_text("w")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(space, "_writable", lambda folder: False)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    space.temporary_folder.cache_clear()
    for _ in range(2):
        # All of the environment comes back: a cache that stayed named would have later tests convert weights once more.
        with patch.dict(os.environ, HF_HOME=str(tmp_path / "home")):
            space.keep_to_temporary_folders()
            other = Path(os.environ["HF_HOME"])
            assert other.is_relative_to(space.temporary_folder())
            assert (other / "hub" / "models--owner--name" / "weights").read_text() == "w"
    space.temporary_folder.cache_clear()


def test_a_temporary_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"citewise-{os.getuid()}").symlink_to(tmp_path / "theirs")
    space.temporary_folder.cache_clear()
    folder = space.temporary_folder()
    space.temporary_folder.cache_clear()
    assert folder.parent == tmp_path and not folder.is_symlink()
    assert list((tmp_path / "theirs").iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({}, False), ({"SPACE_ID": "owner/name"}, True), ({"SYSTEM": "spaces"}, True), ({"SYSTEM": "linux"}, False)],
)
def test_a_space_is_known_by_its_variables(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    for name in ("SPACE_ID", "SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert space.is_space() is expected


def test_a_wrong_setting_ends_the_start_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWISE_EDITT", "on")
    with pytest.raises(SystemExit, match="unknown setting CITEWISE_EDITT"):
        settings_of_space()


@pytest.mark.parametrize(("installed", "offered"), [("2.3.0", True), ("1.30.0", False)])
def test_mcp_is_left_out_where_the_sdk_is_gradios_older_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], installed: str, offered: bool
) -> None:
    monkeypatch.setenv("CITEWISE_MCP", "1")
    monkeypatch.setattr("ui.space_library.version", lambda name: installed)
    assert settings_of_space().mcp is offered
    assert ("MCP is not offered here" in capsys.readouterr().err) is not offered


# --- the page that is there first -------------------------------------------------------------------------------------


@pytest.fixture
def opening() -> Iterator[Opening]:
    served = Opening("127.0.0.1", 0)
    yield served
    served.close()


def test_the_first_page_says_that_it_starts_and_programs_are_told_to_come_again(opening: Opening) -> None:
    address = f"http://127.0.0.1:{opening.port}"
    with urllib.request.urlopen(address) as answer:
        assert answer.status == 200 and "Starting …" in answer.read().decode()
        assert answer.headers["cache-control"] == "no-store"
    asked = urllib.request.Request(f"{address}/gradio_api/call/ask", data=b"{}", headers={"accept": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert refused.value.code == 503 and refused.value.headers["retry-after"] == "2"
    assert "citewise is starting" in refused.value.read().decode()


def test_a_port_that_is_taken_or_no_port_is_left_to_gradio_to_tell(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    for port in (str(opening.port), "many", "99999999"):
        monkeypatch.setenv("GRADIO_SERVER_PORT", port)
        assert open_early() is None
