"""Misspelled words of a question are read as words of the library; words that are right, or in doubt, stay."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.ingest.pipeline import plan, store
from rag.library.store import Library
from rag.library.vocabulary import stems
from rag.search.spelling import Speller, slip
from tests.helpers.fakes import HashEmbedder

PAPERS = [
    Paper(
        "a",
        "GrainSort: pruning of wheat",
        "We propose GrainSort, a transformer for diffusion models. Memorization is low.",
    ),
    Paper(
        "b",
        "Quantization of phases",
        "Speech and images are quantized. The caching of features is fast. Pruning helps.",
    ),
]
KNOWN = frozenset("which papers are about what is the of for beats model models image good and does work".split())


@pytest.fixture(scope="module")
def speller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speller]:
    folder: Path = tmp_path_factory.mktemp("library")
    embedder = HashEmbedder()
    with Library.open_for_writing(folder, embedder.identity) as library:
        store(library, plan(library, PAPERS, ()), lambda: embedder)
    library = Library.open(folder)
    yield Speller(library, KNOWN.__contains__)
    library.close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("prunning", "pruning"),
        ("difusion", "diffusion"),
        ("transfomer", "transformer"),
        ("memorizaton", "memorization"),
        ("quantizaton", "quantization"),
        ("GrianSort", "GrainSort"),
        ("grainsrot", "GrainSort"),
        ("speach", "speech"),
        ("cachng", "caching"),
    ],
)
def test_a_slip_is_read_as_the_word_of_the_library(speller: Speller, typed: str, meant: str) -> None:
    read = speller.read(f"Which papers are about {typed}?")
    assert (read.text, read.notice) == (f"Which papers are about {meant}?", f"Read as: {meant}.")


@pytest.mark.parametrize(
    "question",
    [
        "Which papers are about pruning?",
        "Is the image good?",
        "What is phage?",  # no slip of "phase"
        "Does Mamba work for quantum models?",
        "What is LoRA++ of GrainSort2?",
        "prunings of quantisation",  # another ending; British
        "Which papers are about imagesorting?",
        "10.1000/difusion https://x.org/prunning prunning@x.org",
        "Was ist die Spekulation?",
        "GRAINSROT",
        "",
        "difusion " * 60,
    ],
)
def test_what_is_right_or_in_doubt_stays(speller: Speller, question: str) -> None:
    assert speller.read(question).text == question
    assert speller.read(question).notice == ""


@pytest.mark.parametrize(
    ("typed", "right", "likely"),
    [
        ("cahce", "cache", 0),
        ("difusion", "diffusion", 0),
        ("editting", "editing", 0),
        ("consistancy", "consistency", 1),
        ("perplexty", "perplexity", 1),
        ("reponse", "response", 2),
        ("phage", "phase", None),
        ("prion", "prior", None),
        ("exert", "expert", None),
        ("actin", "action", None),
        ("ischemia", "ischemic", None),
        ("formulae", "formulate", None),
        ("nuclei", "nucleic", None),
        ("word", "word", None),
        ("abc", "xbc", None),
    ],
)
def test_a_slip_is_told_from_another_word(typed: str, right: str, likely: int | None) -> None:
    assert slip(typed, right) == likely


def test_the_stems_of_a_library_come_with_the_number_of_their_papers(speller: Speller) -> None:
    found = dict(stems(speller._library.folder, 3, 24))
    assert found["prune"] == 2
    assert "of" not in found
