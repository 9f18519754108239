"""Roles of sentences: the features, the chain, and the model in use."""

import itertools
import json

import numpy as np
import pytest

from rag.core import logistic
from rag.core.errors import FittedModelError
from rag.evidence import roles
from rag.evidence.roles import ROLES, cues, load_roles, marginals, places

ABSTRACT = [
    "Rain maps are useful for farmers.",
    "However, radar is expensive.",
    "In this paper, we propose a method that makes rain maps from the signals of phones.",
    "The signals are first filtered and then added up in a grid.",
    "Results show that the error is reduced by 31%.",
]


def test_the_words_of_a_sentence_are_told_with_their_neighbours_and_its_beginning() -> None:
    assert cues("We proposed 2 maps") == {
        *("we", "propos", "0", "maps", "we propos", "propos 0", "0 maps", "we propos 0", "propos 0 maps"),
        *("^we", "^we propos", "^we propos 0"),
    }
    assert cues("") == set()


def test_places_are_told_for_an_abstract_of_any_length() -> None:
    for count in (1, 2, 7):
        assert places(["Words."] * count).shape == (count, roles.PLACES)
        assert np.isfinite(places(["Words."] * count)).all()


def test_the_chain_gives_the_probabilities_of_all_sequences() -> None:
    numbers = np.random.default_rng(0)
    scores, start, end = numbers.normal(size=(4, 5)), numbers.normal(size=5), numbers.normal(size=5)
    follow = numbers.normal(size=(5, 5))
    expected = np.zeros((4, 5))
    for sequence in itertools.product(range(5), repeat=4):
        weight = start[sequence[0]] + end[sequence[-1]] + sum(scores[i, role] for i, role in enumerate(sequence))
        weight += sum(follow[pair] for pair in itertools.pairwise(sequence))
        for i, role in enumerate(sequence):
            expected[i, role] += np.exp(weight)
    expected /= expected.sum(1, keepdims=True)
    assert np.allclose(marginals(scores, start, follow, end), expected)


def test_the_model_tells_an_abstract_apart() -> None:
    told = load_roles().probabilities(ABSTRACT)
    assert np.allclose(told.sum(1), 1)
    assert [ROLES[i] for i in told.argmax(1)] == ["background", "background", "method", "method", "result"]


def test_vectors_count_only_where_they_are_those_of_the_embedder_it_was_fitted_with() -> None:
    model = load_roles()
    vectors = np.full((len(ABSTRACT), 384), 0.05, np.float32)
    without = model.probabilities(ABSTRACT)
    assert np.array_equal(model.probabilities(ABSTRACT, vectors, "another"), without)
    assert not np.array_equal(model.probabilities(ABSTRACT, vectors, model.embedder), without)


def test_no_sentence_has_no_role() -> None:
    assert load_roles().probabilities([]).shape == (0, 5)


@pytest.mark.parametrize(
    "change", [{"roles": ["background"]}, {"without": {}}, {"embedder_sha256": None, "without": 1}]
)
def test_a_damaged_model_is_named(monkeypatch: pytest.MonkeyPatch, change: dict[str, object]) -> None:
    stored = logistic.load_stored("roles") | change
    monkeypatch.setattr(roles, "load_stored", lambda _: json.loads(json.dumps(stored)))
    with pytest.raises(FittedModelError, match=r"fitted/roles\.json cannot be used"):
        load_roles()
