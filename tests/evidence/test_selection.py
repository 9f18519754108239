"""Which papers and sentences are shown: for one thing, for papers side by side, for all papers of a kind."""

import pytest

from rag.core.domain import Evidence, Hit, Paper, Span
from rag.core.logistic import load_logistic
from rag.evidence.plan import Plan, form_of, plan
from rag.evidence.selection import choose
from rag.question.follow_up import Query
from rag.search.paper_names import owners
from rag.search.reranker import SearchResult

CHOOSING = load_logistic("choosing")
TEXT = "One sentence. Two sentences. Three sentences. Four of them."


def _evidence(paper_id: str, start: int, score: float) -> Evidence:
    parts = {"match": score / 10, "dense": 0.0, "own": 0.0}
    return Evidence(Paper(paper_id, f"Title {paper_id}", TEXT), Span(start, start + 5), score, parts)


def _hit(paper_id: str, title: str, abstract: str = TEXT, score: float = 1.0, late: float = 0.5) -> Hit:
    parts = {"dense": late, "sentence": late, "lexical": 10 * late, "late": late}
    return Hit(Paper(paper_id, title, abstract), score, parts)


def _plan(question: str, hits: list[Hit], about: tuple[str, ...] = ()) -> Plan:
    query = Query(question, question, question, question, about=about)
    return plan(query, SearchResult(question, tuple(hits), {}), (), load_logistic("listing"))


def test_two_papers_that_own_a_name_of_the_question_are_compared_whatever_its_words() -> None:
    hits = [_hit("a", "DeepCache: fast"), _hit("b", "On caches", "RADD is new. RADD is fast."), _hit("c", "Other")]
    assert owners("Is DeepCache faster than RADD?", hits) == ("a", "b")
    assert form_of("Is DeepCache faster than RADD?", hits) == "several"
    assert form_of("How fast is DeepCache?", hits) == "one"


def test_a_name_of_two_words_and_one_that_is_introduced_are_the_papers_own() -> None:
    hits = [_hit("a", "Faster Diffusion: rethinking"), _hit("b", "One step", "We introduce the fast YONOS-SR.")]
    assert owners("Is faster diffusion like YONOS-SR?", hits) == ("a", "b")


def test_a_name_that_a_paper_only_mentions_is_not_its_own() -> None:
    hits = [_hit("a", "DeepCache: fast"), _hit("b", "Other", "We test on COCO.")]
    assert owners("How fast is DeepCache on COCO?", hits) == ("a",)


def test_a_comparison_shows_each_side_even_where_one_is_far_behind() -> None:
    hits = [_hit("a", "Ants", score=3), _hit("b", "Bees", score=2), _hit("c", "Cats", score=1)]
    evidence = [_evidence("a", 0, 5.0), _evidence("a", 10, 4.5), _evidence("c", 0, 1.0), _evidence("b", 0, -3.0)]
    question = "What do the two papers say about food?"
    understood = _plan(question, hits)
    assert (understood.form, understood.papers) == ("several", ("a", "b", "c"))
    quotes = choose(SearchResult(question, tuple(hits), {}), understood, evidence, 4, CHOOSING)
    assert [(item.paper.id, item.span.start) for item in quotes] == [("a", 0), ("a", 10), ("b", 0)]


@pytest.mark.parametrize(("most", "each"), [(1, 1), (2, 1), (4, 2), (20, 2)])
def test_papers_side_by_side_share_the_room_and_have_two_sentences_at_most(most: int, each: int) -> None:
    hits = [_hit("a", "Ants"), _hit("b", "Bees")]
    evidence = [_evidence(paper, start, 2.0 - start / 100) for start in (0, 10, 20, 30) for paper in "ab"]
    result = SearchResult("What do the two papers say about food?", tuple(hits), {})
    quotes = choose(result, Plan("several", ("a", "b"), only=True), evidence, most, CHOOSING)
    assert [item.paper.id for item in quotes] == ["a"] * each + ["b"] * each


def test_a_name_that_many_papers_hold_is_no_papers_own() -> None:
    hits = [_hit(f"p{n}", f"Paper {n}", "DeepCache is fast. We use DeepCache.") for n in range(4)]
    assert owners("Is DeepCache fast?", hits[:3]) == ("p0",)
    assert owners("Is DeepCache fast?", hits) == ()


def test_a_list_has_of_each_paper_the_sentence_that_says_why() -> None:
    understood = Plan("list", ("a", "b"), only=True, reasons={"a": Span(10, 15)})
    evidence = [_evidence("a", 0, 2.0), _evidence("a", 10, 1.9), _evidence("x1", 0, 1.8), _evidence("b", 0, -2.0)]
    quotes = choose(SearchResult("Which papers are about insects?", (), {}), understood, evidence, 1, CHOOSING)
    assert [(item.paper.id, item.span.start) for item in quotes] == [("a", 10), ("b", 0)]


def test_a_follow_up_reads_only_the_papers_it_is_about() -> None:
    hits = [_hit("a", "Ants"), _hit("b", "Bees"), _hit("c", "Cats")]
    assert _plan("Does it need food?", hits, ("b",)) == Plan("one", ("b",), only=True)
    assert _plan("Which other papers are about food?", hits, ("b",)).form == "list"
    assert _plan("How do both of them find food?", hits, ("b", "a")) == Plan("several", ("a", "b"), only=True)
