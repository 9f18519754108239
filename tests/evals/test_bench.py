"""The benchmarks: same corpus and questions each time, both sides measured, errors that say what to do."""

import gzip
import importlib.util
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals.bench.bench import bench, print_bench
from evals.bench.corpus import questions_from, questions_of, take_papers, write_corpus
from evals.bench.workers import peak_memory
from evals.errors import EvalError
from rag.core.domain import Paper
from rag.core.settings import Settings
from rag.ingest.formats import read_papers
from tests.conftest import SEEDS

ABSOLUTE = {"name", "p50_ms", "p95_ms", "samples", "peak_mb", "ready_s"}


@pytest.fixture
def settings(cache: Path, tmp_path: Path) -> Settings:
    """Settings whose library must stay untouched."""
    return Settings.load(library=tmp_path / "untouched", cache=cache)


def _measured(part: str, settings: Settings, papers: int = 10, questions: int = 1) -> dict[str, Any]:
    result = bench(part, SEEDS, papers, questions, settings)
    assert json.loads(json.dumps(result)) == result
    assert not settings.library.exists()
    for side in (result["citewise"], result["baseline"]):
        assert side.keys() >= ABSOLUTE
        assert 0 < side["p50_ms"] <= side["p95_ms"]
        assert side["peak_mb"] is None or side["peak_mb"] > 100
    for name in ("throughput", "p50", "p95"):
        assert result["ratios"][name] > 0
    return result


@pytest.mark.slow
def test_ingest_is_measured_beside_sentence_transformers_on_the_same_texts(settings: Settings) -> None:
    pytest.importorskip("sentence_transformers")
    result = _measured("ingest", settings)
    assert result["questions"] == 0
    assert result["citewise"]["texts"] == result["baseline"]["texts"] > 20
    assert result["citewise"]["samples"] == result["baseline"]["samples"] == 3
    assert 0 < result["ratios"]["reingest"] < 1


@pytest.mark.slow
def test_retrieval_is_measured_beside_a_dense_llama_index_retriever(settings: Settings) -> None:
    result = _measured("retrieve", settings, questions=2)
    # 2 questions, 3 rounds
    assert result["citewise"]["samples"] == result["baseline"]["samples"] == 6
    speed = result["citewise"]["questions_per_second"] / result["baseline"]["questions_per_second"]
    assert result["ratios"]["throughput"] == pytest.approx(speed, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["read", "chat"])
def test_answering_is_measured_beside_the_same_llm_writing(part: str, settings: Settings) -> None:
    result = _measured(part, settings)
    assert result["questions"] == result["citewise"]["samples"] == 1
    assert 1 <= result["baseline"]["new_tokens"] <= 64


@pytest.mark.slow
def test_an_error_of_a_side_comes_back_as_it_was_raised(settings: Settings) -> None:
    broken = settings.model_copy(update={"reader": "no/such-model"})
    with pytest.raises(Exception, match="no/such-model") as caught:
        bench("read", SEEDS, 10, 1, broken)
    assert type(caught.value).__name__ == "ModelNotFound"


def test_ratios_are_printed_before_absolute_numbers() -> None:
    side = {"name": "x", "questions_per_second": 2.0, "p50_ms": 500.0, "p95_ms": 600.0, "peak_mb": None}
    printed = io.StringIO()
    result = {
        "part": "chat",
        "papers": 1_000,
        "questions": 5,
        "citewise": side,
        "baseline": side | {"new_tokens": 64.0},
        "ratios": {"throughput": 1.0, "peak_memory": None},
        "machine": {"cores": 2, "device": "cpu", "system": "Linux", "python": "3.12", "load_before": 3.0},
    }
    print_bench(result, Console(file=printed, width=120))
    text = printed.getvalue()
    assert text.index("throughput") < text.index("p50_ms") < text.index("2 cores")
    assert "1,000 papers, 5 questions" in text
    assert "The machine was busy" in text


def test_an_unknown_benchmark_is_named_with_those_there_are(settings: Settings) -> None:
    with pytest.raises(EvalError, match=r"no benchmark 'sleep'; there are ingest, retrieve, read, chat"):
        bench("sleep", SEEDS, 10, 1, settings)


def test_nothing_to_measure_is_refused(settings: Settings) -> None:
    with pytest.raises(EvalError, match="at least 1"):
        bench("chat", SEEDS, 10, 0, settings)


def test_a_missing_corpus_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"no corpus .*gone\.jsonl"):
        bench("retrieve", tmp_path / "gone.jsonl", 10, 1, settings)


def test_a_corpus_that_is_too_small_says_how_many_papers_it_holds(settings: Settings) -> None:
    with pytest.raises(EvalError, match="holds 59 papers, not 60"):
        bench("retrieve", SEEDS, 60, 1, settings)


def test_a_baseline_that_is_not_installed_is_named_with_the_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "sentence_transformers" else find_spec(name, *rest),
    )
    with pytest.raises(EvalError, match=r'sentence-transformers, .* pip install "citewise\[evals\]"'):
        bench("ingest", SEEDS, 10, 1, settings)


def test_a_gzipped_corpus_is_read_only_as_far_as_needed(tmp_path: Path) -> None:
    lines = [json.dumps({"title": f"Paper {i}", "abstract": f"We show {i}. It works."}) for i in range(3)]
    whole = gzip.compress("\n".join([lines[0], "not JSON", lines[0], lines[1], lines[2]]).encode())
    # What follows is no gzip data; a reader that went on to it would fail.
    (tmp_path / "corpus.jsonl.gz").write_bytes(whole + b"\x1f\x8b\xff")
    assert [paper.title for paper in take_papers(tmp_path / "corpus.jsonl.gz", 2)] == ["Paper 0", "Paper 1"]
    with pytest.raises(EvalError, match="cannot read the corpus"):
        take_papers(tmp_path / "corpus.jsonl.gz", 4)


def test_a_written_corpus_reads_back_the_same(tmp_path: Path) -> None:
    papers = take_papers(SEEDS, 59)
    write_corpus(papers, tmp_path / "corpus.jsonl")
    assert tuple(read_papers(tmp_path / "corpus.jsonl")) == papers


def test_questions_are_the_titles_of_evenly_spaced_papers() -> None:
    papers = [Paper(str(i), f"Title {i}", "A sentence.") for i in range(9)] + [Paper("9", "", "First one. Second one.")]
    assert questions_of(papers, 3) == ("Title 0", "Title 3", "Title 6")
    assert questions_of(papers, 10)[-1] == "First one."
    with pytest.raises(EvalError, match="10 papers give at most 10 questions, not 11"):
        questions_of(papers, 11)


def test_questions_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "questions.txt"
    file.write_text("What?\n\nWhy?\n", "utf-8")
    assert questions_from(file, 1) == ("What?",)
    assert questions_from(file, 2) == ("What?", "Why?")
    with pytest.raises(EvalError, match="holds 2 questions, not 3"):
        questions_from(file, 3)


def test_peak_memory_is_in_megabytes() -> None:
    peak = peak_memory()
    assert peak is None or 10 < peak < 100_000
