"""Questions that turn the sense round are known by their words, and the ordinary ones keep their reading."""

import json
import time
from pathlib import Path

import pytest

from rag.question.aspects import aspect_request
from rag.question.details import detail
from rag.question.extremes import asks_for_merit, counts_papers, extreme, threshold, topic_of_merit
from rag.question.languages import is_foreign
from rag.question.negations import lacks, naming, negation, topic
from rag.question.summaries import comparable, summary_request
from tests.question import questions_of_sense as typed

SETS = Path(__file__).parents[2] / "evals" / "sets"
QUESTIONS = [
    (case["question"], case.get("type", ""))
    for name in ("seeds-dev", "seeds-more")
    for case in map(json.loads, (SETS / f"{name}.jsonl").read_text("utf-8").splitlines())
]


@pytest.mark.parametrize("question", typed.NEGATED)
def test_a_negated_condition_is_found(question: str) -> None:
    found = negation(question)
    assert found is not None
    assert found.things


@pytest.mark.parametrize("question", typed.EXTREME)
def test_the_last_of_an_order_or_a_number_of_things_is_found(question: str) -> None:
    assert extreme(question) or threshold(question)


@pytest.mark.parametrize("question", typed.DETAIL)
def test_a_detail_that_abstracts_seldom_give_is_found(question: str) -> None:
    assert detail(question) is not None


@pytest.mark.parametrize("question", typed.SUMMARY)
def test_a_request_for_a_summary_is_found_with_what_it_is_of(question: str) -> None:
    request = summary_request(question)
    assert request is not None
    assert comparable(request.target)
    assert len(comparable(request.target).split()) <= 6


@pytest.mark.parametrize("question", typed.FOREIGN)
def test_another_language_is_known(question: str) -> None:
    assert is_foreign(question)


def test_ordinary_questions_keep_their_reading() -> None:
    read = {
        question
        for question, _ in QUESTIONS
        if negation(question)
        or extreme(question)
        or threshold(question)
        or counts_papers(question)
        or asks_for_merit(question)
    }
    assert read == {
        "Which methods explicitly say that the diffusion model needs no additional training or fine-tuning?",
        "Number of papers reviewed in the survey of diffusion models in medicine?",
    }


def test_english_questions_are_no_other_language() -> None:
    assert [question for question, kind in QUESTIONS if kind != "other-language" and is_foreign(question)] == []


@pytest.mark.parametrize(
    ("question", "manner", "things", "rest"),
    [
        ("papers without code", "without", ("code",), "papers"),
        ("Which papers are not about images?", "about", ("images",), "Which papers?"),
        ("papers other than DeepCache about caching", "but", ("DeepCache",), "papers about caching"),
        ("Which papers on pruning do not need retraining?", "without", ("retraining",), "Which papers on pruning?"),
        ("Which papers use neither GANs nor VAEs?", "without", ("GANs", "VAEs"), "Which papers use?"),
    ],
)
def test_what_is_negated_is_told_from_the_rest(question: str, manner: str, things: tuple[str, ...], rest: str) -> None:
    found = negation(question)
    assert found is not None
    assert (found.manner, found.things, found.rest) == (manner, things, rest)


@pytest.mark.parametrize(
    "question",
    [
        "training-free methods",
        "Aren't there papers about pruning?",
        "Doesn't that slow down the training?",
        "I don't know which papers are about pruning",
        "How can a photo be edited without changing the model weights?",
        "What can I read if my images don't do what the prompt says?",
        "Why does DeepCache not need retraining?",
        "What do you have on models that generate text rather than images?",
        "Is there no difference between DTR and DiT?",
    ],
)
def test_a_negation_that_is_no_condition_of_papers_is_left_alone(question: str) -> None:
    assert negation(question) is None


@pytest.mark.parametrize(
    ("sentence", "thing"),
    [
        ("We introduce DeepCache, a novel training-free paradigm.", "retraining"),
        ("We prune models without retraining.", "retraining"),
        ("Our method does not require any labelled data.", "labels"),
        ("We replace the commonly-used U-Net backbone with a transformer, replacing the U-Net.", "U-Net"),
        ("CycleDiffusion is used for unpaired translation.", "paired data"),
    ],
)
def test_a_sentence_says_in_its_own_words_what_its_work_does_without(sentence: str, thing: str) -> None:
    assert lacks(sentence, thing)


@pytest.mark.parametrize(
    ("sentence", "thing"),
    [
        ("Most existing methods require extensive retraining.", "retraining"),
        ("Models cannot be pruned without retraining.", "retraining"),
        ("Existing methods do not use labels.", "labels"),
        ("Instead of directly training the model on this scale, we start with a teacher.", "training"),
        ("The code is publicly available.", "code"),
        ("It works without pre-training.", "training"),
        ("A codec without loss of quality.", "code"),
    ],
)
def test_a_sentence_that_says_the_opposite_or_tells_of_others_is_no_lack(sentence: str, thing: str) -> None:
    assert not lacks(sentence, thing)


def test_a_thing_is_named_by_its_other_words_too_but_not_by_longer_ones() -> None:
    assert naming("images").search("a picture of bees")
    assert naming("code").search("our source code")
    assert not naming("code").search("an audio codec")
    assert topic("Which papers about image editing do not need labels?") == ("image", "editing", "labels")


@pytest.mark.parametrize(
    ("question", "measure", "low_first", "conditions"),
    [
        ("What is the lowest FID reported on ImageNet?", "FID", True, ("ImageNet",)),
        ("which paper has the best FID?", "FID", True, ()),
        ("Who has the worst FID?", "FID", False, ()),
        ("which paper has the best PSNR?", "PSNR", False, ()),
        ("Which method is the fastest?", "speed-up", False, ()),
    ],
)
def test_an_order_is_read_with_its_end(
    question: str, measure: str, low_first: bool, conditions: tuple[str, ...]
) -> None:
    found = extreme(question)
    assert found is not None
    assert (found.measure.name, found.low_first, found.conditions) == (measure, low_first, conditions)


@pytest.mark.parametrize(
    "question",
    [
        "What is the best FID that DiT reaches?",
        "best FID: REPA or DiMR on 256x256?",
        "What's the best FID they got?",
        "What is the largest magnification that SS-MoE was tried on?",
        "Give me the zero-shot top-1 accuracy of Diffusion Classifier on ImageNet.",
        "How big does the largest one get?",
    ],
)
def test_the_best_of_one_paper_is_an_ordinary_question(question: str) -> None:
    assert extreme(question) is None


def test_merit_is_asked_for_with_or_without_a_topic() -> None:
    assert asks_for_merit("What is the best paper on image editing?")
    assert topic_of_merit("What is the best paper on image editing?") == "image editing"
    assert topic_of_merit("best super resolution method") == "super resolution"
    assert topic_of_merit("What is the largest diffusion transformer?") == "diffusion transformer"
    assert topic_of_merit("What is the highest resolution?") == ""
    assert topic_of_merit("most cited paper") == ""
    assert not asks_for_merit("Which generator was the best in this study?")


@pytest.mark.parametrize(
    ("question", "target", "sentences"),
    [
        ("Summarize the DeepCache paper in two sentences.", "deepcache", 2),
        ("tl;dr DeepCache", "deepcache", 2),
        ("Summarise SaRA", "sara", 3),
        ("give me a one-sentence summary of the paper SaRA", "sara", 1),
        ("DeepCache: summary please", "deepcache", 3),
        ("summarize deepcache in 99 lines", "deepcache", 8),
        ("DeepCache 是什么?", "deepcache", 3),
    ],
)
def test_a_summary_has_a_target_and_a_length(question: str, target: str, sentences: int) -> None:
    request = summary_request(question)
    assert request is not None
    assert (comparable(request.target), request.sentences) == (target, sentences)


def test_the_limits_of_others_are_no_limits_of_a_work() -> None:
    assert detail("Which limitations of existing methods does DeepCache address?") is None
    assert detail("What are the limitations of DeepCache?") is not None


def test_a_detail_knows_a_text_that_gives_it() -> None:
    for question, text in [
        ("Which GPU was used?", "We train on 4 A100 GPUs for 5 hours."),
        ("How many milliseconds does it take?", "It takes 30 ms."),
        ("how much memory does it need", "It reduces memory by 30%."),
        ("How many patients took part?", "A cohort of 32 women was studied."),
        ("what FID does it reach?", "an FID of 1.42"),
    ]:
        asked = detail(question)
        assert asked is not None
        assert not asked.missing_from([text])
        assert asked.missing_from(["We propose a fast and simple method for bees."])


def test_no_answerable_question_of_the_sets_asks_for_a_detail_that_it_should_not() -> None:
    asked = sorted(question for question, kind in QUESTIONS if not kind.startswith("unanswerable") and detail(question))
    assert len(asked) < 25, asked


@pytest.mark.slow
@pytest.mark.parametrize("sign", [*"?!.,;:-()[]{}\"'/\\|#*_~^$%&+=<>", "no ", "not ", "without ", "on ", "a ", "best "])
def test_long_hostile_questions_are_read_in_linear_time(sign: str) -> None:
    question = ("papers " + sign * 20_000)[:20_000]
    start = time.perf_counter()
    for read in (negation, extreme, threshold, detail, aspect_request, is_foreign, counts_papers, asks_for_merit):
        read(question)
    lacks(question, "images")
    assert time.perf_counter() - start < 2
