"""Papers -> papers with their sentences, windows and embeddings, ready to be stored. Knows nothing of storage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rag.core.arrays import Matrix
from rag.core.domain import Paper, Span
from rag.core.sentences import embedded_text, sentences, windows
from rag.models.embedder import Embedder, TokenVectors


@dataclass(frozen=True, slots=True)
class EmbeddedPaper:
    """A paper ready to store, with one unit-length float32 row of `dimension` for each sentence and each window. A paper without an
    abstract has no sentence, and one window 0..0 that is embedded by the title. `tokens` are those of title and abstract as
    `rag.core.sentences.embedded_text` joins them; None where they are to be made when the paper is found."""

    paper: Paper
    sentences: tuple[Span, ...]
    sentence_embeddings: Matrix
    windows: tuple[Span, ...]
    window_embeddings: Matrix
    tokens: TokenVectors | None = None


def embed_papers(batch: Sequence[Paper], embedder: Embedder) -> list[EmbeddedPaper]:
    in_sentences = [sentences(paper.abstract) for paper in batch]
    # The title is the only text of a paper without an abstract: one window of no words stands for it.
    in_windows = [windows(spans) or (Span(0, 0),) for spans in in_sentences]
    window_rows = embedder.embed_passages(
        [embedded_text(paper.title, text) for paper, text in _texts(batch, in_windows)]
    )
    sentence_rows = embedder.embed_passages([text for _, text in _texts(batch, in_sentences)])
    tokens = embedder.embed_tokens([embedded_text(paper.title, paper.abstract) for paper in batch])
    return [
        EmbeddedPaper(paper, spans, rows, in_window, window_matrix, of_paper)
        for paper, spans, rows, in_window, window_matrix, of_paper in zip(
            batch,
            in_sentences,
            _dealt(sentence_rows, in_sentences),
            in_windows,
            _dealt(window_rows, in_windows),
            tokens,
            strict=True,
        )
    ]


def _texts(batch: Sequence[Paper], spans: Sequence[Sequence[Span]]) -> Iterator[tuple[Paper, str]]:
    return ((paper, span.of(paper.abstract)) for paper, of_paper in zip(batch, spans, strict=True) for span in of_paper)


def _dealt(rows: Matrix, spans: Sequence[Sequence[Span]]) -> list[Matrix]:
    """The rows of all papers, dealt out to each."""
    ends = np.cumsum([len(of_paper) for of_paper in spans])
    return np.split(rows, ends[:-1])
