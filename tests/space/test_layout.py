"""The repository as a Hugging Face Space runs it, as far as a machine without the hub can tell: started, visited, started again."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.helpers.hubs import hub
from tests.helpers.windows import ask, chat, expect, needs_browser, turn
from tests.space.layout import Layout, files_of, front_matter, preloaded, started
from tests.space.lender import lender

MOST_MEMORY = 4 << 30
"""A Space of the smallest kind has 16 GB."""
SEEN_SECONDS = 5.0
LONG = 240_000  # a busy machine that embeds the seeds
FIRST, SECOND = "How much faster does DeepCache make Stable Diffusion v1.5?", "Which papers prune diffusion models?"
MOSS = {"title": "Moss in the shade", "abstract": "Moss grows 3 cm a year in the shade. It needs no roots."}
Report = Callable[[str, float], None]


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary") / "tmp"


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Prints a figure and keeps it with the results of the tests."""

    def tell(name: str, value: float) -> None:
        record_property(name, value)
        print(f"{name}: {value:.1f}")

    return tell


@pytest.fixture
def cuda_build(layout: Layout) -> Layout:
    """The layout, where its torch is one for CUDA, as on ZeroGPU always: of others `spaces` cannot even be imported there."""
    built_for = subprocess.run(
        [str(layout.python), "-c", "import torch; print(torch.version.cuda or '')"], capture_output=True, text=True
    )
    if not built_for.stdout.strip():
        pytest.skip("the environment has a build of torch without CUDA; SPACE_TEST_PYTHON may name one with it")
    return layout


def told(page: Any, n: int = 0) -> Any:
    """The turn, once its answer is complete."""
    expect(turn(page, n).locator(".cw-why")).to_be_visible(timeout=LONG)
    return turn(page, n)


@pytest.mark.slow
class TestASpace:
    pytestmark = needs_browser

    def test_it_starts_answers_two_visitors_apart_and_starts_again(
        self, layout: Layout, temporary: Path, visit: Any, report: Report
    ) -> None:
        before = files_of(layout.checkout), files_of(layout.home)
        report("environment made, s", layout.made_in or 0.0)
        with started(layout, temporary) as space:
            report("no network, folders read-only", space.is_apart)
            report("first start: something to see, s", space.seen_after)
            report("first start: window served, s", space.served_after)
            assert space.seen_after < SEEN_SECONDS
            ada, bert = visit(space.url), visit(space.url)
            ask(ada, FIRST)
            ask(bert, SECOND)
            expect(told(ada)).to_contain_text("2.3× for Stable Diffusion v1.5")
            told(bert)
            for page, other in ((ada, SECOND), (bert, FIRST)):
                expect(chat(page)).not_to_contain_text(other)
            # What is said before is the visitor's own: only who asked about DeepCache is understood so.
            for page in (ada, bert):
                ask(page, "Does it need retraining?")
                told(page, 1)
            expect(turn(ada, 1).locator(".cw-pill")).to_contain_text("About: DeepCache")
            expect(chat(bert)).not_to_contain_text("About: DeepCache")
            assert _status_of_an_upload(ada) >= 400
            now, most = space.memory()
            report("memory after four questions, GB", now / 1e9)
            report("most memory, GB", most / 1e9)
            assert most < MOST_MEMORY
            assert str(layout.checkout) not in space.told(), "an error came through code of ours"
        assert (files_of(layout.checkout), files_of(layout.home)) == before, "written outside the temporary folders"
        with started(layout, temporary) as space:
            report("second start: window served, s", space.served_after)
            page = visit(space.url)
            ask(page, FIRST)
            expect(told(page)).to_contain_text("2.3× for Stable Diffusion v1.5")
            assert "Embedding" not in space.told()
        assert (files_of(layout.checkout), files_of(layout.home)) == before

    def test_a_hub_that_is_down_at_the_start_is_told_and_a_button_tries_again(
        self, layout: Layout, tmp_path: Path, visit: Any
    ) -> None:
        with hub() as of_papers:
            of_papers.refuses = 503
            of_papers.datasets["owner/papers"] = {
                "papers.jsonl": json.dumps(
                    {
                        "title": "Moss in the shade",
                        "abstract": "Moss grows 3 cm a year in the shade. It needs no roots.",
                    }
                ).encode()
            }
            variables = {
                "CITEWISE_SPACE_LIBRARY": "owner/papers",
                "HF_ENDPOINT": of_papers.url,
                "HF_HUB_OFFLINE": "",
                "http_proxy": "",
                "https_proxy": "",
            }
            with started(layout, tmp_path / "tmp", variables, alone=False) as space:
                page = visit(space.url)
                expect(page.get_by_role("heading", name="Not ready to answer")).to_be_visible(timeout=LONG)
                expect(chat(page)).to_contain_text("the papers of owner/papers cannot be downloaded")
                expect(chat(page)).to_contain_text("it answers 503")
                of_papers.refuses = 0
                page.get_by_role("button", name="Try again").click()
                expect(page.locator("#cw-line")).to_contain_text("Searches 1 paper", timeout=LONG)
                ask(page, "How fast does moss grow?")
                expect(told(page)).to_contain_text("3 cm a year")

    def test_on_zerogpu_everything_but_the_writing_runs_without_the_gpu(
        self, cuda_build: Layout, tmp_path: Path, visit: Any
    ) -> None:
        from evals.bench.random_writer import random_writer

        random_writer(tmp_path / "writer")
        with lender() as lends:
            lends.left = 3
            variables = {
                "ACCELERATOR": "zero-a10g",
                "SPACES_ZERO_GPU": "true",
                "SPACES_ZERO_DEVICE_API_URL": lends.url,
                "CITEWISE_WRITER": str(tmp_path / "writer"),
                "CITEWISE_SPACE_LIBRARY": str(_small(tmp_path)),
                "http_proxy": "",
            }
            with started(cuda_build, tmp_path / "tmp", variables, alone=False) as space:
                assert lends.asked("/startup-report") == [{}]
                page = visit(space.url)
                ask(page, "How fast does moss grow?")
                expect(told(page)).to_contain_text("3 cm a year")
                expect(turn(page)).to_contain_text("Quoted instead of written: no GPU was lent for it")
                # Here is no GPU, so the process that was to have one ends at once.
                lends.left = None
                ask(page, "What does moss need?")
                expect(told(page, 1)).to_contain_text("It needs no roots.")
                expect(turn(page, 1)).to_contain_text("Quoted instead of written: the lent GPU broke off")
                assert {given["pid"] for given in lends.asked("/allow")} and len(lends.asked("/release")) == 1
                assert all(int(given["pid"]) != space.pid for given in lends.asked("/allow"))


def _small(folder: Path) -> Path:
    """A file with one paper."""
    file = folder / "moss.jsonl"
    file.write_text(json.dumps(MOSS))
    return file


def _status_of_an_upload(page: Any) -> int:
    """What the server says to a file that is sent to gradio's address for files."""
    status: int = page.evaluate(
        """async () => {
            const form = new FormData();
            form.append("files", new Blob(["x"]), "x.txt");
            return (await fetch("gradio_api/upload", { method: "POST", body: form })).status;
        }"""
    )
    return status


@pytest.mark.slow
def test_what_writes_does_so_in_the_process_that_zerogpu_lends_a_gpu(cuda_build: Layout) -> None:
    done = subprocess.run(
        [str(cuda_build.python), "-m", "tests.space.lent"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cuda_build.home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    happened = json.loads(done.stdout.splitlines()[-1])
    assert happened["device"] == "cpu"  # what reads and embeds
    assert happened["text"] and happened["again"] == happened["text"]
    assert happened["elsewhere"] and happened["processes"] == 1  # which is kept for the next answer
    assert [loan["durationSeconds"] for loan in happened["asked"]] == ["20", "20"]
    assert [loan["token"] for loan in happened["asked"]] == ["visitor", "visitor"]
    assert happened["given back"] == 2
    assert happened["stopped after"] < 1 and happened["given back after"] < 5
    assert happened["refused"].startswith("no GPU was lent for it: You have exceeded your")


# --- what is pushed ---------------------------------------------------------------------------------------------------


def test_the_front_matter_names_what_a_space_can_run() -> None:
    front = front_matter()
    assert (front["sdk"], front["python_version"], front["app_file"]) == ("gradio", "3.12", "app.py")
    assert len(front["short_description"]) <= 60
    assert front["colorFrom"] in "red yellow green blue indigo purple pink gray".split()


def test_the_models_are_preloaded_at_the_commits_that_were_tested() -> None:
    from rag.core.settings import DEFAULT_EMBEDDER, DEFAULT_READER
    from rag.models.published import PUBLISHED

    assert {name: commit for name, (_, commit) in preloaded().items()} == {
        name: PUBLISHED[name].revision for name in (DEFAULT_EMBEDDER, DEFAULT_READER)
    }
    for files, _ in preloaded().values():
        assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(files)


def test_the_torch_that_a_space_may_take_is_among_those_of_zerogpu() -> None:
    required = next(line for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if "torch" in line)
    assert required.startswith("torch>=2.8,<"), "ZeroGPU lists 2.8 to 2.11"


def test_no_file_is_too_large_for_git_without_lfs() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert [path.name for path in files if path.is_file() and path.stat().st_size > 10_000_000] == []
