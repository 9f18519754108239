"""Measures and intervals beside those of kept libraries, and at points known by hand."""

import random
from collections.abc import Sequence
from typing import Any

import ir_measures
import pytest

from evals.scores import measures
from evals.scores.statistics import auroc, estimate, mcnemar


def _line(name: str, found: str, case: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    retrieved = [{"paper_id": paper, "title": paper, "score": 1.0, "parts": {}} for paper in found]
    head = {"id": name, "case": {"id": name, "question": "Why?", "gold": ["a"]} | (case or {}), "question": "Why?"}
    return head | {"retrieved": retrieved, "error": None} | more


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
    assert auroc([3.0, 2.0], [1.0, 2.0]).mean == pytest.approx(3.5 / 4)
    assert auroc([1.0], []).mean is None
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 2**5)
