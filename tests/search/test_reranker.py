"""The first papers looked at closely: late interaction by default, a real cross-encoder where one is named."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.core.domain import Hit, Paper
from rag.core.errors import ModelUnsupported
from rag.models.cross_encoder import TransformerCrossEncoder
from rag.models.entailment import TransformerEntailment
from rag.models.find import choose_device, find_model
from rag.search.late_interaction import LateInteraction
from rag.search.reranker import RERANKED_PAPERS, Reranker
from tests.helpers.fakes import HashEmbedder, Statistics


def _hits(*abstracts: str) -> list[Hit]:
    return [
        Hit(Paper(f"p{place}", "", abstract), 1.0 - place / 100, {"dense": 0.1})
        for place, abstract in enumerate(abstracts)
    ]


class _LikesLong:
    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        return [float(len(text)) for text in texts]


def _order(reranker: Reranker, hits: Sequence[Hit]) -> list[str]:
    return [hit.paper.id for hit in reranker.rerank("bees flowers", hits, Statistics(3)).hits]


def test_the_paper_that_matches_the_words_of_the_question_moves_up_and_says_why() -> None:
    found = Reranker(LateInteraction(HashEmbedder()), late_weight=1.0).rerank(
        "bees flowers", _hits("rocks", "bees love flowers", "bees"), Statistics(3)
    )
    assert [hit.paper.id for hit in found.hits] == ["p1", "p2", "p0"]
    assert found.hits[0].parts["late"] > found.hits[2].parts["late"]
    assert set(found.matches) == {"p0", "p1", "p2"}


def test_without_weight_the_order_is_kept_and_the_matches_are_there() -> None:
    assert _order(Reranker(LateInteraction(HashEmbedder()), late_weight=0.0), _hits("rocks", "bees")) == ["p0", "p1"]


def test_papers_beyond_those_looked_at_stay_behind() -> None:
    hits = _hits(*["rocks"] * RERANKED_PAPERS, "bees flowers")
    order = _order(Reranker(LateInteraction(HashEmbedder()), late_weight=1.0), hits)
    assert order[-1] == f"p{RERANKED_PAPERS}"
    assert _order(Reranker(LateInteraction(HashEmbedder()), late_weight=1.0), []) == []


def test_a_cross_encoder_has_the_last_word() -> None:
    late = LateInteraction(HashEmbedder())
    hits = _hits("bees flowers", "rocks and more rocks and stones")
    assert _order(Reranker(late, late_weight=1.0, cross=_LikesLong()), hits) == ["p1", "p0"]


def test_matches_alone_do_not_ask_the_cross_encoder() -> None:
    class Refuses:
        def score(self, question: str, texts: Sequence[str]) -> list[float]:
            raise AssertionError("asked")

    reranker = Reranker(LateInteraction(HashEmbedder()), late_weight=1.0, cross=Refuses())
    assert set(reranker.match("bees", _hits("bees", "rocks"), Statistics(2)).matches) == {"p0", "p1"}


def _save_cross_encoder(folder: Path, outputs: int, names: Sequence[str] = ()) -> None:
    """A tiny network with random weights, in the format of a published one."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "bees", "rocks", "like", "flowers"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=outputs,
        **({"id2label": dict(enumerate(names))} if names else {}),
    )
    BertForSequenceClassification(config).save_pretrained(folder)


def test_a_real_cross_encoder_scores_each_pair_alone_as_in_a_batch(tmp_path: Path) -> None:
    _save_cross_encoder(tmp_path / "cross", outputs=1)
    cross = TransformerCrossEncoder(find_model(str(tmp_path / "cross"), tmp_path), choose_device("cpu"))
    texts = ["bees like flowers", "rocks", "flowers like bees like rocks"]
    together = cross.score("bees", texts)
    assert len(set(together)) == 3
    assert together == pytest.approx([cross.score("bees", [text])[0] for text in texts], abs=1e-5)


def test_a_classifier_is_no_reranker_and_is_told_so(tmp_path: Path) -> None:
    _save_cross_encoder(tmp_path / "classes", outputs=3)
    with pytest.raises(ModelUnsupported, match="3 outputs; a reranker has one"):
        TransformerCrossEncoder(find_model(str(tmp_path / "classes"), tmp_path), choose_device("cpu"))


def test_an_entailment_model_is_told_by_its_outputs_names(tmp_path: Path) -> None:
    _save_cross_encoder(tmp_path / "nli", outputs=3, names=["contradiction", "Entailment", "neutral"])
    model = TransformerEntailment(find_model(str(tmp_path / "nli"), tmp_path), choose_device("cpu"))
    one, other = model.probability("bees like flowers", "bees"), model.probability("rocks", "bees like rocks")
    assert 0 < one < 1
    assert one != other
    _save_cross_encoder(tmp_path / "classes", outputs=3)
    with pytest.raises(ModelUnsupported, match="entailment model names"):
        TransformerEntailment(find_model(str(tmp_path / "classes"), tmp_path), choose_device("cpu"))
