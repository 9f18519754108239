"""Questions that turn the sense round, answered by the real models on the seed papers."""

import pytest

from rag.answer.assistant import Assistant
from rag.core.domain import Message
from rag.core.errors import QuestionError
from rag.question.kinds import holds

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("question", "outcome", "begins", "first"),
    [
        ("papers without code", "nearest", "No abstract here says in its own words", ""),
        ("Which papers are not about images?", "answered", "8 of 59 papers here do not name", "SemantiCodec"),
        ("Which papers do NOT need retraining?", "answered", "11 papers say in their own words", "Effortless"),
        ("What is the lowest FID reported on ImageNet?", "answered", "3 papers give a value of FID", "Representation"),
        ("which paper has the best FID?", "answered", "5 papers give a value of FID, lowest first", "Representation"),
        ("how many papers are about super-resolution?", "answered", "4 papers. Counted:", ""),
        ("what are the limitations of DeepCache", "nearest", "The abstract of DeepCache states no limit", "DeepCache"),
        ("Which GPU was used for DeepCache?", "nearest", "Not in the abstract of DeepCache: the hardware", "DeepCache"),
        (
            "How many milliseconds does DeepCache take per image?",
            "nearest",
            "Not in the abstract of DeepCache",
            "DeepCache",
        ),
        ("哪些论文是关于医学图像的?", "declined", "This library's model reads English", ""),
        ("DeepCache 将 Stable Diffusion 加速了多少?", "answered", "", "DeepCache"),
        ("Was ist DeepCache?", "answered", "", "DeepCache"),
        ("quali articoli parlano di audio", "nearest", "This library's model reads English; ask in English. These", ""),
        ("hay papers sobre audio?", "nearest", "This library's model reads English; ask in English. These", ""),
        ("what is classifier guidance", "nearest", "No abstract here says what “classifier guidance” is.", ""),
        ("Welche Papiere behandeln Bildbearbeitung", "declined", "This library's model reads English", ""),
        ("?", "answered", "That is no question yet.", ""),
        ("deepcache", "answered", "DeepCache: Accelerating Diffusion Models for Free.", "DeepCache"),
        ("Is this in there? “Bees fed with caffeine return to the flower.”", "nearest", "This text is in none", ""),
        ("Summarise SaRA", "answered", "\u201cBased on this observation, we propose a method termed SaRA", "SaRA"),
        (
            "Summarize the DeepCache paper in two sentences.",
            "answered",
            "\u201cIn this paper, we introduce DeepCache",
            "DeepCache",
        ),
        ("What is the best FID that DiMR reaches?", "answered", "", "Alleviating"),
        ("How much memory does DiT-MoE save for each GPU hour?", "nearest", "Not in the abstract of", "Scaling"),
    ],
)
def test_each_is_answered_in_its_own_way(
    assistant: Assistant, question: str, outcome: str, begins: str, first: str
) -> None:
    answer = assistant.ask(question)
    assert answer.outcome == outcome
    assert answer.text.startswith(begins)
    if first:
        assert answer.cited_papers[0].title.startswith(first)
    assert all(item.quote == sentence.text for sentence in answer.sentences for item in sentence.citations)


def test_the_opposite_is_never_the_answer(assistant: Assistant) -> None:
    assert not any(holds(sentence.text, "code") for sentence in assistant.ask("papers without code").sentences)
    retrained = assistant.ask("Which papers do NOT need retraining?").text
    assert "require extensive retraining" not in retrained


def test_a_condition_beside_a_topic_leaves_papers_out(assistant: Assistant) -> None:
    answer = assistant.ask("papers other than DeepCache on faster sampling")
    assert answer.outcome == "answered"
    assert answer.notice == "Left out: \u201cDeepCache\u201d."
    assert not any(paper.title.startswith("DeepCache") for paper in answer.cited_papers)


def test_a_summary_has_as_many_sentences_as_were_asked_for(assistant: Assistant) -> None:
    for count, word in ((1, "one"), (2, "two"), (4, "four")):
        answer = assistant.ask(f"summarise LaDiC in {word} sentences")
        assert len(answer.sentences) == count
        assert [item.span.start for item in answer.citations] == sorted(item.span.start for item in answer.citations)


def test_what_all_papers_name_leaves_none(assistant: Assistant) -> None:
    answer = assistant.ask("Which papers on sampling are not about diffusion?")
    assert answer.sentences == () or answer.notice.startswith("Left out")


def test_a_follow_up_asks_among_the_papers_spoken_of(assistant: Assistant) -> None:
    papers = [paper.id for paper in assistant.papers() if paper.title.startswith(("DeepCache", "Efficient Pruning"))]
    history = [Message("user", "Which papers speed things up?"), Message("assistant", "Two papers.", tuple(papers))]
    answer = assistant.ask("Which of these do not need retraining?", history)
    assert [paper.title[:9] for paper in answer.cited_papers] == ["DeepCache"]


def test_most_papers_bounds_what_is_looked_up(assistant: Assistant) -> None:
    assert len(assistant.ask("Which papers are not about images?", most_papers=2).cited_papers) == 2


def test_what_is_asked_in_another_language_is_told_as_it_was_typed_and_cites_its_paper_alone(
    assistant: Assistant,
) -> None:
    answer = assistant.ask("Wie viel schneller ist DeepCache?")
    assert answer.question == "Wie viel schneller ist DeepCache?"
    assert answer.standalone_question == "How much faster is DeepCache?"
    assert answer.notice == "This library's model reads English."
    assert {paper.title.partition(":")[0] for paper in answer.cited_papers} == {"DeepCache"}


def test_marks_alone_are_nothing_to_search_for(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="the question is empty"):
        assistant.search("?!")
