"""What README and the pages beside it show runs, and prints what they say. Real models, one real server."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.core.domain import Answer
from rag.core.settings import PREFIX, Settings
from rag.output.terminal import print_answer
from tests.conftest import ROOT
from tests.helpers.pages import PAGES, Block, blocks_of
from tests.helpers.windows import running

WINDOW = "http://127.0.0.1:7860"
BLOCKS = [block for page in PAGES for block in blocks_of(page)]


SERVES = ("mount(", "launch(")
"""What serves something is run, and asked, by the tests of embedding."""
PYTHON = [block for block in BLOCKS if block.language == "python" and not any(call in block.text for call in SERVES)]


CURL = [block for block in BLOCKS if "curl " in block.text]


@pytest.fixture(scope="module")
def window(assistant: Assistant, seed_settings: Settings) -> Iterator[str]:
    with running(lambda settings, progress=None: assistant, library=seed_settings.library) as url:
        yield url.rstrip("/")


@pytest.fixture
def reader(tmp_path: Path, seed_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as somebody who tries the examples has it: the example library, and the question sets."""
    (tmp_path / "library").symlink_to(seed_settings.library)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "sets").symlink_to(ROOT / "evals" / "sets")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}CACHE", str(seed_settings.cache))
    return tmp_path


def test_there_are_examples_for_python_and_curl() -> None:
    assert len(PYTHON) >= 5 and len(CURL) >= 2


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, marks=[pytest.mark.slow] * (block.page.name != "README.md"), id=str(block))
        for block in PYTHON
    ],
)
def test_python_examples_run(
    block: Block, reader: Path, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    url = request.getfixturevalue("window") if WINDOW in block.text else WINDOW
    exec(compile(block.text.replace(WINDOW, url), str(block), "exec"), {"__name__": "__main__"})
    assert capfd.readouterr().out.strip()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed; the examples are calls of it")
@pytest.mark.parametrize("block", CURL, ids=str)
def test_curl_examples_run(block: Block, window: str, reader: Path) -> None:
    command = ["sh", "-eu", "-c", block.text.replace(WINDOW, window)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=reader)
    assert done.returncode == 0, done.stderr
    assert "event: complete" in done.stdout
    assert "DeepCache" in done.stdout


def test_the_answer_in_the_readme_is_real(asked: Callable[[str], Answer], capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = [block for block in blocks_of(ROOT / "README.md") if block.text.startswith("$ make ask")]
    command, shown = block.text.split("\n", 1)
    print_answer(asked(command.split('"')[1]))
    assert shown.split() == capsys.readouterr().out.split()
