"""Answers from the records of the papers: who wrote what, when and where, how many there are; and lines for who asks nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.record_answers import parts_of_guide
from rag.answer.records import Records
from rag.core.domain import Answer, Paper
from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from rag.question.follow_up import Query
from tests.conftest import add

PAPERS = [
    Paper(
        "drill",
        "OreDrill: Listening to Rock",
        "We present OreDrill, which hears ore in drilling noise. OreDrill finds 9 of 10 veins.",
        authors=("Nora Jäger", "Tom Blake"),
        year=2021,
        venue="Journal of Mines",
        doi="10.5000/od",
    ),
    Paper(
        "silt",
        "SiltCam: Rivers from Above",
        "SiltCam measures silt in rivers from the air. It fails under ice.",
        authors=("Ivo Conti",),
        year=2019,
        venue="Water Letters",
        arxiv_id="1901.00001",
    ),
    Paper(
        "moss",
        "Moss on Roofs",
        "Moss keeps roofs cool. We measure 40 roofs for two years.",
        authors=("Nora Jäger", "Ana Sol"),
        year=2023,
        venue="Proceedings of ROOF",
    ),
    Paper("bare", "A Bare Record", "Nothing is known of who wrote this about gravel."),
]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    folder = tmp_path_factory.mktemp("records") / "library"
    add(folder, PAPERS)
    library = Library.open(folder)
    yield Records(library)
    library.close()


def query(question: str, *about: str) -> Query:
    return Query(question, question, question, question, about=about)


def told(records: Records, question: str, *about: str) -> Answer:
    answer = records.answer(query(question, *about))
    assert isinstance(answer, Answer), f"{question} was left to the abstracts"
    return answer


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who wrote OreDrill?", "OreDrill: Nora Jäger, Tom Blake [1]"),
        ("who are the authors of the oredrill paper", "OreDrill: Nora Jäger, Tom Blake [1]"),
        ("Who wrote “Moss on Roofs”?", "Moss on Roofs: Nora Jäger, Ana Sol [1]"),
        ("Who wrote the paper on silt in rivers?", "SiltCam: Ivo Conti [1]"),
        ("who made OreDrill", "OreDrill: Nora Jäger, Tom Blake [1]"),
        ("who wrote 10.5000/od", "OreDrill: Nora Jäger, Tom Blake [1]"),
        ("authors of OreDrill and SiltCam", "OreDrill: Nora Jäger, Tom Blake [1]\nSiltCam: Ivo Conti [2]"),
        ("When was SiltCam published?", "SiltCam: published in 2019 [1]"),
        ("Where was SiltCam published?", "SiltCam: Water Letters, 2019 [1]"),
        ("DOI of OreDrill", "OreDrill: DOI 10.5000/od (https://doi.org/10.5000/od) [1]"),
        (
            "DOI of SiltCam",
            "SiltCam: its record names no DOI, but arXiv 1901.00001 (https://arxiv.org/abs/1901.00001) [1]",
        ),
        ("cite Moss on Roofs", "Moss on Roofs: Nora Jäger, Ana Sol (2023). Moss on Roofs. Proceedings of ROOF [1]"),
    ],
)
def test_a_detail_is_told_from_the_record(records: Records, question: str, text: str) -> None:
    answer = told(records, question)
    assert (answer.text, answer.outcome, answer.origin, answer.p_answerable) == (text, "answered", "records", 1.0)
    assert {sentence.verdict for sentence in answer.sentences} == {"record"}
    assert {(citation.span.start, citation.span.end) for citation in answer.citations} == {(0, 0)}


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who wrote A Bare Record?", "The record of A Bare Record names no authors."),
        ("When was A Bare Record published?", "The record of A Bare Record names no year."),
        ("DOI of A Bare Record", "The record of A Bare Record names no DOI."),
        ("Which papers are by Zoe Unknown?", "No record of this library names an author called Zoe Unknown."),
        ("papers at CVPR", "No record of this library names CVPR as the journal or conference."),
        ("papers from 1999", "No record of this library is from 1999."),
        ("papers by Conti from 2021", "No record of this library is by Conti and from 2021."),
        (
            "Which paper is the most cited?",
            "The records of this library do not say how often a paper is cited or read.",
        ),
    ],
)
def test_what_no_record_says_is_said_plainly(records: Records, question: str, text: str) -> None:
    answer = told(records, question)
    assert (answer.text, answer.outcome, answer.sentences, answer.p_answerable) == (text, "declined", (), 0.0)


def test_it_means_the_papers_of_the_last_answer_and_without_one_it_is_asked_back(records: Records) -> None:
    assert told(records, "who wrote it", "silt").text == "SiltCam: Ivo Conti [1]"
    both = told(records, "who wrote them?", "moss", "bare")
    assert both.text == "Moss on Roofs: Nora Jäger, Ana Sol [1]\nA Bare Record: its record names no authors [2]"
    assert told(records, "who wrote it").text == "Which paper do you mean? Name it, or ask about it first."
    assert told(records, "Who wrote OreDrill?", "silt").text.startswith("OreDrill"), "a name is more than a pronoun"


@pytest.mark.parametrize(
    ("question", "head", "ids"),
    [
        ("Which papers are by Nora Jäger?", "2 of 4 papers are by Nora Jäger:", ["drill", "moss"]),
        ("papers by jaeger", "2 of 4 papers are by Jaeger:", ["drill", "moss"]),
        ("papers by N. Jager", "2 of 4 papers are by N. Jager:", ["drill", "moss"]),
        ("papers by Blake and Jäger", "1 of 4 papers is by Blake and Jäger:", ["drill"]),
        ("Jäger et al. 2023", "1 of 4 papers is by Jäger:", ["moss"]),
        ("Ivo Conti", "1 of 4 papers is by Ivo Conti:", ["silt"]),
        ("What did Conti publish?", "1 of 4 papers is by Conti:", ["silt"]),
        ("papers by Jäger since 2022", "1 of 4 papers is by Jäger from 2022 or later:", ["moss"]),
        ("papers from 2019 to 2021", "2 of 4 papers are from 2019 to 2021:", ["drill", "silt"]),
        ("How many papers were published after 2020?", "2 of 4 papers are from 2021 or later:", ["drill", "moss"]),
        ("papers in Water Letters", "1 of 4 papers is in Water Letters:", ["silt"]),
        ("papers at ROOF 2023", "1 of 4 papers is in ROOF 2023:", ["moss"]),
        ("newest paper", "The newest of 3 papers (1 paper without a year left out):", ["moss"]),
        ("the oldest papers", "The oldest of 3 papers (1 paper without a year left out):", ["silt", "drill", "moss"]),
        (
            "newest papers on roofs",
            "The newest of 1 paper with “roofs” (1 paper without a year left out):",
            ["moss"],
        ),
        ("What papers do you have?", "4 papers in this library:", ["drill", "silt", "moss", "bare"]),
    ],
)
def test_papers_are_listed_by_their_records(records: Records, question: str, head: str, ids: list[str]) -> None:
    answer = told(records, question)
    assert answer.sentences[0].text == head
    assert answer.sentences[0].citations == ()
    assert [paper.id for paper in answer.cited_papers] == ids


def test_counts_cite_no_paper_and_say_what_was_counted(records: Records) -> None:
    answer = told(records, "How many papers are in this library?")
    assert (answer.text, answer.citations) == ("This library holds 4 papers, each with title and abstract.", ())
    assert told(records, "which years do the papers cover?").text == (
        "3 years, with the number of papers: 2019 (1), 2021 (1), 2023 (1). 1 record of 4 names none."
    )
    assert "Nora Jäger (2)" in told(records, "which authors are there?").text


def test_a_summary_of_all_is_not_made_and_it_is_said_what_they_are_about(records: Records) -> None:
    lines = told(records, "Summarize all papers").text.splitlines()
    assert lines[0].startswith("There is no summary of all papers")
    assert "OreDrill: Listening to Rock [1]" in lines


@pytest.mark.parametrize(
    ("question", "own_words", "within"),
    [
        ("Which papers by Jäger are about roofs?", "Which papers are about roofs?", ("drill", "moss")),
        ("papers since 2021 on roofs", "papers on roofs", ("drill", "moss")),
        ("How does Conti measure silt?", "How does the authors measure silt?", ("silt",)),
        ("What did Conti find?", "What are the main results?", ("silt",)),
        ("What did Jäger find?", "What does each of them find?", ("drill", "moss")),
    ],
)
def test_what_else_is_asked_is_looked_for_in_the_papers_that_are_meant(
    records: Records, question: str, own_words: str, within: tuple[str, ...]
) -> None:
    narrowed = records.answer(query(question))
    assert isinstance(narrowed, Query)
    assert (narrowed.own_words, narrowed.within, narrowed.asked_as) == (own_words, within, question)


@pytest.mark.parametrize(
    "question",
    [
        "What does OreDrill find?",
        "What did Bayes find?",
        "How does noise help?",
        "Who wrote Hamlet?",
        "Who wrote the gravel?",
        "When was the ice released?",
        "Where is the code of OreDrill?",
        "papers on moss",
        "papers in winter",
        "Which papers are improved by caching?",
        "hi, what is OreDrill?",
        "What is the DOI of this model of rain?",
    ],
)
def test_other_questions_are_left_as_they_are(records: Records, question: str) -> None:
    asked = query(question)
    assert records.answer(asked) is asked


def test_thanks_get_a_friendly_line_and_nothing_else(records: Records) -> None:
    answer = told(records, "thank you, that helps", "silt")
    assert (answer.text, answer.outcome, answer.origin, answer.cited_papers) == (
        "You are welcome.",
        "answered",
        "guide",
        (),
    )


@pytest.mark.parametrize("question", ["hi", "What can you do?", "who are you", "tell me more"])
def test_who_asks_nothing_gets_examples_from_this_library(records: Records, question: str) -> None:
    line, examples = parts_of_guide(told(records, question).text)
    assert "4 papers" in line
    assert "What is OreDrill and what does it improve?" in examples
    assert all(isinstance(records.answer(query(example)), Query) for example in examples), "they ask the abstracts"


def test_an_empty_library_says_how_to_fill_it(tmp_path: Path) -> None:
    add(tmp_path / "library", [])
    library = Library.open(tmp_path / "library")
    assert "citewise ingest FILE" in told(Records(library), "hi").text
    assert "citewise ingest FILE" in told(Records(library), "List all titles").text
    library.close()


def test_of_many_papers_the_first_are_listed_and_the_way_to_the_rest_is_told(tmp_path: Path) -> None:
    add(
        tmp_path / "library", [make_paper(title=f"Stone {n}", abstract=f"Stone number {n} is grey.") for n in range(30)]
    )
    library = Library.open(tmp_path / "library")
    answer = told(Records(library), "List all titles")
    library.close()
    assert answer.text.startswith("30 papers in this library, the first 20:\n")
    assert len(answer.cited_papers) == 20
    assert "citewise papers" in answer.text


def test_a_paper_is_named_by_its_topic_where_only_its_title_holds_that(tmp_path: Path) -> None:
    others = [Paper(f"p{n}", f"Study {n}", f"Field {n} was drilled for the erosions of slopes.") for n in range(5)]
    add(tmp_path, [*others, Paper("title", "Erosion of Slopes in Rain", "Rain wears.", authors=("Ida Berg",))])
    library = Library.open(tmp_path)
    answer = told(Records(library), "who wrote the paper on slope erosion")
    library.close()
    assert answer.text == "Erosion of Slopes in Rain: Ida Berg [1]"


def test_only_the_paper_that_introduces_a_name_is_called_by_it(tmp_path: Path) -> None:
    papers = [
        Paper("new", "Slope-Based Rain Maps", "We introduce RainNet, which maps rain.", authors=("Ida Berg",)),
        Paper("a", "Wet Roads", "RoadSet has 40 roads. We count the cars of RoadSet.", authors=("Al Dent",)),
        Paper("b", "Dry Roads", "RoadSet has 40 roads. We count the bikes of RoadSet.", authors=("Bo Ray",)),
    ]
    add(tmp_path, papers)
    library = Library.open(tmp_path)
    records = Records(library)
    answers = {name: records.answer(query(f"who wrote {name}")) for name in ("RainNet", "RoadSet", "slope")}
    library.close()
    assert isinstance(answers["RainNet"], Answer)
    assert answers["RainNet"].text == "Slope-Based Rain Maps: Ida Berg [1]"
    assert isinstance(answers["RoadSet"], Query), "a data set that two papers name is the work of neither"
    assert isinstance(answers["slope"], Query), "half of a name is no name"


def test_a_change_of_the_library_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    add(folder, PAPERS[:1])
    library = Library.open(folder)
    records = Records(library)
    assert records.bibliography().with_authors == 1
    add(folder, PAPERS)
    assert told(records, "papers by Conti").cited_papers[0].id == "silt"
    library.close()


@pytest.mark.parametrize(
    "question", ["Who wrote OreDrill?", "List all titles", "hi", "papers by Conti", "Who wrote A Bare Record?"]
)
def test_the_same_is_told_again(records: Records, question: str) -> None:
    answer = told(records, question)
    assert records.again(answer.standalone_question) == answer


def test_a_follow_up_is_told_again_from_how_it_was_understood(records: Records) -> None:
    understood = replace(query("who wrote it", "silt"), text="who wrote it (about: SiltCam: Rivers from Above)")
    answer = records.answer(understood)
    assert isinstance(answer, Answer)
    again = records.again(answer.standalone_question)
    assert again is not None and again.text == answer.text == "SiltCam: Ivo Conti [1]"


def test_a_question_of_few_words_after_an_answer_is_about_its_author_and_not_about_that_answer(
    records: Records,
) -> None:
    assert [paper.id for paper in told(records, "Which papers are by Jäger?", "silt").cited_papers] == ["drill", "moss"]
    assert [paper.id for paper in told(records, "papers from 2019", "moss").cited_papers] == ["silt"]
    leaning = query("why so slow?", "silt")
    assert records.answer(leaning) is leaning


def test_other_papers_by_the_same_authors(records: Records) -> None:
    answer = told(records, "Which other papers are by the same authors?", "drill")
    assert answer.text.splitlines()[0] == "1 other paper here is by an author of OreDrill:"
    assert [paper.id for paper in answer.cited_papers] == ["moss"]
    again = records.again("other papers by the same authors (about: OreDrill: Listening to Rock)")
    assert again is not None and again.text == answer.text
    assert told(records, "other papers by them", "silt").text == "No other paper here is by an author of SiltCam."


@pytest.mark.parametrize(
    ("question", "about", "said"),
    [
        ("which of these is newest?", ("drill", "silt"), "Of these 2 papers, the newest is from 2021:"),
        ("which came out first?", ("drill", "silt", "moss"), "Of these 3 papers, the oldest is from 2019:"),
        ("the most recent one?", ("drill", "bare"), "Of these 2 papers (1 paper without a year left out), the newest"),
    ],
)
def test_the_newest_of_the_papers_spoken_of_is_told_by_their_years(
    records: Records, question: str, about: tuple[str, ...], said: str
) -> None:
    answer = records.answer(query(question, *about))
    assert isinstance(answer, Answer) and answer.origin == "records"
    assert answer.text.startswith(said)
    assert len(answer.cited_papers) == 1


def test_what_is_newest_of_one_paper_or_of_a_method_is_no_question_for_the_years(records: Records) -> None:
    assert not isinstance(records.answer(query("does it use the newest model?", "drill", "silt")), Answer)


@pytest.mark.parametrize(
    ("question", "about", "asked"),
    [
        ("who wrote OreDrill and how does it work?", (), "how does it work?"),
        ("how does OreDrill work, and who wrote it?", ("drill",), "how does OreDrill work?"),
        ("How does OreDrill work and who are the authors?", (), "How does OreDrill work?"),
    ],
)
def test_a_question_half_about_the_record_gets_both(
    records: Records, question: str, about: tuple[str, ...], asked: str
) -> None:
    understood = records.answer(query(question, *about))
    assert isinstance(understood, Query)
    assert understood.notice == "From the record of OreDrill: Nora Jäger, Tom Blake."
    assert (understood.about, understood.sentence_question) == (("drill",), asked)


@pytest.mark.parametrize(
    "question", ["who wrote Unheard and how does it work?", "How does OreDrill work and what does it find?"]
)
def test_two_parts_without_a_record_are_an_ordinary_question(records: Records, question: str) -> None:
    understood = records.answer(query(question))
    assert isinstance(understood, Query) and not understood.notice
