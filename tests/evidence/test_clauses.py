"""Long sentences are quoted by the clauses that answer, in exact words."""

from collections.abc import Callable, Sequence

from rag.core.domain import Evidence, Paper, Span
from rag.evidence.selection import clauses_of, narrow

FIRST = "Objects are left incomplete at low resolutions for want of spatial information in the whole of the image"
SECOND = "repeated patterns come from too much of the same information at the high resolutions that people ask for most"
LONG = f"{FIRST}, while {SECOND}."
SHORT = "It is short."
PAPER = Paper("p", "P", f"{SHORT} {LONG}")
SENTENCE = Span(len(SHORT) + 1, len(PAPER.abstract))


class _Likes:
    """A match whose score is that of a function of the span."""

    def __init__(self, score: Callable[[Span], float]) -> None:
        self._score = score

    def score(self, spans: Sequence[Span]) -> float:
        return self._score(spans[0])


EVERYTHING = _Likes(lambda span: 1.0)
THE_FIRST = _Likes(lambda span: float(span.start == 0))


def _likes(word: str) -> _Likes:
    return _Likes(lambda span: float(word in span.of(PAPER.abstract)))


def test_a_long_sentence_is_narrowed_to_the_clause_that_matches() -> None:
    item = Evidence(PAPER, SENTENCE, 1.0, {})
    assert narrow(item, "Why are objects incomplete?", _likes("incomplete")).text == FIRST
    assert narrow(item, "Why are there patterns?", _likes("patterns")).text == f"while {SECOND}."
    assert narrow(item, "Why?", EVERYTHING).text == LONG


def test_a_clause_with_a_number_stays_where_a_number_is_asked_for() -> None:
    paper = Paper("p", "P", LONG.replace("too much", "12 times"))
    item = Evidence(paper, Span(0, len(paper.abstract)), 1.0, {})
    first = narrow(item, "Why are objects incomplete?", THE_FIRST)
    assert first.text == FIRST
    whole = narrow(item, "How many times?", THE_FIRST)
    assert whole.text == paper.abstract


def test_a_short_sentence_and_one_of_a_single_clause_stay_whole() -> None:
    short = Evidence(PAPER, Span(0, len(SHORT)), 1.0, {})
    assert narrow(short, "Why?", EVERYTHING) is short
    single = Paper("p", "P", "word " * 50)
    item = Evidence(single, Span(0, 249), 1.0, {})
    assert narrow(item, "Why?", EVERYTHING) is item


def test_clauses_cover_the_sentence_and_none_is_a_fragment() -> None:
    text = f"{FIRST}; and so on; {SECOND}"
    pieces = clauses_of(text, Span(0, len(text)))
    assert [len(piece.of(text).split()) >= 8 for piece in pieces] == [True, True]
    assert pieces[0].start == 0 and pieces[-1].end == len(text)
    listed = "It does two things for all of them: i) it saves them a lot of time and ii) it saves them a lot of memory."
    assert [piece.of(listed) for piece in clauses_of(listed, Span(0, len(listed)))] == [
        "It does two things for all of them: i) it saves them a lot of time",
        "ii) it saves them a lot of memory.",
    ]
