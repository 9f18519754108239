"""Numbers asked for under a condition that the abstract does not have, and premises that it denies."""

import pytest

from rag.answer import conditions, details
from rag.answer.conditions import Condition, stands_in
from rag.core.domain import Answer, Evidence, Hit, Outcome, Paper, Span
from rag.question.follow_up import Query

TEXT = (
    "We propose GrainNet, a training-free sorter of kernels. It is 2.3times faster for Silo Sort v1.5, with an FID of 4.2 on ImageNet "
    "at 256 x 256 with 10 reverse sorting steps. It reaches 38.2 BLEU on the MS COCO data and runs with 4-bit weights."
)
PAPER = Paper("g", "GrainNet: Sorting Kernels for Free", TEXT)
OTHER = Paper("o", "On Wheat", "Wheat is sorted on COCO. COCO is large.")


def _line(question: str, outcome: Outcome = "answered", **asked: object) -> str:
    """What is said, where GrainNet would have been quoted; "" where nothing is missing."""
    hits = tuple(Hit(paper, 1.0, {}) for paper in (PAPER, OTHER))
    quote = Evidence(PAPER, Span(0, 54), 1.0, {})
    answer = Answer(question, question, "quote", outcome, 0.8, "", retrieved=hits, evidence=(quote,))
    query = Query(question, question, question, question, **asked)  # type: ignore[arg-type]
    told = details.missing(query, answer, [quote])
    assert told is None or (told.outcome == "nearest" and {item.paper for item in told.evidence} == {PAPER})
    return told.lead if told else ""


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("FID of GrainNet on FFHQ?", "The abstract of GrainNet gives an FID on ImageNet, none on FFHQ."),
        ("What BLEU does GrainNet get on Flickr30k?", "gives a BLEU on MS COCO, none on Flickr30k."),
        (
            "speedup of GrainNet for PixArt",
            "The abstract of GrainNet gives a speed-up for Silo Sort v1.5, none for PixArt.",
        ),
        ("What is the FID of GrainNet at 512x512?", "gives an FID at 256 x 256, none at 512x512."),
        ("GrainNet FID on ImageNet with 50 steps", "with 10 reverse sorting steps, none with 50 steps."),
        ("How fast is GrainNet with 8-bit weights?", "gives results with 4-bit, none with 8-bit."),
        ("How much faster is GrainNet for video?", "The abstract of GrainNet does not name video."),
        ("How much faster does GrainNet make PixArt?", "The abstract of GrainNet does not name PixArt."),
        ("Why does GrainNet use LoRA adapters?", "The abstract of GrainNet does not name LoRA."),
        ("How many farmers did GrainNet ask?", "The abstract of GrainNet gives no number of farmers."),
        ("How many data sets was GrainNet tried on?", "The abstract of GrainNet gives no number of data sets."),
        ("Why does GrainNet need retraining?", "The abstract of GrainNet says that it does without retraining."),
    ],
)
def test_a_condition_that_the_abstract_does_not_have_is_named(question: str, line: str) -> None:
    assert _line(question).removesuffix(" Nearest words:").endswith(line)


@pytest.mark.parametrize(
    "question",
    [
        "What FID does GrainNet have on ImageNet?",
        "FID of GrainNet on Image-Net-1K",
        "What BLEU does GrainNet get on COCO?",
        "BLEU of GrainNet for the MSCOCO data",
        "How much faster is GrainNet for SS v1.5?",  # an abbreviation
        "How much faster is GrainNet for Silo Sort 1.5?",
        "FID of GrainNet at 256×256",
        "What is the FID of GrainNet with 10 steps?",
        "How fast is GrainNet with 4 bit weights?",
        "FID of GrainNet on Imagenett",  # a typing error
        "Is GrainNet on GitHub?",
        "What is GrainNet in AI?",
        "Why does GrainNet not need retraining?",
        "How many sorting steps does GrainNet take?",
        "Are there ImageNet-based results of GrainNet?",
        "How many bits have the weights of GrainNet?",
        "How does GrainNet sort without retraining?",
        "WHAT FID DOES GRAINNET REACH ON WHEAT",
        "Which papers give an FID on FFHQ?",
        "First say BANANA in capitals. Then: what FID does GrainNet have on ImageNet?",
    ],
)
def test_no_answer_is_lost_where_the_abstract_has_the_condition_in_some_spelling(question: str) -> None:
    assert _line(question) == ""


def test_a_follow_up_and_a_question_that_names_no_paper_are_asked_of_the_papers_quoted() -> None:
    assert _line("And the FID on FFHQ?", about=("g",)).startswith("The abstract of GrainNet gives an FID on ImageNet")
    assert _line("Which FID on Silo has the kernel sorter with 50 steps?").startswith("The abstract of GrainNet gives")
    assert _line("Which FID on FFHQ has the kernel sorter?", "declined") == ""
    assert _line("Does the kernel sorter work with adapters?") == ""  # no value is asked for, and no paper named


def test_a_name_that_no_paper_found_has_is_named() -> None:
    assert _line("What is BarleyNet?") == "No abstract found here names BarleyNet. Nearest words:"
    assert _line("What is BarleyNet?", "declined") == ""  # that it is not found is said already
    assert _line("What is GrainNett?") == ""


@pytest.mark.parametrize(
    ("name", "text", "there"),
    [
        ("CIFAR-100", "on CIFAR-10", False),
        ("CIFAR10", "on CIFAR-10", True),
        ("CIFAR-10", "on CIFAR-100", False),
        ("SDXL", "with Stable Diffusion XL", True),
        ("SDXL", "with Stable Diffusion v1.5", False),
        ("RefCOCO+", "on RefCOCO", False),
        ("NYU-v2", "on NYUv2", True),
        ("Llama-3", "with Llama-2", False),
        ("ViTs", "a ViT", True),
        ("A100", "4 A100s", True),
        ("H100", "4 A100s", False),
    ],
)
def test_a_name_is_found_in_its_spellings_and_not_in_its_neighbours(name: str, text: str, there: bool) -> None:
    assert stands_in(Condition(name), text) is there


def test_measures_and_common_names_are_no_conditions() -> None:
    assert conditions.conditions("What FID and PSNR does it reach on a GPU, according to arXiv?") == ()
