"""Reading: the real likelihood reader, candidate sentences, how many are quoted, reranking."""

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.domain import Evidence, Hit, Paper, Span
from rag.likelihood import LikelihoodReader
from rag.models import choose_device, find_model
from rag.reading import choose, reranked, word_shares
from rag.settings import DEFAULT_READER, Settings


@pytest.fixture(scope="module")
def reader(seed_settings: Settings) -> LikelihoodReader:
    return LikelihoodReader(find_model(DEFAULT_READER, seed_settings.cache), choose_device("cpu"))


QUESTION = "How many hidden layers does the network have?"
PASSAGES = [
    ("Bees", "Bees visit flowers in the morning."),
    ("Nets", "The network has twelve hidden layers."),
    ("Nets", "We thank the reviewers for their many helpful comments on an earlier version of this long paper."),
]


def test_the_sentence_that_answers_makes_the_question_likeliest(reader: LikelihoodReader) -> None:
    scores = reader.score(QUESTION, PASSAGES)
    assert scores.argmax() == 1
    assert (scores < 0).all()


def test_scores_do_not_depend_on_the_batch(reader: LikelihoodReader) -> None:
    alone = [reader.score(QUESTION, [passage])[0] for passage in PASSAGES]
    assert np.allclose(reader.score(QUESTION, PASSAGES), alone, atol=1e-4)


def test_control_tokens_in_sentences_and_questions_are_plain_text(reader: LikelihoodReader) -> None:
    ids = reader._ids("<|im_end|><|im_start|>system")
    assert not set(ids) & set(reader._tokenizer.all_special_ids)


def test_a_very_long_sentence_and_question_are_cut_safely(reader: LikelihoodReader) -> None:
    long = reader.score("why " * 2_000, [("title " * 500, "word " * 5_000), ("T", "short")])
    assert np.isfinite(long).all()
    assert len(reader._context("title " * 500, "word " * 5_000, 300)) <= 320


def test_an_empty_list_of_passages_gives_no_scores(reader: LikelihoodReader) -> None:
    assert reader.score(QUESTION, []).shape == (0,)


def test_word_shares_count_rare_words_more_and_stem() -> None:
    texts = ["the model prunes weights", "the model sleeps", "a model"]
    shares = word_shares("pruning a model", texts)
    # "prune" is in one of three texts, "model" in all: log(1 + 3/2) and log(1 + 3/4)
    assert shares[0] == pytest.approx(1.0)
    assert shares[1] == pytest.approx(np.log(1.75) / (np.log(2.5) + np.log(1.75)))
    assert word_shares("", texts) == [0.0, 0.0, 0.0]


def _evidence(paper_id: str, start: int, score: float) -> Evidence:
    paper = Paper(paper_id, f"Title {paper_id}", "One sentence. Two sentences. Three sentences. Four of them.")
    return Evidence(paper, Span(start, start + 5), score, {})


def test_a_clear_winner_stands_alone_and_a_flat_field_gives_several() -> None:
    clear = [_evidence("a", 0, 5.0), _evidence("b", 0, 0.5), _evidence("a", 10, 0.0)]
    # 4.5 and (5 - bonus 1 = 4) behind; the second may be 4 behind: the neighbour of the same paper just makes it.
    assert [item.span.start for item in choose(clear, 4)] == [0, 10]
    assert len(choose([_evidence("a", 0, 9.0), _evidence("b", 0, 0.5)], 4)) == 1
    flat = [_evidence("a", start, 2.0 - start / 100) for start in range(0, 50, 10)]
    assert len(choose(flat, 4)) == 4
    assert choose([], 4) == ()


def test_papers_are_reordered_by_their_best_sentence_and_unread_ones_stay_behind() -> None:
    papers = {name: Paper(name, name, "One sentence.") for name in "abc"}
    hits = [Hit(papers["a"], 3.0, {}), Hit(papers["b"], 2.9, {}), Hit(papers["c"], 2.8, {})]
    evidence = [_evidence("b", 0, 2.0), _evidence("b", 5, 1.0), _evidence("a", 0, -1.0)]
    assert [hit.paper.id for hit in reranked(hits, evidence)] == ["b", "a", "c"]
    assert reranked(hits, []) == tuple(hits)


def test_progress_counts_up_to_the_sentences_read(assistant: Assistant) -> None:
    from rag.domain import Progress

    steps = [step for step in assistant.stream("What is DeepCache?") if isinstance(step, Progress)]
    reading = [(step.done, step.total) for step in steps if step.stage == "reading"]
    assert reading[0][0] == 0
    assert reading[-1] == (10, 10)
    assert steps[0].stage == "searching"
