"""What a question asks for, by its words: form, parts, kind, target, names."""

import pytest

from rag.question.kinds import asks, form, names, papers_asked_for, parts, target


@pytest.mark.parametrize(
    "question",
    [
        "Which papers are about super-resolution?",
        "List all work on pruning",
        "anything on audio here?",
        "What do you have on text diffusion?",
        "Is there any work on video?",
        "Who saves memory during training?",
        "how many papers use ImageNet?",
    ],
)
def test_questions_for_all_papers_of_a_kind_are_lists(question: str) -> None:
    assert form(question) == "list"


@pytest.mark.parametrize(
    "question",
    [
        "Compare QuEST and BinaryDM",
        "Two papers replace the prompt encoder. What does each of them add?",
        "LaDiC versus DiffuSIA: what is special?",
        "What is the difference between DTR and DiT-MoE?",
        "Which one is faster, RADD or EDLM?",
    ],
)
def test_questions_about_papers_side_by_side_are_about_several(question: str) -> None:
    assert form(question) == "several"


@pytest.mark.parametrize(
    "question",
    [
        "How much faster is DeepCache?",
        "By how many dB does SAM-DiffSR beat the others on DIV2K?",
        "Why is sampling slow?",
        "How many models were trained for the study?",
    ],
)
def test_other_questions_ask_for_one_thing(question: str) -> None:
    assert form(question) == "one"


def test_three_papers_are_three() -> None:
    assert papers_asked_for("What do the three papers on editing say?") == 3
    assert papers_asked_for("Compare the two methods") == 2
    assert papers_asked_for("DeepCache, Faster Diffusion, MMD-DDM and YONOS-SR: which need training?") == 4
    assert papers_asked_for("Compare A, B and C.") == 3
    assert papers_asked_for("Compare A and B, and what do they cost?") == 2


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many steps?", "number"),
        ("What FID does it get?", "number"),
        ("Why is it slow?", "cause"),
        ("is the code out there?", "code"),
    ],
)
def test_the_kind_of_thing_asked_for_is_known(question: str, kind: str) -> None:
    assert asks(question, kind)  # type: ignore[arg-type]
    assert not asks("Tell me about bees.", kind)  # type: ignore[arg-type]


def test_the_target_is_the_noun_after_the_question_word() -> None:
    assert target("What BLEU score does DiffuSIA achieve?") == ("bleu", "score")
    assert target("How many GPUs did it take?") == ("gpus",)
    assert target("Why is that?") == ()


def test_names_have_inner_capitals_or_digits() -> None:
    assert names("Is DeepCache faster than RADD or DiT-MoE on CIFAR-10 than Bees?") == (
        "DeepCache",
        "RADD",
        "DiT-MoE",
        "CIFAR-10",
    )


def test_a_question_with_two_questions_has_two_parts() -> None:
    assert parts("How many people took part in fMRI-3D, and how many objects does it cover?") == (
        "How many people took part in fMRI-3D",
        "how many objects does it cover?",
    )
    whole = "How do pruning and quantization differ?"
    assert parts(whole) == (whole,)
    story = "I run a service for pictures. What was the figure?"
    assert parts(story) == (story,)
