"""Hybrid retrieval: fusion, exact look-up, revisions, and its place in llama-index."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from rag.answer.assistant import Assistant
from rag.core.arrays import zscores
from rag.core.errors import EmbedderMismatch
from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from rag.search.hybrid import FUSIONS, Fusion, HybridRetriever, hits_of
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder


@pytest.fixture
def library(small_library: Path) -> Iterator[Library]:
    opened = Library.open(small_library)
    yield opened
    opened.close()


def test_each_side_can_be_switched_off_and_both_name_their_parts(library: Library) -> None:
    for fusion in (Fusion(lexical_weight=0), Fusion(dense_weight=0, sentence_weight=0), Fusion()):
        retriever = HybridRetriever(library, HashEmbedder(), fusion=fusion)
        hits = retriever.hits("At how many degrees is green tea steeped?")
        assert hits[0].paper.id == "tea"
        assert hits[0].parts.keys() == {"dense", "sentence", "lexical"}
        retriever.close()


@pytest.mark.parametrize(
    "fusion",
    [*FUSIONS.values(), Fusion(dense_weight=0.5, sentence_weight=2.0, lexical_weight=0.25)],
    ids=[*FUSIONS, "weights of its own"],
)
def test_a_score_is_the_weighted_sum_of_the_parts_in_standard_deviations(fusion: Fusion, library: Library) -> None:
    retriever = HybridRetriever(library, HashEmbedder(), fusion=fusion)
    hits = retriever.hits("Do ants follow flowers or iron rust in water?")
    retriever.close()
    assert len(hits) == 4
    weights = {
        "dense": fusion.dense_weight,
        "sentence": fusion.sentence_weight,
        "lexical": fusion.lexical_weight,
    }
    parts = {name: zscores(np.array([hit.parts[name] for hit in hits])) for name in weights}
    expected = sum(weight * parts[name] for name, weight in weights.items())
    assert [hit.score for hit in hits] == pytest.approx(list(expected), abs=1e-3)


@pytest.mark.parametrize(("name", "part"), [("dense", "dense"), ("lexical", "lexical")])
def test_a_single_retriever_orders_by_its_own_score(name: str, part: str, library: Library) -> None:
    retriever = HybridRetriever(library, HashEmbedder(), fusion=FUSIONS[name])
    hits = retriever.hits("Do ants follow flowers or iron rust in water?")
    retriever.close()
    z = zscores(np.array([hit.parts[part] for hit in hits]))
    assert [hit.score for hit in hits] == pytest.approx(list(z), abs=1e-3)


def test_a_long_paper_comes_with_its_two_best_windows_the_best_first(tmp_path: Path) -> None:
    dull = " ".join(f"Sentence {number} tells of nothing much." for number in range(14))
    abstract = f"{dull} Walruses swim. They like walruses."
    add(tmp_path, [make_paper(id="long", title="Long", abstract=abstract)])
    library = Library.open(tmp_path)
    retriever = HybridRetriever(library, HashEmbedder())
    (hit,) = retriever.hits("walruses")
    retriever.close()
    library.close()
    assert len(hit.windows) == 2
    assert hit.windows[0].span.of(abstract).endswith("They like walruses.")


def test_hits_come_best_first_with_windows_of_their_own_paper(library: Library) -> None:
    retriever = HybridRetriever(library, HashEmbedder())
    hits = retriever.hits("iron rust water")
    retriever.close()
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(window.paper_id == hit.paper.id for hit in hits for window in hit.windows)
    assert hits[0].windows[0].span.of(hits[0].paper.abstract).startswith("Iron rusts")


def test_scores_missing_on_one_side_are_looked_up_exactly(library: Library) -> None:
    narrow = HybridRetriever(library, HashEmbedder(), fusion=Fusion(dense_windows=1, lexical_papers=1))
    wide = HybridRetriever(library, HashEmbedder())
    few, many = (
        narrow.hits("honey and scent trails"),
        {hit.paper.id: hit for hit in wide.hits("honey and scent trails")},
    )
    assert few
    assert all(hit.parts == many[hit.paper.id].parts for hit in few)
    narrow.close()
    wide.close()


@pytest.mark.parametrize("most", [500, 1], ids=["all of them scored", "more than are scored"])
def test_only_the_papers_that_are_meant_are_found(library: Library, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("rag.search.hybrid._MOST_WITHIN", most)
    retriever = HybridRetriever(library, HashEmbedder())
    found = retriever.hits("How do bees dance?", within=["ants", "tea"])
    retriever.close()
    assert {hit.paper.id for hit in found} == {"ants", "tea"}


def test_the_next_question_sees_a_new_revision(library: Library) -> None:
    retriever = HybridRetriever(library, HashEmbedder())
    assert "moss" not in {hit.paper.id for hit in retriever.hits("moss without roots")}
    add(library.folder, [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
    assert retriever.hits("moss without roots")[0].paper.id == "moss"
    retriever.close()


def test_an_empty_library_gives_no_hits(tmp_path: Path) -> None:
    add(tmp_path, [])
    library = Library.open(tmp_path)
    retriever = HybridRetriever(library, HashEmbedder())
    assert retriever.hits("anything at all") == ()
    retriever.close()
    library.close()


def test_another_embedder_than_the_librarys_is_refused(library: Library) -> None:
    with pytest.raises(EmbedderMismatch, match="CITEWISE_EMBEDDER"):
        HybridRetriever(library, HashEmbedder(name="other"))


def test_zscores_of_equal_scores_are_zero() -> None:
    assert zscores(np.array([0.3, 0.3, 0.3])).tolist() == [0, 0, 0]
    # mean 2, standard deviation 1
    assert zscores(np.array([1.0, 3.0])).tolist() == [-1, 1]


def test_it_drops_into_a_llama_index_query_engine(assistant: Assistant) -> None:
    retriever = assistant.searcher.retriever
    assert isinstance(retriever, BaseRetriever)
    engine = RetrieverQueryEngine.from_args(retriever, llm=MockLLM(max_tokens=32))
    response = engine.query("How much does DeepCache speed up Stable Diffusion?")
    first = response.source_nodes[0]
    assert first.metadata["title"] == "DeepCache: Accelerating Diffusion Models for Free"
    assert "DeepCache" in first.get_content()
    hits = hits_of(response.source_nodes, assistant.library)
    assert hits == retriever.hits("How much does DeepCache speed up Stable Diffusion?")
