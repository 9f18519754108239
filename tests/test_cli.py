"""The command line as a person meets it: separate processes, exit codes, one line for an error."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.core.settings import Settings
from rag.output.to_json import answer_json
from tests.conftest import ROOT, SEEDS

QUESTION = "What is the attention entropy related to?"


def run(
    *arguments: str, settings: Settings, library: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            **os.environ,
            "CITEWISE_LIBRARY": str(library or settings.library),
            "CITEWISE_CACHE": str(settings.cache),
            **(env or {}),
        },
        check=False,
    )


def test_help_teaches_and_answers_within_a_second(seed_settings: Settings) -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = run("--help", settings=seed_settings)
        times.append(time.perf_counter() - start)
    assert done.returncode == 0
    assert "citewise ingest FILE" in done.stdout
    assert all(name in done.stdout for name in ("ingest", "ask", "search", "papers", "chat", "doctor"))
    assert min(times) < 1


@pytest.mark.parametrize(
    "module", ["rag", "rag.cli", "rag.wiring", "ui", "evals", "evals.cases.question_set", "evals.scores.summary"]
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    heavy = "{'torch', 'transformers', 'gradio', 'chromadb', 'llama_index'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print({heavy})"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    allowed = "{'llama_index'}" if module.startswith("evals.s") else "set()"
    assert done.stdout.strip() in ("set()", allowed), done.stderr


def test_ingesting_twice_adds_nothing(seed_settings: Settings, tmp_path: Path) -> None:
    first = run("ingest", str(SEEDS), settings=seed_settings, library=tmp_path)
    second = run("ingest", str(SEEDS), "--json", settings=seed_settings, library=tmp_path)
    assert first.stdout.startswith("59 added, 0 updated, 0 unchanged, 0 rejected")
    report = json.loads(second.stdout)
    assert (report["added"], report["updated"], len(report["unchanged"])) == ([], [], 59)
    assert "torch" not in second.stderr


def test_ask_json_is_the_assistants_answer(seed_settings: Settings, assistant: Assistant) -> None:
    done = run("ask", QUESTION, "--json", settings=seed_settings)
    printed, expected = json.loads(done.stdout), answer_json(assistant.ask(QUESTION))
    assert printed.pop("timings_ms").keys() == expected.pop("timings_ms").keys()
    assert printed == json.loads(json.dumps(expected))


@pytest.mark.slow
def test_ask_prints_quotes_markers_and_sources_and_why_on_request(seed_settings: Settings) -> None:
    done = run("ask", QUESTION, "--why", settings=seed_settings)
    assert done.returncode == 0, done.stderr
    assert "attention entropy changes with token quantity" in done.stdout
    assert "[1] Training-free Diffusion Model Adaptation" in done.stdout
    assert "likelihood" in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
def test_search_json_has_the_papers_with_their_scores(seed_settings: Settings) -> None:
    done = run("search", "binarized diffusion model", "--json", "--limit", "3", settings=seed_settings)
    found = json.loads(done.stdout)
    assert found["question"] == "binarized diffusion model"
    assert len(found["papers"]) == 3
    assert found["papers"][0]["title"].startswith("BinaryDM")


def test_papers_json_can_be_ingested_again(seed_settings: Settings, tmp_path: Path) -> None:
    listed = run("papers", "--json", settings=seed_settings)
    lines = listed.stdout.splitlines()
    assert len(lines) == 59
    (tmp_path / "out.jsonl").write_text(listed.stdout, "utf-8")
    again = run("ingest", str(tmp_path / "out.jsonl"), "--json", settings=seed_settings)
    assert len(json.loads(again.stdout)["unchanged"]) == 59


def test_doctor_names_weights_device_library_and_index(seed_settings: Settings) -> None:
    done = run("doctor", settings=seed_settings)
    assert done.returncode == 0, done.stdout
    assert "59 papers" in done.stdout
    assert "from the wheel" in done.stdout
    assert "sampled ones find themselves" in done.stdout


def test_doctor_reports_what_is_wrong_and_exits_with_1(seed_settings: Settings, tmp_path: Path) -> None:
    done = run("doctor", settings=seed_settings, library=tmp_path / "none")
    assert done.returncode == 1
    assert "there is no library" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["ingest", "no-such-file.txt"], 1, "there is no file", id="missing file"),
        pytest.param(["ask", "why?", "--library", "/no/such/place"], 1, "there is no library", id="missing library"),
        pytest.param(["ask", "   "], 1, "the question is empty", id="empty question"),
        pytest.param(["ask"], 2, "Missing argument", id="no question"),
        pytest.param(["ask", "why?", "--mode", "rhyme"], 1, "CITEWISE_MODE", id="unknown mode"),
        pytest.param(["search", "x", "--limit", "0"], 2, "--limit", id="limit out of range"),
        pytest.param(["frobnicate"], 2, "No such command", id="unknown command"),
    ],
)
def test_errors_are_one_line_without_a_traceback(
    arguments: list[str], code: int, message: str, seed_settings: Settings
) -> None:
    done = run(*arguments, settings=seed_settings)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert len(done.stderr.strip().splitlines()) == 1


def test_an_unknown_setting_is_refused(seed_settings: Settings) -> None:
    done = run("papers", settings=seed_settings, env={"CITEWISE_LIBARY": "x"})
    assert done.returncode == 1
    assert "did you mean CITEWISE_LIBRARY?" in done.stderr
