"""Consoles that know few characters: what they cannot show never ends a command, and JSON stays whole."""

import io
import json
import subprocess
import sys

import pytest

from rag.output.streams import as_typed, dump_json, keep_printable, read_stdin

TITLE = "∞-Diff: 中文 “quoted” 🎈 ﬁ"


def console(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)


def written(stream: io.TextIOWrapper) -> str:
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode(stream.encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "utf-8", "utf-16", "gbk"])
def test_no_title_ends_a_command(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    out = console(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", console(encoding))
    keep_printable()
    print(TITLE, "\ud83d")
    assert "Diff" in written(out) and written(out).rstrip().endswith("?")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "utf-16"])
def test_json_carries_every_character_to_any_console(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    out = console(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    keep_printable()
    print(dump_json({"title": TITLE}))
    assert json.loads(written(out)) == {"title": TITLE}


def test_json_is_readable_where_the_console_can_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", console("utf-8"))
    assert dump_json("∞") == '"∞"'
    assert json.loads(dump_json("half \ud83d")) == "half ?"


def test_what_is_piped_in_is_utf8_whatever_the_console_is(monkeypatch: pytest.MonkeyPatch) -> None:
    piped = io.BytesIO(b"\xef\xbb\xbf" + TITLE.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(piped, encoding="cp1252"))
    assert read_stdin() == TITLE


@pytest.mark.parametrize(
    "env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_a_command_prints_titles_to_a_console_without_their_characters(env: dict[str, str]) -> None:
    code = f"from rag.cli_options import exits_with_one_line\nexits_with_one_line(lambda: print({TITLE!a}))()"
    done = subprocess.run([sys.executable, "-c", code], env={"PATH": "", **env}, capture_output=True, check=False)
    assert done.returncode == 0 and b"-Diff: ??" in done.stdout


def test_words_on_the_command_line_are_utf8_whatever_the_console_is() -> None:
    assert as_typed("中文 ∞".encode().decode("ascii", "surrogateescape")) == "中文 ∞"
    assert as_typed("caf\udce9") == "caf\ufffd"
    assert as_typed("plain ∞") == "plain ∞" and as_typed("half \ud83d") == "half ?"
