"""Fits the roles of sentences to abstracts whose sentences people labelled (CSAbstruct), and says how often it is right.

Owns: the form of such files, which words are features, the fitting of the chain and its measures. The features and the arithmetic of
the model in use are `rag.evidence.roles`'.
"""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evals.errors import EvalError
from evals.fit.regression import Array
from rag.core.arrays import Matrix
from rag.evidence.roles import PLACES, ROLES, RoleWeights, cues, places

STRENGTHS = (3e-4, 1e-3, 3e-3)
"""Of the regularisation; the best on the development part is taken."""
_CUES = 600
"""Words and runs of words that are features: those that tell roles apart best."""
_RAREST = 5
"""Sentences that such a word stands in, at least."""
_VECTOR = 4.0
"""What unit vectors are multiplied by, so that their entries are not much smaller than the other features."""
_LONGEST = 60
"""Sentences of an abstract, at most."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The sentences of one abstract, and the role of each as its index in `ROLES`."""

    sentences: tuple[str, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Abstracts with the vectors of their sentences, a row each through all abstracts."""

    abstracts: Sequence[Labelled]
    vectors: Matrix

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        """The labels of all sentences."""
        return np.array([label for abstract in self.abstracts for label in abstract.labels])

    @property
    def texts(self) -> list[str]:
        """All sentences."""
        return [text for abstract in self.abstracts for text in abstract.sentences]


def read_labelled(path: Path) -> list[Labelled]:
    """The abstracts of a `.jsonl` or `.jsonl.gz` file: a line {"sentences": […], "labels": […]} each.

    Raises:
        EvalError: the file cannot be read, or a line is not of the form.
    """
    try:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = [json.loads(line) for line in text.decode("utf-8").splitlines() if line.strip()]
    except (OSError, EOFError, ValueError) as error:
        raise EvalError(f"{path} cannot be read as abstracts with labels: {error}") from error
    return [_labelled(row, f"{path}, line {number}") for number, row in enumerate(rows, start=1)]


def fingerprint(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _labelled(row: Any, place: str) -> Labelled:
    sentences, labels = (row.get(key) if isinstance(row, dict) else None for key in ("sentences", "labels"))
    if not isinstance(sentences, list) or not isinstance(labels, list) or not 0 < len(sentences) == len(labels):
        raise EvalError(f"{place}: an abstract needs `sentences` and as many `labels`")
    if len(sentences) > _LONGEST:
        raise EvalError(f"{place}: {len(sentences)} sentences are too many for an abstract")
    unknown = [label for label in labels if label not in ROLES]
    if unknown:
        raise EvalError(f"{place}: {unknown[0]!r} is no role; known are {', '.join(ROLES)}")
    return Labelled(tuple(map(str, sentences)), tuple(ROLES.index(label) for label in labels))


@dataclass(frozen=True, slots=True)
class Measures:
    """0..1: the share of sentences told rightly, and the mean over the roles of their F1."""

    micro: float
    macro: float

    def __str__(self) -> str:
        return f"micro F1 {self.micro:.3f}, macro F1 {self.macro:.3f}"


def measures(truth: npt.NDArray[np.int64], told: npt.NDArray[np.int64]) -> Measures:
    """How often the roles told are the true ones."""
    each = []
    for role in range(len(ROLES)):
        both = np.sum((truth == role) & (told == role))
        each.append(2 * both / max(1, np.sum(truth == role) + np.sum(told == role)))
    return Measures(float(np.mean(truth == told)), float(np.mean(each)))


def told_by(weights: RoleWeights, part: Part) -> npt.NDArray[np.int64]:
    """The likeliest role of each sentence, told as in use."""
    told: list[npt.NDArray[np.int64]] = []
    row = 0
    for abstract in part.abstracts:
        vectors = part.vectors[row : row + len(abstract.sentences)]
        told.append(weights.probabilities(abstract.sentences, vectors).argmax(1))
        row += len(abstract.sentences)
    return np.concatenate(told)


@dataclass(frozen=True, slots=True)
class RoleFit:
    """The weights, of which strength, and how well they tell the development part."""

    weights: RoleWeights
    strength: float
    dev: Measures


def fit_roles(train: Part, dev: Part, *, words: bool, vectors: bool, progress: Callable[[], None]) -> RoleFit:
    """The weights that tell the development part best; without words and vectors by places alone."""
    chosen = _telling_cues(train) if words else []
    fits = []
    for strength in STRENGTHS:
        weights = _fit(train, chosen, vectors, strength)
        fits.append(RoleFit(weights, strength, measures(dev.truth, told_by(weights, dev))))
        progress()
    return max(fits, key=lambda fit: fit.dev.micro)


def _telling_cues(train: Part) -> list[str]:
    """The words that tell roles apart best, by chi-squared."""
    from sklearn.feature_selection import chi2

    of_sentence = [cues(text) for text in train.texts]
    counts = Counter(cue for found in of_sentence for cue in found)
    common = sorted(cue for cue, count in counts.items() if count >= _RAREST)
    statistics, _ = chi2(_holding(of_sentence, common), train.truth)
    best = np.argsort(-statistics, kind="stable")[:_CUES]
    return sorted(common[i] for i in best)


def _holding(of_sentence: Sequence[set[str]], wanted: Sequence[str]) -> Array:
    """(sentences, wanted): 1 where a sentence has the word."""
    column = {cue: i for i, cue in enumerate(wanted)}
    rows = np.zeros((len(of_sentence), len(wanted)), np.float32)
    for row, found in zip(rows, of_sentence, strict=True):
        row[[column[cue] for cue in found if cue in column]] = 1
    return rows  # type: ignore[return-value]


def _fit(train: Part, chosen: Sequence[str], vectors: bool, strength: float) -> RoleWeights:
    from scipy.optimize import minimize

    width = len(ROLES)
    blocks: list[Any] = [_holding([cues(text) for text in train.texts], chosen)]
    blocks.append(np.concatenate([places(abstract.sentences) for abstract in train.abstracts]))
    blocks += [train.vectors * _VECTOR] if vectors else []
    features = np.hstack(blocks).astype(np.float64)
    chain = _Chain(train.abstracts)
    inputs = features.shape[1]
    shapes = [(inputs, width), (width,), (width,), (width,), (width, width)]

    def loss(flat: Array) -> tuple[float, Array]:
        of_features, bias, start, end, follow = _split(flat, shapes)
        value, by_score, *of_chain = chain.loss(features @ of_features + bias, start, end, follow)
        gradients = [features.T @ by_score + 2 * strength * of_features, by_score.sum(0), *of_chain]
        penalty = strength * float((of_features**2).sum())
        return value + penalty, np.concatenate([gradient.ravel() for gradient in gradients])

    start_at = np.zeros(sum(int(np.prod(shape)) for shape in shapes))
    found = minimize(loss, start_at, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    of_features, bias, start, end, follow = _split(found.x, shapes)
    of_words, of_places, of_vectors = np.split(of_features, [len(chosen), len(chosen) + PLACES])
    by_word = {cue: row.round(3) for cue, row in zip(chosen, of_words, strict=True)}
    scaled = (of_vectors * _VECTOR).round(3) if vectors else None
    return RoleWeights(by_word, of_places.round(3), scaled, *(part.round(3) for part in (bias, start, end, follow)))


def _split(flat: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


class _Chain:
    """The likelihood of the labels of abstracts, all at once, and its gradients."""

    def __init__(self, abstracts: Sequence[Labelled]) -> None:
        lengths = np.array([len(abstract.labels) for abstract in abstracts])
        self._there = np.arange(lengths.max()) < lengths[:, None]
        """(abstracts, longest): where a sentence is."""
        self._last = lengths - 1
        self._labels = np.zeros(self._there.shape, np.int64)
        self._labels[self._there] = [label for abstract in abstracts for label in abstract.labels]

    def loss(self, scores: Array, start: Array, end: Array, follow: Array) -> tuple[float, Array, Array, Array, Array]:
        """The mean negative log-likelihood of a sentence's label, and its gradients by scores, start, end and follow."""
        there, labels = self._there, self._labels
        count, longest = there.shape
        padded = np.zeros((count, longest, len(ROLES)))
        padded[there] = scores
        highest = padded.max(2, keepdims=True)
        # Scaled so that each row adds up to 1: `scales` hold what was taken out, and their logarithms the likelihood.
        emitted, steps, ending = np.exp(padded - highest), np.exp(follow), np.exp(end)
        forward, backward = np.zeros_like(padded), np.zeros_like(padded)
        scales = np.ones((count, longest))
        reached = np.broadcast_to(np.exp(start), (count, len(ROLES)))
        for i in range(longest):
            here = there[:, i]
            forward[:, i] = reached * emitted[:, i]
            scales[here, i] = forward[here, i].sum(1)
            forward[:, i] /= scales[:, i, None]
            forward[~here, i] = forward[~here, i - 1]
            reached = forward[:, i] @ steps
        ended = forward[:, -1] @ ending
        backward[:, -1] = ending / ended[:, None]
        pairs = np.zeros_like(follow)
        for i in range(longest - 2, -1, -1):
            here = there[:, i + 1]
            ahead = emitted[:, i + 1] * backward[:, i + 1] / scales[:, i + 1, None]
            pairs += steps * (forward[here, i].T @ ahead[here])
            backward[:, i] = np.where(here[:, None], ahead @ steps.T, backward[:, -1])
        expected = forward * backward
        observed = np.eye(len(ROLES))[labels]
        total = np.log(scales).sum() + highest[there].sum() + np.log(ended).sum()
        rows = np.arange(count)
        first, final = labels[:, 0], labels[rows, self._last]
        true = (padded * observed)[there].sum() + start[first].sum() + end[final].sum()
        followed = there[:, 1:]
        np.add.at(pairs, (labels[:, :-1][followed], labels[:, 1:][followed]), -1.0)
        true += follow[labels[:, :-1][followed], labels[:, 1:][followed]].sum()
        sentences = there.sum()
        by_score = (expected - observed)[there] / sentences
        by_start = (expected[:, 0] - observed[:, 0]).sum(0) / sentences
        by_end = (expected[rows, self._last] - observed[rows, self._last]).sum(0) / sentences
        return float(total - true) / sentences, by_score, by_start, by_end, pairs / sentences


def stored(fits: Mapping[str, RoleFit], embedder_sha256: str, fitted_on: Mapping[str, Any]) -> str:
    """The text of `fitted/roles.json`: of the fits `with_vectors` and `without`."""
    models = {name: _plain(fit.weights) for name, fit in fits.items()}
    whole = {"roles": ROLES, "embedder_sha256": embedder_sha256, "fitted_on": fitted_on, **models}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(weights: RoleWeights) -> dict[str, Any]:
    vectors = None if weights.vectors is None else weights.vectors.tolist()
    rest = {name: getattr(weights, name).tolist() for name in ("places", "bias", "start", "end", "follow")}
    return {"words": {cue: row.tolist() for cue, row in weights.words.items()}, "vectors": vectors, **rest}
