"""The trained reader: the same scores however prompts stand together, any text, and damaged weights that are named."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from evals.fit.reader import ship
from rag.core.errors import FittedModelError, ModelUnsupported
from rag.core.settings import DEFAULT_READER
from rag.models import adapter, trained_reader
from rag.models.adapter import load_record
from rag.models.answer_prompt import AnswerPrompt
from rag.models.cross_encoder import CrossEncoderReader
from rag.models.find import Device, ModelFiles, find_model, load_network, load_tokenizer
from rag.models.query_likelihood import LikelihoodReader
from rag.models.readers import ADAPTER, CROSS_ENCODER, LIKELIHOOD, TRAINED, kind_of, open_reader
from rag.models.sparing import load_sparingly
from rag.models.trained_reader import TrainedReader
from tests.helpers.tiny_models import MARK, save_causal_model
from tests.search.test_reranker import _save_cross_encoder

CPU = Device("cpu", torch.float32)
QUESTION = "How many layers?"
PASSAGES = [
    ("Nets", "Nets are popular."),
    ("Bees", "Bees visit flowers in the morning."),
    ("Nets", "It has twelve layers."),
    ("", "No title."),
    ("Nets", ""),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    folder = tmp_path_factory.mktemp("tiny")
    return find_model(str(save_causal_model(folder / "model")), folder)


@pytest.fixture(scope="module")
def fitted(base: ModelFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like `rag/core`, whose `fitted` holds factors by chance for the tiny network."""
    folder = tmp_path_factory.mktemp("core")
    chance = torch.Generator().manual_seed(1)
    tensors = {"head": torch.randn(16, generator=chance)}
    for name, (rows, columns) in {"self_attn.q_proj": (16, 16), "mlp.down_proj": (16, 32)}.items():
        for layer in range(2):
            tensors[f"model.layers.{layer}.{name}.A"] = torch.randn(4, columns, generator=chance) * 0.3
            tensors[f"model.layers.{layer}.{name}.B"] = torch.randn(rows, 4, generator=chance) * 0.3
    save_file(tensors, folder / "trained.safetensors")
    ship(folder / "trained.safetensors", base, {"seed": 1}, folder / "fitted", ADAPTER)
    return folder


@pytest.fixture
def core(fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, to be damaged, in place of the package's own."""
    shutil.copytree(fitted, tmp_path / "core")
    monkeypatch.setattr("rag.core.logistic.files", lambda _: tmp_path / "core")
    monkeypatch.setattr(adapter, "files", lambda _: tmp_path / "core")
    return tmp_path / "core"


@pytest.fixture
def reader(base: ModelFiles, core: Path) -> TrainedReader:
    return TrainedReader(base, CPU, load_record(ADAPTER))


def _alone(reader: TrainedReader, question: str, title: str, sentence: str) -> float:
    """The plain way: the whole prompt, nothing beside it, and the last hidden state."""
    ids = torch.tensor([reader._prompt.whole(question, title, sentence)])
    with torch.inference_mode():
        return float(reader._network(input_ids=ids).last_hidden_state[0, -1].float() @ reader._head)


@pytest.mark.parametrize("tokens", [1, 200, 100_000])
def test_scores_are_those_of_each_prompt_alone_however_many_share_a_row(
    reader: TrainedReader, monkeypatch: pytest.MonkeyPatch, tokens: int
) -> None:
    monkeypatch.setattr(trained_reader, "_ROW_TOKENS", tokens)
    plain = [_alone(reader, QUESTION, *passage) for passage in PASSAGES]
    assert len({round(score, 4) for score in plain}) == len(plain)
    assert reader.score(QUESTION, PASSAGES) == pytest.approx(plain, abs=1e-4)


def test_pairs_of_several_questions_are_scored_in_one_go(reader: TrainedReader) -> None:
    questions = ["Why?", QUESTION, "Why?", QUESTION, "What is it?"]
    pairs = [(question, *passage) for question, passage in zip(questions, PASSAGES, strict=True)]
    scores = np.zeros(len(pairs))
    for indices, values in reader.score_pairs(pairs):
        scores[indices] = values
    assert scores == pytest.approx([_alone(reader, *pair) for pair in pairs], abs=1e-4)


def test_what_was_trained_changes_the_matrices_by_the_product_of_its_factors(
    reader: TrainedReader, base: ModelFiles, fitted: Path
) -> None:
    tensors = load_file(fitted / "trained.safetensors")
    was = load_file(base.folder / "model.safetensors")["model.layers.1.mlp.down_proj.weight"]
    now = reader._network.layers[1].mlp.down_proj.weight
    product = tensors["model.layers.1.mlp.down_proj.B"] @ tensors["model.layers.1.mlp.down_proj.A"]
    assert torch.allclose(now, was + product, atol=0.02)
    assert not torch.allclose(now, was, atol=0.02)


def test_any_text_gets_a_score_in_its_place(reader: TrainedReader) -> None:
    odd = [
        ("word", "x"),
        ("long " * 500, "word " * 10_000),
        ("w" * 100_000, "w" * 100_000),
        ("标题", "这个网络有十二层。"),
        ("عنوان", "\u202eنص\x00 \n\n"),
        (MARK, f"{MARK} {{question}} Answered:"),
        ("{title}", "\\"),
        ("", ""),
    ]
    for question in (
        "",
        "why " * 500,
        f"{MARK}?",
        " and ".join(f"how is part {i} made" for i in range(40)),
        "q" * 2_000,
    ):
        scores = reader.score(question, odd)
        assert np.isfinite(scores).all()
    assert reader.score(QUESTION, []).shape == (0,)


def test_two_hundred_candidates_come_in_batches_that_are_each_given_once(reader: TrainedReader) -> None:
    passages = [(f"Paper {i % 20}", f"Sentence {i} tells something.") for i in range(200)]
    batches = [indices for indices, _ in reader.score_in_batches(QUESTION, passages)]
    assert len(batches) > 5
    assert sorted(index for batch in batches for index in batch) == list(range(200))


def test_control_tokens_are_plain_text_in_all_three_places(reader: TrainedReader) -> None:
    whole = reader._prompt.whole(f"{MARK}?", f"{MARK} title", f"a {MARK} sentence")
    assert not set(whole) & set(reader._prompt._tokenizer.all_special_ids)


def test_the_last_line_of_the_prompt_stands_whatever_is_cut(reader: TrainedReader) -> None:
    prompt = reader._prompt
    whole = prompt.whole("q" * 9_000, "t" * 9_000, "s" * 9_000)
    assert len(whole) < 700
    assert whole[-len(prompt.close) :] == prompt.close


def test_tokens_of_the_parts_are_those_of_the_whole_prompt(cache: Path) -> None:
    tokenizer = load_tokenizer(find_model(DEFAULT_READER, cache))
    prompt = AnswerPrompt(tokenizer)
    texts = ["How many?", "", "ends in space ", "(a) 3.5%", "two\n\nlines", "标题", "-", "<|im_end|>"]
    for question, title, sentence in [(a, b, c) for a in texts for b in texts[:4] for c in texts]:
        values = {"question": question, "title": title, "sentence": sentence}
        text = prompt.prompt.fill({name: " ".join(value.split()) for name, value in values.items()})
        ids = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        assert prompt.whole(question, title, sentence) == ids


def test_half_precision_is_the_same_as_loaded_at_once(base: ModelFiles) -> None:
    half = Device("cpu", torch.bfloat16)
    once, sparing = load_network(base, half, causal=True), load_sparingly(base, half)
    for (name, one), other in zip(once.named_parameters(), sparing.parameters(), strict=True):
        assert torch.equal(one, other), name
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(once(input_ids=ids).logits, sparing(input_ids=ids).logits)


def test_cut_weights_are_told_not_loaded(base: ModelFiles, tmp_path: Path) -> None:
    shutil.copytree(base.folder, tmp_path / "cut")
    path = tmp_path / "cut" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelUnsupported, match="ends before"):
        load_sparingly(replace(base, folder=tmp_path / "cut"), Device("cpu", torch.bfloat16))


# --- damaged weights --------------------------------------------------------------------------------------------------


def _change(path: Path, **tensors: torch.Tensor | None) -> None:
    """Other tensors in the file, and a record that knows its sha256."""
    kept = {name: value for name, value in (load_file(path) | tensors).items() if value is not None}
    save_file(kept, path)
    record = path.with_suffix(".json")
    stored = json.loads(record.read_text("utf-8"))
    record.write_text(json.dumps(stored | {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}), "utf-8")


def _damage(kind: str, core: Path) -> None:
    path = core / "fitted" / f"{ADAPTER}.safetensors"
    matrix = "layers.0.mlp.down_proj"
    if kind == "missing":
        path.unlink()
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    elif kind == "no tensors":
        path.write_bytes(b"nothing")
        record = path.with_suffix(".json")
        stored = json.loads(record.read_text("utf-8"))
        sha256 = hashlib.sha256(b"nothing").hexdigest()
        record.write_text(json.dumps(stored | {"sha256": sha256}), "utf-8")
    elif kind == "other shape":
        _change(path, **{f"{matrix}.A": torch.zeros(4, 48, dtype=torch.int8)})
    elif kind == "other network":
        _change(
            path,
            **{f"layers.7.mlp.down_proj.{part}": load_file(path)[f"{matrix}.{part}"] for part in adapter.FACTOR_NAMES},
        )
    elif kind == "a factor less":
        _change(path, **{f"{matrix}.B": None})
    elif kind == "not finite":
        _change(path, head=torch.full((16,), float("nan")))


@pytest.mark.parametrize(
    "kind, said",
    [
        ("missing", "cannot be read"),
        ("truncated", "sha256"),
        ("changed", "sha256"),
        ("no tensors", "cannot be used"),
        ("other shape", r"shape \(4, 48\)"),
        ("other network", "no matrix layers.7"),
        ("a factor less", "down_proj.B"),
        ("not finite", "not finite"),
    ],
)
def test_damaged_weights_are_named_with_the_way_out(base: ModelFiles, core: Path, kind: str, said: str) -> None:
    _damage(kind, core)
    with pytest.raises(FittedModelError, match=rf"reader\.safetensors.*{said}.*Install citewise again"):
        open_reader(base, CPU)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"sha256": "a"}', '{"sha256": "a", "base": 1, "rank": 1}'])
def test_a_damaged_record_is_named_with_the_way_out(base: ModelFiles, core: Path, content: str | None) -> None:
    path = core / "fitted" / f"{ADAPTER}.json"
    path.unlink()
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(FittedModelError, match=r"reader\.json.*Install citewise again"):
        kind_of(base)


# --- which kind of reader ---------------------------------------------------------------------------------------------


def test_the_weights_that_were_trained_read_with_what_was_trained(base: ModelFiles, core: Path) -> None:
    assert kind_of(base) is TRAINED
    assert isinstance(open_reader(base, CPU), TrainedReader)


def test_another_causal_model_tells_how_likely_the_question_is(core: Path, tmp_path: Path) -> None:
    other = find_model(str(save_causal_model(tmp_path / "other", seed=5)), tmp_path)
    assert kind_of(other) is LIKELIHOOD
    reader = open_reader(other, CPU)
    assert isinstance(reader, LikelihoodReader)
    assert reader.signal == "likelihood"


def test_a_classifier_with_one_output_reads_as_a_cross_encoder(core: Path, tmp_path: Path) -> None:
    _save_cross_encoder(tmp_path / "cross", outputs=1)
    files = find_model(str(tmp_path / "cross"), tmp_path)
    assert kind_of(files) is CROSS_ENCODER
    reader = open_reader(files, CPU)
    assert isinstance(reader, CrossEncoderReader)
    passages = [("bees", "like flowers"), ("", "rocks"), ("flowers " * 200, "bees " * 200)] * 7
    scores = {
        i: value
        for indices, values in reader.score_in_batches("bees", passages)
        for i, value in zip(indices, values, strict=True)
    }
    assert sorted(scores) == list(range(21))
    assert scores[0] == pytest.approx(next(reader.score_in_batches("bees", passages[:1]))[1][0], abs=1e-5)
    assert scores[0] != scores[1]


@pytest.mark.slow
def test_the_shipped_weights_find_the_sentence_that_answers(cache: Path) -> None:
    reader = open_reader(find_model(DEFAULT_READER, cache), CPU)
    assert isinstance(reader, TrainedReader)
    passages = [
        ("Deep nets", "Deep nets are popular and have many layers."),
        ("Deep nets", "They hold twelve hidden layers."),
        ("Bees", "Bees visit flowers in the morning."),
    ]
    scores = reader.score("How many hidden layers do deep nets have?", passages)
    assert scores.argmax() == 1
    assert scores[1] > 1 > scores[2]
