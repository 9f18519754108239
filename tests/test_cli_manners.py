"""What people type at a terminal gets the right kind of answer: words without quotation marks, pipes, mistakes, exit codes."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.core.domain import Answer, Hit
from rag.core.errors import LibraryDamaged
from rag.core.paper_filter import PaperFilter
from rag.search.spelling import Spelling
from tests.conftest import ROOT
from tests.helpers.answers import paper
from tests.helpers.commands import citewise

BEES = paper("Bees make honey.", title="Honey bees")


class Assistant:
    """Remembers what it is asked and gives the outcome it was told to."""

    library = None

    def __init__(self, outcome: Any = "answered") -> None:
        self.asked: list[str] = []
        self.outcome = outcome

    def over(self, papers: PaperFilter) -> "Assistant":
        return self

    def ask(self, question: str) -> Answer:
        self.asked.append(question)
        return Answer(question, question, "quote", self.outcome, 0.9, "Bees make honey.")

    notice = ""

    def search(self, words: str, limit: int) -> Sequence[Hit]:
        self.asked.append(words)
        return [Hit(BEES, 1.5, {"dense": 0.5, "late": 0.25})][:limit]

    def spelled(self, words: str) -> Spelling:
        return Spelling(words.replace("honney", "honey"), (("honney", "honey"),) if "honney" in words else ())

    def close(self) -> None:
        pass


@pytest.fixture
def assistant(monkeypatch: pytest.MonkeyPatch) -> Assistant:
    """What ask and search get instead of the real one."""
    made = Assistant()
    monkeypatch.setattr("rag.wiring.open_assistant", lambda settings, progress=None: made)
    monkeypatch.setattr("rag.wiring.open_searcher", lambda settings, progress=None: made)
    return made


# --- words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (["What", "is", "DeepCache"], "What is DeepCache"),
        (["What is DeepCache?"], "What is DeepCache?"),
        (["What", "is", "DeepCache?", "--json"], "What is DeepCache?"),
        (["--json", "What", "is", "DeepCache?"], "What is DeepCache?"),
        (["What", "--json", "is", "DeepCache?"], "What is DeepCache?"),
        (["--mode", "quote", "who", "wrote", "it?"], "who wrote it?"),
        (["--", "-1", "or", "1", "as", "the", "weight?"], "-1 or 1 as the weight?"),
        (["-5 dB: which papers go as low?"], "-5 dB: which papers go as low?"),
        (["--json", "--verbose mode, what is it?"], "--verbose mode, what is it?"),
        (["  What is   it?  "], "What is   it?"),
        (["was", "ist", "Überanpassung"], "was ist Überanpassung"),
    ],
)
def test_a_question_needs_no_quotation_marks(assistant: Assistant, typed: list[str], asked: str) -> None:
    done = citewise("ask", *typed)
    assert (done.code, done.err) == (0, "")
    assert assistant.asked == [asked]


@pytest.mark.parametrize(
    "typed",
    [
        ["image", "editing", "--limit", "1"],
        ["--limit", "1", "image", "editing"],
        ["image editing"],
        ["image", "--limit=1", "editing"],
        ["--", "image", "editing"],
    ],
)
def test_words_to_search_for_need_none_either(assistant: Assistant, typed: list[str]) -> None:
    assert citewise("search", *typed).code == 0
    assert assistant.asked == ["image editing"]


def test_an_unknown_flag_in_a_question_is_refused_with_the_way_to_ask_it(assistant: Assistant) -> None:
    done = citewise("ask", "what", "does", "--sharpness", "mean")
    assert done.code == 2
    assert "--sharpness" in done.err
    assert "citewise ask -- " in done.err
    assert assistant.asked == []


@pytest.mark.parametrize("command", ["ask", "search"])
def test_what_is_piped_in_is_the_question(assistant: Assistant, command: str) -> None:
    for arguments in ([], ["-"]):
        assert citewise(command, *arguments, text="What is\nDeepCache?\n").code == 0
    assert assistant.asked == ["What is DeepCache?"] * 2


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize("text", ["", " \n"])
def test_nothing_to_ask_is_told_with_what_to_type(assistant: Assistant, command: str, text: str) -> None:
    done = citewise(command, text=text)
    assert (done.code, done.out) == (2, "")
    assert f"citewise {command} " in done.err
    assert len(done.err.splitlines()) == 1


def test_nothing_is_read_from_a_keyboard(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag import cli_options

    keyboard = SimpleNamespace(isatty=lambda: True, buffer=io.BytesIO(b"never read"))
    monkeypatch.setattr(sys, "stdin", keyboard)
    with pytest.raises(cli_options.WrongUsage, match="citewise ask"):
        cli_options.typed_or_piped([], "ask")


# --- exit codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "code"), [("answered", 0), ("partial", 0), ("nearest", 3), ("declined", 4)])
@pytest.mark.parametrize("flags", [[], ["--json"], ["--why"]])
def test_the_exit_code_tells_the_outcome(assistant: Assistant, outcome: str, code: int, flags: list[str]) -> None:
    assistant.outcome = outcome
    assert citewise("ask", "why", *flags).code == code


def test_a_search_without_a_result_has_the_code_of_nothing_found(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "search", lambda words, limit: [])
    assert citewise("search", "anything").code == 4
    assert citewise("search", "anything", "--json").code == 4


def test_the_exit_codes_are_told_by_help() -> None:
    for arguments in (["--help"], ["ask", "--help"]):
        told = " ".join(citewise(*arguments).out.split())
        codes = told.partition("Exit codes: ")[2]
        assert {"0", "1", "2", "3", "4", "130"} <= set(codes.split()), arguments


# --- flags and variables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "flag", "variable", "value"),
    [
        (["ask", "why"], "--mode", "CITEWISE_MODE", "foo"),
        (["chat"], "--mode", "CITEWISE_MODE", "foo"),
        (["ask", "why"], "--device", "CITEWISE_DEVICE", "tpu"),
        (["doctor"], "--device", "CITEWISE_DEVICE", "gpu"),
        (["chat"], "--root-path", "CITEWISE_ROOT_PATH", "papers"),
        (["chat"], "--trusted-proxy", "CITEWISE_TRUSTED_PROXY", "proxy.example.org"),
        (["chat"], "--auth", "CITEWISE_AUTH", "nobody"),
        (["papers"], "--library", "CITEWISE_LIBRARY", "~nobody-of-this-name/papers"),
    ],
)
def test_a_wrong_value_is_blamed_on_where_it_was_given(
    assistant: Assistant, command: list[str], flag: str, variable: str, value: str
) -> None:
    by_flag = citewise(*command, flag, value)
    assert (by_flag.code, by_flag.out) == (2, "")
    assert flag in by_flag.err
    assert "CITEWISE_" not in by_flag.err
    by_variable = citewise(*command, env={variable: value})
    assert (by_variable.code, by_variable.out) == (1, "")
    assert variable in by_variable.err
    assert flag not in by_variable.err
    for done in (by_flag, by_variable):
        assert len(done.err.splitlines()) == 1
        assert "Input should" not in done.err


def test_a_flag_wins_over_its_variable_also_where_it_is_wrong(assistant: Assistant) -> None:
    assert citewise("ask", "why", "--mode", "quote", env={"CITEWISE_MODE": "foo"}).code == 0
    assert "--mode" in citewise("ask", "why", "--mode", "foo", env={"CITEWISE_MODE": "quote"}).err


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("CITEWISE_PORTT", "--port"),
        ("CITEWISE_HOSTS", "--host"),
        ("CITEWISE_LIBRRY", "CITEWISE_LIBRARY"),
        ("CITEWISE_WRITERURL", "CITEWISE_WRITER_URL"),
        ("CITEWISE_DEVIC", "CITEWISE_DEVICE"),
    ],
)
def test_a_mistyped_variable_suggests_the_nearest_name(variable: str, said: str) -> None:
    done = citewise("papers", env={variable: "8000"})
    assert done.code == 1
    assert said in done.err
    assert "known are" not in done.err


@pytest.mark.parametrize("variable", ["CITEWISE_TELEMETRY", "CITEWISE_LOG", "CITEWISE_XQ"])
def test_a_variable_like_no_other_gets_no_false_suggestion(variable: str) -> None:
    assert "did you mean" not in citewise("papers", env={variable: "1"}).err


# --- search ---------------------------------------------------------------------------------------------------------------


def test_scores_of_papers_are_shown_on_request_only(assistant: Assistant) -> None:
    plain, why = citewise("search", "bees"), citewise("search", "bees", "--why")
    assert plain.out == "  1  Honey bees\n"
    assert "dense 0.50" in why.out
    assert json.loads(citewise("search", "bees", "--json").out)["papers"][0]["parts"] == {"dense": 0.5, "late": 0.25}


def test_a_search_says_which_word_it_read_for_a_misspelled_one(assistant: Assistant) -> None:
    assert citewise("search", "honney").out == "Read as: honey.\n  1  Honey bees\n"
    assert "Read as" not in citewise("search", "honney", "--json").out


# --- JSON -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["ask", "why"], ["search", "x"], ["papers"], ["doctor"], ["ingest", "no-such-file.jsonl"]]
)
def test_with_json_an_error_is_json_too(command: list[str], tmp_path: Path) -> None:
    done = citewise(*command, "--json", "--library", str(tmp_path / "none"))
    assert done.code == 1
    value = json.loads(done.out)
    if command != ["doctor"]:  # whose findings say it
        assert value["error"] in done.err


def test_a_wrong_flag_with_json_is_json_too(assistant: Assistant) -> None:
    done = citewise("ask", "why", "--json", "--mode", "foo")
    assert done.code == 2
    assert "--mode" in json.loads(done.out)["error"]


def test_an_ingest_of_nothing_prints_one_json_value(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"title": "Only a header", "count": 2}\n', "utf-8")
    done = citewise("ingest", str(bad), "--json", "--library", str(tmp_path / "library"))
    assert done.code == 1
    assert json.loads(done.out)["added"] == []


# --- ingest ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "A header", "count": 2}\n{"abstract": {"x": 5}}\n',
        "not json\n{\n",
        "",
        "\n\n",
        "[]",
        '{"title": "%", "abstract": "%%"}\n',
    ],
    ids=["no papers", "no JSON", "empty", "blank", "no records", "no words"],
)
def test_a_file_of_only_bad_lines_makes_no_library(tmp_path: Path, text: str) -> None:
    bad, folder = tmp_path / "bad.jsonl", tmp_path / "library"
    bad.write_text(text, "utf-8")
    done = citewise("ingest", str(bad), "--library", str(folder))
    assert done.code == 1
    assert str(bad) in done.err
    assert not folder.exists()


def test_it_leaves_a_library_that_is_there_as_it_was(tmp_path: Path, small_library: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"title": "No abstract"}\n', "utf-8")
    before = {path: path.read_bytes() for path in small_library.rglob("*") if path.is_file()}
    assert citewise("ingest", str(bad), "--library", str(small_library)).code == 1
    assert {path: path.read_bytes() for path in small_library.rglob("*") if path.is_file()} == before


def test_an_ingest_that_cannot_begin_leaves_no_empty_library(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.core.errors import ModelUnsupported

    def broken(*_: Any) -> Any:
        raise ModelUnsupported("these weights cannot be run")

    monkeypatch.setattr("rag.wiring.open_embedder", broken)
    good, folder = tmp_path / "good.jsonl", tmp_path / "library"
    good.write_text('{"title": "Bees", "abstract": "Bees make honey."}\n', "utf-8")
    done = citewise("ingest", str(good), "--library", str(folder), env={"CITEWISE_CACHE": str(cache)})
    assert done.code == 1
    assert not folder.exists()

    folder.mkdir()
    (folder / "notes.txt").write_text("mine", "utf-8")
    citewise("ingest", str(good), "--library", str(folder), env={"CITEWISE_CACHE": str(cache)})
    assert [path.name for path in folder.iterdir()] == ["notes.txt"], "what was there before stays"


# --- libraries that cannot be opened --------------------------------------------------------------------------------------


def _newer(folder: Path) -> None:
    import sqlite3

    with sqlite3.connect(folder / "library.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


def test_where_papers_may_be_added_the_window_opens_over_a_folder_without_a_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("ui.app.launch", lambda settings, **_: opened.append(settings.library))
    done = citewise("chat", "--port", "0", "--library", str(tmp_path / "nope"))
    assert (done.code, opened) == (0, [tmp_path / "nope"])
    assert "Add papers in the window" in done.err
    assert not (tmp_path / "nope").exists()


@pytest.mark.parametrize(
    "command", [["chat", "--port", "0", "--edit", "off"], ["ask", "why"], ["search", "why"], ["papers"], ["export"]]
)
@pytest.mark.parametrize("wrong", ["missing", "file", "database", "empty folder", "newer", "damaged"])
def test_a_library_that_cannot_be_opened_is_told_at_once_with_the_way_out(
    tmp_path: Path, small_library: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], wrong: str
) -> None:
    monkeypatch.setattr("rag.wiring.open_embedder", lambda *_: pytest.fail("the embedder was loaded"))
    monkeypatch.setattr("ui.app.launch", lambda *_, **__: pytest.fail("the window was opened"))
    folder, said = tmp_path / "nope", "citewise ingest FILE --library"
    if wrong == "file":
        folder.write_text("{}", "utf-8")
        said = "is a file"
    elif wrong == "database":
        folder, said = small_library / "library.sqlite3", f"--library {small_library}"
    elif wrong == "empty folder":
        folder.mkdir()
    elif wrong == "newer":
        _newer(small_library)
        folder, said = small_library, "newer citewise"
    elif wrong == "damaged":
        (small_library / "library.sqlite3").write_bytes(b"no database at all" * 100)
        folder, said = small_library, "doctor --repair"
    done = citewise(*command, "--library", str(folder))
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_a_folder_that_may_not_be_read_is_told_at_once(small_library: Path, unprivileged: Any) -> None:
    small_library.chmod(0)
    try:
        with unprivileged():
            done = citewise("chat", "--library", str(small_library))
    finally:
        small_library.chmod(0o755)
    assert (done.code, done.out) == (1, "")
    assert "permission" in done.err.lower()
    assert "--library" in done.err


# --- commands -------------------------------------------------------------------------------------------------------------


def test_citewise_alone_teaches_with_examples() -> None:
    done = citewise()
    assert (done.code, done.err) == (0, "")
    examples = [line for line in done.out.splitlines() if line.strip().startswith("citewise ")]
    assert len(examples) >= 3
    assert all(any(f"citewise {command} " in line for line in examples) for command in ("ingest", "ask", "chat"))
    assert done.out == citewise("--help").out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("serch", "search"),
        ("aks", "ask"),
        ("chatt", "chat"),
        ("paper", "papers"),
        ("docter", "doctor"),
        ("ingset", "ingest"),
        ("list", "papers"),
        ("add", "ingest"),
        ("import", "ingest"),
        ("serve", "chat"),
        ("find", "search"),
        ("ASK", "ask"),
    ],
)
def test_an_unknown_command_suggests_the_near_one(typed: str, meant: str) -> None:
    done = citewise(typed, "x")
    assert done.code == 2
    assert f"citewise {meant}" in done.err


@pytest.mark.parametrize(
    "typed", [["What is DeepCache?"], ["What", "is", "DeepCache"], ["why?"], ["show", "me", "papers", "on", "bees"]]
)
def test_a_question_without_a_command_is_told_how_to_ask_it(typed: list[str]) -> None:
    done = citewise(*typed)
    assert done.code == 2
    assert "citewise ask" in done.err


def test_every_command_has_an_example() -> None:
    from typer.main import get_command

    from rag.cli import app

    commands: Any = get_command(app)
    for name in commands.commands:
        shown = citewise(name, "--help").out
        assert f"citewise {name}" in shown.partition("Usage:")[2].partition("\n")[2], name


def test_ctrl_c_ends_with_one_line_and_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.wiring.open_assistant", interrupted)
    done = citewise("ask", "why")
    assert (done.code, done.out) == (130, "")
    assert len(done.err.splitlines()) <= 1


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_ctrl_c_while_modules_load_ends_with_one_line() -> None:
    """The moment is that of the import: what is loaded sends the signal itself."""
    code = (
        "import os, signal, sys, types\n"
        "class Slow(types.ModuleType):\n"
        "    def __getattr__(self, name):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.modules['rag.cli'] = Slow('rag.cli')\n"
        "from rag.start import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "citewise: stopped\n")


def test_an_error_while_a_result_is_printed_stays_one_line(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(question: str) -> Answer:
        raise LibraryDamaged("the library is damaged")

    monkeypatch.setattr(assistant, "ask", damaged)
    done = citewise("ask", "why")
    assert (done.code, done.out, done.err) == (1, "", "citewise: the library is damaged\n")
