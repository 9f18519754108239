"""Parts of a question that are not told in what is quoted."""

import pytest

from rag.answer.missing_parts import missing_parts
from rag.core.domain import Evidence, Paper, Span

OVEN = Paper("oven", "Ovens", "We bake bread in 7 minutes. The oven has 3 racks.")
QUOTES = [Evidence(OVEN, Span(0, 27), 1.0, {})]
TOLD = {"said": 0.4, "has_name": 0.0, "names": 0.7}
UNSAID = TOLD | {"said": 0.1}
NAMED = UNSAID | {"has_name": 1.0, "names": 1.0}


@pytest.mark.parametrize(
    ("question", "of_second", "missing"),
    [
        ("How long does the bread bake, and who ate the bread first?", UNSAID, ("who ate the bread first?",)),
        ("How long does the bread bake, and who ate the bread first?", TOLD, ()),
        ("How long does the bread bake, and how does OvenNet cool the racks?", NAMED, ()),
        (
            "How long does the bread bake, and which GPU was the network trained on?",
            TOLD,
            ("which GPU was the network trained on?",),
        ),
        ("Who ate the bread first?", UNSAID, ()),
    ],
)
def test_a_part_is_missing_whose_words_are_not_said_or_whose_detail_is_not_given(
    question: str, of_second: dict[str, float], missing: tuple[str, ...]
) -> None:
    assert missing_parts(question, QUOTES, lambda part: TOLD if part.startswith("How long") else of_second) == missing


def test_where_every_part_would_be_missing_none_is() -> None:
    question = "How long does the bread bake, and who ate the bread first?"
    assert missing_parts(question, QUOTES, lambda _: UNSAID) == ()
