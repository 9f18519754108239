"""The real embedder: the published model's vectors, whatever the batch."""

import numpy as np

from rag.answer.assistant import Assistant
from rag.models.embedder import TransformerEmbedder


def test_vectors_are_those_of_sentence_transformers(embedder: TransformerEmbedder) -> None:
    # First five components from sentence-transformers 6.2.0 with the same weights.
    expected = [0.067657, 0.063496, 0.048713, 0.079305, 0.037448]
    assert np.allclose(embedder.embed_question("This is an example sentence")[:5], expected, atol=1e-5)


def test_rows_keep_their_order_and_do_not_depend_on_the_batch(embedder: TransformerEmbedder) -> None:
    texts = ["short", "a much longer sentence about diffusion models and their many steps " * 5, "middle sized text"]
    together = embedder.embed_passages(texts)
    alone = np.stack([embedder.embed_passages([text])[0] for text in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_control_tokens_in_text_are_words_and_long_text_is_cut(embedder: TransformerEmbedder) -> None:
    plain = embedder.embed_question("the weather")
    assert not np.allclose(embedder.embed_question("the weather [SEP] [PAD]"), plain, atol=1e-3)
    assert embedder.embed_question("word " * 5_000).shape == (384,)


def test_nothing_gives_no_rows(embedder: TransformerEmbedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)


def test_progress_reaches_the_number_of_texts(embedder: TransformerEmbedder) -> None:
    seen: list[int] = []
    embedder.embed_passages([f"text {i}" for i in range(50)], seen.append)
    assert seen[-1] == 50


def test_the_library_was_embedded_by_these_weights(assistant: Assistant, embedder: TransformerEmbedder) -> None:
    assert assistant.library.embedder == embedder.identity
