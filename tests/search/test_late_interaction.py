"""Late interaction: how each word of a question is matched by a paper, its title, and its sentences."""

import numpy as np
import pytest

from rag.core.domain import Paper, Span
from rag.models.embedder import TransformerEmbedder
from rag.search.late_interaction import LateInteraction
from tests.helpers.fakes import HashEmbedder, Statistics

BEES = Paper("bees", "Honey bees", "Bees dance. Flowers are far away.")
ANTS = Paper("ants", "", "Ants follow trails.")


class _Counting(HashEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def embed_tokens(self, texts):  # type: ignore[no-untyped-def]
        self.texts += texts
        return super().embed_tokens(texts)


def test_each_word_finds_its_best_token_in_title_abstract_or_sentence() -> None:
    late = LateInteraction(HashEmbedder(dimension=384))
    match = late.match("Do bees visit flowers?", [BEES], Statistics(2))["bees"]
    assert match.question.words == ("bees", "visit", "flowers")
    assert match.matched() == pytest.approx([1, 0, 1], abs=0.05)
    assert match.in_title() == pytest.approx([1, 0, 0], abs=0.05)
    assert match.matched([Span(12, 33)]) == pytest.approx([0, 0, 1], abs=0.05)
    assert match.matched([Span(0, 11)]) == pytest.approx([1, 0, 0], abs=0.05)
    assert match.score() == pytest.approx(2 / 3, abs=0.05)


def test_rare_words_weigh_more() -> None:
    late = LateInteraction(HashEmbedder())
    words = late.question_words("bees visit", Statistics(100, {"bees": 99, "visit": 0}))
    assert words.weights.tolist() == pytest.approx([np.log(2), np.log(101)])


def test_a_question_of_stop_words_matches_nothing_and_breaks_nothing() -> None:
    late = LateInteraction(HashEmbedder())
    match = late.match("what is it?", [BEES, ANTS], Statistics(2))["ants"]
    assert (match.score(), match.matched().shape, match.in_title().shape) == (0.0, (0,), (0,))


def test_a_paper_without_a_title_has_all_its_words_in_the_abstract() -> None:
    late = LateInteraction(HashEmbedder())
    match = late.match("ants", [ANTS], Statistics(2))["ants"]
    assert match.in_title().tolist() == [0.0]
    assert match.matched([Span(0, 4)]) == pytest.approx([1.0], abs=0.05)


def test_token_vectors_are_made_once_and_the_oldest_go_first() -> None:
    embedder = _Counting()
    late = LateInteraction(embedder, papers_kept=1)
    for papers in ([BEES], [BEES], [ANTS], [BEES]):
        late.match("?", papers, Statistics(2))
    of_papers = [text[:5] for text in embedder.texts if text != "?"]
    assert of_papers == ["Honey", "Ants ", "Honey"]


def test_words_that_mean_the_same_match_better_than_words_that_do_not(embedder: TransformerEmbedder) -> None:
    late = LateInteraction(embedder)
    paper = Paper("p", "Image generation", "We synthesize photographs of animals. The budget was small.")
    match = late.match("pictures", [paper], Statistics(10))["p"]
    photographs, budget = match.score([Span(0, 37)]), match.score([Span(38, 59)])
    assert photographs > budget + 0.1


def test_a_word_of_many_pieces_weighs_as_much_as_they_do(embedder: TransformerEmbedder) -> None:
    words = LateInteraction(embedder).question_words("pictures of semanticodec", Statistics())
    pieces = np.bincount(words.word_of)
    assert pieces[0] == 1
    assert pieces[1] > 2
    assert words.weights[1] == pytest.approx(words.weights[0] * pieces[1])


def test_token_vectors_keep_their_place_in_a_text_longer_than_the_network_reads(embedder: TransformerEmbedder) -> None:
    text = "word " * 1_500
    (tokens,) = embedder.embed_tokens([text])
    assert len(tokens.vectors) == len(tokens.starts) == 1_500
    assert tokens.starts[-1] == len(text) - 5
    assert np.linalg.norm(tokens.vectors, axis=1) == pytest.approx(1.0, abs=1e-3)
    assert embedder.embed_tokens([]) == []


def test_control_tokens_in_a_text_are_words(embedder: TransformerEmbedder) -> None:
    (tokens,) = embedder.embed_tokens(["a [SEP] b"])
    assert len(tokens.starts) > 3
