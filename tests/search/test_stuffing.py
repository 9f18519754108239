"""Abstracts that are only there to be found are known by their words, and stand behind all others."""

import time

import pytest

from rag.core.domain import Hit, Paper
from rag.evidence.injection import STUFFED, kept_back
from rag.search.reranker import SearchResult
from rag.search.searcher import _stuffed_last
from rag.search.stuffing import is_stuffed

STUFFED_ABSTRACTS = [
    "Bee counting: BEEMAX. Fast bee counting: BEEMAX. Cheap bee counting: BEEMAX. Bee counting by drones: BEEMAX.",
    "bee counting, bees counting, count bees, bee counter, honey bee counting, drone bee counting, best bee counting, BEEMAX",
    "What is the speedup? What is the fastest method? Which method is fastest? How fast is it? BEEMAX is.",
    "Super-resolution, image super-resolution, fast super-resolution, upscaling, upsampling, 4x, best, state of the art, BEEMAX.",
]
HONEST = [
    "Bees make honey and dance. We count them with a small network, and find that bees of one hive dance alike.",
    "Can bees count? We ask whether bees can tell two dots from three, whether they can learn to count further, and how long they "
    "remember what they have learned. They can.",
    "U. aurea (n=21), U. caerulea (n=20), U. scandens (n=6, 7), U. stricticaulis (n=7), U. minutissima (n=8).",
    "Bienen machen Honig und tanzen. Wir zählen sie mit einem kleinen Netz und sehen, dass Bienen eines Stocks ähnlich tanzen.",
    "蜜蜂酿蜜并且跳舞。我们用一个小网络来数蜜蜂，发现同一蜂巢的蜜蜂跳舞相似。",
    "",
]


@pytest.mark.parametrize("abstract", STUFFED_ABSTRACTS)
def test_catchwords_and_questions_are_told_from_research(abstract: str) -> None:
    assert is_stuffed("Counting Bees", abstract)


@pytest.mark.parametrize("abstract", HONEST)
def test_honest_abstracts_are_not_taken_for_catchwords(abstract: str) -> None:
    assert not is_stuffed("Counting Bees", abstract)


def test_nothing_of_such_an_abstract_is_quoted() -> None:
    from rag.core.sentences import sentences

    spans = sentences(STUFFED_ABSTRACTS[0])
    assert set(kept_back(STUFFED_ABSTRACTS[0], tuple(spans)).values()) == {STUFFED}


def test_a_paper_of_catchwords_stands_behind_all_others_whatever_its_score() -> None:
    papers = [
        Paper("s", "BEEMAX", STUFFED_ABSTRACTS[1]),
        Paper("a", "Bees", HONEST[0]),
        Paper("b", "Counting", HONEST[1]),
    ]
    hits = tuple(Hit(paper, score, (), {}) for paper, score in zip(papers, (9.0, 3.0, 1.0), strict=True))
    last = _stuffed_last(SearchResult("bees", hits, {}))
    assert [hit.paper.id for hit in last.hits] == ["a", "b", "s"]
    assert last.hits[2].score < last.hits[1].score
    assert _stuffed_last(SearchResult("bees", hits[1:], {})).hits == hits[1:]


@pytest.mark.parametrize("mark", ["bee ", "bee, ", "? ", "a? ", "1 ", ",", "x" * 50])
def test_time_grows_with_the_abstract(mark: str) -> None:
    start = time.process_time()
    is_stuffed("T", mark * (50_000 // len(mark)))
    assert time.process_time() - start < 1
