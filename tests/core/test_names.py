"""The short name that a title gives its paper."""

import pytest

from rag.core.names import name_in_title


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("DeepCache: Accelerating Diffusion Models for Free", "DeepCache"),
        ("DPTrack:Directional Prompt Learning", "DPTrack"),
        ("Faster Diffusion : Rethinking", "Faster Diffusion"),
        ("A: B: C", "A"),
        ("GPT-2: A Study", "GPT-2"),
        ("YOLO:9000 Classes", "YOLO"),
        ("Mapping identifies HLA-DRB1*01:03 in arthritis", ""),
        ("Ratios of 3:1 at 10:30: a study", "Ratios of 3:1 at 10:30"),
        ("Honey bees", ""),
        (": no name", ""),
        ("", ""),
    ],
)
def test_a_name_stands_before_a_colon_that_is_not_between_digits(title: str, name: str) -> None:
    assert name_in_title(title) == name


def test_a_name_of_too_many_words_is_none() -> None:
    assert name_in_title("One two three: four", most_words=3) == "One two three"
    assert name_in_title("One two three: four", most_words=2) == ""
