"""What the window says of papers without an abstract and of retracted ones: in words, wherever a paper is shown."""

import re
from dataclasses import replace

from rag.answer.quoted import NO_ABSTRACT, quote, text_of
from rag.core.domain import Answer, Evidence, Hit, Span
from tests.helpers.answers import Shown, done, everything, paper, parts
from ui.views.answer import is_list
from ui.views.follow_ups import follow_ups
from ui.views.sources import NO_ABSTRACT as ON_CARD
from ui.views.sources import paper_rows

BEES = paper("Bees dance. They hum.", "BeeHum: Hearing Bees", id="bees")
BARE = paper("", "Hives of Old", id="bare", status="withdrawn")
GONE = paper("Ants hum.", "RETRACTED: Humming Ants", id="gone", status="retracted")
QUESTION = "Which papers are about humming?"
EVIDENCE = (
    Evidence(BEES, Span(12, 21), 1.0, {}),
    Evidence(GONE, Span(0, 9), 1.0, {}),
    Evidence(BARE, Span(0, 0), 0.0, {}),
)


def _listed() -> Answer:
    sentences = quote(EVIDENCE)
    text = text_of(sentences, with_count=True)
    return Answer(QUESTION, QUESTION, "quote", "answered", 0.9, text, sentences, evidence=EVIDENCE[:2])


def _words(html: object) -> str:
    return " ".join(Shown(str(html)).text.split())


def test_a_list_has_a_row_for_a_paper_without_an_abstract_and_no_empty_quote() -> None:
    html = everything(done(_listed()))
    assert is_list(_listed())
    assert NO_ABSTRACT in _words(html)
    assert "“”" not in html
    assert "3 papers, exact words" in _words(html)


def test_its_card_says_that_only_the_title_is_known() -> None:
    cards = re.findall(r"<article.*?</article>", str(parts(done(_listed()))["sources"]), re.DOTALL)
    assert [ON_CARD in card for card in cards] == [False, False, True]
    assert "cw-abstract" not in cards[2]
    assert "Copy citation" in cards[2]


def test_what_became_of_a_paper_stands_on_its_card_in_words() -> None:
    html = str(parts(done(_listed()))["sources"])
    cards = [_words(card) for card in re.findall(r"<article.*?</article>", html, re.DOTALL)]
    assert "Retracted" not in cards[0]
    assert cards[1].startswith("2RETRACTED: Humming AntsRetracted")
    assert cards[2].startswith("3Hives of OldWithdrawn")


def test_the_rows_of_the_list_of_papers_say_both() -> None:
    rows = [
        _words(row) for row in re.findall(r"<article.*?</article>", str(paper_rows([BEES, BARE], "hum")), re.DOTALL)
    ]
    assert "Withdrawn" in rows[1] and ON_CARD in rows[1]
    assert "Abstract" in rows[0] and ON_CARD not in rows[0]


def test_papers_that_are_not_cited_say_it_too() -> None:
    answer = replace(_listed(), sentences=quote(EVIDENCE[:1]), retrieved=(Hit(BARE, 0.5, {}), Hit(GONE, 0.1, {})))
    words = _words(parts(done(answer))["sources"])
    assert ON_CARD in words and "Retracted" in words


def test_an_answer_that_only_says_that_there_is_no_abstract_shows_its_card() -> None:
    sentences = quote(EVIDENCE[2:])
    answer = Answer("What is Hives of Old?", "q", "quote", "declined", 0.0, text_of(sentences), sentences)
    html = everything(done(replace(answer, origin="records", notice="Withdrawn: Hives of Old [1].")))
    words = _words(html)
    assert "Not found" in words and "from the record of 1 paper" in words
    assert "Withdrawn: Hives of Old [1]." in words
    assert NO_ABSTRACT in words and ON_CARD in words


def test_no_question_is_offered_that_only_an_abstract_could_answer() -> None:
    assert not any("Hives" in question for question in follow_ups(_listed()))
    assert follow_ups(replace(_listed(), outcome="declined", sentences=(), nearest=(BARE,))) == []
