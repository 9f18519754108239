"""Running a set: what is written and when, what a failure leaves, and that no other run is mixed in."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import evals
from evals.cases.question_set import Case, load_set
from evals.errors import EvalError
from evals.runs.run import FORMAT, Run, load_run, run_cases
from evals.scores import summary
from rag.answer.quoted import DECLINED
from rag.core.domain import Answer, Hit, Message, Paper
from rag.core.errors import QuestionError
from rag.core.settings import Settings
from tests.conftest import ROOT

DEV_SET = ROOT / "evals" / "sets" / "seeds-dev.jsonl"


def _set_file(folder: Path, *lines: Any) -> Path:
    """A set; strings go in as they stand."""
    path = folder / "set.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


def _cases(folder: Path, *raw: dict[str, Any]) -> tuple[Case, ...]:
    return load_set(_set_file(folder, *raw)).cases


BEES = Paper("bees", "Honey bees", "They dance.")


class _Stub:
    """Answers nothing but what it is asked; one question breaks it, one it refuses."""

    def __init__(self) -> None:
        self.histories: list[Sequence[Message]] = []
        self.library = self

    def papers(self, ids: object = None) -> list[Paper]:
        return [BEES]

    def ask(self, question: str, history: Sequence[Message] = ()) -> Answer:
        self.histories.append(history)
        if question == "breaks":
            raise ZeroDivisionError("no such luck")
        if question == "refused":
            raise QuestionError("the question is empty")
        return Answer(question, question, "quote", "declined", 0.25, DECLINED)

    def standalone(self, question: str, history: Sequence[Message] = ()) -> str:
        return question

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        return (Hit(BEES, 0.5, {"dense": 0.5}),)


def _manifest(mode: str = "quote") -> dict[str, Any]:
    return {"format": FORMAT, "mode": mode}


def _run(cases: Sequence[Case], out: Path, mode: str = "quote", progress: Any = None, resume: bool = False) -> _Stub:
    stub: Any = _Stub()
    run_cases(stub, cases, out, _manifest(mode), resume, progress)
    return stub  # type: ignore[no-any-return]


QUESTIONS = [{"id": str(n), "question": q} for n, q in enumerate(["first", "breaks", "refused", "last — ünï"])]


def test_a_failing_question_is_recorded_and_the_run_goes_on(tmp_path: Path) -> None:
    seen: list[str] = []
    out = tmp_path / "runs" / "new" / "run.jsonl"
    _run(_cases(tmp_path, *QUESTIONS), out, progress=lambda line: seen.append(line["id"]))
    back = load_run(out)
    assert seen == ["0", "1", "2", "3"]
    assert [line["error"] for line in back.lines] == [
        None,
        "ZeroDivisionError: no such luck",
        "QuestionError: the question is empty",
        None,
    ]
    assert [line["question"] for line in back.lines] == [item["question"] for item in QUESTIONS]
    assert [line["case"] for line in back.lines] == QUESTIONS
    assert back.manifest == _manifest()
    assert summary.score(back)["failed"] == 2


def test_questions_are_asked_with_their_history(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "How?"}]
    stub = _run(_cases(tmp_path, {"id": "a", "question": "Why?", "history": history}), tmp_path / "run.jsonl")
    assert stub.histories == [(Message("user", "How?"),)]


def test_a_retrieval_run_holds_the_papers_found_and_asks_nothing(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    stub = _run(_cases(tmp_path, {"id": "a", "question": "breaks", "gold": ["bees"]}), out, "retrieve")
    (line,) = load_run(out).lines
    assert stub.histories == []
    assert line["error"] is None
    assert [paper["paper_id"] for paper in line["retrieved"]] == ["bees"]
    measures = summary.score(load_run(out))["measures"]
    assert measures["hit@1"]["mean"] == 1.0
    assert measures["citation_recall"]["mean"] is None


class _Slow(_Stub):
    """Answers as many questions at the same time as are expected, the first one last."""

    def __init__(self, at_once: int, out: Path) -> None:
        super().__init__()
        self.together = threading.Barrier(at_once)
        self.first = threading.Event()
        self.answered: list[str] = []
        self._out = out

    def ask(self, question: str, history: Sequence[Message] = ()) -> Answer:
        if question in ("q0", "q1", "q2"):
            self.together.wait(10)
        if question == "q0":
            assert self.first.wait(10)
        self.answered.append(question)
        if len(self.answered) == 9:
            self.first.set()  # all others have been answered, and nothing waited for the first
        return super().ask("breaks" if question == "q4" else question, history)


def test_several_questions_at_once_come_in_their_order_and_are_the_same(tmp_path: Path) -> None:
    cases = _cases(tmp_path, *({"id": str(n), "question": f"q{n}"} for n in range(10)))
    out, before = tmp_path / "run.jsonl", tmp_path / "before.jsonl"
    stub: Any = _Slow(3, out)
    seen: list[str] = []
    run_cases(stub, cases, out, _manifest(), progress=lambda line: seen.append(line["id"]), at_once=3)
    assert stub.answered[-1] == "q0"
    assert seen == [case.id for case in cases]
    assert load_run(out).lines[4]["error"] == "ZeroDivisionError: no such luck"
    one: Any = _Slow(1, before)
    one.first.set()
    run_cases(one, cases, before, _manifest())
    assert out.read_text("utf-8") == before.read_text("utf-8")


def test_a_run_of_several_at_once_that_was_stopped_goes_on_where_its_file_ends(tmp_path: Path) -> None:
    cases = _cases(tmp_path, *({"id": str(n), "question": f"question {n}"} for n in range(30)))
    out = tmp_path / "run.jsonl"

    def stops(line: dict[str, Any]) -> None:
        if line["id"] == "5":
            raise KeyboardInterrupt

    stub: Any = _Stub()
    with pytest.raises(KeyboardInterrupt):
        run_cases(stub, cases, out, _manifest(), progress=stops, at_once=4)
    assert out.read_bytes().count(b"\n") == 7
    assert len(stub.histories) < 30, "those that were not begun are not asked"
    again: Any = _Stub()
    run_cases(again, cases, out, _manifest(), resume=True, at_once=2)
    assert len(again.histories) == 24
    assert [line["id"] for line in load_run(out).lines] == [str(n) for n in range(30)]


def test_each_line_is_in_the_file_before_the_next_question_is_asked(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    sizes: list[int] = []
    _run(_cases(tmp_path, *QUESTIONS), out, progress=lambda line: sizes.append(out.read_bytes().count(b"\n")))
    assert sizes == [2, 3, 4, 5]


def test_a_run_overwrites_nothing(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    out.write_text("precious", "utf-8")
    with pytest.raises(EvalError, match="is there already; nothing was overwritten"):
        _run(_cases(tmp_path, *QUESTIONS), out)
    assert out.read_text("utf-8") == "precious"


def test_a_run_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(EvalError, match=r"cannot write .*run\.jsonl: "):
        _run(_cases(tmp_path, *QUESTIONS), tmp_path / "file" / "run.jsonl")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"manifest": {"format": 1}}\n{"id": "a", "cas', "damaged or was cut off in the middle of a line"),
        (b'{"manifest": {"format": 1}}\n\xff\n', "damaged or was cut off"),
        ("", "no run file: its first line has no manifest"),
        ('{"id": "a", "question": "Why?"}\n', "no run file: its first line has no manifest"),
        ('["manifest"]\n', "no run file: its first line has no manifest"),
        ('{"manifest": {"format": 99}}\n', "has run format 99; this citewise reads 1"),
        ('{"manifest": {}}\n', "has run format None"),
    ],
    ids=["cut off", "no UTF-8", "empty", "a question set", "a list", "newer format", "no format"],
)
def test_a_file_that_is_no_whole_run_is_refused(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(EvalError) as caught:
        load_run(path)
    assert problem in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"cannot read the run .*gone\.jsonl: No such file"):
        load_run(tmp_path / "gone.jsonl")


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


def test_a_frame_has_a_row_a_question_with_its_measures(retrieved: Run) -> None:
    frame = evals.frame(retrieved)
    assert list(frame["id"]) == [line["id"] for line in retrieved.lines]
    assert frame["mrr"].mean() == pytest.approx(evals.score(retrieved)["measures"]["mrr"]["mean"], abs=1e-4)


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


@pytest.mark.slow
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
