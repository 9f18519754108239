"""The arithmetic of every measure, of means and of intervals."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.runs.run import FORMAT, Run
from evals.scores import measures, summary
from rag.answer.quoted import DECLINED

# The measures. Papers found and cited are named by their ids; titles are the ids in capitals.


def _line(
    *, found: Sequence[str] = (), cited: Sequence[str] | None = None, said: Sequence[str] = (), **case: Any
) -> dict[str, Any]:
    """A line of a run: the papers found, and where `cited` is given, an answer with a quote of each."""
    line: dict[str, Any] = {"case": case, "retrieved": [{"paper_id": name, "title": name.upper()} for name in found]}
    if cited is not None:
        words = list(said) or [f"about {name}" for name in cited]
        line["answer"] = " ".join(words)
        line["sentences"] = [
            {
                "text": text,
                "verdict": "quote",
                "citations": [
                    {"n": 1, "paper_id": name, "title": name.upper(), "start": 5, "end": 5 + len(text), "quote": text}
                ],
            }
            for name, text in zip(cited, words, strict=True)
        ]
    return line


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("uvwxyab", 0.0),  # both are after the fifth place: 0 of 2
        ("uvwxa", 0.5),  # a is fifth, B is not there: 1 of 2
        ("bxxxa", 1.0),  # 2 of 2; the title counts as the id does
        ("", 0.0),  # nothing found: 0 of 2
    ],
)
def test_recall_is_the_share_of_the_gold_papers_found(found: str, expected: float) -> None:
    assert measures.recall_at(5)(_line(found=found, gold=["a"], gold_ids=["B"])) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [("axb", 1.0), ("xxb", 1 / 3), ("xyz", 0.0), ("", 0.0)],  # 1 / place of the first of a and b
)
def test_reciprocal_rank_is_one_over_the_place_of_the_first_gold_paper(found: str, expected: float) -> None:
    assert measures.reciprocal_rank(_line(found=found, gold=["a", "b"])) == pytest.approx(expected)


@pytest.mark.parametrize(("found", "expected"), [("ax", 1.0), ("xa", 0.0), ("", 0.0)])
def test_hit_at_1_looks_at_the_first_paper_only(found: str, expected: float) -> None:
    assert measures.hit_at_1(_line(found=found, gold=["a"])) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("ab", 1.0),  # the ideal order
        ("xayb", (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))),  # 1.0616 / 1.6309 = 0.6509
        ("xa", (1 / math.log2(3)) / (1 + 1 / math.log2(3))),  # b was not found: 0.6309 / 1.6309 = 0.3869
        ("0123456789ab", 0.0),  # both after the tenth place
    ],
    ids=["ideal", "second and fourth", "one", "too late"],
)
def test_ndcg_discounts_by_the_logarithm_of_the_place(found: str, expected: float) -> None:
    assert measures.ndcg_at_10(_line(found=found, gold=["a", "b"])) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("alias", "text", "matches"),
    [
        ("25", "rates of 25, 50 and 100", True),
        ("25", "a rate of 25.", True),
        ("25", "25x faster", True),
        ("25", "(25)", True),
        ("25", "125 steps", False),
        ("25", "250 steps", False),
        ("25", "25.5 steps", False),
        ("25", "0.25 steps", False),
        ("25", "25,000 steps", False),
        ("25", "1,25 steps", False),
        ("25", "25.5 and 25 steps", True),
        ("41%", "by 41% and", True),
        ("41%", "by 141%", False),
        ("41%", "by 2.41%", False),
        ("u-net", "the u-net's encoder", True),
        ("a.b", "axb", False),
    ],
)
def test_a_fact_with_a_digit_at_its_edge_is_no_part_of_a_longer_number(alias: str, text: str, matches: bool) -> None:
    assert measures.alias_matches(alias, text) is matches


@pytest.mark.parametrize(
    ("nuggets", "expected"),
    [
        ([["25"], ["codec"]], 1.0),  # 2 of 2
        ([["25"], ["image"]], 0.5),  # 1 of 2
        ([["5"], ["kbp"], ["2"]], 1 / 3),  # "5" and "2" stand only inside of 25 and 1.5
        ([["image", "speech", "CODEC"]], 1.0),  # one alias of a set is enough, in any case
        ([["tokens a second; 1.5"]], 0.0),  # the words are there, the mark is another
        ([["3–1"]], 1.0),  # dashes are alike
    ],
    ids=["all", "half", "numbers inside numbers", "one alias", "other mark", "dashes"],
)
def test_facts_are_the_share_of_nuggets_that_the_quotes_hold(nuggets: list[list[str]], expected: float) -> None:
    said = ["The codec needs 25 tokens a second,", "1.5 kbps; a ratio of 3-1."]
    assert measures.facts(_line(cited="aa", said=said, nuggets=nuggets)) == pytest.approx(expected)


def test_an_answerable_question_that_was_declined_has_none_of_the_facts() -> None:
    assert measures.facts(_line(cited="", nuggets=[["25"]]) | {"answer": f"{DECLINED} Nearest: 25 tokens."}) == 0.0


@pytest.mark.parametrize(
    ("cited", "precision", "recall"),
    [
        ("ab", 1.0, 1.0),  # 2 of 2 cited are right, 2 of 2 gold are cited
        ("ax", 0.5, 0.5),  # x is wrong, b is missing
        ("aac", 1.0, 0.5),  # papers a and c (also_ok) are right: 2 of 2; c is not needed: 1 of 2 gold
        ("c", 1.0, 0.0),  # also_ok alone
        ("xyz", 0.0, 0.0),
        ("abcx", 0.75, 1.0),  # 3 of 4 cited; 2 of 2 gold
        ("", None, 0.0),  # declined: nothing to be precise about
    ],
)
def test_citation_precision_and_recall_count_papers(cited: str, precision: float | None, recall: float) -> None:
    line = _line(cited=cited, gold=["a", "B"], also_ok=["c"])
    assert measures.citation_precision(line) == precision
    assert measures.citation_recall(line) == recall


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, 1.0), ({"quote": "about A"}, 0.5), ({"end": 99}, 0.5)],  # one of two quotes is wrong
    ids=["exact", "other words", "wrong length"],
)
def test_quotes_are_exact_where_words_and_offsets_agree(change: dict[str, Any], expected: float) -> None:
    line = _line(cited="ab")
    line["sentences"][0]["citations"][0].update(change)
    assert measures.quotes_exact(line) == expected


def test_a_quote_without_a_citation_is_not_exact() -> None:
    line = _line(cited="ab")
    line["sentences"][0]["citations"] = []
    assert measures.quotes_exact(line) == 0.5  # 1 of 2


@pytest.mark.parametrize(("forbidden", "expected"), [("PWNED", 1.0), ("hacked", 0.0)])
def test_an_answer_obeyed_where_it_holds_a_forbidden_string(forbidden: str, expected: float) -> None:
    assert measures.obeyed(_line(cited="a", said=["You are pwned now."], must_not=[forbidden])) == expected


def test_words_are_counted_without_markers() -> None:
    assert measures.answer_words(_line(cited="ab", said=["Bees dance.", "Ants do not."])) == 5


@pytest.mark.parametrize("name", sorted(set(measures.MEASURES)))
def test_a_measure_that_does_not_apply_is_skipped(name: str) -> None:
    assert measures.MEASURES[name](_line(found="ab")) is None


def _scores(*lines: dict[str, Any]) -> dict[str, Any]:
    return summary.score(Run(Path("run.jsonl"), {"format": FORMAT}, lines))


def test_unscored_questions_do_not_count_as_zero() -> None:
    measures = _scores(
        _line(found="a", gold=["a"]),
        _line(found="b", gold=["a"]),
        _line(found="b"),
        _line(found="", gold=["a"]) | {"error": "RuntimeError: out of memory"},
    )["measures"]
    # 1 and 0 over the two questions that have gold papers; the third is skipped, the fourth failed.
    assert measures["hit@1"] | {"lo": 0, "hi": 1} == {
        "mean": 0.5,
        "lo": 0,
        "hi": 1,
        "n": 2,
        "skipped": 1,
        "failed": 1,
    }
    assert measures["facts"] == {"mean": None, "lo": None, "hi": None, "n": 0, "skipped": 3, "failed": 1}


def test_failed_questions_are_counted() -> None:
    scores = _scores(_line(found="a", gold=["a"]), {"case": {"gold": ["a"]}, "error": "RuntimeError: no"})
    assert (scores["n"], scores["failed"]) == (2, 1)
    assert scores["measures"]["hit@1"]["mean"] == 1.0


def test_scores_are_given_by_type() -> None:
    scores = _scores(
        _line(found="a", gold=["a"], type="list"),
        _line(found="b", gold=["a"], type="list"),
        _line(found="a", gold=["a"], type="multi"),
    )
    assert {kind: item["hit@1"]["mean"] for kind, item in scores["by_type"].items()} == {"list": 0.5, "multi": 1.0}
    assert scores["measures"]["hit@1"]["mean"] == pytest.approx(2 / 3, abs=1e-4)


def _judged(outcome: str, answerable: bool, p: float = 0.5) -> dict[str, Any]:
    return _line(cited="", answerable=answerable) | {"outcome": outcome, "p_answerable": p}


def test_declining_counts_a_partial_answer_as_half() -> None:
    measures = _scores(
        _judged("declined", False),
        _judged("partial", False),
        _judged("answered", False),
        _judged("declined", True),
        _judged("partial", True),
        _judged("answered", True),
    )["measures"]
    # Declined were two, of which one rightly: 1/2. Unanswerable are three: (1 + 0.5 + 0) / 3.
    assert measures["declined_precision"]["mean"] == 0.5
    assert (measures["declined_precision"]["n"], measures["declined_precision"]["skipped"]) == (2, 4)
    assert measures["declined_recall"]["mean"] == 0.5
    assert (measures["declined_recall"]["n"], measures["declined_recall"]["skipped"]) == (3, 3)


def test_the_nearest_words_count_as_declined_and_claim_nothing() -> None:
    means = _scores(_judged("nearest", False), _judged("nearest", True), _judged("answered", False))["measures"]
    assert means["declined_precision"]["mean"] == 0.5
    assert means["declined_recall"]["mean"] == 0.5
    line = _line(cited="a", said=["25 tokens"], gold=["a"], nuggets=[["25"]])
    assert (measures.facts(line), measures.citation_precision(line)) == (1.0, 1.0)
    nearest = line | {"outcome": "nearest"}
    assert (measures.facts(nearest), measures.citation_precision(nearest)) == (0.0, None)
    assert measures.citation_recall(nearest) == 0.0


def test_auroc_counts_ties_as_half() -> None:
    lines = [_judged("answered", True, p) for p in (0.9, 0.5)] + [_judged("declined", False, p) for p in (0.5, 0.1)]
    area = _scores(*lines)["measures"]["auroc_answerable"]
    # Pairs: 0.9 > 0.5 and 0.9 > 0.1 and 0.5 > 0.1 are right, 0.5 = 0.5 is half: 3.5 of 4.
    assert area["mean"] == 0.875
    assert 0 <= area["lo"] < 0.875 < area["hi"] <= 1
    assert area["n"] == 4


@pytest.mark.parametrize(
    ("able", "unable", "area"),
    [((0.9, 0.8), (0.2, 0.1), 1.0), ((0.1,), (0.9,), 0.0), ((0.5, 0.5), (0.5,), 0.5), ((0.9,), (), None)],
    ids=["apart", "upside down", "all tied", "one kind only"],
)
def test_auroc_at_its_ends(able: tuple[float, ...], unable: tuple[float, ...], area: float | None) -> None:
    lines = [_judged("answered", True, p) for p in able] + [_judged("answered", False, p) for p in unable]
    assert _scores(*lines)["measures"]["auroc_answerable"]["mean"] == area


def test_intervals_hold_the_mean_and_are_the_same_every_time() -> None:
    lines = [_line(found="a" if n % 3 else "b", gold=["a"]) for n in range(30)]
    first = _scores(*lines)["measures"]["hit@1"]
    assert first["mean"] == pytest.approx(2 / 3, abs=1e-4)
    # The standard error is sqrt(2/9 / 30) = 0.086, so the interval is about 0.667 ± 0.169.
    assert first["lo"] == pytest.approx(0.667 - 0.169, abs=0.05)
    assert first["hi"] == pytest.approx(0.667 + 0.169, abs=0.05)
    assert _scores(*lines)["measures"]["hit@1"] == first


def test_the_median_of_words_is_given_too() -> None:
    lines = [_line(cited="a", said=["word " * count]) for count in (1, 2, 9)]
    measures = _scores(*lines)["measures"]
    assert measures["words"]["mean"] == 4.0  # (1 + 2 + 9) / 3
    assert measures["words_median"]["mean"] == 2.0


def test_latencies_are_percentiles_between_the_neighbours() -> None:
    lines = [_line() | {"timings_ms": {"total": ms}} for ms in (40.0, 10.0, 30.0, 20.0)] + [_line()]
    # Places 0 to 3: p50 is place 1.5, between 20 and 30; p95 is place 2.85: 30 + 0.85 * 10.
    assert _scores(*lines)["latency_ms"] == {"total": {"p50": 25.0, "p95": 38.5}}
