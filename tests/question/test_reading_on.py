"""Reading on about the papers of the last answer, and having it shorter."""

import pytest

from rag.core.domain import Message
from rag.question.follow_up import standalone
from tests.question.test_follow_up import CODEC, DEEPCACHE, _Library

SAID = [
    Message("user", "How fast is DeepCache?"),
    Message("assistant", "“DeepCache is a training-free way to speed diffusion up.” [1]", (DEEPCACHE.id,)),
]


@pytest.mark.parametrize("question", ["tell me more", "more", "go on", "what else?"])
def test_reading_on_is_about_the_papers_of_the_last_answer_and_knows_all_that_was_quoted(question: str) -> None:
    more = [
        *SAID,
        Message("user", "more"),
        Message("assistant", "“It needs no training of any kind.” [1]", (DEEPCACHE.id,)),
    ]
    query = standalone(question, more, _Library(DEEPCACHE, CODEC))
    assert (query.step, query.about, query.by_identifier) == ("more", (DEEPCACHE.id,), True)
    assert query.text == f"{question} (about: DeepCache)"
    assert query.sentence_question == "How fast is DeepCache?"
    assert query.quoted == (
        "DeepCache is a training-free way to speed diffusion up.",
        "It needs no training of any kind.",
    )


def test_less_is_about_what_was_asked_last_of_the_papers() -> None:
    history = [
        *SAID,
        Message("user", "tell me more"),
        Message("assistant", "“It needs no training.” [1]", (DEEPCACHE.id,)),
    ]
    query = standalone("shorter please", history, _Library(DEEPCACHE))
    assert (query.step, query.about, query.quoted) == ("shorter", (DEEPCACHE.id,), ())
    assert query.sentence_question == "How fast is DeepCache?"


def test_a_pronoun_in_what_was_asked_last_gets_the_title_beside_it() -> None:
    history = [
        *SAID,
        Message("user", "is it free?"),
        Message("assistant", "“Yes, it is free of training.” [1]", (DEEPCACHE.id,)),
    ]
    assert standalone("in one sentence", history, _Library(DEEPCACHE)).sentence_question == "is it free? DeepCache"


def test_an_answer_without_papers_and_small_talk_are_passed_over() -> None:
    history = [*SAID, Message("user", "thanks"), Message("assistant", "You are welcome.")]
    assert standalone("more", history, _Library(DEEPCACHE)).about == (DEEPCACHE.id,)
    assert standalone("Does it need retraining?", history, _Library(DEEPCACHE)).about == (DEEPCACHE.id,)
    counted = [
        *SAID,
        Message("user", "How many papers are there?"),
        Message("assistant", "This library holds 2 papers."),
    ]
    assert standalone("who wrote it?", counted, _Library(DEEPCACHE)).about == (DEEPCACHE.id,)
    declined = [*SAID, Message("user", "Who won?"), Message("assistant", "Not in these abstracts.")]
    assert standalone("more", declined, _Library(DEEPCACHE)).about == (DEEPCACHE.id,)


def test_without_anything_said_there_is_nothing_to_read_on() -> None:
    assert standalone("tell me more", [], _Library()).about == ()
    assert standalone("tell me more", [Message("user", "hi"), Message("assistant", "Hello.")], _Library()).about == ()


@pytest.mark.parametrize(
    "question", ["List all titles", "How many papers are in this library?", "hi", "what can you do?"]
)
def test_what_is_asked_of_the_library_is_not_about_the_last_answer(question: str) -> None:
    assert standalone(question, SAID, _Library(DEEPCACHE)).about == ()
