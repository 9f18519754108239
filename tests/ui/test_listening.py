"""What keeps the window from being served is said in a sentence before anything is loaded."""

import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import SettingsError
from rag.core.settings import Settings
from ui import listening


def test_a_free_port_and_any_port_can_be_listened_on() -> None:
    listening.check("127.0.0.1", 0)
    listening.check("localhost", 0)


def test_a_port_that_is_in_use_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} of 127.0.0.1 is in use already.*--port"):
            listening.check("127.0.0.1", port)


def test_an_address_of_another_machine_and_an_unknown_name_are_named() -> None:
    with pytest.raises(SettingsError, match=r"192.0.2.7 is no address of this machine.*--host"):
        listening.check("192.0.2.7", 0)
    with pytest.raises(SettingsError, match=r"--host nosuch.invalid cannot be found"):
        listening.check("nosuch.invalid", 0)


def test_a_port_for_administrators_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(SettingsError, match=r"port 80 of 127.0.0.1 is reserved for administrators.*above 1023"):
        listening.check("127.0.0.1", 80)


def test_a_folder_for_temporary_files_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(
        SettingsError, match=r"no folder for temporary files can be written \(TMPDIR names .*gone\); set TMPDIR"
    ):
        listening.check("127.0.0.1", 0)


@pytest.mark.parametrize("wrong", ["port", "folder"])
def test_nothing_is_loaded_where_the_window_cannot_be_served(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    from ui import app

    def refuse(*_: Any) -> None:
        raise SettingsError(wrong)

    monkeypatch.setattr("ui.listening.check", refuse)
    monkeypatch.setattr(app, "build_app", lambda settings: pytest.fail("it was built"))
    with pytest.raises(SettingsError, match=wrong):
        app.launch(Settings())


class Demo:
    """Gradio's page, as far as opening it goes; with its own ways to be loud."""

    local_url = "http://127.0.0.1:7861/"
    is_running = False

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails = fails
        self.closed = False

    def launch(self, *, quiet: bool, prevent_thread_lock: bool, **_: Any) -> None:
        if self.fails:
            raise self.fails
        if not quiet:
            print("To create a public link, set share=True")

    def close(self, verbose: bool = True) -> None:
        self.closed = True
        if verbose:
            print("Closing server")


def test_opening_the_window_says_one_line_of_our_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ui import app

    demo = Demo()
    monkeypatch.setattr(app, "build_app", lambda settings: demo)
    app.launch(Settings(), port=0)
    said = capsys.readouterr()
    assert said.out == "The window is open at http://127.0.0.1:7861/  (Ctrl-C ends it)\n"
    assert said.err == ""
    assert demo.closed


def test_a_port_that_is_taken_meanwhile_is_told_without_the_variables_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ui import app

    taken = OSError("Cannot find empty port in range: 1-1. Set the GRADIO_SERVER_PORT environment variable.")
    monkeypatch.setattr(app, "build_app", lambda settings: Demo(taken))
    with pytest.raises(SettingsError, match="--port") as caught:
        app.launch(Settings(), port=0)
    assert "GRADIO" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_ctrl_c_ends_the_window_with_one_line(seed_settings: Settings) -> None:
    command = [sys.executable, "-m", "rag.cli", "chat", "--port", "0", "--library", str(seed_settings.library)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # What runs in the background of a script has Ctrl-C ignored, and hands that down.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        window = subprocess.Popen(command, **pipes, text=True)
    finally:
        signal.signal(signal.SIGINT, heard)
    with window:
        assert window.stdout
        assert window.stdout.readline().startswith("The window is open at http://127.0.0.1:")
        window.send_signal(signal.SIGINT)
        try:
            out, err = window.communicate(timeout=120)
        finally:
            window.kill()
    assert (window.returncode, out, err) == (130, "", "citewise: stopped\n")
