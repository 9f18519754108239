"""Late interaction: how well each word of a question is matched by some token of a paper, or of one of its sentences.

Owns: where the token vectors of papers come from (the library, or the embedder where none are kept there), words and their rarity, the
greatest similarity of each word. What a library keeps of a paper is always used, and what it does not is made exactly, so that an
answer does not depend on what was asked before. Knows nothing of fusion or answers. The sum of each question token's best match is
ColBERT's MaxSim (Khattab
and Zaharia 2020, arXiv:2004.12832), here with the token states of the ordinary embedder and each word weighted by its
rarity in the library: no model of its own, and words that mean the same match without being the same.
"""

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Matrix, Scores
from rag.core.domain import Paper, Span
from rag.core.sentences import embedded_text
from rag.core.text import STOP_WORDS
from rag.library.token_codes import StoredTokens, turned
from rag.models.embedder import Embedder
from rag.models.spans import TokenVectors

_WORD = re.compile(r"\w+")
_PAPERS_KEPT = 400
"""Papers without tokens in the library whose tokens are kept in memory: 100 to 200 KB each. More than a library has that keeps none."""


class LibraryStatistics(Protocol):
    """What the weight of a word comes from; `rag.library.store.Library` is one."""

    def count(self) -> int:
        """Number of papers."""
        ...

    def holding(self, words: Sequence[str]) -> Mapping[str, int]:
        """Of how many papers each lower-case word is in the title or the abstract."""
        ...

    def stored_tokens(self, papers: Sequence[Paper]) -> Mapping[str, StoredTokens]:
        """By id the token vectors that are kept of papers with exactly these texts; not every paper has any."""
        ...


@dataclass(frozen=True, slots=True)
class QuestionWords:
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

    question: QuestionWords
    similarities: Matrix
    starts: npt.NDArray[np.int64]

    def matched(self, spans: Sequence[Span] | None = None) -> Scores:
        """(words,) -1..1: how well each word is matched in these parts of the abstract, or in title and abstract."""
        inside = np.full(len(self.starts), spans is None)
        for span in spans or ():
            inside |= (self.starts >= span.start) & (self.starts < span.end)
        return self._best(inside)

    def _best(self, inside: npt.NDArray[np.bool_]) -> Scores:
        count = len(self.question.words)
        if not inside.any() or not count:
            return np.zeros(count)
        best = self.similarities[:, inside].max(axis=1).astype(float)
        sums = np.bincount(self.question.word_of, best, count)
        means: Scores = sums / np.bincount(self.question.word_of, minlength=count)
        return means

    def in_title(self) -> Scores:
        """(words,) -1..1: how well each word is matched in the title."""
        return self._best(self.starts < 0)

    def score(self, spans: Sequence[Span] | None = None) -> float:
        """-1..1: the weighted mean of `matched`."""
        return self.question.share(self.matched(spans))


class LateInteraction:
    """Matches questions with papers. Safe for several threads."""

    def __init__(self, embedder: Embedder, papers_kept: int = _PAPERS_KEPT) -> None:
        self._embedder = embedder
        self._papers_kept = papers_kept
        self._tokens: OrderedDict[tuple[str, str], TokenVectors] = OrderedDict()
        self._lock = threading.Lock()

    def question_words(self, question: str, statistics: LibraryStatistics) -> QuestionWords:
        """The words of a standalone question, weighted by their rarity in the library."""
        (tokens,) = self._embedder.embed_tokens([question])
        content = [match for match in _WORD.finditer(question) if match.group().lower() not in STOP_WORDS]
        papers = statistics.count()
        holding = statistics.holding([match.group().lower() for match in content])
        words: list[str] = []
        weights: list[float] = []
        rows: list[int] = []
        word_of: list[int] = []
        for match in content:
            inside = [row for row, start in enumerate(tokens.starts) if match.start() <= start < match.end()]
            if not inside:
                continue
            word = match.group().lower()
            rows += inside
            word_of += [len(words)] * len(inside)
            words.append(word)
            # A long, unusual word has many pieces: each counts.
            weights.append(math.log(1 + papers / (1 + holding.get(word, 0))) * len(inside))
        return QuestionWords(tuple(words), np.array(weights), tokens.vectors[rows], np.array(word_of, np.int64))

    def match(self, question: str, papers: Sequence[Paper], statistics: LibraryStatistics) -> dict[str, PaperMatch]:
        """By paper id how the words of a standalone question match it."""
        words = self.question_words(question, statistics)
        stored = statistics.stored_tokens(papers)
        made = self._made([paper for paper in papers if paper.id not in stored])
        pieces = turned(words.pieces)
        matches: dict[str, PaperMatch] = {}
        for paper in papers:
            kept, shift = stored.get(paper.id), len(embedded_text(paper.title, ""))
            if kept is not None:
                matches[paper.id] = PaperMatch(words, kept.similarities(pieces), kept.starts - shift)
            else:
                tokens = made[paper.title, paper.abstract]
                matches[paper.id] = PaperMatch(words, words.pieces @ tokens.vectors.T, tokens.starts - shift)
        return matches

    def _made(self, papers: Sequence[Paper]) -> dict[tuple[str, str], TokenVectors]:
        """By title and abstract the tokens of papers that have none in the library; they are made once."""
        keys = list(dict.fromkeys((paper.title, paper.abstract) for paper in papers))
        with self._lock:
            known = {key: self._tokens[key] for key in keys if key in self._tokens}
        new = [key for key in keys if key not in known]
        vectors = self._embedder.embed_tokens([embedded_text(*key) for key in new])
        known |= zip(new, vectors, strict=True)
        with self._lock:
            for key in keys:
                self._tokens[key] = known[key]
                self._tokens.move_to_end(key)
            while len(self._tokens) > self._papers_kept:
                self._tokens.popitem(last=False)
        return known
