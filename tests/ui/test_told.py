"""What is told from records, or to who asks nothing: on the page, in the terminal and in a file."""

import pytest

from rag.answer import record_answers
from rag.core.domain import Answer, Paper
from rag.output.export import Exchange, markdown
from rag.output.terminal import print_answer
from rag.question.follow_up import Query
from tests.helpers.answers import Shown, done, everything, parts
from ui.views.follow_ups import follow_ups

BEES = Paper(
    "bees",
    "Bees & <b>Honey</b>",
    "Bees make honey. They dance.",
    authors=("Ada Miller", "Bo Schmidt", "Cy Rossi", "Di Verdi", "Ed Blake"),
    year=2021,
    venue="Bee Letters",
    doi="10.5000/bees",
)


def _query(question: str) -> Query:
    return Query(question, question, question, question)


AUTHORS = record_answers.from_records(
    _query("who wrote it"), record_answers.said_of([(BEES, "Bees: Ada <i>Miller</i>")])
)
COUNT = record_answers.from_records(_query("how many"), [record_answers.said("This library holds 2 papers.")])
NONE = record_answers.not_recorded(_query("who wrote it"), "The record of Bees names no authors.", [BEES])
THANKS = record_answers.guide(_query("thanks"), "You are welcome.")
HELLO = record_answers.guide(_query("hi"), "Hello. Ask about the 2 papers.", ["What is A?", "What is <b>B</b>?"])
REFUSED = record_answers.guide(_query("write a poem"), "That is nothing that abstracts can tell.", refused=True)
ENTRY = record_answers.from_records(
    _query("bibtex"),
    [*record_answers.said_of([(BEES, "Bees as BibTeX:")]), record_answers.said("@misc{bees,\n  title = {<b>Bees}\n}")],
)


def test_a_record_is_marked_as_such_and_nothing_is_highlighted() -> None:
    html = parts(done(AUTHORS))
    [block] = html["blocks"]  # type: ignore[misc]
    assert block.startswith('<p class="cw-words cw-record"')
    assert "Bees: Ada <i>Miller</i>" in Shown(block).text
    assert "\u201c" not in block
    assert Shown(str(html["state"])).text == "Answered from the record of 1 paper"
    sources = str(html["sources"])
    assert "<mark" not in sources
    assert record_answers.FROM_RECORDS in Shown(sources).text
    assert "Ada Miller, Bo Schmidt, Cy Rossi, Di Verdi et al. · Bee Letters · 2021" in Shown(sources).text
    assert "https://doi.org/10.5000/bees" in sources
    assert html["label"] == "Sources: 1 paper"


def test_a_count_has_no_cards() -> None:
    html = parts(done(COUNT))
    assert Shown(str(html["state"])).text == "Answered from the records of this library"
    assert "<article" not in str(html["sources"])
    assert html["label"] == ""


def test_what_no_record_says_stands_in_the_row_with_its_paper_below() -> None:
    html = parts(done(NONE))
    assert html["blocks"] == []
    assert Shown(str(html["state"])).text == "Not found The record of Bees names no authors."
    assert str(html["sources"]).count("<article") == 1
    assert html["label"] == "Papers: 1 paper"


@pytest.mark.parametrize("answer", [THANKS, HELLO, REFUSED], ids=["thanks", "hello", "refused"])
def test_who_asks_nothing_gets_no_outcome_and_no_cards(answer: Answer) -> None:
    html = parts(done(answer))
    assert (html["state"], html["sources"], html["label"]) == ("", "", "")
    [block] = html["blocks"]  # type: ignore[misc]
    assert Shown(block).text.strip() == record_answers.parts_of_guide(answer.text)[0]
    assert "Why this answer" not in everything(done(answer))


def test_the_examples_of_a_guide_are_what_could_be_asked_next() -> None:
    assert len(follow_ups(HELLO)) == 2
    assert "What is <b>B</b>?" in follow_ups(HELLO)
    assert follow_ups(THANKS) == []


def test_the_terminal_says_where_it_is_from_and_names_the_papers_details(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(AUTHORS, why=True)
    out = capsys.readouterr().out
    assert "Bees: Ada <i>Miller</i> [1]" in out
    by = "Ada Miller, Bo Schmidt, Cy Rossi, Di Verdi et al. · Bee Letters · 2021"
    assert f"[1] {BEES.title}  {by}  https://doi.org/10.5000/bees" in out
    assert record_answers.FROM_RECORDS in out
    assert "No abstract was read for this." in out
    print_answer(NONE)
    assert capsys.readouterr().out.strip() == "Not found\nThe record of Bees names no authors."


def test_a_file_says_where_it_is_from() -> None:
    every = [Exchange(answer.question, answer) for answer in (AUTHORS, NONE, HELLO, COUNT)]
    text = markdown(every)
    assert "Bees: Ada \\<i\\>Miller\\</i\\>[^1]" in text
    assert text.count(f"*{record_answers.FROM_RECORDS}*") == 2
    assert "*The record of Bees names no authors.*" in text
    assert "- What is A?" in text
    assert "Not found in these abstracts" not in text


def test_what_was_left_out_is_said_in_a_file_too() -> None:
    listed = Answer("q", "q", "quote", "answered", 1.0, "", notice="Only the 2 of 9 papers by Berg were searched.")
    assert "*Only the 2 of 9 papers by Berg were searched.*" in markdown([Exchange("q", listed)])


def test_a_bibtex_entry_keeps_its_lines_on_the_page_and_in_a_file() -> None:
    _, entry = parts(done(ENTRY))["blocks"]  # type: ignore[misc]
    assert '<code class="cw-verbatim">' in entry
    assert "@misc&#123;bees,\n  title = &#123;&lt;b&gt;Bees&#125;\n&#125;</code>" in entry
    assert "\n\n    @misc{bees,\n      title = {<b>Bees}\n    }\n\n" in markdown([Exchange("bibtex", ENTRY)])
