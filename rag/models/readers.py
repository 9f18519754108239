"""Which kind of reader a model is: what reads its scores must be fitted for that kind.

Owns: the choice by the weights and by what their folder says. Knows nothing of how each computes.

The default weights read with what was trained beside them. A sequence classifier with one output, such as a published cross-encoder,
scores question and sentence by itself. Any other causal model tells how likely the question is, given the sentence.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.core.arrays import Scores
from rag.models.adapter import load_record
from rag.models.find import Device, ModelFiles

ADAPTER = "reader"
"""The name of the trained weights among the fitted files."""


class Reader(Protocol):
    """What scores (title, sentence) pairs by how well the sentence answers a question."""

    signal: str
    """The name of its scores among the signals of a sentence."""

    @property
    def description(self) -> Mapping[str, str]:
        """What made its scores, beside the weights."""
        ...

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], Scores]]:
        """(indices, scores) of one batch after another; higher is better, comparable within one question."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How a model reads, in words, and the fitted files that weigh what it reads."""

    name: str
    description: str
    ranking: str
    answerability: str


TRAINED = Kind(
    "trained", "with the weights that were trained to tell which sentence answers", "ranking", "answerability"
)
LIKELIHOOD = Kind(
    "likelihood",
    "by how likely the question is, given the sentence",
    "ranking-likelihood",
    "answerability-likelihood",
)
CROSS_ENCODER = Kind(
    "cross-encoder", "as a cross-encoder: question and sentence together", "ranking", "answerability-likelihood"
)


def kind_named(name: str) -> Kind:
    """The kind of this name; that of the default reader for a name that none has."""
    return next((kind for kind in (LIKELIHOOD, CROSS_ENCODER) if kind.name == name), TRAINED)


def kind_of(files: ModelFiles) -> Kind:
    """How a model reads. Nothing is loaded.

    Raises:
        FittedModelError: the record of the trained weights is missing or damaged.
    """
    if files.sha256 == load_record(ADAPTER).base_sha256:
        return TRAINED
    return CROSS_ENCODER if _is_classifier(files) else LIKELIHOOD


def _is_classifier(files: ModelFiles) -> bool:
    try:
        config = json.loads((files.folder / "config.json").read_text("utf-8"))
        return any(name.endswith("ForSequenceClassification") for name in config["architectures"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # loading says what is wrong with it


def open_reader(files: ModelFiles, device: Device) -> Reader:
    """The reader of these weights.

    Raises:
        FittedModelError: the trained weights are missing or damaged.
        ModelUnsupported: the network cannot be loaded, or has several outputs.
        PromptError: a prompt file is not as it should be.
    """
    kind = kind_of(files)
    if kind is TRAINED:
        from rag.models.trained_reader import TrainedReader

        return TrainedReader(files, device, load_record(ADAPTER))
    if kind is CROSS_ENCODER:
        from rag.models.cross_encoder import CrossEncoderReader

        return CrossEncoderReader(files, device)
    from rag.models.query_likelihood import LikelihoodReader

    return LikelihoodReader(files, device)
