"""Libraries of real papers with made-up embeddings: as large as the real ones within minutes, to measure what size costs.

Owns: the embeddings, and that a library is made in steps, goes on where it was stopped, and is not made twice. What is found in such a
library means nothing; how long it takes does. Embeddings of a paper lie near a point between two anchors, and its sentences spread
around it as those of real abstracts do, so that neighbours in the vector index are as near to each other as they are.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from rag.core.arrays import Matrix
from rag.core.domain import EmbedderIdentity, Paper, Span
from rag.core.sentences import sentences, windows
from rag.ingest.chunks import EmbeddedPaper
from rag.library import indexes
from rag.library.store import Library
from rag.models.pooled import unit

_ANCHORS = 2_000
_WINDOW_NOISE, _SENTENCE_NOISE = 0.45, 0.9
"""Length of what is added to a unit vector: two windows of a paper then have a cosine of about 0.83, two sentences of about 0.55."""
_BATCH = 500


def made_library(
    folder: Path,
    papers: Sequence[Paper],
    embedder: EmbedderIdentity,
    anchors: Matrix | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make a library of these papers, or finish one that was begun, with its vector index.

    Args:
        folder: of the library.
        papers: in the order in which they go in; ids differ.
        embedder: whose embeddings they pass for.
        anchors: (n, dimension) unit vectors that embeddings are mixed of, such as those of real passages; by default random ones.
        progress: gets (papers stored, of how many).
    """
    if anchors is None:
        anchors = unit(np.random.default_rng(0).standard_normal((_ANCHORS, embedder.dimension)))
    with Library.open_for_writing(folder, embedder) as library:
        there = library.hashes()
        missing = [paper for paper in papers if paper.id not in there]
        done = len(papers) - len(missing)
        for batch in _batches(missing):
            library.put([made_paper(paper, anchors) for paper in batch])
            done += len(batch)
            if progress:
                progress(done, len(papers))
        indexes.publish(library, None)


def made_paper(paper: Paper, anchors: Matrix) -> EmbeddedPaper:
    """A paper with embeddings that its id alone decides."""
    random = np.random.default_rng(zlib.crc32(paper.id.encode()))
    in_sentences = sentences(paper.abstract)
    in_windows = windows(in_sentences) or (Span(0, 0),)
    one, other = anchors[random.integers(len(anchors), size=2)]
    share = random.uniform(0.3, 0.7)
    topic = unit((share * one + (1 - share) * other)[None])
    return EmbeddedPaper(
        paper,
        in_sentences,
        _around(topic, len(in_sentences), _SENTENCE_NOISE, random),
        in_windows,
        _around(topic, len(in_windows), _WINDOW_NOISE, random),
    )


def _around(topic: Matrix, count: int, noise: float, random: np.random.Generator) -> Matrix:
    return unit(topic + noise * unit(random.standard_normal((count, topic.shape[1])))) if count else topic[:0]


def _batches(papers: Sequence[Paper]) -> Iterator[Sequence[Paper]]:
    return (papers[start : start + _BATCH] for start in range(0, len(papers), _BATCH))
