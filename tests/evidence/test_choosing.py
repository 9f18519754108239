"""How many sentences an answer has: each one after the best has to add enough for its words."""

import pytest

from rag.core.domain import Evidence, Paper, Span
from rag.core.logistic import Feature, Logistic, load_logistic
from rag.evidence.choosing import gain_signals, worth_showing

SENTENCES = ["The cache is filled once.", "It is twice as fast.", "We train on faces.", "Nothing is lost in quality."]
TEXT = " ".join(SENTENCES)
LONG = "This one sentence goes on and on about what was said before, and about what was said before that, and so on."


def _evidence(place: int, score: float, paper: str = "a", text: str = TEXT, **parts: float) -> Evidence:
    start = text.index(SENTENCES[place])
    named = {f"part {name[1:]}": value for name, value in parts.items()}
    return Evidence(Paper(paper, "Caches", text), Span(start, start + len(SENTENCES[place])), score, named)


def _model(threshold: float = 0.3, **weights: float) -> Logistic:
    return Logistic(tuple(Feature(name, 0.0, 1.0, weight) for name, weight in weights.items()), 0.0, threshold, {})


def test_a_clear_winner_stands_alone_and_a_flat_field_gives_several() -> None:
    model = _model(gap=-3.0)
    assert worth_showing([_evidence(0, 5.0), _evidence(1, 2.0), _evidence(2, 1.0)], model, 4) == (_evidence(0, 5.0),)
    flat = [_evidence(place, 2.0 - place / 100) for place in range(4)]
    assert sorted(worth_showing(flat, model, 4), key=lambda item: item.span.start) == flat
    assert len(worth_showing(flat, model, 3)) == 3
    assert worth_showing([], model, 4) == ()


def test_what_answers_another_part_of_the_question_comes_before_what_is_nearer_to_the_whole() -> None:
    best = _evidence(0, 5.0, p1=2.0, p2=-3.0)
    again = _evidence(2, 4.8, p1=1.5, p2=-3.0)
    other = _evidence(1, 3.0, p1=-2.0, p2=2.0)
    assert worth_showing([best, again, other], _model(0.6, part_gain=2.0), 2) == (best, other)


def test_a_part_that_is_left_open_gets_the_sentence_that_answers_it_however_far_behind() -> None:
    best, other = _evidence(0, 9.0, p1=2.0, p2=-2.0), _evidence(1, -3.0, p1=-2.0, p2=1.5)
    nothing_adds = _model(2.0)
    assert worth_showing([best, other], nothing_adds, 4) == (best, other)
    assert worth_showing([best, other], nothing_adds, 1) == (best,)
    assert worth_showing([best, _evidence(1, -3.0, p1=-2.0, p2=-0.5)], nothing_adds, 4) == (best,), "it rather does not"
    assert worth_showing([best, _evidence(1, -3.0, paper="b", p1=-2.0, p2=1.5)], nothing_adds, 4) == (best,)
    assert worth_showing([_evidence(0, 9.0, p1=2.0, p2=1.0), other], nothing_adds, 4)[1:] == (), "it is told already"


def test_a_longer_sentence_has_to_be_likelier() -> None:
    text = f"{SENTENCES[0]} {LONG}"
    long = Evidence(Paper("a", "Caches", text), Span(len(SENTENCES[0]) + 1, len(text)), 4.9, {})
    short = _evidence(1, 4.9)
    assert worth_showing([_evidence(0, 5.0), short], _model(0.7), 4) == (_evidence(0, 5.0), short)
    assert len(worth_showing([_evidence(0, 5.0), long], _model(0.7), 4)) == 1


def test_the_signals_say_what_a_sentence_adds_to_those_shown() -> None:
    shown = [_evidence(0, 5.0, p1=2.0, p2=-1.0)]
    signals = gain_signals(shown, _evidence(1, 3.5, p1=0.0, p2=1.0))
    assert signals["gap"] == 1.5
    assert (signals["same"], signals["beside"], signals["parts"]) == (1.0, 1.0, 1.0)
    assert signals["part_gain"] == 2.0
    assert (signals["second"], signals["third"]) == (1.0, 0.0)
    far = gain_signals(shown, _evidence(3, 3.5))
    assert (far["beside"], far["part_gain"]) == (0.0, -3.0), "no part was read for it"
    assert gain_signals(shown, _evidence(1, 3.5, paper="b"))["same"] == 0.0
    third = gain_signals([*shown, _evidence(1, 3.5)], _evidence(2, 3.0))
    assert (third["second"], third["third"]) == (0.0, 1.0)
    assert third["shown_words"] > signals["shown_words"]


@pytest.mark.parametrize("place", [1, 3])
def test_the_shipped_model_takes_what_is_near_and_leaves_what_is_far_behind(place: int) -> None:
    model = load_logistic("choosing")
    best = _evidence(0, 5.0)
    assert worth_showing([best, _evidence(place, 4.9)], model, 4)[1:]
    assert not worth_showing([best, _evidence(place, -3.0, paper="b")], model, 4)[1:]
