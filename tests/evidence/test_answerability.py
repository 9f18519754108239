"""When a question is declined: the signals and the fitted model."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from rag.core.domain import Answer
from rag.core.errors import FittedModelError
from rag.core.logistic import Feature, Logistic, load_logistic, load_weights
from rag.evidence import answerability
from rag.search.reranker import SearchResult
from tests.helpers.assistants import OFF_TOPIC, SPEEDUP


def test_a_probability_is_the_logistic_of_standardised_features_and_far_values_are_cut() -> None:
    model = Logistic((Feature("a", 1.0, 2.0, 0.5),), 0.25, 0.5, {})
    assert model.probability({"a": 5.0, "b": 9.0}) == pytest.approx(1 / (1 + np.exp(-1.25)))
    assert model.probability({"a": 1e9}) == pytest.approx(1 / (1 + np.exp(-1.75)))


@pytest.mark.parametrize("name", ["answerability", "answerability-likelihood", "choosing", "listing"])
def test_the_shipped_models_say_what_they_were_fitted_on(name: str) -> None:
    model = load_logistic(name)
    assert 0 < model.threshold < 1
    assert {"sets", "split", "library", "embedder", "reader", "auroc_left_out"} <= set(model.fitted_on)
    assert all(len(item["sha256"]) == 64 for item in model.fitted_on["sets"])
    assert json.loads(model.json())["intercept"] == model.intercept


def test_a_missing_model_says_how_to_make_one() -> None:
    with pytest.raises(FittedModelError, match=r"fitted/nothing\.json.*python -m evals"):
        load_logistic("nothing")
    with pytest.raises(FittedModelError, match=r"fitted/listing\.json"):
        load_weights("listing")


def test_nothing_found_is_certainly_not_answered() -> None:
    assert answerability.signals(SearchResult("Why?", (), {}), [], []) == {}
    assert answerability.p_answerable(load_logistic("answerability"), {}) == 0.0


def test_an_answer_carries_the_signals_its_probability_was_made_of(asked: Callable[[str], Answer]) -> None:
    answer = asked(SPEEDUP)
    model = load_logistic("answerability")
    assert set(answer.signals) >= {feature.name for feature in model.features}
    assert answer.p_answerable == answerability.p_answerable(model, answer.signals)
    assert (answer.threshold, answer.sure) == (model.threshold, model.sure)
    assert 0 < model.threshold <= model.sure < 1
    assert answer.signals["wants_number"] == answer.signals["number_there"] == answer.signals["has_name"] == 1.0
    off = asked(OFF_TOPIC)
    assert off.signals["late"] < answer.signals["late"]
    assert off.p_answerable < answer.p_answerable
