"""The topic of a question for papers, and questions for papers that make something available."""

import pytest

from rag.question.availability import availability
from rag.question.topics import name_of_topic, share_of, topic


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which papers are about audio?", (("audio",),)),
        ("anything on stock prices or trading", (("stock prices",), ("trading",))),
        ("List all papers that tackle pruning of images", (("pruning", "images"),)),
        ("Which papers use large language models?", (("large language",),)),
        ("which ones do inpainting", (("inpainting",),)),
        ("Which papers?", (("which", "papers"),)),
    ],
)
def test_a_topic_begins_after_the_papers_and_is_parted_by_small_words(question: str, expected: object) -> None:
    assert topic(question) == expected


def test_a_question_whose_topic_stands_before_its_subject_keeps_all_its_words() -> None:
    assert topic("Copying, bias and theft: what do papers say?") == (("copying", "bias", "theft"),)


def test_a_text_names_a_topic_with_other_endings_and_hyphens_and_less_where_its_words_stand_apart() -> None:
    fine = topic("papers on fine-tuning")
    assert share_of(fine, "We finetune it.") == 1
    assert share_of(fine, "A fine tune.") == 1
    assert share_of(fine, "A tuning fork.") == pytest.approx(0.1)
    assert share_of(topic("papers on image editing"), "Images are edited.") == pytest.approx(0.4)
    assert share_of(topic("papers on bees or ants"), "Ants.") == 1
    assert share_of((), "Ants.") == 0


def test_a_topic_is_called_as_it_was_typed() -> None:
    assert name_of_topic("Which papers are about pruning of Big Images?") == "pruning of Big Images"
    assert name_of_topic("any papers on stock prices or trading?") == "stock prices or trading"


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("Which papers release code?", "code"),
        ("papers with open source implementations", "code"),
        ("Which papers are open source?", "code"),
        ("which papers publish a dataset", "data"),
        ("Which papers share their model weights?", "models"),
        ("papers with a demo", "pages"),
    ],
)
def test_what_is_to_be_available(question: str, thing: str) -> None:
    asked = availability(question)
    assert asked and (asked.thing, asked.about) == (thing, ())


def test_a_topic_beside_it_is_kept() -> None:
    asked = availability("Which papers on pruning release code?")
    assert asked and asked.about == (("pruning",),)


@pytest.mark.parametrize(
    "question",
    [
        "Where is the code of DeepCache?",
        "Which papers use large datasets?",
        "Which papers study 4-bit weights?",
        "Which papers are about bees?",
    ],
)
def test_other_questions_ask_for_nothing_available(question: str) -> None:
    assert availability(question) is None


def test_a_sentence_says_that_code_is_there() -> None:
    asked = availability("Which papers release code?")
    assert asked
    assert asked.says("Code and data are at https://github.com/a/b.")
    assert asked.says("We open-sourced our implementation.")
    assert not asked.says("A codec for sound is trained.")
