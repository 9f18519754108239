"""Answers that are kept: exactly the same ones, for exactly the same question, within bounds, and computed once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from rag.answer.kept_answers import KeptAnswers, Key, Step
from rag.core.domain import Answer, Hit, Paper, Progress

PAPER = Paper("p", "A Title", "It is fast. It is small.")
ANSWER = Answer("q", "q", "quote", "answered", 0.9, "It is fast. [1]", retrieved=(Hit(PAPER, 1.0, {}),))
ANSWER = replace(ANSWER, timings_ms={"rewrite": 1.0, "read": 900.0, "first_text": 950.0, "total": 990.0})


class Counting:
    """What is asked: how often, and how it answers."""

    def __init__(self, answer: Answer = ANSWER) -> None:
        self.answer = answer
        self.times = 0
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)

    def __call__(self) -> Iterator[Step]:
        self.times += 1
        yield Progress("searching", "q")
        self.begun.release()
        for n in range(3):
            yield Progress("reading", "q", self.answer.retrieved, n, 3)
        assert self.gate.wait(10)
        yield self.answer


def key(question: str = "q", state: int = 1, library: str = "library") -> Key:
    return Key(library, state, question)


def always(answer: Answer) -> bool:
    return True


def test_the_same_question_is_answered_from_memory_with_the_same_steps() -> None:
    kept, ask = KeptAnswers(2), Counting()
    first = list(kept.steps(key(), ask, always))
    again = list(kept.steps(key(), ask, always))
    assert ask.times == 1 and kept.hits == 1
    assert [type(step).__name__ for step in again] == ["Progress", "Progress", "Answer"]
    assert [step.stage for step in again[:-1]] == ["searching", "reading"]  # type: ignore[union-attr]
    assert isinstance(again[-1], Answer) and isinstance(first[-1], Answer)
    assert first[-1] is ANSWER
    assert replace(again[-1], timings_ms=ANSWER.timings_ms) == ANSWER
    assert again[-1].timings_ms["cached"] == 990.0 and again[-1].timings_ms["total"] < 500.0
    assert "read" not in again[-1].timings_ms


@pytest.mark.parametrize("other", [key("Q"), key(state=2), key(library="other")])
def test_anything_else_is_computed(other: Key) -> None:
    kept, ask = KeptAnswers(9), Counting()
    list(kept.steps(key(), ask, always))
    list(kept.steps(other, ask, always))
    assert ask.times == 2 and kept.hits == 0


def test_what_was_kept_of_a_former_state_is_dropped() -> None:
    kept, ask = KeptAnswers(9), Counting()
    for one in (key("a"), key("b"), key(library="other"), key("a", state=2)):
        list(kept.steps(one, ask, always))
    assert kept.count == 2 and not kept.holds(key("b")) and kept.holds(key(library="other"))
    kept.forget("other")
    kept.forget("library")
    assert (kept.count, kept.size) == (0, 0)


def test_it_holds_so_many_answers_and_bytes() -> None:
    kept, ask = KeptAnswers(2), Counting()
    for question in ("a", "b", "a", "c"):
        list(kept.steps(key(question), ask, always))
    assert kept.holds(key("a")) and kept.holds(key("c")) and kept.count == 2
    size = kept.size
    small = KeptAnswers(100, most_bytes=size)
    for question in "abcd":
        list(small.steps(key(question), ask, always))
    assert small.count == 2 and 0 < small.size <= size
    nothing = KeptAnswers(100, most_bytes=10)
    list(nothing.steps(key(), ask, always))
    assert (nothing.count, nothing.size) == (0, 0)


def test_switched_off_nothing_is_kept() -> None:
    kept, ask = KeptAnswers(0), Counting()
    for _ in range(2):
        assert list(kept.steps(key(), ask, always))[-1] is ANSWER
    assert ask.times == 2 and kept.count == 0


def test_what_may_come_out_otherwise_is_not_kept() -> None:
    kept, ask = KeptAnswers(9), Counting()
    for _ in range(2):
        list(kept.steps(key(), ask, lambda answer: False))
    assert ask.times == 2 and kept.count == 0


def test_an_error_is_not_kept() -> None:
    def fails() -> Iterator[Step]:
        yield Progress("searching", "q")
        raise ZeroDivisionError

    kept, ask = KeptAnswers(9), Counting()
    with pytest.raises(ZeroDivisionError):
        list(kept.steps(key(), fails, always))
    assert list(kept.steps(key(), ask, always))[-1] is ANSWER and ask.times == 1


def test_one_that_is_stopped_keeps_nothing_and_stops_the_work() -> None:
    closed = []

    def ask() -> Iterator[Step]:
        try:
            yield Progress("searching", "q")
            yield ANSWER
        finally:
            closed.append(True)

    kept = KeptAnswers(9)
    steps = kept.steps(key(), ask, always)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert closed == [True] and kept.count == 0


def test_two_who_ask_the_same_at_once_are_computed_once() -> None:
    kept, ask = KeptAnswers(9), Counting()
    ask.gate.clear()
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(lambda: list(kept.steps(key(), ask, always))) for _ in range(3)]
        assert ask.begun.acquire(timeout=10)
        ask.gate.set()
        answers = [one.result(10)[-1] for one in asked]
    assert ask.times == 1 and kept.hits == 2
    assert {answer.text for answer in answers if isinstance(answer, Answer)} == {ANSWER.text}


def test_where_the_first_one_stops_the_second_goes_on() -> None:
    kept, first, second = KeptAnswers(9), Counting(), Counting()
    leads = kept.steps(key(), first, always)
    next(leads)
    with ThreadPoolExecutor(1) as threads:
        follows = kept.steps(key(), second, always)
        assert isinstance(next(follows), Progress)
        rest = threads.submit(lambda: list(follows))
        leads.close()  # type: ignore[attr-defined]
        assert rest.result(10)[-1] is ANSWER
    assert (first.times, second.times) == (1, 1) and kept.holds(key())


def test_where_the_first_one_fails_the_second_asks_itself() -> None:
    def fails() -> Iterator[Step]:
        yield Progress("searching", "q")
        raise ZeroDivisionError

    kept, ask = KeptAnswers(9), Counting()
    leads = kept.steps(key(), fails, always)
    next(leads)
    follows = kept.steps(key(), ask, always)
    next(follows)
    with pytest.raises(ZeroDivisionError):
        next(leads)
    assert list(follows)[-1] is ANSWER


def test_an_answer_that_nobody_else_should_have_is_computed_for_each() -> None:
    kept, ask = KeptAnswers(9), Counting()
    leads = kept.steps(key(), ask, lambda answer: False)
    next(leads)
    follows = kept.steps(key(), ask, lambda answer: False)
    next(follows)
    assert list(leads)[-1] is ANSWER
    assert list(follows)[-1] is ANSWER and ask.times == 2


def test_many_threads_mix_nothing_up_and_leave_nothing_behind() -> None:
    kept = KeptAnswers(5, most_bytes=20_000)

    def one(n: int) -> bool:
        question = f"q{n % 7}"
        answer = replace(ANSWER, question=question)
        steps = list(kept.steps(key(question, state=n % 3 == 0), Counting(answer), always))
        return isinstance(steps[-1], Answer) and steps[-1].question == question

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(one, range(300)))
    assert kept._works == {} and kept.count <= 5
    assert kept.size == sum(map(len, kept._kept.values())) <= 20_000
