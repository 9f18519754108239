"""Training tables: questions are asked of libraries of their own, and a table that was cut short goes on."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.errors import EvalError
from evals.fit.sources import read_source
from evals.fit.table import Parts, make_table, plan_table
from rag.answer.assistant import Assistant
from rag.answer.quoting import FittedModels
from rag.core.logistic import load_logistic, load_weights
from rag.core.settings import Settings
from rag.evidence.ranking import SentenceRanker
from rag.evidence.roles import load_roles
from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from rag.search.late_interaction import LateInteraction
from rag.search.reranker import LATE_WEIGHT, Reranker
from rag.search.searcher import Searcher
from tests.conftest import ROOT, add
from tests.helpers.fakes import HashEmbedder, OverlapReader

Row = dict[str, Any]


def row(question: str, sentences: Sequence[str], marks: Sequence[int] | None = (), **rest: object) -> Row:
    answerable = rest.pop("answerable", bool(marks) or marks is None)
    texts = {"passage": " ".join(sentences), "sentences": list(sentences), "title": rest.pop("title", "")}
    return {
        "question": question,
        **texts,
        "answer_sentences": None if marks is None else [*marks],
        "answerable": answerable,
        **rest,
    }


BEES = ("Bees live in hives of wax.", "A bee dances to tell where flowers are.", "Winter is long for them.")
ANTS = ("Ants follow trails of scent.", "A colony moves 40 grains an hour.")
RUST = ("Iron rusts in water and in air.", "Zinc protects the steel of ships.")
ROWS = (
    row("Why does a bee dance?", BEES, [1], group="insects"),
    row("How many grains does a colony move?", ANTS, [1], group="insects"),
    row("What protects the steel of ships?", RUST, [1]),
    row("Who invented the steel of ships?", RUST),
)


def write(path: Path, rows: Sequence[Row] = ROWS) -> Path:
    text = "".join(json.dumps(one) + "\n" for one in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def parts(opened: list[str] | None = None) -> Parts:
    """Real libraries and a real assistant, with the small stand-ins for its models."""
    embedder = HashEmbedder()
    models = FittedModels(*map(load_logistic, ("answerability-likelihood", "choosing", "listing")), load_roles())
    ranker = SentenceRanker(embedder, OverlapReader(), load_weights("ranking"), papers=8, sentences=12)

    def ingest(folder: Path, papers: Path) -> None:
        if not folder.exists():
            add(folder, [make_paper(**json.loads(line)) for line in papers.read_text("utf-8").splitlines()], embedder)

    def open_over(folder: Path) -> Assistant:
        if opened is not None:
            opened.append(folder.name)
        library = Library.open(folder)
        reranker = Reranker(LateInteraction(embedder), late_weight=LATE_WEIGHT)
        searcher = Searcher(library, HybridRetriever(library, embedder), reranker, 4_000, {"embedder": "hash"})
        return Assistant(searcher, ranker, models, searcher.description, max_quotes=4)

    return Parts(ingest, open_over, load_roles())


def made(folder: Path, source: Path, out: str = "table.jsonl", resume: bool = False, **rest: Any) -> list[Row]:
    planned = plan_table([read_source(source)], rest.pop("each", 9), 0, 9)
    progress: Callable[[], None] = rest.pop("progress", lambda: None)
    make_table(planned, parts(rest.get("opened")), folder / "work", folder / out, {"seed": 0}, resume, progress)
    return [json.loads(line) for line in (folder / out).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("table")
    return made(folder, write(folder / "source.jsonl.gz"))


def _line(table: Sequence[Row], question: str, kind: str) -> Row:
    return next(line for line in table[1:] if line["question"] == question and line["kind"] == kind)


# What a line holds.


def test_a_line_says_which_sentences_hold_the_answer_and_has_all_signals(table: list[Row]) -> None:
    line = _line(table, "Why does a bee dance?", "own")
    assert line["answerable"] and line["own_first"] and line["first"] in line["own"]
    held = [sentence for sentence in line["sentences"] if sentence["holds"]]
    assert [sentence["text"] for sentence in held] == [BEES[1]]
    (sentence,) = held
    start, end = sentence["span"]
    assert (sentence["place"], sentence["of"], sentence["words"], sentence["own"]) == (1, 3, 8, True)
    assert [[start, end]] == line["marks"][sentence["paper"]]
    assert " ".join(BEES)[start:end] == BEES[1]
    assert set(load_weights("ranking-likelihood")) <= set(sentence["parts"])
    assert sum(sentence["roles"].values()) == pytest.approx(1, abs=0.01)
    assert set(line["signals"]) >= {feature.name for feature in load_logistic("answerability-likelihood").features}
    assert all(not one["holds"] for one in line["sentences"] if not one["own"])


def test_without_its_passage_a_question_is_not_answerable_and_reads_others_only(table: list[Row]) -> None:
    line = _line(table, "Why does a bee dance?", "left_out")
    assert not line["answerable"] and line["own"] == []
    assert line["sentences"] and not any(sentence["text"] in BEES for sentence in line["sentences"])


def test_what_the_source_calls_unanswerable_is_asked_with_its_passage_there(table: list[Row]) -> None:
    line = _line(table, "Who invented the steel of ships?", "no_answer")
    assert not line["answerable"] and line["own_first"]
    assert not any(sentence["holds"] for sentence in line["sentences"])


def test_a_cut_passage_is_found_without_the_answering_sentence(table: list[Row]) -> None:
    cut = [line for line in table[1:] if line["kind"] == "cut"]
    assert cut
    for line in cut:
        answers = {"Why does a bee dance?": BEES[1], "How many grains does a colony move?": ANTS[1]}
        assert answers.get(line["question"], RUST[1]) not in [sentence["text"] for sentence in line["sentences"]]
        assert not line["answerable"]


def test_a_question_of_which_nothing_read_answers_is_asked_again_among_the_papers_near_its_own(tmp_path: Path) -> None:
    many = [
        row(f"Which colour has the glaze of pot {n}?", [f"The glaze of pot {n} has its colour from tin."], [0])
        for n in range(14)
    ]
    vague = row("Which colour has it?", ["It is a study of old glass.", "Blue stands out."], [1], group="glass")
    beside = row("What is old glass?", ["Old glass flows in no window."], [0], group="glass")
    table = made(tmp_path, write(tmp_path / "s.jsonl", [*many, vague, beside]), each=20)
    line = _line(table, vague["question"], "own")
    assert not any(sentence["holds"] for sentence in line["sentences"])
    near = line["near"]["sentences"]
    assert {sentence["text"] for sentence in near} == {*vague["sentences"], *beside["sentences"]}
    assert [sentence["text"] for sentence in near if sentence["holds"]] == ["Blue stands out."]
    assert "near" not in _line(table, "What is old glass?", "own")


def test_where_the_source_does_not_say_which_sentence_answers_nothing_is_claimed(tmp_path: Path) -> None:
    table = made(tmp_path, write(tmp_path / "s.jsonl", [row("Why does a bee dance?", BEES, None), ROWS[1]]))
    line = _line(table, "Why does a bee dance?", "own")
    assert {sentence["holds"] for sentence in line["sentences"] if sentence["own"]} == {None}
    assert not any(one["kind"] == "cut" and one["question"] == line["question"] for one in table[1:])
    assert "near" not in line


def test_a_passage_that_no_library_takes_is_named_in_its_line_and_the_rest_is_asked(tmp_path: Path) -> None:
    rows = [row("What is there?", ["1 2 3 4 5."], [0]), ROWS[0]]

    def ingest(folder: Path, papers: Path) -> None:
        usable = [json.loads(line) for line in papers.read_text("utf-8").splitlines() if "1 2 3" not in line]
        if not folder.exists():
            add(folder, [make_paper(**record) for record in usable])

    planned = plan_table([read_source(write(tmp_path / "s.jsonl", rows))], 9, 0, 9)
    base = parts()
    make_table(
        planned, Parts(ingest, base.open, base.roles), tmp_path / "w", tmp_path / "t.jsonl", {}, False, lambda: None
    )
    table = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text("utf-8").splitlines()]
    assert "not in the library" in _line(table, "What is there?", "own")["error"]
    assert _line(table, "Why does a bee dance?", "own")["own_first"]


# Going on.


def test_a_table_cut_off_anywhere_goes_on_where_it_stood(tmp_path: Path) -> None:
    source = write(tmp_path / "s.jsonl")
    made(tmp_path, source)
    whole = (tmp_path / "table.jsonl").read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for number in (0, 1, len(ends) - 1):
        (tmp_path / "cut.jsonl").write_bytes(whole[: ends[number] + 60])
        calls: list[None] = []
        rows = made(tmp_path, source, "cut.jsonl", True, progress=lambda calls=calls: calls.append(None))
        assert _untimed(rows) == _untimed([json.loads(line) for line in whole.splitlines()])
        assert len(calls) == len(ends) - 1, "what is there counts as done"


def _untimed(rows: Sequence[Row]) -> list[Row]:
    for one in rows:
        one.pop("ms", None)
        one.get("near", {}).pop("ms", None)
    return list(rows)


_KILLED = """
import os, sys
from pathlib import Path
from tests.evals.test_table import made

done = []
def progress():
    done.append(None)
    if len(done) == 3:
        with (folder / "killed.jsonl").open("ab") as stream:
            stream.write(b'{"id": "half of a li')
        os.kill(os.getpid(), 9)

folder = Path(sys.argv[1])
made(folder, folder / "s.jsonl", "killed.jsonl", progress=progress)
"""


@pytest.mark.slow
def test_a_killed_process_leaves_a_table_that_goes_on(tmp_path: Path) -> None:
    source = write(tmp_path / "s.jsonl")
    done = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert (tmp_path / "killed.jsonl").read_bytes().count(b"\n") == 4
    assert _untimed(made(tmp_path, source, "killed.jsonl", True)) == _untimed(made(tmp_path, source, "whole.jsonl"))


def test_a_table_is_never_overwritten_or_gone_on_with_under_other_conditions(tmp_path: Path) -> None:
    source = write(tmp_path / "s.jsonl")
    made(tmp_path, source)
    before = (tmp_path / "table.jsonl").read_bytes()
    with pytest.raises(EvalError, match="is there already"):
        made(tmp_path, source)
    with pytest.raises(EvalError, match="other questions"):
        made(tmp_path, write(tmp_path / "s.jsonl", ROWS[1:]), resume=True)
    assert (tmp_path / "table.jsonl").read_bytes() == before
    (tmp_path / "table.jsonl").write_text('{"table": {"seed": 7}}\n', "utf-8")
    with pytest.raises(EvalError, match=r"seed \(7, now 0\)"):
        made(tmp_path, source, resume=True)
    (tmp_path / "table.jsonl").write_text('{"question": "a set?"}\n', "utf-8")
    with pytest.raises(EvalError, match="no training table"):
        made(tmp_path, source, resume=True)


@pytest.mark.slow
def test_the_command_makes_a_table_with_the_real_models(tmp_path: Path, cache: Path) -> None:
    from typer.testing import CliRunner

    from evals.__main__ import app

    more = [
        row("How hot is the water for green tea?", ["Green tea is steeped at 70 degrees.", "Longer is bitter."], [0]),
        row("What melts the ice on roads?", ["Salt melts the ice on roads.", "It harms the trees beside them."], [0]),
    ]
    words = ["table", str(write(tmp_path / "s.jsonl.gz", [*ROWS, *more])), "--work", str(tmp_path / "work")]
    out = tmp_path / "table.jsonl"
    done = CliRunner(env={"CITEWISE_CACHE": str(cache)}).invoke(app, [*words, "--out", str(out), "--each", "6"])
    assert done.exit_code == 0, done.output
    first, *lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert first["table"]["settings"]["read_sentences"] == Settings().read_sentences
    own = [line for line in lines if line["kind"] == "own"]
    assert len(own) == 5 and all(line["own_first"] for line in own)
    assert all(line["sentences"][0]["holds"] for line in own if line["question"].startswith(("How hot", "What melts")))
    again = CliRunner(env={"CITEWISE_CACHE": str(cache)}).invoke(app, [*words, "--out", str(out), "--each", "6"])
    assert again.exit_code == 1 and "--resume" in again.output
