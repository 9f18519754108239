"""What a follow-up asks: the same of another thing, a comparison, one of a list that was given before."""

from collections.abc import Sequence

import pytest

from rag.core.domain import Message, Paper
from rag.ingest.formats.record import make_paper
from rag.question.follow_up import Query, standalone
from tests.question.test_follow_up import _Library

GRAIN = make_paper(title="GrainSort: Grading Wheat", abstract="We sort wheat kernels by their colour.")
TIDES = make_paper(title="TideScan: Mapping Coasts", abstract="Tidal flats are mapped from satellite pictures.")
BEES = make_paper(title="HiveHum: Hearing Bees", abstract="Hives are heard at night.")
LIBRARY = _Library(GRAIN, TIDES, BEES)


def _said(*turns: tuple[str, Sequence[Paper]]) -> list[Message]:
    history: list[Message] = []
    for asked, papers in turns:
        cited = tuple(paper.id for paper in papers)
        history += [
            Message("user", asked),
            Message("assistant", "Written [1]." if papers else "You are welcome.", cited),
        ]
    return history


def _asked(question: str, *turns: tuple[str, Sequence[Paper]]) -> Query:
    return standalone(question, _said(*turns), LIBRARY)


ONE = ("How fast is GrainSort?", [GRAIN])
LIST = ("Which papers map things?", [TIDES, GRAIN, BEES])


@pytest.mark.parametrize("question", ["compare it with TideScan", "how does it differ from tide scan?", "vs TideScan"])
def test_a_comparison_is_about_both_papers(question: str) -> None:
    query = _asked(question, ONE)
    assert query.about == (GRAIN.id, TIDES.id)
    assert query.own_words.startswith("Compare GrainSort and TideScan")


def test_the_same_is_asked_of_another_paper() -> None:
    query = _asked("what about TideScan?", ONE)
    assert (query.about, query.sentence_question) == ((TIDES.id,), "How fast is TideScan?")
    assert _asked("and HiveHum?", ONE, ("what about TideScan?", [TIDES])).sentence_question == "How fast is HiveHum?"


def test_the_same_is_asked_of_another_topic_of_the_whole_library() -> None:
    query = _asked("what about rye?", ("Which papers are about wheat?", [GRAIN]))
    assert (query.text, query.about) == ("Which papers are about rye?", ())
    assert _asked("what about rye?", ONE).text == "How fast is rye?"


@pytest.mark.parametrize("question", ["what about the speed?", "what about kernels?"])
def test_what_the_paper_itself_tells_is_a_follow_up(question: str) -> None:
    assert _asked(question, ONE).about == (GRAIN.id,)


def test_the_second_reaches_back_to_the_last_list() -> None:
    assert _asked("and the second?", LIST, ("what does the first do?", [TIDES])).about == (GRAIN.id,)
    assert _asked("the last one", LIST, ("thanks", [])).about == (BEES.id,)
    assert _asked("which of these is newest?", LIST, ("the first?", [TIDES])).about == (TIDES.id, GRAIN.id, BEES.id)


def test_a_list_question_is_asked_of_the_whole_library_although_it_points_back() -> None:
    query = _asked("Which papers are like it?", ONE)
    assert (query.about, query.text) == ((), "Which papers are like it? (about: GrainSort: Grading Wheat)")


def test_yes_goes_on_with_the_last_answer() -> None:
    query = _asked("yes", ONE)
    assert (query.step, query.about) == ("more", (GRAIN.id,))


def test_a_written_answer_without_ids_is_followed_by_its_marked_sentences() -> None:
    history = [
        Message("user", "What is done with wheat?"),
        Message("assistant", "Wheat kernels are graded by colour [1]."),
    ]
    assert standalone("does it work at night?", history, LIBRARY).about == (GRAIN.id,)


def test_many_papers_are_looked_through_alone_and_not_searched_by_their_titles() -> None:
    many = [make_paper(title=f"Sort{'abcde'[n]}x: Title {n}", abstract=f"Sorting {n}.") for n in range(5)]
    history = [Message("user", "Which papers sort?"), Message("assistant", "x", tuple(paper.id for paper in many))]
    query = standalone("which of them needs labels?", history, _Library(*many))
    assert query.about == query.within == tuple(paper.id for paper in many)
    assert query.text == "which of them needs labels?" and "Title 4" in query.asked_as


def test_a_name_in_another_spelling_is_that_paper() -> None:
    assert _asked("grain sort accuracy", ONE).about == (GRAIN.id,)


def test_these_are_the_papers_of_two_answers_of_one_paper_each() -> None:
    query = _asked("compare them", ONE, ("What is HiveHum?", [BEES]))
    assert query.about == (GRAIN.id, BEES.id)
