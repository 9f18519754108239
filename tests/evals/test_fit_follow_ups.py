"""Which turns the model of follow-ups is fitted to, and where its threshold lies."""

from typing import Any

import numpy as np

from evals.cases.question_set import Case
from evals.fit import follow_ups
from evals.fit.regression import Examples
from rag.core.domain import Message
from rag.ingest.formats.record import make_paper
from tests.question.test_follow_up import _Library

GRAIN = make_paper(title="GrainSort: Grading Wheat", abstract="We sort wheat kernels by their colour.")
OTHERS = [make_paper(title=f"Other{'ABC'[n]}: Title", abstract=f"Something else {n}.") for n in range(3)]


class _Searcher(_Library):
    def papers(self, ids: Any = None) -> Any:
        return list(self._papers) if ids is None else super().papers(ids)


SEARCHER: Any = _Searcher(GRAIN, *OTHERS)


def _case(question: str, kind: str, history: tuple[Message, ...] = ()) -> Case:
    return Case("1", question, history, {"type": kind, "gold": [GRAIN.id]})


def test_a_question_of_its_own_comes_after_other_papers_and_without_its_name_after_its_own() -> None:
    turns = list(follow_ups.turns(SEARCHER, [_case("What does GrainSort sort?", "fact-named")]))
    assert [turn.leans for turn in turns] == [False, False, True, True]
    assert [turn.question for turn in turns[2:]] == ["What does it sort?", "What does the method sort?"]
    assert all(GRAIN not in turn.papers for turn in turns[:2]) and all(turn.papers == (GRAIN,) for turn in turns[2:])
    assert turns == list(follow_ups.turns(SEARCHER, [_case("What does GrainSort sort?", "fact-named")]))


def test_a_history_says_what_its_question_is() -> None:
    history = (Message("user", "What is GrainSort?"), Message("assistant", "It sorts.", (GRAIN.id,)))
    cases = [_case("is it fast?", "follow-up", history), _case("What are tides?", "topic-change", history)]
    assert [turn.leans for turn in follow_ups.turns(SEARCHER, cases)] == [True, False]


def test_the_threshold_lies_between_those_that_lean_and_those_that_do_not() -> None:
    left_out = np.array([0.05, 0.1, 0.2, 0.6, 0.8, 0.9])
    examples = Examples((), np.zeros((6, 0)), np.array([False, False, False, True, True, True]), np.ones(6))
    assert 0.2 < follow_ups.follow_up_threshold(left_out, examples) <= 0.8
