"""The signals that see a part of a sentence: what is added, what is claimed beyond the evidence."""

import numpy as np
import pytest

from rag.checking.coverage import coverage_signals
from rag.checking.meaning import TopicWords
from rag.checking.wording import wording_signals

NOTHING = TopicWords((), np.zeros((0, 8), np.float32))


def _words(*stems: str) -> TopicWords:
    """Words of which each is like itself alone."""
    vectors = np.eye(26, dtype=np.float32)[[ord(word[0]) - ord("a") for word in stems]]
    return TopicWords(stems, vectors.reshape(len(stems), 26))


def test_what_is_added_at_the_end_is_a_run_of_new_words_and_an_ending_without_match() -> None:
    source = _words("a", "b", "c", "d")
    found = coverage_signals("a b, c and x y z", _words("a", "b", "c", "x", "y", "z"), source, _words())
    assert (found["run"], found["new_words"], found["words"]) == (3, 3, 6)
    assert (found["opening"], found["ending"]) == (1, 0)
    assert found["run_far"] == pytest.approx(3 * 0.65)
    assert found["weakest_three"] == 0


def test_the_worst_clause_tells() -> None:
    source = _words("a", "b", "c", "d")
    added = coverage_signals("b c, while x y", _words("b", "c", "x", "y"), source, _words())
    spread = coverage_signals("b x, while c y", _words("b", "x", "c", "y"), source, _words())
    assert (added["clauses"], added["clause_least"]) == (2, 0)
    assert (spread["clauses"], spread["clause_least"]) == (2, 0.5)


def test_words_of_the_title_are_not_new() -> None:
    found = coverage_signals("a b", _words("a", "b"), _words("a"), _words("b"))
    assert (found["new_words"], found["ending"]) == (0, 1)


def test_what_of_the_source_is_taken_up_counts_too() -> None:
    assert coverage_signals("a", _words("a"), _words("a", "b", "c", "d"), _words())["taken"] == 0.25


@pytest.mark.parametrize(("words", "source"), [(NOTHING, _words("a")), (_words("a"), NOTHING), (NOTHING, NOTHING)])
def test_without_words_all_is_zero(words: TopicWords, source: TopicWords) -> None:
    found = coverage_signals("…", words, source, NOTHING)
    assert set(found.values()) == {0.0}
    assert set(found) == set(coverage_signals("a", _words("a"), _words("a"), _words()))


@pytest.mark.parametrize(
    ("sentence", "source", "expected"),
    [
        ("It always helps.", "It often helps.", {"overclaims": 1, "hedges_lost": 1, "hedges": 0}),
        ("It may help.", "It helps.", {"overclaims": 0, "hedges": 1}),
        ("It always helps.", "It always helps.", {"overclaims": 0, "hedges_lost": 0}),
        ("It is not fast.", "It is fast.", {"negator_new": 1, "negator_lost": 0, "parity": 1}),
        ("It is fast.", "It is not slow.", {"negator_new": 0, "negator_lost": 1, "parity": 1}),
        ("It is not fast.", "It is never fast.", {"negator_new": 0, "parity": 0, "negators": 1, "source_negators": 1}),
        ("It struggles.", "It succeeds.", {"drawbacks": 1, "drawback_new": 1}),
        ("It succeeds.", "It struggles.", {"drawbacks": -1, "drawback_new": 0}),
        ("One two.", "One two three four.", {"length": 0.5}),
        ("", "", {"length": 0, "negators": 0}),
    ],
)
def test_wording_is_counted_on_both_sides(sentence: str, source: str, expected: dict[str, float]) -> None:
    found = wording_signals(sentence, source)
    assert {name: found[name] for name in expected} == expected
