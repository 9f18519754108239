"""How many slips of the pen lie between two words."""

import pytest

from rag.core.edits import distance


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("pruning", "pruning", 0),
        ("prunning", "pruning", 1),
        ("difusion", "diffusion", 1),
        ("consistancy", "consistency", 1),
        ("deepcahce", "deepcache", 1),
        ("trasnfomer", "transformer", 2),
        ("phage", "phase", 1),
        ("", "abc", 3),
    ],
)
def test_left_out_added_exchanged_and_swapped_letters_are_one_slip_each(one: str, other: str, slips: int) -> None:
    assert distance(one, other, 3) == distance(other, one, 3) == slips
    assert distance(one, other, max(0, slips - 1)) == slips


def test_words_that_are_further_apart_are_just_too_far() -> None:
    assert distance("a" * 300, "b" * 300, 2) == 3
    assert distance("short", "a much longer one", 2) == 3
