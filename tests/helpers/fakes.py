"""Small stand-ins for the models, for unit tests only. What a user runs never uses them."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rag.core.domain import EmbedderIdentity, Paper
from rag.core.sentences import embedded_text
from rag.core.text import content_words
from rag.library.token_codes import StoredTokens
from rag.models.pooled import dealt
from rag.models.spans import SpannedText, SpanVectors, TokenVectors

Matrix = npt.NDArray[np.float32]


class HashEmbedder:
    """A bag of hashed words, so that texts with common words are near each other."""

    def __init__(self, dimension: int = 64, name: str = "hash") -> None:
        digest = hashlib.sha256(f"{name}{dimension}".encode()).hexdigest()
        self.identity = EmbedderIdentity(name, digest, dimension)
        self.embedded = 0

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        self.embedded += len(texts)
        return np.array([self.embed_question(text) for text in texts], np.float32).reshape(
            len(texts), self.identity.dimension
        )

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """A word is a token, its vector the word's alone."""
        found = [list(re.finditer(r"\w+", text)) for text in texts]
        return [
            TokenVectors(
                np.array([self.embed_question(match.group()) for match in matches], np.float32).reshape(
                    len(matches), self.identity.dimension
                ),
                np.array([match.start() for match in matches], np.int64),
            )
            for matches in found
        ]

    def embed_spans(self, texts: Sequence[SpannedText], *, apart: bool = False) -> list[SpanVectors]:
        """Each part by itself: a word means the same wherever it stands."""
        windows = self.embed_passages(
            [embedded_text(one.title, span.of(one.text)) for one in texts for span in one.windows]
        )
        sentences = self.embed_passages([span.of(one.text) for one in texts for span in one.sentences])
        of_text = [embedded_text(one.title, one.text) for one in texts]
        tokens = [None] * len(texts) if apart else self.embed_tokens(of_text)
        return [
            SpanVectors(*parts)
            for parts in zip(
                dealt(sentences, [len(one.sentences) for one in texts]),
                dealt(windows, [len(one.windows) for one in texts]),
                tokens,
                strict=True,
            )
        ]

    def knows(self, word: str) -> bool:
        """It takes every word as a whole."""
        return True

    def embed_question(self, text: str) -> Matrix:
        row = np.full(self.identity.dimension, 1e-3, np.float32)
        for word in content_words(text):
            row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % len(row)] += 1
        unit: Matrix = row / np.linalg.norm(row)
        return unit


@dataclass(frozen=True)
class Statistics:
    """The numbers of a library: papers, and how many of them hold each word."""

    papers: int = 10
    words: Mapping[str, int] = field(default_factory=dict)

    def count(self) -> int:
        return self.papers

    def holding(self, words: Sequence[str]) -> Mapping[str, int]:
        return {word: self.words[word] for word in words if word in self.words}

    def stored_tokens(self, papers: Sequence[Paper]) -> Mapping[str, StoredTokens]:
        """None are kept."""
        return {}


class OverlapReader:
    """Likes a sentence the better, the more of the question's words it holds; one passage a batch."""

    signal = "likelihood"

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []

    def score_in_batches(
        self, question: str, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[int], npt.NDArray[np.float64]]]:
        asked = set(content_words(question))
        for index, (title, sentence) in enumerate(passages):
            self.read.append((title, sentence))
            yield [index], np.array([len(asked & set(content_words(sentence))) / len(asked) - 5.0])
