"""Late interaction: how well each word of a question is matched by some token of a paper, or of one of its sentences.

Owns: token vectors of papers (made when first needed, kept for the next question), words and their rarity, the greatest similarity
of each word. Knows nothing of fusion or answers. The sum of each question token's best match is ColBERT's MaxSim (Khattab
and Zaharia 2020, arXiv:2004.12832), here with the token states of the ordinary embedder and each word weighted by its
rarity in the library: no model of its own, and words that mean the same match without being the same.
"""

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Matrix, Scores
from rag.core.domain import Paper, Span
from rag.core.sentences import embedded_text
from rag.core.text import STOP_WORDS
from rag.models.embedder import Embedder, TokenVectors

_WORD = re.compile(r"\w+")
_KEPT = 400
"""Papers whose token vectors are kept in memory: 100 to 200 KB each."""


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The words of a question that carry a topic: `words`, lower case, in order; `weights` (len(words),), > 0; `pieces`
    (p, dimension), the token vectors; `word_of` (p,), the word that each piece belongs to."""

    words: tuple[str, ...]
    weights: Scores
    pieces: Matrix
    word_of: npt.NDArray[np.int64]

    def share(self, matched: Scores) -> float:
        """-1..1: the weighted mean of how well each word is matched; 0 where the question has no words."""
        return float(self.weights @ matched / self.weights.sum()) if len(self.words) else 0.0


@dataclass(frozen=True, slots=True)
class PaperMatch:
    """The similarities (pieces, tokens) of a question with one paper; `starts` of the tokens are offsets into the abstract,
    negative in the title."""

    asked: AskedWords
    similarities: Matrix
    starts: npt.NDArray[np.int64]

    def matched(self, spans: Sequence[Span] | None = None) -> Scores:
        """(words,) -1..1: how well each word is matched in these parts of the abstract, or in title and abstract."""
        inside = np.full(len(self.starts), spans is None)
        for span in spans or ():
            inside |= (self.starts >= span.start) & (self.starts < span.end)
        return self._best(inside)

    def _best(self, inside: npt.NDArray[np.bool_]) -> Scores:
        if not inside.any() or not len(self.asked.words):
            return np.zeros(len(self.asked.words))
        best = self.similarities[:, inside].max(axis=1).astype(float)
        sums = np.bincount(self.asked.word_of, best, len(self.asked.words))
        means: Scores = sums / np.bincount(self.asked.word_of, minlength=len(self.asked.words))
        return means

    def in_title(self) -> Scores:
        """(words,) -1..1: how well each word is matched in the title."""
        return self._best(self.starts < 0)

    def score(self, spans: Sequence[Span] | None = None) -> float:
        """-1..1: the weighted mean of `matched`."""
        return self.asked.share(self.matched(spans))


class LateInteraction:
    """Matches questions with papers. Safe for several threads."""

    def __init__(self, embedder: Embedder, kept: int = _KEPT) -> None:
        self._embedder = embedder
        self._kept = kept
        self._papers: OrderedDict[tuple[str, str], TokenVectors] = OrderedDict()
        self._lock = threading.Lock()

    def asked(self, question: str, papers: int, holding: Callable[[Sequence[str]], Mapping[str, int]]) -> AskedWords:
        """The words of a question with their weights.

        Args:
            question: standalone.
            papers: number of papers in the library.
            holding: tells of lower-case words how many papers hold each.
        """
        (tokens,) = self._embedder.embed_tokens([question])
        found = [match for match in _WORD.finditer(question) if match.group().lower() not in STOP_WORDS]
        counts = holding([match.group().lower() for match in found])
        words: list[str] = []
        weights: list[float] = []
        rows: list[int] = []
        word_of: list[int] = []
        for match in found:
            inside = [row for row, start in enumerate(tokens.starts) if match.start() <= start < match.end()]
            if not inside:
                continue
            word = match.group().lower()
            rows += inside
            word_of += [len(words)] * len(inside)
            words.append(word)
            # A long, unusual word has many pieces: each counts.
            weights.append(math.log(1 + papers / (1 + counts.get(word, 0))) * len(inside))
        return AskedWords(tuple(words), np.array(weights), tokens.vectors[rows], np.array(word_of, np.int64))

    def match(self, asked: AskedWords, papers: Sequence[Paper]) -> dict[str, PaperMatch]:
        """By paper id."""
        vectors = self._token_vectors(papers)
        made: dict[str, PaperMatch] = {}
        for paper, tokens in zip(papers, vectors, strict=True):
            shift = len(embedded_text(paper.title, ""))
            made[paper.id] = PaperMatch(asked, asked.pieces @ tokens.vectors.T, tokens.starts - shift)
        return made

    def _token_vectors(self, papers: Sequence[Paper]) -> list[TokenVectors]:
        keys = [(paper.title, paper.abstract) for paper in papers]
        with self._lock:
            known = {key: self._papers[key] for key in keys if key in self._papers}
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        made = self._embedder.embed_tokens([embedded_text(title, abstract) for title, abstract in missing])
        known |= zip(missing, made, strict=True)
        with self._lock:
            for key in keys:
                self._papers[key] = known[key]
                self._papers.move_to_end(key)
            while len(self._papers) > self._kept:
                self._papers.popitem(last=False)
        return [known[key] for key in keys]
