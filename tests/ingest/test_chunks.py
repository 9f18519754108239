"""Papers made ready to store: each has the embeddings of its own sentences and windows."""

import numpy as np
import pytest

from rag.core.sentences import embedded_text
from rag.ingest.chunks import embed_papers
from rag.ingest.formats.record import make_paper
from tests.helpers.fakes import HashEmbedder


@pytest.mark.parametrize("counts", [(1, 9, 3), (9, 1, 1), (5,)])
def test_each_paper_gets_the_rows_of_its_own_sentences_and_windows(counts: tuple[int, ...]) -> None:
    papers = [
        make_paper(
            title=f"Paper {place}", abstract=" ".join(f"Word{place}x{number} stands here." for number in range(count))
        )
        for place, count in enumerate(counts)
    ]
    embedder = HashEmbedder()
    embedded = embed_papers(papers, embedder)
    assert [len(item.sentences) for item in embedded] == list(counts)
    for item in embedded:
        paper = item.paper
        alone = embedder.embed_passages([span.of(paper.abstract) for span in item.sentences])
        titled = embedder.embed_passages([embedded_text(paper.title, span.of(paper.abstract)) for span in item.windows])
        assert np.array_equal(item.sentence_embeddings, alone)
        assert np.array_equal(item.window_embeddings, titled)
