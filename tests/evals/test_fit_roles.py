"""Fitting the roles of sentences: the files, the gradients of the chain, and what comes out."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from evals.errors import EvalError
from evals.fit import roles
from rag.core import logistic
from rag.evidence.roles import ROLES, load_roles

TEXTS = {
    "background": ["Rain is common.", "Maps are known to be useful.", "Radar is costly."],
    "objective": ["Our aim is a better map.", "The goal is to map rain."],
    "method": ["We propose a loom.", "We weave the maps of all towns.", "We train a network."],
    "result": ["Results show fewer errors.", "It outperforms radar by 3 percent.", "Errors are halved."],
    "other": ["Code is online.", "See our page."],
}


def _abstracts(count: int, seed: int = 0) -> list[roles.Labelled]:
    numbers = np.random.default_rng(seed)
    labels = ["background", "objective", "method", "result", "other"]
    return [
        roles.Labelled(
            tuple(str(numbers.choice(TEXTS[label])) for label in labels), tuple(ROLES.index(label) for label in labels)
        )
        for _ in range(count)
    ]


def _part(count: int, seed: int = 0) -> roles.Part:
    abstracts = _abstracts(count, seed)
    rows = sum(len(abstract.labels) for abstract in abstracts)
    return roles.Part(abstracts, np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32))


def test_abstracts_are_read_from_plain_and_compressed_files(tmp_path: Path) -> None:
    line = json.dumps({"sentences": ["Rain is common.", "We map it."], "labels": ["background", "method"], "id": 3})
    (tmp_path / "a.jsonl").write_text(line + "\n\n", "utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    expected = [roles.Labelled(("Rain is common.", "We map it."), (0, 2))]
    assert roles.read_labelled(tmp_path / "a.jsonl") == roles.read_labelled(tmp_path / "a.jsonl.gz") == expected


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "cannot be read"),
        ("[]", "line 1: an abstract needs"),
        ('{"sentences": [], "labels": []}', "line 1: an abstract needs"),
        ('{"sentences": ["A."], "labels": []}', "line 1: an abstract needs"),
        ('{"sentences": ["A."], "labels": ["joke"]}', "'joke' is no role"),
        (json.dumps({"sentences": ["A."] * 61, "labels": ["other"] * 61}), "too many"),
    ],
)
def test_a_bad_file_of_abstracts_is_named(tmp_path: Path, line: str, problem: str) -> None:
    (tmp_path / "bad.jsonl").write_text(line, "utf-8")
    with pytest.raises(EvalError, match=problem):
        roles.read_labelled(tmp_path / "bad.jsonl")


def test_the_gradients_of_the_chain_are_those_of_its_loss() -> None:
    numbers = np.random.default_rng(0)
    abstracts = [roles.Labelled(("A.",) * n, tuple(numbers.integers(0, 5, n).tolist())) for n in (1, 3, 6)]
    chain = roles._Chain(abstracts)
    parts = [numbers.normal(size=shape) for shape in ((10, 5), (5,), (5,), (5, 5))]
    _, *gradients = chain.loss(*parts)
    for part, gradient in zip(parts, gradients, strict=True):
        for place in [(0,) * part.ndim, tuple(size - 1 for size in part.shape)]:
            values = []
            for step in (1e-6, -2e-6):
                part[place] += step
                values.append(chain.loss(*parts)[0])
            part[place] += 1e-6
            assert (values[0] - values[1]) / 2e-6 == pytest.approx(gradient[place], abs=1e-6)


def test_roles_that_words_and_places_tell_are_learned_and_the_file_can_be_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train, dev = _part(20), _part(8, seed=1)
    monkeypatch.setattr(roles, "STRENGTHS", (1e-3,))
    fits = {
        name: roles.fit_roles(train, dev, words=True, vectors=vectors, progress=lambda: None)
        for name, vectors in (("with_vectors", True), ("without", False))
    }
    assert all(fit.dev.micro > 0.95 for fit in fits.values())
    text = roles.stored(fits, "abc", {"embedder": "some"})
    monkeypatch.setattr("rag.evidence.roles.load_stored", lambda _: json.loads(text))
    model = load_roles()
    assert model.embedder == "abc"
    assert model.probabilities([of_role[0] for of_role in TEXTS.values()]).argmax(1).tolist() == [0, 1, 2, 3, 4]


def test_the_model_that_ships_says_what_it_was_fitted_on() -> None:
    facts = logistic.load_stored("roles")["fitted_on"]
    assert facts["embedder"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert facts["test"]["with_vectors"]["micro"] > 0.78 > facts["test"]["places"]["micro"]


def test_measures_count_each_role_the_same() -> None:
    measured = roles.measures(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0]))
    assert measured.micro == 0.75
    assert measured.macro == pytest.approx(6 / 7 / 5)
