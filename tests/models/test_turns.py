"""Turns are taken in the order of asking, so many at a time."""

import threading
from contextlib import ExitStack

import pytest

from rag.models.turns import Turns


@pytest.mark.parametrize("places", [1, 3])
def test_turns_are_taken_in_the_order_of_asking(places: int) -> None:
    turns, order, one_by_one = Turns(places), [], threading.Lock()
    threads = []
    with turns.place() as first, turns.place() as second, turns.place() as third:
        assert [place.wait(0) for place in (first, second, third)] == [True, places > 1, places > 2]
        for number in range(4):

            def work(number: int = number) -> None:
                with turns.mine(threading.Event()), one_by_one:
                    order.append(number)
                    if places == 1:
                        assert len(turns._queue) == 4 - number

            thread = threading.Thread(target=work)
            thread.start()
            threads.append(thread)
            while len(turns._queue) < number + 4:
                threading.Event().wait(0.001)
        assert order == [], "no place is free"
    for thread in threads:
        thread.join(5)
    assert sorted(order) == [0, 1, 2, 3]
    assert places > 1 or order == [0, 1, 2, 3]
    assert not turns._queue


def test_who_stops_waiting_loses_the_place() -> None:
    turns, stopped = Turns(), threading.Event()
    stopped.set()
    with turns.mine(threading.Event()):
        with turns.mine(stopped) as mine:
            assert not mine
        assert len(turns._queue) == 1


def test_a_place_that_is_left_goes_to_the_next_in_line() -> None:
    turns = Turns(2)
    with turns.place(), ExitStack() as second:
        assert second.enter_context(turns.place()).wait(0)
        with turns.place() as third, turns.place() as fourth:
            assert not third.wait(0)
            second.close()
            assert third.wait(0)
            assert not fourth.wait(0)
