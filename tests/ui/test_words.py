"""Messages that reach a reader: no names of settings, and still what happened."""

import pytest

from tests.helpers.answers import answered, citation, done, paper, parts
from ui.records import ChatTurn
from ui.views.words import plain, sentence


@pytest.mark.parametrize(
    ("message", "read"),
    [
        ("Nothing to change here: all is well.", "Nothing to change here: all is well."),
        (
            "Quoted instead of written: no writer is set up: name a server by CITEWISE_WRITER_URL, or a model by CITEWISE_WRITER.",
            "Quoted instead of written: no writer is set up; whoever runs citewise can change this.",
        ),
        (
            "Cut off. It reached the limit of 30 s (CITEWISE_WRITER_SECONDS)",
            "Cut off. It reached the limit of 30 s; whoever runs citewise can change this.",
        ),
        (
            "The server did not answer in 30 s; ask again, or raise CITEWISE_WRITER_SECONDS. One more thing.",
            "The server did not answer in 30 s; whoever runs citewise can change this. One more thing.",
        ),
        ("CITEWISE_WRITER_URL is no address.", "A setting does not fit; whoever runs citewise can change this."),
    ],
)
def test_advice_that_names_a_setting_becomes_who_can_follow_it(message: str, read: str) -> None:
    assert plain(message) == read


def test_a_message_is_a_sentence_of_its_own() -> None:
    assert sentence("the library is still loading; try\nagain") == "The library is still loading; try again."
    assert sentence("Is it there?") == "Is it there?"
    assert sentence("") == ""


def test_no_state_of_a_turn_names_a_setting() -> None:
    from dataclasses import replace

    answer = replace(answered(citation(paper(), "One.")), notice="Not written: name a server by CITEWISE_WRITER_URL.")
    failed = ChatTurn("turn1", "q", "failed", note="it cannot be loaded; name another by CITEWISE_READER")
    for turn in (done(answer), failed):
        assert "CITEWISE" not in str(parts(turn)["state"])
        assert "whoever runs citewise can change this" in str(parts(turn)["state"])
