"""Roles of the sentences of an abstract: what was known or wrong before, what is aimed at, what is done, what came out.

Owns: the features of a sentence and the arithmetic of the model. The weights are fitted data (`fitted/roles.json`) and handed in. The
sentences of an abstract are told together, since a role depends on those beside it: a linear chain (Lafferty et al. 2001, Conditional
Random Fields), whose labels are those of CSAbstruct (Cohan et al. 2019, Pretrained Language Models for Sequential Sentence
Classification). Knows nothing of questions.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from rag.core.arrays import Matrix, Scores
from rag.core.domain import Paper, Span
from rag.core.logistic import load_stored, unusable

Role = Literal["background", "objective", "method", "result", "other"]
ROLES: tuple[Role, ...] = get_args(Role)
PLACES = 10
"""Features of where a sentence stands."""
_TOKEN = re.compile(r"[a-z]+|\d+|[%()=:]")
_LETTERS = 6
_START = 3
"""Words at the start of a sentence that are features together with being there."""


@dataclass(frozen=True, slots=True)
class RoleWeights:
    """What each feature speaks for, a column a role: `words` (rows by word or words), `places` (`PLACES`, 5), `vectors` (dimension, 5)
    or None where sentences are told by words and places alone; `bias` (5,). Of the chain: `start` and `end` (5,), and `follow` (5, 5),
    a row for the role of the sentence before."""

    words: Mapping[str, Scores]
    places: Scores
    vectors: Scores | None
    bias: Scores
    start: Scores
    end: Scores
    follow: Scores

    def probabilities(self, texts: Sequence[str], embeddings: Matrix | None) -> Scores:
        """(len(texts), 5), each row adds up to 1: the roles of all sentences of one abstract, in their order."""
        if not texts:
            return np.zeros((0, len(ROLES)))
        scores = places(texts) @ self.places + self.bias
        for row, text in enumerate(texts):
            for cue in cues(text):
                if cue in self.words:
                    scores[row] += self.words[cue]
        if self.vectors is not None and embeddings is not None:
            scores = scores + embeddings @ self.vectors
        return marginals(scores, self.start, self.follow, self.end)


@dataclass(frozen=True, slots=True)
class RoleModel:
    """The weights for the vectors of one `embedder` (its sha256), and those without vectors, for all others."""

    embedder: str
    with_vectors: RoleWeights
    without: RoleWeights

    def probabilities(self, texts: Sequence[str], embeddings: Matrix | None = None, embedder: str = "") -> Scores:
        """(len(texts), 5): the roles of all sentences of one abstract.

        Args:
            texts: the sentences in their order.
            embeddings: their vectors, a row each; None where there are none.
            embedder: the sha256 of the model that made these.
        """
        if embeddings is None or embedder != self.embedder:
            return self.without.probabilities(texts, None)
        return self.with_vectors.probabilities(texts, embeddings)


@dataclass(frozen=True, slots=True)
class RoleSentence:
    """A sentence of an abstract: its place among the others from 0, and how likely each role is, 0..1."""

    span: Span
    text: str
    place: int
    roles: Mapping[Role, float]


def role_sentences(
    model: RoleModel, paper: Paper, spans: Sequence[Span], embeddings: Matrix | None = None, embedder: str = ""
) -> tuple[RoleSentence, ...]:
    """All sentences of an abstract, given in their order, with their roles; see `RoleModel.probabilities`."""
    texts = [span.of(paper.abstract) for span in spans]
    rows = model.probabilities(texts, embeddings, embedder).tolist()
    return tuple(
        RoleSentence(span, text, place, dict(zip(ROLES, row, strict=True)))
        for place, (span, text, row) in enumerate(zip(spans, texts, rows, strict=True))
    )


def cues(text: str) -> set[str]:
    """The words of a sentence, runs of two and three, and the runs that it begins with, which have a ^ before them. Of a word its first
    `_LETTERS` stand, so that its forms are one; a number is "0"."""
    words = ["0" if token.isdigit() else token[:_LETTERS] for token in _TOKEN.findall(text.lower())]
    runs = {" ".join(words[i : i + length]) for length in (1, 2, 3) for i in range(len(words) - length + 1)}
    return runs | {"^" + " ".join(words[:length]) for length in range(1, min(_START, len(words)) + 1)}


def places(texts: Sequence[str]) -> Scores:
    """(len(texts), `PLACES`): where each sentence of one abstract stands, and how long it and the abstract are."""
    count = len(texts)
    index = np.arange(count)
    share = index / max(1, count - 1)
    columns = [
        share,
        share**2,
        1 / (1 + index),
        1 / (count - index),
        index == 0,
        index == 1,
        index == count - 2,
        index == count - 1,
        np.full(count, np.log(count)),
        np.log1p([len(text.split()) for text in texts]) / 3,
    ]
    return np.column_stack(columns).astype(np.float64)


def marginals(scores: Scores, start: Scores, follow: Scores, end: Scores) -> Scores:
    """(n, roles) probabilities of each sentence's role, over all sequences of roles: the forward-backward algorithm.

    Args:
        scores: (n, roles), what each sentence says of itself.
        start: (roles,), what speaks for a role of the first sentence; `end` for one of the last.
        follow: (roles, roles), what speaks for a role after another.
        end: (roles,).
    """
    emitted = np.exp(scores - scores.max(1, keepdims=True))
    steps = np.exp(follow - follow.max())
    forward, backward = np.empty_like(emitted), np.empty_like(emitted)
    reached = np.exp(start - start.max())
    for row, own in enumerate(emitted):
        forward[row] = reached * own
        forward[row] /= forward[row].sum()
        reached = forward[row] @ steps
    ahead = np.exp(end - end.max())
    for row in reversed(range(len(emitted))):
        backward[row] = ahead / ahead.sum()
        ahead = steps @ (emitted[row] * backward[row])
    both = forward * backward
    result: Scores = both / both.sum(1, keepdims=True)
    return result


def load_roles() -> RoleModel:
    """The model in `fitted/roles.json`.

    Raises:
        FittedModelError: the file is missing or not of the form that `evals.fit.roles` writes.
    """
    stored = load_stored("roles")
    try:
        if stored["roles"] != list(ROLES):
            raise ValueError(f"its roles are {stored['roles']}")
        return RoleModel(stored["embedder_sha256"], _weights(stored["with_vectors"]), _weights(stored["without"]))
    except (TypeError, KeyError, ValueError) as error:
        raise unusable("roles", error) from error


def _weights(stored: Mapping[str, Any]) -> RoleWeights:
    vectors = stored["vectors"]
    return RoleWeights(
        {cue: np.array(row, np.float64) for cue, row in stored["words"].items()},
        _array(stored["places"], PLACES),
        None if vectors is None else _array(vectors, len(vectors)),
        _array(stored["bias"]),
        _array(stored["start"]),
        _array(stored["end"]),
        _array(stored["follow"], len(ROLES)),
    )


def _array(rows: Any, count: int | None = None) -> Scores:
    """The numbers as an array of a column a role.

    Raises:
        ValueError: there are more or fewer.
    """
    array: Scores = np.array(rows, np.float64)
    if array.shape != ((len(ROLES),) if count is None else (count, len(ROLES))):
        raise ValueError(f"an array has the shape {array.shape}")
    return array
