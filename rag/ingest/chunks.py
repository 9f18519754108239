"""Papers -> papers with their sentences, windows and embeddings, ready to be stored. Knows nothing of storage."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.core.arrays import Matrix
from rag.core.domain import Paper, Span
from rag.core.sentences import sentences, windows
from rag.models.embedder import Embedder
from rag.models.spans import SpannedText, TokenVectors


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


def embed_papers(batch: Sequence[Paper], embedder: Embedder, *, apart: bool = False) -> list[EmbeddedPaper]:
    """Papers cut and embedded: each sentence is read once; with `apart` each window is read as well."""
    texts = [_spanned(paper) for paper in batch]
    return [
        EmbeddedPaper(paper, tuple(text.sentences), made.sentences, tuple(text.windows), made.windows, made.tokens)
        for paper, text, made in zip(batch, texts, embedder.embed_spans(texts, apart=apart), strict=True)
    ]


def _spanned(paper: Paper) -> SpannedText:
    spans = sentences(paper.abstract)
    # The title is the only text of a paper without an abstract: one window of no words stands for it.
    return SpannedText(paper.title, paper.abstract, spans, windows(spans) or (Span(0, 0),))
