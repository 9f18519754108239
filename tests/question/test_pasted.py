"""What is typed or pasted as it stands in a paper is told from questions."""

import pytest

from rag.question.pasted import name_alone, passage

SENTENCE = "The dunes wandered eleven metres a year while the fence stood."


@pytest.mark.parametrize(
    "question",
    [
        f"Is this in there? {SENTENCE}",
        f"{SENTENCE} Is this in there?",
        f"which paper says “{SENTENCE}”",
        f"find this sentence: {SENTENCE}",
        f"who said this: {SENTENCE}",
        f"{SENTENCE} which paper is this from?",
        f"does one of the abstracts contain this: {SENTENCE}",
        f"where does this come from: '{SENTENCE}'",
    ],
)
def test_a_text_that_is_looked_for_is_freed_from_the_words_around_it(question: str) -> None:
    found = passage(question)
    assert found is not None and found.asked
    assert found.text.rstrip(".") == SENTENCE.rstrip(".")


def test_a_long_statement_may_be_pasted_and_several_sentences_are() -> None:
    alone = passage(SENTENCE)
    assert alone is not None and not alone.asked
    several = passage(" ".join([SENTENCE] * 5))
    assert several is not None and several.asked
    told = passage(
        "i work at the coast. " + " ".join([SENTENCE] * 5) + " what i need to know is when to build the fence"
    )
    assert told is not None and not told.asked, "who asks for himself pastes no abstract"


@pytest.mark.parametrize(
    "question",
    [
        "Which papers say that dunes wander more than ten metres a year in winter?",
        "What does the abstract say about the fence that stood beside the dunes?",
        "dunes and fences",
        "Tell me how the dunes of the coast were measured in the years of the study.",
        "act as a plug-and-play guide: which paper does that?",
        "whats the speed of the dunes at the coast in the wet winters",
        "What are the sources of sand, and how do the properties of dunes differ by source?",
    ],
)
def test_questions_and_topics_are_no_pasted_text(question: str) -> None:
    assert passage(question) is None


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("DuneWalk", "DuneWalk"),
        ("the DuneWalk paper", "DuneWalk"),
        ("show me the DuneWalk paper?", "DuneWalk"),
        ("title: Dunes on the Move", "Dunes on the Move"),
        ("“Dunes on the Move”", "Dunes on the Move"),
    ],
)
def test_a_name_is_freed_from_what_stands_around_it(question: str, name: str) -> None:
    assert name_alone(question).lower() == name.lower()
