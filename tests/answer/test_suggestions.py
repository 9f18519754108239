"""Only questions that were answered silently are offered, and a reader's own question goes first."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from rag.answer.suggestions import Suggestions
from rag.core.domain import Answer, Message, Mode, Progress
from rag.core.errors import QuestionError
from rag.question.examples import example_candidates
from tests.helpers.answers import answered, citation, paper

BEES = paper("Bees dance.", "Bees")
GOOD = answered(citation(BEES, "Bees dance."))


class _Scripted:
    """Answers what begins with "Good"; of what begins with "Reader" it lets a reader come in between, once."""

    revision = 1

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.began = threading.Event()
        self.interrupted = 0

    def stream(
        self, question: str, history: Sequence[Message] = (), mode: Mode = "auto", most_papers: int | None = None
    ) -> Iterator[Progress | Answer]:
        assert mode == "quote"
        self.asked.append(question)
        yield Progress("searching", question)
        if question.startswith("Slow") and not self.interrupted:
            self.began.set()
            try:
                while True:
                    yield Progress("reading", question)
            except GeneratorExit:
                self.interrupted += 1
                raise
        if question.startswith("Wrong"):
            raise QuestionError("no")
        yield GOOD if question.startswith(("Good", "Slow")) else replace(GOOD, outcome="nearest")


def test_the_first_ones_that_are_answered_are_offered_and_verdicts_are_remembered() -> None:
    assistant = _Scripted()
    suggestions = Suggestions(assistant)
    candidates = ["Good 1?", "Bad?", "Wrong?", "Good 2?", "Good 3?"]
    assert suggestions.answered(candidates, most=2, tries=9, seconds=9) == ["Good 1?", "Good 2?"]
    assert assistant.asked == candidates[:4]
    assert suggestions.answered(candidates, most=2, tries=0, seconds=9) == ["Good 1?", "Good 2?"]
    assert assistant.asked == candidates[:4]
    assistant.revision = 2
    assert suggestions.answered(candidates, most=2, tries=0, seconds=9) == []


@pytest.mark.parametrize(("tries", "seconds"), [(1, 9.0), (9, 0.0)])
def test_what_could_not_be_asked_is_not_offered(tries: int, seconds: float) -> None:
    found = Suggestions(_Scripted()).answered(["Bad?", "Good?"], most=2, tries=tries, seconds=seconds)
    assert found == []


def test_an_answer_from_other_papers_is_none_to_offer() -> None:
    suggestions = Suggestions(_Scripted())
    assert suggestions.answered(["Good?"], most=1, tries=1, seconds=9, papers={"another"}) == []
    assert suggestions.answered(["Good?"], most=1, tries=1, seconds=9, papers={BEES.id}) == ["Good?"]


def test_silent_work_is_given_up_for_a_reader_and_done_afterwards() -> None:
    assistant = _Scripted()
    suggestions = Suggestions(assistant)
    found: list[str] = []
    asking = threading.Thread(target=lambda: found.extend(suggestions.answered(["Slow?"], most=1, tries=1, seconds=30)))
    asking.start()
    assert assistant.began.wait(10)
    with suggestions.reader():
        while not assistant.interrupted:
            threading.Event().wait(0.001)
        assert assistant.asked == ["Slow?"]
    asking.join(10)
    assert (found, assistant.asked) == (["Slow?"], ["Slow?", "Slow?"])


def test_candidates_show_a_definition_a_number_a_list_and_a_comparison() -> None:
    papers = [
        paper("AntMap finds trails with an accuracy of 93 %.", "AntMap: Trails of Ants"),
        paper("BeeMap is 2 times faster on trails.", "BeeMap: Trails of Bees"),
    ]
    definition, number, several, comparison, _ = example_candidates(papers)
    assert definition == ["What is AntMap?", "What is BeeMap?"]
    assert number[:2] == ["What accuracy does AntMap reach?", "By how many percent does AntMap improve?"]
    assert several[:1] == ["Which papers are about trails?"]
    assert comparison[:1] == ["How do AntMap and BeeMap differ?"]
    assert example_candidates([]) == [[], [], [], [], []]
