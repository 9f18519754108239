"""An embedder gets the prefixes and the pooling of its training, and they reach the network. Tiny models with random weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.core.errors import EmbedderMismatch, ModelUnsupported
from rag.library.store import Library
from rag.models.embedder import TransformerEmbedder, identity_of
from rag.models.find import Device, ModelFiles
from rag.models.prefixes import TASK, Recipe, brings_code, family_of, recipe_of
from rag.search.late_interaction import LateInteraction
from tests.helpers.answers import paper
from tests.helpers.fakes import Statistics
from tests.helpers.tiny_models import WORDS, make_bert

SEARCHING = "Represent this sentence for searching relevant passages: "
INSTRUCTED = f"Instruct: {TASK}\nQuery: "


def files(name: str, folder: Path = Path("nowhere")) -> ModelFiles:
    return ModelFiles(name, folder, "path", "0" * 64)


@pytest.mark.parametrize(
    ("name", "query", "passage", "pooling"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2", "", "", "mean"),
        ("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", "", "", "mean"),
        ("intfloat/e5-base-v2", "query: ", "passage: ", "mean"),
        ("intfloat/e5-small", "query: ", "passage: ", "mean"),
        ("intfloat/multilingual-e5-large", "query: ", "passage: ", "mean"),
        ("intfloat/multilingual-e5-large-instruct", INSTRUCTED, "", "mean"),
        ("intfloat/e5-mistral-7b-instruct", INSTRUCTED, "", "last"),
        ("BAAI/bge-small-en-v1.5", SEARCHING, "", "cls"),
        ("BAAI/bge-large-en", SEARCHING, "", "cls"),
        ("BAAI/bge-m3", "", "", "cls"),
        ("thenlper/gte-base", "", "", "mean"),
        ("Alibaba-NLP/gte-multilingual-base", "", "", "cls"),
        ("Alibaba-NLP/gte-modernbert-base", "", "", "cls"),
        ("Alibaba-NLP/gte-Qwen2-1.5B-instruct", INSTRUCTED, "", "last"),
        ("Snowflake/snowflake-arctic-embed-s", SEARCHING, "", "cls"),
        ("Snowflake/snowflake-arctic-embed-m-v1.5", SEARCHING, "", "cls"),
        ("Snowflake/snowflake-arctic-embed-m-long", SEARCHING, "", "cls"),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", "", "cls"),
        ("nomic-ai/nomic-embed-text-v1", "search_query: ", "search_document: ", "mean"),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: ", "mean"),
        ("nomic-ai/modernbert-embed-base", "search_query: ", "search_document: ", "mean"),
        ("mixedbread-ai/mxbai-embed-large-v1", SEARCHING, "", "cls"),
        ("WhereIsAI/UAE-Large-V1", SEARCHING, "", "cls"),
        ("Qwen/Qwen3-Embedding-0.6B", f"Instruct: {TASK}\nQuery:", "", "last"),
        ("jinaai/jina-embeddings-v2-base-en", "", "", "mean"),
        ("someone/an-embedder-of-their-own", "", "", "mean"),
    ],
)
def test_a_family_is_known_by_the_name_of_its_model(name: str, query: str, passage: str, pooling: str) -> None:
    recipe = recipe_of(files(name))
    assert (recipe.query, recipe.passage, recipe.pooling) == (query, passage, pooling)
    assert (family_of(files(name)) is None) == ("their-own" in name)


@pytest.mark.parametrize(
    ("folder", "saved_as"),
    [
        ("e5-base-v2", ""),
        ("multilingual-e5-small-copy", ""),
        ("models--intfloat--e5-base-v2/snapshots/abcdef", ""),
        ("mine", "intfloat/e5-large-v2"),
    ],
)
def test_it_is_known_by_a_local_folder_too(tmp_path: Path, folder: str, saved_as: str) -> None:
    place = tmp_path / folder
    place.mkdir(parents=True)
    (place / "config.json").write_text(json.dumps({"_name_or_path": saved_as}), "utf-8")
    assert recipe_of(files(str(place), place)).passage == "passage: "


def test_a_folder_above_says_nothing_of_a_model(tmp_path: Path) -> None:
    place = tmp_path / "e5-base-and-others" / "mine"
    place.mkdir(parents=True)
    assert family_of(ModelFiles("mine", place, "path", "0")) is None


@pytest.mark.parametrize(
    ("prompts", "query", "passage"),
    [
        ({"query": "q> ", "document": "d> "}, "q> ", "d> "),
        ({"query": "q> ", "passage": "p> "}, "q> ", "p> "),
        ({"query": "q> "}, "q> ", ""),
        ({"query": "", "document": ""}, "query: ", "passage: "),
        ({}, "query: ", "passage: "),
        (None, "query: ", "passage: "),
    ],
)
def test_prompts_of_its_own_folder_win_unless_they_are_empty(
    tmp_path: Path, prompts: dict[str, str] | None, query: str, passage: str
) -> None:
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}), "utf-8")
    recipe = recipe_of(files("intfloat/e5-base-v2", tmp_path))
    assert (recipe.query, recipe.passage) == (query, passage)


def test_what_is_told_by_settings_wins(tmp_path: Path) -> None:
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "q> "}}), "utf-8")
    recipe = recipe_of(files("intfloat/e5-base-v2", tmp_path), query="", passage="P: ")
    assert (recipe.query, recipe.passage) == ("", "P: ")


def _modules(folder: Path, pooling: dict[str, Any], path: str = "1_Pooling") -> None:
    modules = [{"path": "", "type": "x.Transformer"}, {"path": path, "type": "x.Pooling"}]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    (folder / path).mkdir()
    (folder / path / "config.json").write_text(json.dumps(pooling), "utf-8")


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_lasttoken": True}, "last"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["lasttoken"]}, "last"),
    ],
)
def test_the_pooling_of_its_own_folder_wins(tmp_path: Path, pooling: dict[str, Any], expected: str) -> None:
    _modules(tmp_path, pooling, "2_Pooling")
    assert recipe_of(files("intfloat/e5-base-v2", tmp_path)).pooling == expected


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode_max_tokens": True},
        {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
        {"pooling_mode": "weightedmean"},
        {"pooling_mode_mean_tokens": True, "include_prompt": False},
    ],
)
def test_a_pooling_that_cannot_be_run_is_refused(tmp_path: Path, pooling: dict[str, Any]) -> None:
    _modules(tmp_path, pooling)
    with pytest.raises(ModelUnsupported, match=r"pooling"):
        recipe_of(files("intfloat/e5-base-v2", tmp_path))


# --- identity -------------------------------------------------------------------------------------------------------------


def test_the_identity_is_that_of_the_weights_unless_something_else_shapes_passages() -> None:
    assert Recipe().identity("abc") == "abc"
    assert Recipe(query="query: ").identity("abc") == "abc", "questions are not stored"
    others = {
        Recipe(passage="passage: ").identity("abc"),
        Recipe(passage="p: ").identity("abc"),
        Recipe(pooling="cls", pooling_origin="as models of the family BGE need").identity("abc"),
    }
    assert len(others) == 3
    assert "abc" not in others


def test_vectors_with_other_prefixes_are_not_mixed(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"hidden_size": 8}', "utf-8")
    model = files("mine", tmp_path / "model")
    with Library.open_for_writing(tmp_path / "library", identity_of(model)):
        pass
    changed = identity_of(model, recipe_of(model, passage="passage: "))
    with (
        pytest.raises(EmbedderMismatch, match=r"another prefix .* CITEWISE_PASSAGE_PREFIX"),
        Library.open_for_writing(tmp_path / "library", changed),
    ):
        pass


# --- the network ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 16 dimensions with random weights, and its tokenizer."""
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny") / "model"
    make_bert(folder)
    return folder


@pytest.fixture
def embedder_of(tiny: Path) -> Callable[..., TransformerEmbedder]:
    """An embedder with these weights under another name, and what its network is given."""
    import torch

    def make(name: str, **told: str) -> TransformerEmbedder:
        model = files(name, tiny)
        return TransformerEmbedder(model, Device("cpu", torch.float32), recipe_of(model, **told))

    return make


def read(embedder: TransformerEmbedder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on, the words that the network reads."""
    seen: list[str] = []
    states = embedder._states

    def spy(encoded: Any) -> Any:
        seen.extend(embedder._tokenizer.decode(ids) for ids in encoded)
        return states(encoded)

    monkeypatch.setattr(embedder, "_states", spy)
    return seen


def test_the_prefixes_reach_the_network(embedder_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = embedder_of("intfloat/e5-base-v2")
    seen = read(embedder, monkeypatch)
    embedder.embed_question("how do bees dance")
    embedder.embed_passages(["bees make honey", "ants"])
    assert seen == [
        "[CLS] query : how do bees dance [SEP]",
        "[CLS] passage : bees make honey [SEP]",
        "[CLS] passage : ants [SEP]",
    ]
    plain = embedder_of("someone/else")
    assert not np.allclose(plain.embed_question("bees"), embedder.embed_question("bees"), atol=1e-3)
    assert np.array_equal(plain.embed_question("query: bees"), embedder.embed_question("bees"))


def test_prefixes_are_words_of_no_question_and_no_paper(embedder_of: Any) -> None:
    embedder, plain = embedder_of("intfloat/e5-base-v2"), embedder_of("someone/else")
    (with_prefix,), (without,) = embedder.embed_tokens(["bees make honey"]), plain.embed_tokens(["bees make honey"])
    assert with_prefix.starts.tolist() == without.starts.tolist() == [0, 5, 10]
    assert np.array_equal(with_prefix.vectors, without.vectors)
    late = LateInteraction(embedder)
    assert late.question_words("do bees make honey", Statistics()).words == ("bees", "honey")
    ants = paper("bees make honey", title="ants")
    match = late.match("honey", [ants], Statistics())[ants.id]
    assert match.similarities.shape == (1, 5), "ants . bees make honey"
    assert match.starts.tolist() == [-6, -2, 0, 5, 10]


@pytest.mark.parametrize(
    "name, pooling", [("a/e5-base", "mean"), ("a/bge-small-en", "cls"), ("a/Qwen3-Embedding", "last")]
)
def test_the_token_vectors_become_one_as_the_family_needs(embedder_of: Any, name: str, pooling: str) -> None:
    import torch

    embedder = embedder_of(name, query="", passage="")
    ids = embedder._tokenizer("bees make honey")["input_ids"]
    with torch.inference_mode():
        hidden = embedder._network(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
    expected = {"mean": hidden.mean(0), "cls": hidden[0], "last": hidden[-1]}[pooling]
    # Beside a longer text, so that it is padded.
    vector = embedder.embed_passages(["how do they dance what is bees make honey", "bees make honey"])[1]
    assert np.allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)
    assert np.isclose(np.linalg.norm(vector), 1, atol=1e-5)


def test_an_end_is_added_where_the_family_needs_one_and_the_tokenizer_adds_none(tmp_path: Path) -> None:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import MistralConfig, MistralModel, PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate([*WORDS, "</s>"])}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    words = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="</s>", pad_token="[PAD]", unk_token="[UNK]", model_max_length=16
    )
    words.save_pretrained(tmp_path)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1}
    MistralModel(
        MistralConfig(vocab_size=len(WORDS) + 1, intermediate_size=32, max_position_embeddings=16, **size)
    ).save_pretrained(tmp_path)
    embedder = TransformerEmbedder(files("intfloat/e5-mistral-7b-instruct", tmp_path), Device("cpu", torch.float32))
    seen: list[list[int]] = []
    states = embedder._states
    embedder._states = lambda encoded: (seen.extend(encoded), states(encoded))[1]  # type: ignore[method-assign, func-returns-value]
    embedder.embed_passages(["bees make honey", "bees " * 100])
    end = embedder._tokenizer.eos_token_id
    assert all(ids[-1] == end and ids.count(end) == 1 for ids in seen)
    assert max(map(len, seen)) == 16
    assert embedder.embed_question("bees").shape == (16,)


def test_a_text_is_cut_to_the_places_that_the_network_has(tiny: Path, embedder_of: Any) -> None:
    (tiny / "sentence_bert_config.json").write_text('{"max_seq_length": 512}', "utf-8")
    try:
        assert embedder_of("a/e5-base").embed_passages(["bees " * 600]).shape == (1, 16)
    finally:
        (tiny / "sentence_bert_config.json").unlink()


def test_places_of_roberta_begin_behind_its_padding(tmp_path: Path) -> None:
    import torch
    from transformers import BertTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    (tmp_path / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    BertTokenizerFast(str(tmp_path / "vocab.txt"), pad_token="[UNK]").save_pretrained(tmp_path)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    XLMRobertaModel(
        XLMRobertaConfig(vocab_size=len(WORDS), max_position_embeddings=34, pad_token_id=1, **size)
    ).save_pretrained(tmp_path)
    embedder = TransformerEmbedder(files("intfloat/multilingual-e5-small", tmp_path), Device("cpu", torch.float32))
    vectors = embedder.embed_passages(["bees " * 100, "bees"])
    assert np.allclose(vectors[1], embedder.embed_passages(["bees"])[0], atol=1e-5), "padding is not read"
    assert len(embedder.embed_tokens(["bees " * 100])[0].starts) == 100


def test_code_of_a_folder_is_never_run(tmp_path: Path) -> None:
    import torch

    trap = tmp_path / "was-run"
    (tmp_path / "modeling.py").write_text(f"open({str(trap)!r}, 'w')\nclass Model: pass\nclass Config: pass\n", "utf-8")
    config = {
        "model_type": "nobody_knows_it",
        "hidden_size": 8,
        "auto_map": {"AutoModel": "modeling.Model", "AutoConfig": "modeling.Config"},
    }
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    model = files("nomic-ai/nomic-embed-text-v9", tmp_path)
    assert brings_code(model)
    with pytest.raises(ModelUnsupported, match="code of its own folder, which citewise never runs"):
        TransformerEmbedder(model, Device("cpu", torch.float32))
    assert not trap.exists()


def test_a_network_whose_weights_are_not_all_there_is_refused(tiny: Path, tmp_path: Path) -> None:
    import shutil

    import torch

    shutil.copytree(tiny, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text("utf-8"))
    (tmp_path / "model" / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}), "utf-8")
    with pytest.raises(ModelUnsupported, match="weights"):
        TransformerEmbedder(files("a/e5-base", tmp_path / "model"), Device("cpu", torch.float32))


def test_the_default_embedder_is_used_as_ever(embedder: TransformerEmbedder, cache: Path) -> None:
    from rag.core.settings import DEFAULT_EMBEDDER
    from rag.models.find import find_model

    found = find_model(DEFAULT_EMBEDDER, cache)
    recipe = recipe_of(found)
    assert (recipe.query, recipe.passage, recipe.pooling) == ("", "", "mean")
    assert embedder.identity.sha256 == found.sha256
    assert (embedder._max_tokens, embedder._most_positions) == (256, 512)
