"""Vectors of windows from those of their sentences, and pieces of long texts put together again."""

import numpy as np
import pytest

from rag.core.domain import Span
from rag.models import pooled
from rag.models.pooled import States


def _states(starts: list[int], rows: list[float] | None = None) -> States:
    values = np.array(rows or starts, np.float32)[:, None].repeat(2, axis=1)
    begin = np.array(starts, np.int64)
    return States(values, begin, begin + 3, np.full((2, 2), -1, np.float32))


def test_of_two_pieces_each_token_comes_once_and_from_where_more_stands_around_it() -> None:
    first = _states([0, 4, 8, 12, 16], [1, 1, 1, 1, 1])
    second = _states([8, 12, 16, 20, 24], [2, 2, 2, 2, 2])
    whole = pooled.joined([first, second])
    assert whole.starts.tolist() == [0, 4, 8, 12, 16, 20, 24]
    assert whole.rows[:, 0].tolist() == [1, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_any_number_of_pieces_gives_all_tokens_in_order(count: int) -> None:
    pieces = [_states(list(range(12 * place, 12 * place + 20, 4))) for place in range(count)]
    assert pooled.joined(pieces).starts.tolist() == list(range(0, 12 * count + 8, 4))


def test_a_window_is_the_mean_of_its_title_and_sentences_by_their_lengths() -> None:
    sentences = (Span(0, 10), Span(11, 41), Span(42, 52))
    rows = np.eye(3, 4, dtype=np.float32)
    title = np.array([0, 0, 0, 1], np.float32)
    first, second, bare = pooled.windows((Span(0, 41), Span(11, 52), Span(0, 0)), sentences, rows, (20, title))
    assert np.allclose(first, np.array([10, 30, 0, 20]) / np.sqrt(10**2 + 30**2 + 20**2))
    assert np.allclose(second, np.array([0, 30, 10, 20]) / np.sqrt(30**2 + 10**2 + 20**2))
    assert np.allclose(bare, title), "an empty window stands for the title alone"


def test_without_a_title_a_window_is_of_its_sentences() -> None:
    (window,) = pooled.windows((Span(0, 21),), (Span(0, 10), Span(11, 21)), np.eye(2, dtype=np.float32), None)
    assert np.allclose(window, np.sqrt([0.5, 0.5]))


def test_rows_are_dealt_out_also_to_texts_that_have_none() -> None:
    dealt = pooled.dealt(np.arange(6, dtype=np.float32).reshape(3, 2), [0, 2, 0, 1])
    assert [len(rows) for rows in dealt] == [0, 2, 0, 1]
    assert pooled.dealt(np.empty((0, 2), np.float32), []) == []
