"""Sentence ranking: the real likelihood reader, the signals of candidate sentences, what they do to the order of papers."""

import numpy as np
import pytest

from rag.answer.assistant import Assistant
from rag.core.domain import Evidence, Hit, Paper, Sentence, Span
from rag.core.sentences import sentences as split
from rag.evidence.plan import Plan
from rag.evidence.ranking import Passages, SentenceRanker, fuse, kind_signals, match_signals, rerank_by_evidence
from rag.models.query_likelihood import LikelihoodReader
from rag.search.late_interaction import LateInteraction
from rag.search.reranker import SearchResult
from tests.helpers.fakes import HashEmbedder, OverlapReader, Statistics

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


@pytest.mark.slow
def test_a_very_long_sentence_and_question_are_cut_safely(reader: LikelihoodReader) -> None:
    long = reader.score("why " * 2_000, [("title " * 500, "word " * 5_000), ("T", "short")])
    assert np.isfinite(long).all()
    assert len(reader._context("title " * 500, "word " * 5_000, 300)) <= 320


def test_an_empty_list_of_passages_gives_no_scores(reader: LikelihoodReader) -> None:
    assert reader.score(QUESTION, []).shape == (0,)


def _evidence(paper_id: str, start: int, score: float) -> Evidence:
    paper = Paper(paper_id, f"Title {paper_id}", "One sentence. Two sentences. Three sentences. Four of them.")
    return Evidence(paper, Span(start, start + 5), score, {})


NETS = Paper(
    "nets", "Deep nets", "Deep nets are popular. They hold twelve layers. The code is available at https://x.org."
)
NET_SENTENCES = [Sentence("nets", Span(0, 22)), Sentence("nets", Span(23, 47)), Sentence("nets", Span(48, 89))]


def test_novelty_looks_past_the_words_that_the_title_explains() -> None:
    late = LateInteraction(HashEmbedder())
    matches = late.match("How many layers do deep nets hold?", [NETS], Statistics(1))
    topic, answer, _ = match_signals(matches["nets"], NET_SENTENCES)
    assert topic["novelty"] < answer["novelty"]
    assert answer["previous"] == topic["match"]
    assert topic["previous"] < 0


def test_a_question_without_words_of_its_own_gives_signals_of_zero() -> None:
    late = LateInteraction(HashEmbedder())
    match = late.match("what is it?", [NETS], Statistics(1))["nets"]
    nothing = {"match": 0.0, "novelty": 0.0, "previous": 0.0, "restatement": 0.0}
    assert match_signals(match, NET_SENTENCES) == [nothing] * 3


def test_the_kind_of_thing_asked_for_is_seen_in_a_sentence() -> None:
    assert kind_signals("How many layers?", "It has 12 layers.")["number"] == 1
    assert kind_signals("How many layers?", "It has some layers.")["number"] == 0
    assert kind_signals("Which layers?", "It has 12 layers.")["number"] == 0
    assert kind_signals("Why is it slow?", "This is due to attention.")["cause"] == 1


def test_flags_count_as_they_are_and_other_signals_in_standard_deviations() -> None:
    parts = [{"dense": 0.2, "number": 1.0}, {"dense": 0.4, "number": 0.0}]
    assert fuse(parts, {"dense": 2.0, "number": 0.5}).tolist() == pytest.approx([-1.5, 2.0])
    assert fuse(parts, {"likelihood": 1.0}).tolist() == [0.0, 0.0], "a signal that is not there yet is left out"


def test_papers_are_reordered_by_their_best_sentence_and_unread_ones_stay_behind() -> None:
    papers = {name: Paper(name, name, "One sentence.") for name in "abc"}
    hits = [Hit(papers["a"], 3.0, {}), Hit(papers["b"], 2.9, {}), Hit(papers["c"], 2.8, {})]
    evidence = [_evidence("b", 0, 2.0), _evidence("b", 5, 1.0), _evidence("a", 0, -1.0)]
    assert [hit.paper.id for hit in rerank_by_evidence(hits, evidence)] == ["b", "a", "c"]
    assert rerank_by_evidence(hits, []) == tuple(hits)


SHELF = [
    Paper(
        "caches",
        "Caches",
        "The cache keeps features of earlier steps. It makes sampling two times faster. Nothing is lost.",
    ),
    Paper("steps", "Fewer steps", "Sampling needs fewer steps with a cache. A teacher is needed."),
    Paper("bees", "Bees", "Bees visit flowers. They sleep at night."),
]


ONE = Plan("one")


def _ranked(question: str, sentences: int, plan: Plan = ONE) -> tuple[Evidence, ...]:
    embedder = HashEmbedder()
    matches = LateInteraction(embedder).match(question, SHELF, Statistics(3))
    spans = [Sentence(paper.id, span) for paper in SHELF for span in split(paper.abstract)]
    texts = [item.span.of(next(paper for paper in SHELF if paper.id == item.paper_id).abstract) for item in spans]
    hits = tuple(Hit(paper, 1.0 - place, {}) for place, paper in enumerate(SHELF))
    weights = {"likelihood": 1.0, "dense": 0.5, "novelty": 0.5}
    ranker = SentenceRanker(embedder, OverlapReader(), weights, papers=3, sentences=sentences)
    passages = Passages(spans, embedder.embed_passages(texts))
    *_, last = ranker.rank(SearchResult(question, hits, matches), passages, plan)
    return last.evidence


def test_a_sentence_of_each_of_the_best_papers_is_read_whatever_is_better() -> None:
    read = _ranked("What does the cache keep of earlier steps?", 1)
    assert {item.paper.id for item in read} == {"caches", "steps", "bees"}
    assert len(read) == 3


def test_each_part_of_a_question_is_read_for_itself() -> None:
    read = _ranked("What does the cache keep of earlier steps, and how many times faster does it make sampling?", 9)
    first, second = (max(read, key=lambda item: item.parts.get(name, -9.0)) for name in ("part 1", "part 2"))
    assert first.text.startswith("The cache keeps")
    assert second.text.startswith("It makes sampling")
    assert not any("part 1" in item.parts for item in _ranked("What does the cache keep of earlier steps?", 9))


def test_parts_are_not_read_where_papers_are_compared_or_listed() -> None:
    question = "What does the cache keep of earlier steps, and how many times faster does it make sampling?"
    for plan in (Plan("several", ("caches", "steps")), Plan("list", ("caches", "steps"), only=True)):
        assert not any("part 1" in item.parts for item in _ranked(question, 9, plan))


def test_progress_counts_up_to_the_sentences_read(assistant: Assistant) -> None:
    from rag.core.domain import Progress

    steps = [
        step
        for step in assistant.stream("How much faster does DeepCache make diffusion?")
        if isinstance(step, Progress)
    ]
    reading = [(step.done, step.total) for step in steps if step.stage == "reading"]
    assert reading[0][0] == 0
    assert reading[-1][0] == reading[-1][1] >= 12
    assert steps[0].stage == "searching"
