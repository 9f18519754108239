"""Follow-ups to each kind of answer, with the real models: what the question is taken to be about."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rag.answer.assistant import Assistant
from rag.answer.quoted import DECLINED
from rag.core.domain import Answer, AnswerSentence, Message
from tests.helpers.assistants import SPEEDUP

FOLLOW_UP = "Does it need retraining of the network?"


@pytest.fixture(scope="module")
def quoted(asked: Callable[[str], Answer]) -> Answer:
    return asked(SPEEDUP)


def _history(answer: Answer) -> list[Message]:
    return [Message("user", answer.question), answer.message]


def _about_deepcache(question: str) -> bool:
    return question.startswith(f"{FOLLOW_UP} (about: DeepCache: ")


def test_a_follow_up_to_a_quoted_answer_is_about_the_papers_it_cites(assistant: Assistant, quoted: Answer) -> None:
    assert quoted.message.cited == tuple(paper.id for paper in quoted.cited_papers) != ()
    answer = assistant.ask(FOLLOW_UP, _history(quoted))
    assert _about_deepcache(answer.standalone_question)
    assert {paper.id for paper in answer.cited_papers} <= set(quoted.message.cited)


def test_a_follow_up_to_a_written_answer_is_about_the_papers_it_cites(assistant: Assistant, quoted: Answer) -> None:
    """It has no quotation marks: the ids alone tell."""
    sentence = AnswerSentence("It is 2.3 times as fast.", "supported", quoted.sentences[0].citations)
    written = replace(quoted, mode="write", sentences=(sentence,), text="It is 2.3 times as fast. [1]")
    answer = assistant.ask(FOLLOW_UP, _history(written))
    assert _about_deepcache(answer.standalone_question)
    assert [paper.id for paper in answer.cited_papers] == [quoted.sentences[0].citations[0].paper.id]
    without_ids = [Message("user", SPEEDUP), Message("assistant", written.text)]
    assert not _about_deepcache(assistant.standalone(FOLLOW_UP, without_ids))


def test_a_follow_up_to_a_declined_answer_is_asked_after_the_question_before(
    assistant: Assistant, quoted: Answer
) -> None:
    asked = "How are islands made below the sea?"
    declined = replace(quoted, question=asked, outcome="declined", sentences=(), text=DECLINED)
    assert declined.message.cited == ()
    question = assistant.standalone("And why is it there?", _history(declined))
    assert question == f"And why is it there? (after: {asked})"


def test_the_ids_of_a_message_tell_the_same_as_its_quotation_marks(assistant: Assistant, quoted: Answer) -> None:
    by_text = [Message("user", quoted.question), Message("assistant", quoted.text)]
    assert assistant.searcher.understand(FOLLOW_UP, _history(quoted)) == assistant.searcher.understand(
        FOLLOW_UP, by_text
    )
