"""A text read once: vectors of its sentences, windows and tokens. Tiny models with random weights, and the real one."""

from collections.abc import Callable

import numpy as np
import pytest

from rag.core.domain import Span
from rag.core.sentences import embedded_text, sentences, windows
from rag.models.embedder import TransformerEmbedder
from rag.models.find import Device, ModelFiles
from rag.models.prefixes import recipe_of
from rag.models.spans import SpannedText
from tests.helpers.tiny_models import make_bert

ROUNDING = 0.02
"""Half precision, where the CPU has it: of a vector of random weights, many times that of a trained one."""


@pytest.fixture(scope="module")
def embedder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], TransformerEmbedder]:
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny") / "model"
    make_bert(folder)

    def make(name: str) -> TransformerEmbedder:
        model = ModelFiles(name, folder, "path", "0" * 64)
        return TransformerEmbedder(model, Device("cpu", torch.float32), recipe_of(model))

    return make


def text_of(title: str, abstract: str) -> SpannedText:
    spans = sentences(abstract)
    return SpannedText(title, abstract, spans, windows(spans) or (Span(0, 0),))


BEES = text_of(
    "bees dance", "How do bees make honey? What ants do is dance. They make honey. They dance. Bees do. Ants dance."
)


def test_a_sentence_is_as_if_embedded_alone_and_a_window_the_mean_of_its_parts(
    embedder_of: Callable[[str], TransformerEmbedder],
) -> None:
    embedder = embedder_of("a/e5-base")
    (made,) = embedder.embed_spans([BEES])
    alone = embedder.embed_passages([span.of(BEES.text) for span in BEES.sentences])
    assert np.allclose(made.sentences, alone, atol=ROUNDING)
    (title,) = embedder.embed_passages(["bees dance."])
    for window, row in zip(BEES.windows, made.windows, strict=True):
        inside = [n for n, span in enumerate(BEES.sentences) if window.start <= span.start < window.end]
        assert len(inside) > 1
        total = title * len("bees dance.") + sum(
            alone[n] * (BEES.sentences[n].end - BEES.sentences[n].start) for n in inside
        )
        assert np.allclose(row, total / np.linalg.norm(total), atol=ROUNDING)


def test_tokens_stand_where_they_do_in_title_and_abstract(embedder_of: Callable[[str], TransformerEmbedder]) -> None:
    embedder = embedder_of("a/e5-base")
    made, bare = embedder.embed_spans([BEES, text_of("", "Bees make honey.")])
    (whole,) = embedder.embed_tokens([embedded_text(BEES.title, BEES.text)])
    assert made.tokens.starts.tolist() == whole.starts.tolist()
    assert made.tokens.vectors.shape == whole.vectors.shape
    assert np.allclose(np.linalg.norm(made.tokens.vectors, axis=1), 1, atol=1e-5)
    assert bare.tokens.starts.tolist() == [0, 5, 10, 15]


def test_models_of_another_pooling_read_each_window(embedder_of: Callable[[str], TransformerEmbedder]) -> None:
    embedder = embedder_of("a/bge-small-en")
    (made,) = embedder.embed_spans([BEES])
    titled = embedder.embed_passages([embedded_text(BEES.title, span.of(BEES.text)) for span in BEES.windows])
    assert np.allclose(made.windows, titled, atol=1e-5)
    assert np.allclose(
        made.sentences, embedder.embed_passages([span.of(BEES.text) for span in BEES.sentences]), atol=1e-5
    )
    (whole,) = embedder.embed_tokens([embedded_text(BEES.title, BEES.text)])
    assert np.allclose(made.tokens.vectors, whole.vectors)


def test_windows_are_read_apart_where_that_is_asked_for(embedder_of: Callable[[str], TransformerEmbedder]) -> None:
    embedder = embedder_of("a/e5-base")
    (made,) = embedder.embed_spans([BEES], apart=True)
    titled = embedder.embed_passages([embedded_text(BEES.title, span.of(BEES.text)) for span in BEES.windows])
    assert np.allclose(made.windows, titled, atol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        text_of("bees", ""),
        text_of("", "Bees."),
        text_of("", "bees " * 3_000),
        text_of("bees " * 100, "bees " * 5_000 + ". " + "ants " * 90),
        text_of("蜜蜂如何跳舞", "蜜蜂酿蜜。蚂蚁跳舞。" * 30),
        text_of("…", "!!! ??? …"),
        text_of("[CLS] bees [SEP]", "Ants [MASK] dance [PAD]."),
        text_of("", ""),
    ],
    ids=[
        "title alone",
        "one word",
        "one long sentence",
        "long title",
        "another script",
        "marks",
        "control tokens",
        "empty",
    ],
)
def test_every_text_has_its_vectors(embedder_of: Callable[[str], TransformerEmbedder], text: SpannedText) -> None:
    for name in ("a/e5-base", "a/bge-small-en"):
        beside, made = embedder_of(name).embed_spans([BEES, text])
        assert made.sentences.shape == (len(text.sentences), 16)
        assert made.windows.shape == (len(text.windows), 16)
        assert np.allclose(np.linalg.norm(made.windows, axis=1), 1, atol=1e-4)
        assert made.tokens.vectors.shape == (len(made.tokens.starts), 16)
        assert np.all(np.diff(made.tokens.starts) > 0)
        assert len(beside.windows) == len(BEES.windows)
    assert embedder_of("a/e5-base").embed_spans([]) == []


def test_vectors_do_not_depend_on_what_else_is_read(embedder_of: Callable[[str], TransformerEmbedder]) -> None:
    embedder = embedder_of("a/e5-base")
    (alone,) = embedder.embed_spans([BEES])
    together = embedder.embed_spans([text_of("ants", "Ants dance. " * place) for place in range(40)] + [BEES])[-1]
    assert np.allclose(alone.windows, together.windows, atol=ROUNDING)
    assert np.allclose(alone.sentences, together.sentences, atol=ROUNDING)


@pytest.mark.slow
def test_the_vectors_of_the_real_model_are_by_their_definition(embedder: TransformerEmbedder) -> None:
    """Each text alone, in full precision, by transformers itself."""
    import torch

    title = "Diffusion models for audio"
    abstract = (
        "Diffusion models are slow. We distil one into four steps, and lose nothing that listeners hear! "
        "On MusicCaps it is 30 times as fast. Code is available. It also runs on a phone. Nobody had shown that."
    )
    text = text_of(title, abstract)
    filler = [text_of(f"Paper {n}", f"Sentence {n} is short. " * (n % 7)) for n in range(30)]
    made = embedder.embed_spans([*filler, text])[-1]

    def vector(part: str) -> np.ndarray:
        with torch.inference_mode():
            hidden = embedder._network(**embedder._tokenizer(part, return_tensors="pt")).last_hidden_state[0]
        mean = hidden.mean(0).numpy()
        return np.asarray(mean / np.linalg.norm(mean))

    rows = np.stack([vector(span.of(abstract)) for span in text.sentences])
    assert np.all((rows * made.sentences).sum(1) > 0.9995)
    for window, row in zip(text.windows, made.windows, strict=True):
        total = vector(f"{title}.") * len(f"{title}.")
        for span, sentence in zip(text.sentences, rows, strict=True):
            if window.start <= span.start < window.end:
                total = total + sentence * (span.end - span.start)
        assert row @ total / np.linalg.norm(total) > 0.9995
        (apart,) = embedder.embed_passages([embedded_text(title, window.of(abstract))])
        assert row @ apart > 0.75, "near what the window's own text gives"
