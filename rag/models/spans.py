"""A text and the parts of it that get vectors, and these vectors put together from what the network read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Matrix
from rag.core.domain import Span
from rag.core.sentences import embedded_text
from rag.models.pooled import States, mean, unit, windows


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text in context: `vectors` (n, dimension) float32, unit length; `starts` (n,) character offsets."""

    vectors: Matrix
    starts: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SpannedText:
    """A text and its title; `sentences` and `windows` over them are the parts of `text` that get vectors. An empty window stands for
    the title alone."""

    title: str
    text: str
    sentences: Sequence[Span]
    windows: Sequence[Span]


@dataclass(frozen=True, slots=True)
class SpanVectors:
    """What a text gives: a row of unit length for each sentence and each window, float32 (n, dimension), and the token vectors of
    `embedded_text(title, text)`; None where windows were read apart, for tokens are then made where they are needed."""

    sentences: Matrix
    windows: Matrix
    tokens: TokenVectors | None


def tokens_of(states: States) -> TokenVectors:
    """The token vectors of a text that was read by itself."""
    return TokenVectors(unit(states.rows), states.starts)


def put_together(text: SpannedText, head: str, parts: Sequence[States], prefix: int) -> SpanVectors:
    """The vectors of a text from the states of its head, where it has one or nothing else, and of its sentences; each was read with
    `prefix` characters before it."""
    means = np.stack([mean(part) for part in parts])
    rows = means[len(parts) - len(text.sentences) :]
    has_head = len(rows) < len(parts)
    title = (len(head) or 1, means[0]) if has_head else None
    shift = len(embedded_text(text.title, ""))
    places = [0] * has_head + [shift + span.start for span in text.sentences]
    behind = [part.starts >= prefix for part in parts]
    tokens = TokenVectors(
        unit(np.concatenate([part.rows[inside] for part, inside in zip(parts, behind, strict=True)])),
        np.concatenate(
            [part.starts[inside] - prefix + place for part, inside, place in zip(parts, behind, places, strict=True)]
        ),
    )
    return SpanVectors(rows, windows(text.windows, text.sentences, rows, title), tokens)
