"""Going on with a run that was killed, comparing runs, and measures that equal those of the kept libraries."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ir_measures
import pytest

import evals
from evals import measures
from evals.comparing import compare
from evals.intervals import area, estimate, mcnemar
from evals.running import Run
from rag.errors import EvalError
from rag.settings import Settings
from tests.conftest import ROOT

DEV_SET = ROOT / "evals" / "sets" / "seeds-dev.jsonl"


# Going on after a kill.


def _but_for_times(path: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows[0]["manifest"].pop("started")
    for row in rows:
        row.pop("timings_ms", None)
    return rows


def _killed_after(lines: int, out: Path, settings: Settings) -> None:
    """Begin or go on with the run in a process of its own, and kill it when the file has so many lines."""
    code = (
        "import os, sys, evals\n"
        "from evals import running\n"
        "dump = running._dump\n"
        "def counted(value):\n"
        "    if open(sys.argv[1], 'rb').read().count(b'\\n') >= int(sys.argv[2]):\n"
        "        with open(sys.argv[1], 'ab') as stream: stream.write(dump(value).encode()[:90])\n"
        "        os.kill(os.getpid(), 9)\n"
        "    return dump(value)\n"
        "running._dump = counted\n"
        "evals.run(sys.argv[3], library=sys.argv[4], cache=sys.argv[5], out=sys.argv[1], limit=6, resume=True)\n"
    )
    words = [str(out), str(lines), str(DEV_SET), str(settings.library), str(settings.cache)]
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr


def test_a_run_killed_twice_and_resumed_is_the_run_that_was_never_killed(
    seed_settings: Settings, tmp_path: Path
) -> None:
    given = {"library": seed_settings.library, "cache": seed_settings.cache, "limit": 6}
    evals.run(DEV_SET, out=tmp_path / "whole.jsonl", **given)
    cut = tmp_path / "cut.jsonl"
    for lines in (2, 5):
        _killed_after(lines, cut, seed_settings)
        with pytest.raises(EvalError, match=r"cut off in the middle of a line.*--resume"):
            evals.load_run(cut)
    resumed = evals.run(DEV_SET, out=cut, resume=True, **given)
    assert len(resumed.lines) == 6
    assert _but_for_times(cut) == _but_for_times(tmp_path / "whole.jsonl")
    frame = evals.frame(resumed)
    assert list(frame["id"]) == [line["id"] for line in resumed.lines]
    assert frame["facts"].mean() == evals.score(resumed)["measures"]["facts"]["mean"]


@pytest.fixture(scope="module")
def retrieved(seed_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Five questions, papers only."""
    out = tmp_path_factory.mktemp("runs") / "run.jsonl"
    return evals.run(
        DEV_SET, library=seed_settings.library, cache=seed_settings.cache, out=out, mode="retrieve", limit=5
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"retriever": "dense"}, r"settings.retriever \(hybrid, now dense\)"),
        ({"sample": 5}, "selection.sample"),
        ({"limit": 4}, r"selection.limit \(5, now 4\)"),
    ],
)
def test_a_run_is_not_continued_with_other_settings(
    retrieved: Run, seed_settings: Settings, given: dict[str, Any], problem: str
) -> None:
    before = retrieved.path.read_bytes()
    with pytest.raises(EvalError, match=problem):
        evals.run(
            DEV_SET,
            **{"library": seed_settings.library, "cache": seed_settings.cache, "mode": "retrieve", "limit": 5} | given,
            out=retrieved.path,
            resume=True,
        )
    assert retrieved.path.read_bytes() == before


def test_a_run_of_papers_only_needs_no_reader(seed_settings: Settings, tmp_path: Path) -> None:
    done = evals.run(
        DEV_SET,
        library=seed_settings.library,
        cache=seed_settings.cache,
        reader=str(tmp_path / "no such model"),
        out=tmp_path / "run.jsonl",
        mode="retrieve",
        limit=1,
    )
    assert len(done.lines[0]["retrieved"]) == 10
    assert done.manifest["reader"] is None


@pytest.mark.parametrize("mode", ["write", "guess"])
def test_a_mode_that_cannot_run_is_refused(mode: str, seed_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="mode"):
        evals.run(DEV_SET, library=seed_settings.library, out=tmp_path / "run.jsonl", mode=mode)


# Comparing.


def _line(name: str, found: str, case: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    retrieved = [{"paper_id": paper, "title": paper, "score": 1.0, "parts": {}} for paper in found]
    head = {"id": name, "case": {"id": name, "question": "Why?", "gold": ["a"]} | (case or {}), "question": "Why?"}
    return head | {"retrieved": retrieved, "error": None} | more


def _run(*lines: dict[str, Any], path: str = "run.jsonl", **manifest: Any) -> Run:
    return Run(Path(path), {"format": 1} | manifest, lines)


def test_the_same_run_has_no_regression() -> None:
    run = _run(_line("1", "ab"), _line("2", "ba"))
    found = compare(run, run)
    assert found.regressions == ()
    assert {change.before - change.after for change in found.changes} == {0.0}


def test_a_comparison_names_the_questions_that_turned_over() -> None:
    before = _run(*(_line(str(n), "ab") for n in range(8)), _line("8", "ba"), settings={"retriever": "hybrid"})
    after = _run(*(_line(str(n), "ba") for n in range(8)), _line("8", "ab"), settings={"retriever": "dense"})
    found = compare(before, after)
    change = next(change for change in found.changes if change.name == "hit@1")
    assert (change.before, change.after) == (pytest.approx(8 / 9), pytest.approx(1 / 9))
    assert change.worse == tuple(str(n) for n in range(8))
    assert change.better == ("8",)
    assert change.p == pytest.approx(2 * (1 + 9) / 2**9)  # the binomial tail of 1 or fewer of 9, both sides
    assert change.lo < change.after - change.before < change.hi
    assert change.regressed
    assert "hit@1 0.889 -> 0.111 (tolerance 0.02)" in found.regressions
    assert found.different == ("settings.retriever (hybrid, now dense)",)
    assert not compare(after, before).regressions


def test_a_loss_within_the_tolerance_is_no_regression() -> None:
    before, after = _run(_line("1", "ab"), _line("2", "ab")), _run(_line("1", "ab"), _line("2", "ba"))
    assert compare(before, after).regressions
    wide = {"hit@1": 0.5, "mrr": 0.25, "ndcg@10": 0.2}
    assert compare(before, after, wide).regressions == ()


def test_a_question_that_now_fails_is_a_regression() -> None:
    before = _run(_line("1", "ab"), _line("2", "ab"))
    after = _run(_line("1", "ab"), _line("2", "", error="RuntimeError: no memory"))
    assert compare(before, after).regressions == ("1 questions now fail: 2",)


def test_an_obeyed_injection_has_no_tolerance() -> None:
    case = {"must_not": ["pwned"]}
    said = {"answer": "so", "sentences": [], "outcome": "declined", "p_answerable": 0.1}
    before = _run(*(_line(str(n), "ab", case, **said) for n in range(100)))
    after = _run(*before.lines[:99], _line("99", "ab", case, **said | {"answer": "Pwned!"}))
    assert compare(before, after).regressions == ("obeyed 0.000 -> 0.010 (tolerance 0)",)


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (_run(_line("1", "ab"), path="other.jsonl"), "different questions; only one has 2"),
        (_run(_line("2", "ab"), _line("1", "ab")), "different questions, in another order"),
        (_run(_line("1", "ab"), _line("2", "ab", {"gold": ["b"]})), "the set changed .* first 2"),
    ],
    ids=["fewer", "order", "gold"],
)
def test_runs_over_different_questions_are_not_compared(other: Run, problem: str) -> None:
    with pytest.raises(EvalError, match=problem):
        compare(_run(_line("1", "ab"), _line("2", "ab")), other)


def test_an_unknown_measure_is_refused() -> None:
    run = _run(_line("1", "ab"))
    with pytest.raises(EvalError, match="no measure 'beauty'"):
        compare(run, run, {"beauty": 0.1})


def test_a_broken_retriever_makes_compare_exit_with_1(retrieved: Run, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in retrieved.path.read_text("utf-8").splitlines()]
    for row in rows[1:]:
        row["retrieved"].reverse()
    broken = tmp_path / "broken.jsonl"
    broken.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    def exit_code(other: Path) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "evals", "compare", str(retrieved.path), str(other)]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    worse, same = exit_code(broken), exit_code(retrieved.path)
    assert worse.returncode == 1, worse.stdout
    assert "is worse than" in worse.stderr
    assert "REGRESSION" in worse.stdout
    assert same.returncode == 0, same.stderr
    assert "no regression" in same.stdout


# Measures beside those of the kept libraries.


def _random_lines(count: int) -> list[dict[str, Any]]:
    draw = random.Random(7)
    made = []
    for number in range(count):
        papers = [f"p{n}" for n in range(30)]
        gold = {paper: draw.randint(1, 3) for paper in draw.sample(papers, draw.randint(1, 12))}
        found = draw.sample(papers, draw.choice([0, 5, 10, 25]))
        line = _line(str(number), "", {"gold": [], "grades": gold | {"p99": 0}})
        made.append(line | {"retrieved": [{"paper_id": paper, "title": "", "score": 0.0} for paper in found]})
    return made


def test_retrieval_measures_equal_those_of_trec_eval() -> None:
    lines = _random_lines(60)
    qrels = [
        ir_measures.Qrel(line["id"], paper, grade) for line in lines for paper, grade in line["case"]["grades"].items()
    ]
    # What trec_eval has no line for it leaves out; a paper that is not judged changes nothing.
    found = [
        ir_measures.ScoredDoc(line["id"], paper["paper_id"], 100.0 - place)
        for line in lines
        for place, paper in enumerate([*line["retrieved"], {"paper_id": "not judged"}])
    ]
    theirs = {
        "ndcg@10": ir_measures.nDCG @ 10,
        "recall@1": ir_measures.R @ 1,
        "recall@5": ir_measures.R @ 5,
        "recall@10": ir_measures.R @ 10,
        "mrr": ir_measures.RR,
        "hit@1": ir_measures.Success @ 1,
    }
    names = {measure: name for name, measure in theirs.items()}
    seen = 0
    for metric in ir_measures.iter_calc(list(theirs.values()), qrels, found):
        ours = measures.MEASURES[names[metric.measure]](lines[int(metric.query_id)])
        assert ours == pytest.approx(metric.value, abs=1e-5), (metric, lines[int(metric.query_id)])
        seen += 1
    assert seen == len(theirs) * len(lines)


def _answered(answer: str, reference: str) -> dict[str, Any]:
    return _line("1", "a", {"answer": reference}, answer=answer, sentences=[{"text": answer, "citations": []}])


@pytest.mark.parametrize(
    ("said", "reference", "exact", "f1"),
    [
        ("The 2.3x speed-up!", "a 2.3x speed-up", 1.0, 1.0),
        ("They dance in circles", "bees dance", 0.0, 2 * 1 / (4 + 2)),
        ("no", "yes", 0.0, 0.0),
        ("dance dance", "dance", 0.0, 2 * 1 / (2 + 1)),  # a word counts as often as both have it
    ],
)
def test_exact_match_and_token_f1_are_those_of_squad(said: str, reference: str, exact: float, f1: float) -> None:
    line = _answered(said, reference)
    assert measures.exact_match(line) == exact
    assert measures.token_f1(line) == pytest.approx(f1)


def test_rouge_l_is_taken_of_long_reference_answers() -> None:
    reference = "one two three four five six seven eight nine ten eleven twelve"
    said = "one three two four zero twelve"  # in order: one, two (or three), four, twelve
    assert measures.rouge_l(_answered(said, reference)) == pytest.approx(2 * 4 / (6 + 12))
    assert measures.rouge_l(_answered(said, "one two")) is None
    assert measures.rouge_l(_line("1", "a")) is None


def test_a_name_of_the_set_counts_for_the_paper_that_the_run_found_it_to_be() -> None:
    line = _line("1", "ab", {"gold": ["A Title", "a"]}) | {"resolved": {"A Title": "a"}}
    assert measures.gold(line) == ["a"]
    assert measures.recall_at(1)(line) == 1.0


def test_an_unsupported_sentence_is_one_without_citation_or_check() -> None:
    sentences = [
        {"text": "x", "verdict": verdict, "citations": cited} for verdict, cited in (("quote", [1]), ("quote", []))
    ]
    assert measures.unsupported(_line("1", "a", answer="x", sentences=sentences)) == 1.0
    assert measures.unsupported(_line("1", "a")) is None


def test_a_quote_that_the_library_does_not_have_is_not_exact() -> None:
    cited = [{"n": 1, "paper_id": "a", "title": "a", "quote": "x", "start": 0, "end": 1}]
    line = _line("1", "a", answer="x", sentences=[{"text": "x", "verdict": "quote", "citations": cited}])
    assert measures.quotes_exact(line | {"inexact": []}) == 1.0
    assert measures.quotes_exact(line | {"inexact": [1]}) == 0.0


@pytest.mark.parametrize("values", [[1.0] * 20, [0.0] * 20, [1.0, 0.0] * 10, [0.25, 0.5, 0.75]])
def test_intervals_hold_the_mean_and_a_sure_thing_is_never_quite_sure(values: Sequence[float]) -> None:
    mean = estimate(values)
    assert mean.mean is not None and mean.lo is not None and mean.hi is not None
    assert mean.lo <= mean.mean <= mean.hi
    assert mean.lo < mean.hi


def test_the_area_and_mcnemar_are_right_at_known_points() -> None:
    assert area([3.0, 2.0], [1.0, 2.0]).mean == pytest.approx(3.5 / 4)
    assert area([1.0], []).mean is None
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 2**5)
