"""A paper that is named alone is shown, and a pasted text is found in its abstract; looked up in a real library, without models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer.aspects import evidence
from rag.answer.languages import by_shared_words, foreign
from rag.answer.quoted import short_name
from rag.answer.records import Records
from rag.answer.summaries import sentences_of
from rag.core.domain import Answer, Evidence, Paper
from rag.core.sentences import sentences
from rag.evidence.roles import load_roles, role_sentences
from rag.library.store import Library
from rag.question.follow_up import Query
from rag.question.summaries import SummaryRequest
from tests.conftest import add

DUNE = (
    "Dunes move, and maps of them are soon wrong. We present DuneWalk, which follows dunes from the air. "
    "DuneWalk finds that dunes wander 11 metres a year. It needs no markers on the ground."
)
PAPERS = [
    Paper("dune", "DuneWalk: Dunes on the Move Seen from the Air", DUNE, authors=("Ida Berg",), year=2020),
    Paper("reed", "Cutting Reed for Roofs in Wet Winters", "Reed rots in wet winters. We cut reed late and dry it."),
    Paper("marl", "MarlScan: Lime in Fields", "Fields need lime. We introduce MarlScan, which finds lime in fields."),
    Paper("wet", "Wet Fields", "Fields flood in spring. We count fields that flood."),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("pasted") / "library"
    add(folder, PAPERS)
    opened = Library.open(folder)
    yield opened
    opened.close()


def _introduction(paper: Paper) -> tuple[Evidence, ...]:
    """By the fitted roles alone, without vectors."""
    told = role_sentences(load_roles(), paper, sentences(paper.abstract))
    request = SummaryRequest(short_name(paper), 1, "definition")
    return tuple(evidence(paper, sentence) for sentence in sentences_of(paper, told, request))


def _told(library: Library, question: str) -> Answer | Query:
    return Records(library, _introduction).answer(Query(question, question, question, question))


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("DuneWalk", "dune"),
        ("dune walk", "dune"),
        ("the MARLSCAN paper", "marl"),
        ("DuneWalk: Dunes on the Move Seen from the Air", "dune"),
        ("dunes on the move seen from the air", "dune"),
        ("DuneWalk: Dunes on teh Move Sen from the Air", "dune"),
        ("cutting reed", "reed"),
        ("Cutting Reed for Roofs", "reed"),
        ("lime in fields", "marl"),
        ("fields", None),
        ("Which dunes move?", None),
    ],
)
def test_a_name_or_title_alone_shows_the_paper(library: Library, question: str, paper: str | None) -> None:
    answer = _told(library, question)
    if paper is None:
        assert isinstance(answer, Query)
        return
    assert isinstance(answer, Answer)
    assert [one.id for one in answer.cited_papers] == [paper]
    assert answer.outcome == "answered"


def test_the_card_has_the_record_and_the_sentence_that_says_what_the_paper_does(library: Library) -> None:
    answer = _told(library, "DuneWalk")
    assert isinstance(answer, Answer)
    assert answer.notice == "Ida Berg (2020). DuneWalk: Dunes on the Move Seen from the Air."
    assert answer.text.startswith(answer.notice)
    assert [sentence.text for sentence in answer.sentences] == [
        "We present DuneWalk, which follows dunes from the air."
    ]


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("DuneWalk finds that dunes wander 11 metres a year.", "This sentence is in the abstract of DuneWalk:"),
        (
            "Is this in there? “DuneWalk finds that dunes wander 11 metres a year”",
            "This sentence is in the abstract of DuneWalk:",
        ),
        (
            "find this: DuneWalk finds that dunes wander about 12 metres a year",
            "Nearly these words are in the abstract of DuneWalk; there it says:",
        ),
    ],
)
def test_a_pasted_sentence_is_found_word_for_word_or_nearly(library: Library, question: str, lead: str) -> None:
    answer = _told(library, question)
    assert isinstance(answer, Answer)
    assert answer.notice == lead
    assert [sentence.text for sentence in answer.sentences] == ["DuneWalk finds that dunes wander 11 metres a year."]


def test_a_pasted_abstract_is_found_with_all_its_sentences(library: Library) -> None:
    answer = _told(library, DUNE)
    assert isinstance(answer, Answer)
    assert answer.notice == "These words are in the abstract of DuneWalk:"
    assert len(answer.sentences) == 4


def test_a_text_that_is_nowhere_is_looked_for_and_no_answer_is_claimed(library: Library) -> None:
    asked = _told(library, "Which paper says “Bees return to the flowers that were fed with caffeine”?")
    assert isinstance(asked, Query)
    assert asked.no_claim.startswith("This text is in none of these abstracts")
    assert asked.own_words == "Bees return to the flowers that were fed with caffeine"


def test_the_whole_abstract_is_quoted_in_its_order(library: Library) -> None:
    answer = _told(library, "show me the abstract of DuneWalk")
    assert isinstance(answer, Answer)
    assert " ".join(sentence.text for sentence in answer.sentences) == DUNE
    assert answer.notice == "The abstract of DuneWalk:"


def test_the_bibtex_entry_is_part_of_the_answer(library: Library) -> None:
    answer = _told(library, "DuneWalk bibtex")
    assert isinstance(answer, Answer)
    assert answer.origin == "records"
    assert answer.text.startswith("DuneWalk as BibTeX: [1]\n@misc{berg2020dunewalk,\n")
    assert "  author = {Berg, Ida}" in answer.text


def test_a_question_about_the_world_is_left_to_abstracts_that_hold_its_words(library: Library, tmp_path: Path) -> None:
    refused = _told(library, "What is the capital of France?")
    assert isinstance(refused, Answer)
    assert (refused.origin, refused.outcome) == ("guide", "declined")
    add(tmp_path, [Paper("fr", "Cities", "Paris is the capital of France and grows.")])
    opened = Library.open(tmp_path)
    assert isinstance(_told(opened, "What is the capital of France?"), Query)
    opened.close()


@pytest.mark.parametrize(
    ("question", "english", "paper"),
    [
        ("Was ist DuneWalk?", "What is DuneWalk?", "dune"),
        ("DuneWalk是什么?", "What is DuneWalk?", "dune"),
        ("¿Qué es MarlScan?", "What is MarlScan?", "marl"),
        ("Wurde MarlScan im Winter erprobt?", "", "marl"),
    ],
)
def test_a_question_in_another_language_with_a_name_is_about_its_paper(
    library: Library, question: str, english: str, paper: str
) -> None:
    found = foreign(question, library)
    assert found is not None
    assert (found.english, [one.id for one in found.papers]) == (english, [paper])


def test_a_question_in_another_language_without_a_name_claims_nothing(library: Library) -> None:
    question = "Welche Papiere behandeln Lime?"
    assert foreign(question, library) is None
    shared = by_shared_words(Query(question, question, question, question), library)
    assert shared is not None
    assert (shared.text, bool(shared.no_claim)) == ("lime", True)
    nothing = "Welche Papiere behandeln Kalk?"
    assert by_shared_words(Query(nothing, nothing, nothing, nothing), library) is None
