"""Training the reader, on a tiny network: it goes on where it was stopped, and what comes out can be shipped and read with."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from evals.errors import EvalError
from evals.fit.reader import rounded, ship
from evals.fit.reader_rows import Row, licences, read_rows
from evals.fit.reader_training import CHECKPOINT, Plan, Trainer, train
from rag.models import adapter
from rag.models.adapter import load_record
from rag.models.find import Device, ModelFiles, find_model
from rag.models.trained_reader import TrainedReader
from tests.helpers.tiny_models import save_causal_model

CPU = Device("cpu", torch.float32)
PLAN = Plan(steps=2, rank=2, questions=3, at_once=2)
ROWS = [
    Row(
        f"What is {i}?",
        f"Paper {i}",
        (f"It is {i} here.", "Something else.", "More words."),
        frozenset({0} if i % 3 else ()),
        "s",
    )
    for i in range(7)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    folder = tmp_path_factory.mktemp("tiny")
    return find_model(str(save_causal_model(folder / "model")), folder)


def _silent(step: int, loss: float) -> None:
    assert step > 0
    assert loss > 0


def test_a_run_that_was_stopped_learns_the_same_as_one_that_was_not(base: ModelFiles, tmp_path: Path) -> None:
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    whole = Trainer(base, CPU, PLAN)
    train(whole, ROWS, tmp_path / "whole", 1, _silent)

    class Stopped(Exception):
        pass

    def stop(step: int, loss: float) -> None:
        if step == 2:
            raise Stopped

    with pytest.raises(Stopped):
        train(Trainer(base, CPU, PLAN), ROWS, tmp_path / "stopped", 1, stop)
    again = Trainer(base, CPU, PLAN)
    train(again, ROWS, tmp_path / "stopped", 1, _silent)
    assert again.step == whole.step == 2
    for one, other in zip(whole._learned, again._learned, strict=True):
        assert torch.equal(one, other)


def test_a_checkpoint_of_another_plan_or_a_damaged_one_is_refused(base: ModelFiles, tmp_path: Path) -> None:
    Trainer(base, CPU, PLAN).save(tmp_path)
    with pytest.raises(EvalError, match="other settings"):
        Trainer(base, CPU, replace(PLAN, rate=1.0)).go_on(tmp_path)
    content = (tmp_path / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(content[: len(content) // 2])
    with pytest.raises(EvalError, match=r"checkpoint\.pt cannot be taken up"):
        Trainer(base, CPU, PLAN).go_on(tmp_path)


def test_what_was_trained_is_shipped_and_scores_as_it_did(
    base: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(base, CPU, replace(PLAN, steps=4, rate=0.05))
    train(trainer, ROWS, tmp_path, 10, _silent)
    trained = trainer.write(tmp_path, {"seed": 0})
    assert float(load_file(trained)["layers.0.self_attn.q_proj.B"].abs().max()) > 0
    ship(trained, base, {"seed": 0, "steps": 4}, tmp_path / "fitted", "reader")
    monkeypatch.setattr("rag.core.logistic.files", lambda _: tmp_path)
    monkeypatch.setattr(adapter, "files", lambda _: tmp_path)
    record = load_record("reader")
    assert record.base_sha256 == base.sha256
    assert record.trained_on["steps"] == 4
    reader = TrainedReader(base, CPU, record)
    with torch.no_grad():
        learned = trainer.scores(
            [trainer._prompt.whole(ROWS[0].question, ROWS[0].title, text) for text in ROWS[0].sentences]
        )
    read = reader.score(ROWS[0].question, [(ROWS[0].title, text) for text in ROWS[0].sentences])
    assert read == pytest.approx(learned.tolist(), abs=0.05)
    assert trainer.judge(ROWS)["s"][0] == sum(bool(row.answers) for row in ROWS)


def test_factors_are_rounded_to_less_than_half_a_step_of_their_scale() -> None:
    factor = torch.randn(4, 50) * torch.tensor([[1.0], [100.0], [1e-6], [0.0]])
    whole, scale = rounded(factor, rank=0)
    assert whole.dtype == torch.int8
    assert ((whole.float() * scale[:, None] - factor).abs() <= scale[:, None] * 0.501).all()


def test_files_that_are_no_factors_or_too_large_are_not_shipped(base: ModelFiles, tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    with pytest.raises(EvalError, match="cannot be read"):
        ship(tmp_path / "bad.safetensors", base, {}, tmp_path, "x")
    save_file({"m.A": torch.zeros(1, 4), "m.B": torch.zeros(4, 1)}, tmp_path / "headless.safetensors")
    with pytest.raises(EvalError, match="lacks head"):
        ship(tmp_path / "headless.safetensors", base, {}, tmp_path, "x")
    large = {"head": torch.zeros(4), "m.A": torch.zeros(4, 1_200_000), "m.B": torch.zeros(1_200_000, 4)}
    save_file(large, tmp_path / "large.safetensors")
    with pytest.raises(EvalError, match="smaller rank"):
        ship(tmp_path / "large.safetensors", base, {}, tmp_path, "x")
    assert not (tmp_path / "x.json").exists()


def _write(path: Path, *lines: dict[str, Any]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)


def test_rows_are_those_whose_answering_sentences_are_known(tmp_path: Path) -> None:
    known = {"question": "q", "title": None, "sentences": ["a", "b"], "answer_sentences": [1]}
    _write(tmp_path / "one.jsonl.gz", known, known | {"answer_sentences": None}, known | {"sentences": ["a"]})
    assert read_rows(tmp_path, ["one"]) == [Row("q", "", ("a", "b"), frozenset({1}), "one")]
    (tmp_path / "licences.json").write_text('{"one": "MIT"}', "utf-8")
    assert licences(tmp_path, ["one", "two"]) == {"one": "MIT", "two": "not stated"}
    _write(tmp_path / "bad.jsonl.gz", known | {"answer_sentences": [2]})
    _write(tmp_path / "none.jsonl.gz")
    for name, said in (("bad", "not there is marked"), ("none", "no question"), ("missing", "cannot be read")):
        with pytest.raises(EvalError, match=said):
            read_rows(tmp_path, [name])


def test_all_questions_of_a_passage_are_kept_out_together() -> None:
    rows = [Row("q", f"{i}", (f"a {i}", "b"), frozenset(), "s") for i in range(400)]
    assert 0.1 < sum(row.is_kept_out for row in rows) / 400 < 0.3
    assert all(row.is_kept_out == replace(row, question="other").is_kept_out for row in rows)
