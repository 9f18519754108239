"""Meaning: how well the words of a sentence are matched by the words of its evidence, by the vectors of their tokens.

Owns: which words count, their vectors, and what is measured on them. A text's words are kept for a while: one sentence is compared
with each piece of evidence, and one piece of evidence with each sentence of an answer.
"""

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from rag.core.arrays import Matrix
from rag.core.text import STOP_WORDS, stem
from rag.models.embedder import Embedder
from rag.models.spans import TokenVectors

_MOST_KEPT = 256
"""Texts whose words are kept: the evidence of the questions just asked, and the sentences compared with it."""
_ALL_KNOWN = 0.8
"""The similarity that is given for the worst matched new word where the sentence has no new word: as if it were matched well."""
_CLOSE = 0.6
"""Similarity from which a new word reads as a paraphrase."""
_WORD = re.compile(r"[^\W_][\w+]*")


@dataclass(frozen=True, slots=True)
class TopicWords:
    """The words of a text that carry a topic, in order: their stems and vectors (len(order), dimension)."""

    order: tuple[str, ...]
    vectors: Matrix

    @classmethod
    def of(cls, text: str, tokens_of: TokenVectors) -> "TopicWords":
        """The words of a text, given the vectors of its tokens; a word's vector is the mean of its tokens'."""
        stems: list[str] = []
        rows: list[Matrix] = []
        for match in _WORD.finditer(text):
            inside = (tokens_of.starts >= match.start()) & (tokens_of.starts < match.end())
            if match.group().lower() not in STOP_WORDS and inside.any():
                stems.append(stem(match.group().lower()))
                rows.append(tokens_of.vectors[inside].mean(axis=0))
        width = tokens_of.vectors.shape[1] if tokens_of.vectors.ndim == 2 else 1
        return cls(tuple(stems), np.array(rows, np.float32).reshape(len(rows), width))

    @property
    def stems(self) -> frozenset[str]:
        """The stems without their order."""
        return frozenset(self.order)


class TopicWordsOf:
    """Gives the words of texts, and keeps those of the last ones. Safe for several threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: OrderedDict[str, TopicWords] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, text: str) -> TopicWords:
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
        (tokens_of,) = self._embedder.embed_tokens([text])
        words = TopicWords.of(text, tokens_of)
        with self._lock:
            self._kept[text] = words
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return words


def meaning_signals(words: TopicWords, source: TopicWords, title: TopicWords) -> dict[str, float]:
    """How well the words of a sentence are matched. A word is new where neither the source nor the title has its stem.

    Returns:
        `meaning`: cosine of sentence and source. `matched`: mean similarity of each word to its best match. `new`: share of new words.
        `least`: similarity of the worst matched new word. `far`: how much the new words fall short of a paraphrase, summed.
        `turned`: share of the pairs of words that stand in the other order, the less the more is new.
    """
    if not words.order or not source.order:
        return dict.fromkeys(("meaning", "matched", "new", "least", "far", "turned"), 0.0)
    best = (words.vectors @ np.concatenate([source.vectors, title.vectors]).T).max(axis=1)
    known = source.stems | title.stems
    new = [float(value) for word, value in zip(words.order, best, strict=True) if word not in known]
    share = len(new) / len(words.order)
    return {
        "meaning": _cosine(words.vectors.mean(axis=0), source.vectors.mean(axis=0)),
        "matched": float(best.mean()),
        "new": share,
        "least": min(new, default=_ALL_KNOWN),
        "far": float(sum(max(0.0, _CLOSE - value) for value in new)),
        "turned": _turned(words, source) * (1 - share),
    }


def _turned(words: TopicWords, source: TopicWords) -> float:
    """0..1: of the pairs of words that both texts hold once, the share that stand in the other order."""
    places = [
        source.order.index(word) for word in words.order if source.order.count(word) == 1 == words.order.count(word)
    ]
    pairs = [(a, b) for i, a in enumerate(places) for b in places[i + 1 :]]
    return sum(a > b for a, b in pairs) / len(pairs) if pairs else 0.0


def _cosine(a: Matrix, b: Matrix) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9))
