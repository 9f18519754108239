"""Whether a question needs what was said before: by its words alone, and by what a fitted model looks at."""

import pytest

from rag.core.domain import Hit
from rag.ingest.formats.record import make_paper
from rag.question.leaning import leaning, signals, topic_words

GRAIN = make_paper(title="GrainSort: Grading Wheat", abstract="We sort wheat kernels by their colour.")
TIDES = make_paper(title="TideScan: Mapping Coasts", abstract="Tidal flats are mapped from satellite pictures.")


@pytest.mark.parametrize(
    "question",
    [
        "Which papers are about tides?",
        "Which papers use satellites?",
        "Which method reduces the grading of kernels to one step?",
        "papers without code",
        "List works on coasts",
        "Show me all surveys",
        "Is there any work on barley?",
        "Do any papers discuss mills?",
        "Are there surveys?",
        "Which approaches do not need labels?",
        "newest paper",
        "How many papers deal with harvests?",
        "What is remote sensing?",
        "kernel grading",
        "thanks",
        "How many papers are in this library?",
    ],
)
def test_a_question_over_the_whole_library_stands_alone(question: str) -> None:
    assert leaning(question) == "alone"


@pytest.mark.parametrize(
    "question",
    [
        "yes",
        "yes please",
        "why?",
        "code?",
        "any limitations?",
        "on ImageNet?",
        "for rye?",
        "with how many steps?",
        "the FID?",
        "what is the frame rate?",
        "trained on what?",
        "which mills?",
        "in German please",
        "in two sentences",
        "who wrote it?",
        "and its limits?",
        "the second one",
        "which of them needs no training?",
        "what about TideScan?",
        "compare it with TideScan",
        "vs TideScan",
        "What do the authors conclude?",
        "why not by hand?",
        "ok, and the drawbacks?",
    ],
)
def test_a_piece_of_a_question_and_what_points_back_lean(question: str) -> None:
    assert leaning(question) == "leans"


def test_words_that_fit_any_paper_are_no_topic() -> None:
    assert topic_words("What are the limitations of the method, and which datasets were used?") == []
    assert topic_words("How are wheat kernels graded?") == ["wheat", "kernels", "graded"]


def test_the_signals_tell_whose_words_a_question_has() -> None:
    hits = [Hit(TIDES, 2.0, {"dense": 0.5, "sentence": 0.6}), Hit(GRAIN, 1.0, {"dense": 0.2})]
    found = signals("How are tidal flats mapped by it?", [GRAIN], hits)
    assert (found["said"], found["said_elsewhere"], found["close_elsewhere"]) == (0.0, 1.0, 0.6)
    assert (found["first"], found["near"], found["pronoun"], found["before_pronoun"]) == (0.0, 1.0, 1.0, 3.0)
    own = signals("Are wheat kernels sorted by colour?", [GRAIN], hits[1:])
    assert (own["said"], own["said_elsewhere"], own["first"]) == (1.0, 0.0, 1.0)
