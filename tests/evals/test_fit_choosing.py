"""How the model is fitted that says how many sentences an answer has."""

from dataclasses import replace
from typing import Any

import pytest

from evals.cases.question_set import Case
from evals.fit.choosing import Read, fit_choosing, gain_examples, joined, outcome, read, with_sentences
from rag.core.domain import Evidence, Paper, Span

SENTENCES = ["The cache keeps features.", "It is 2.3 times faster.", "We train on faces.", "The code is public."]
TEXT = " ".join(SENTENCES)
PAPER = Paper("a", "Caches", TEXT)


def _evidence(*scores: float) -> list[Evidence]:
    items = []
    for sentence, score in zip(SENTENCES, scores, strict=True):
        start = TEXT.index(sentence)
        items.append(Evidence(PAPER, Span(start, start + len(sentence)), score, {}))
    return sorted(items, key=lambda item: -item.score)


def _case(name: str, question: str, facts: list[list[str]], gold: str = "a", **raw: Any) -> Case:
    case = {"id": name, "question": question, "gold": [gold], "nuggets": facts, **raw}
    return Case(name, question, (), case)


def test_two_questions_of_one_paper_are_joined_to_one_that_has_the_facts_of_both() -> None:
    cases = [
        _case("1", "What does it keep?", [["features"]]),
        _case("2", "How much faster is it?", [["2.3"]]),
        _case("3", "What do bees eat?", [["pollen"]], gold="b"),
        _case("4", "Is it blue?", [["blue"]], answerable=False),
    ]
    (one,) = joined(cases)
    assert one.raw["nuggets"] == [["features"], ["2.3"]]
    assert one.question.endswith("ow much faster is it?")
    assert one.question.startswith("What does it keep")
    assert joined(cases) == joined(cases), "the same each time"


def test_a_fact_counts_only_where_it_stands_in_the_right_paper() -> None:
    assert read(_evidence(4, 3, 2, 1), [["2.3"], ["public", "open"]], "a").facts == (frozenset({1}), frozenset({3}))
    assert read(_evidence(4, 3, 2, 1), [["2.3"]], "b").facts == (frozenset(),)


def test_an_example_is_true_where_the_sentence_adds_a_fact_that_is_not_shown_yet() -> None:
    item = read(_evidence(4, 3, 2, 1), [["keeps"], ["2.3"], ["public"]], "a")
    examples = gain_examples([item] * 5)
    # After the first sentence three may follow, then two, then one.
    assert examples.truth.tolist() == [True, False, True, False, True, True] * 5
    assert with_sentences([item], 1) == pytest.approx(1 / 3)
    assert with_sentences([item], 4) == 1.0


def test_the_threshold_is_the_one_with_the_most_facts_among_answers_that_are_short_enough() -> None:
    near = read(_evidence(4, 3.9, -3, -4), [["keeps"], ["2.3"]], "a")
    alone = read(_evidence(4, -2, -3, -4), [["keeps"]], "a")
    model = fit_choosing([near, alone, alone] * 6, [near] * 3, {}, words=9)
    facts, words = outcome([near, alone, alone] * 6, model)
    assert facts == 1.0
    assert words <= 9 < outcome([near, alone, alone] * 6, replace(model, threshold=0.0))[1]
    assert model.fitted_on["words"] == words


def test_nothing_read_holds_nothing() -> None:
    assert Read((), (frozenset(),)).shown([]) == 0.0
