"""Those who wait have their turns turn about, and are told about when."""

from collections.abc import Sequence

import pytest

from ui.session.fairness import FairOrder, Visitor
from ui.session.waiting import Pace
from ui.views.outcomes import waiting_row
from ui.views.words import about_seconds


def visitors(names: str) -> list[Visitor]:
    """ "a1 a2 b1": at address a the sessions 1 and 2, at b one."""
    return [Visitor(name[0], name[1:]) for name in names.split()]


def served(order: FairOrder, waiting: Sequence[Visitor], most: int = 100) -> list[str]:
    """Who is served, in order, where nobody else comes."""
    left, names = list(waiting), []
    while left and len(names) < most:
        visitor = left.pop(order.order(left)[0])
        order.serve(visitor, left)
        names.append(visitor.address + visitor.session)
    return names


def test_one_who_asks_much_does_not_hold_up_the_others() -> None:
    assert served(FairOrder(), visitors("a1 a1 a1 a1 b1 c1")) == "a1 b1 c1 a1 a1 a1".split()


def test_many_sessions_of_one_address_get_no_more_than_another_address() -> None:
    assert served(FairOrder(), visitors("a1 a2 a3 a4 b1 b1")) == "a1 b1 a2 b1 a3 a4".split()


def test_at_one_address_sessions_take_turns_too() -> None:
    assert served(FairOrder(), visitors("a1 a1 a1 a2 a3 a")) == "a1 a2 a3 a a1 a1".split()


def test_the_order_foretells_who_is_served() -> None:
    waiting = visitors("a1 a1 b1 a2 c1 b1 b2 a1 c1")
    foretold = [waiting[place] for place in FairOrder().order(waiting)]
    assert [one.address + one.session for one in foretold] == served(FairOrder(), waiting)


def test_whoever_asks_again_at_once_comes_after_those_who_wait() -> None:
    order, waiting, names = FairOrder(), visitors("a1 b1 c1"), []
    for _ in range(9):
        visitor = waiting.pop(order.order(waiting)[0])
        order.serve(visitor, waiting)
        names.append(visitor.address)
        waiting.append(visitor)
    assert names == list("abcabcabc")


def test_new_visitors_do_not_starve_one_who_was_served_before() -> None:
    order, waiting, names = FairOrder(), visitors("a1"), []
    for n in range(6):
        visitor = waiting.pop(order.order(waiting)[0])
        order.serve(visitor, waiting)
        names.append(visitor.session)
        if visitor.session == "1":
            waiting.append(visitor)
        waiting.append(Visitor("b", f"new{n}"))  # somebody else each time
    assert names.count("1") == 3, names


def test_nothing_is_remembered_of_those_who_have_gone() -> None:
    order = FairOrder()
    for n in range(1_000):
        order.serve(Visitor(f"address{n}", str(n)))
        order.serve(Visitor("same", str(n)))
    assert len(order._addresses._next) < 1_100 and len(order._sessions) <= 2
    order.serve(Visitor("last", ""))
    order.serve(Visitor("last", ""))
    assert len(order._addresses._next) < 20


def test_the_wait_is_told_from_the_turns_that_were_had_lately() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    assert pace.seconds(3) is None
    for seconds in (2.0, 4.0):
        with pace.turn():
            assert pace.seconds(3) is None or seconds == 4.0
            now[0] += seconds
    assert pace.seconds(3) == 9.0
    with pace.turn():
        now[0] += 1.0
        assert pace.seconds(3) == 9.0 + 2.0  # the one that is answered takes about two seconds more
        now[0] += 60.0
        assert pace.seconds(3) == 9.0
    with pytest.raises(ZeroDivisionError), pace.turn():
        raise ZeroDivisionError
    assert Pace(at_once=2).seconds(1) is None


def test_with_several_answers_at_once_the_wait_is_shorter() -> None:
    now = [0.0]
    pace = Pace(at_once=4, clock=lambda: now[0])
    with pace.turn():
        now[0] += 8.0
    assert pace.seconds(10) == 20.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "a few seconds"),
        (7.4, "a few seconds"),
        (11, "about 10 seconds"),
        (52, "about 50 seconds"),
        (59, "about a minute"),
        (89, "about a minute"),
        (100, "about 2 minutes"),
        (3_500, "about 58 minutes"),
        (3_590, "about an hour"),
        (9_000, "about 2 hours"),
    ],
)
def test_a_time_is_told_as_exactly_as_it_is_known(seconds: float, words: str) -> None:
    assert about_seconds(seconds) == words


def test_the_place_is_told_in_words() -> None:
    assert "Waiting: 3 ahead of you …" in waiting_row(3)
    assert "Waiting: 3 ahead of you, about 2 minutes …" in waiting_row(3, 118.0)
    assert "Waiting for its turn" in waiting_row(0, 5.0)
