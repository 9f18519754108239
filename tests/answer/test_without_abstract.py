"""Papers of which only the title is known, among others, and papers that were retracted: what answers say of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.answer.quoted import NO_ABSTRACT, in_order_of_papers, is_without_abstract, paragraphs, quote, text_of
from rag.answer.records import Records
from rag.answer.status_notes import with_status
from rag.core.domain import Answer, Citation, Evidence, Paper, Span
from rag.core.names import name_in_title
from rag.core.references import bibtex, csl_json, reference, ris
from rag.core.statuses import marks_of, status_lines
from rag.ingest.formats import read_papers
from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import plan, store
from rag.library.overview import overview
from rag.library.publishing import publish
from rag.library.store import Library
from rag.output.export import Exchange, markdown
from rag.output.from_json import answer_of
from rag.output.terminal import print_hits
from rag.output.to_json import answer_json, hit_json, paper_json
from rag.question.follow_up import Query
from rag.search.hybrid import HybridRetriever
from tests.helpers.assistants import over
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file

LOOM = make_paper(
    id="loom",
    title="WaterLoom: Rain Maps from Phones",
    abstract="We introduce WaterLoom, a loom of rain. Rain maps help.",
)
SOIL = make_paper(id="soil", title="Soil and Rain", abstract="Soil keeps rain. Rain is counted by towns.", year=2020)
FROST = make_paper(
    id="frost", title="FrostLine: Late Frosts in Vineyards", abstract="", authors=["Ada Miller"], year=2019
)
GONE = make_paper(
    id="gone",
    title="RETRACTED: Rain Made by Dances",
    abstract="We find that dances make rain.",
    authors=["Bo Rossi"],
    status="retracted",
)
TOLL = make_paper(id="toll", title="Rain Tolls of Towns", abstract="", status="corrected")
PAPERS = [LOOM, SOIL, FROST, GONE, TOLL]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library in which two of five papers have no abstract."""
    folder = tmp_path_factory.mktemp("bare") / "library"
    embedder = HashEmbedder()
    with Library.open_for_writing(folder, embedder.identity) as writing:
        store(writing, plan(writing, PAPERS, ()), lambda: embedder)
        publish(writing)
    opened = Library.open(folder)
    yield opened
    opened.close()


def _told(library: Library, question: str, *about: str) -> Answer | Query:
    return Records(library).answer(Query(question, question, question, question, about=about))


def _bare(paper: Paper) -> Evidence:
    return Evidence(paper, Span(0, 0), 0.0, {})


def test_such_papers_are_found_counted_and_listed(library: Library) -> None:
    assert (library.count(), library.problem(), library.without_abstract(5)[0]) == (5, None, 2)
    retriever = HybridRetriever(library, HashEmbedder())
    try:
        hits = retriever.hits("late frosts in vineyards")
        assert hits[0].paper == FROST
        assert {hit.paper.id for hit in retriever.hits("rain of towns")} == {paper.id for paper in PAPERS}
    finally:
        retriever.close()
    assert overview(library).papers == 5
    told = _told(library, "How many papers are there?")
    assert isinstance(told, Answer)
    assert told.text == "This library holds 5 papers, 2 of them by the title alone, without an abstract."


def test_a_paper_that_only_shares_words_by_its_title_does_not_come_before_one_that_says_more(library: Library) -> None:
    retriever = HybridRetriever(library, HashEmbedder())
    try:
        ids = [hit.paper.id for hit in retriever.hits("how is rain counted by towns?")]
    finally:
        retriever.close()
    assert ids.index("soil") < ids.index("toll")


@pytest.mark.parametrize(
    "question",
    [
        "What is FrostLine?",
        "How does FrostLine work?",
        "What GPU does FrostLine use?",
        "abstract of FrostLine",
        "What does FrostLine: Late Frosts in Vineyards report?",
        "What are the limitations of FrostLine?",
    ],
)
def test_what_only_the_abstract_could_tell_is_said_not_to_be_there(library: Library, question: str) -> None:
    told = _told(library, question)
    assert isinstance(told, Answer)
    assert (told.outcome, told.p_answerable) == ("declined", 0.0)
    [sentence] = told.sentences
    assert (sentence.text, sentence.verdict) == (NO_ABSTRACT, "record")
    assert sentence.citations == (Citation(1, FROST, Span(0, 0)),)
    assert told.text == f"FrostLine:\n\n{NO_ABSTRACT} [1]"


def test_a_follow_up_about_such_a_paper_says_so_too(library: Library) -> None:
    told = _told(library, "how does it work? (about: FrostLine: Late Frosts in Vineyards)", "frost")
    assert isinstance(told, Answer)
    assert is_without_abstract(told.sentences[0])
    assert isinstance(_told(library, "how does it work?", "frost", "loom"), Query)


def test_what_the_record_tells_is_answered(library: Library) -> None:
    told = _told(library, "Who wrote FrostLine?")
    assert isinstance(told, Answer)
    assert (told.outcome, told.text) == ("answered", "FrostLine: Ada Miller [1]")


@pytest.mark.parametrize(
    "question", ["Which papers are about vineyards?", "What is WaterLoom?", "What is a late frost?"]
)
def test_questions_about_others_go_their_usual_way(library: Library, question: str) -> None:
    assert isinstance(_told(library, question), Query)


def test_among_quotes_it_is_named_and_never_quoted() -> None:
    sentences = quote([Evidence(LOOM, Span(0, 39), 1.0, {}), _bare(FROST)])
    assert [sentence.verdict for sentence in sentences] == ["quote", "record"]
    assert [group.label for group in paragraphs(sentences)] == ["WaterLoom", "FrostLine"]
    text = text_of(sentences, with_count=True)
    assert text.startswith("2 papers:\n\nWaterLoom:\n\n“We introduce WaterLoom, a loom of rain.” [1]")
    assert text.endswith(f"FrostLine:\n\n{NO_ABSTRACT} [2]")
    assert "“”" not in text
    assert in_order_of_papers([_bare(FROST)])[0].text == NO_ABSTRACT


def _answer(*evidence: Evidence) -> Answer:
    sentences = quote(evidence)
    return Answer("Which?", "Which?", "quote", "answered", 1.0, text_of(sentences), sentences)


def test_saved_and_restored_it_stays_as_long_as_there_is_no_abstract() -> None:
    answer = _answer(Evidence(LOOM, Span(0, 39), 1.0, {}), _bare(FROST))
    saved = json.loads(json.dumps(answer_json(answer)))
    restored = answer_of(saved, {"loom": LOOM, "frost": FROST})
    assert (restored.lost, restored.answer.sentences, restored.answer.text) == (0, answer.sentences, answer.text)
    known = make_paper(id="frost", title=FROST.title, abstract="Frosts are late.")
    assert answer_of(saved, {"loom": LOOM, "frost": known}).lost == 1
    saved["sentences"][1]["text"] = "Frosts are early."
    assert answer_of(saved, {"loom": LOOM, "frost": FROST}).lost == 1


def test_files_of_answers_name_it_without_a_quote() -> None:
    text = markdown([Exchange("Which?", _answer(Evidence(LOOM, Span(0, 39), 1.0, {}), _bare(FROST)))])
    assert f"FrostLine: {NO_ABSTRACT}[^2]" in text
    assert "“”" not in text
    assert "[^2]: Ada Miller (2019). FrostLine: Late Frosts in Vineyards." in text


def test_an_answer_that_cites_a_retracted_paper_says_so_once() -> None:
    answer = with_status(_answer(Evidence(GONE, Span(0, 30), 1.0, {}), _bare(TOLL)))
    assert answer.notice == "Retracted: Rain Made by Dances [1]. Corrected: Rain Tolls of Towns [2]."
    assert with_status(answer) == answer
    assert with_status(_answer(Evidence(LOOM, Span(0, 39), 1.0, {}))).notice == ""


def test_the_gravest_is_told_first() -> None:
    assert status_lines([("[1]", TOLL), ("[2]", GONE)]) == [
        "Retracted: Rain Made by Dances [2].",
        "Corrected: Rain Tolls of Towns [1].",
    ]


def test_what_publishers_put_before_a_title_is_no_name() -> None:
    assert name_in_title(GONE.title) == ""
    assert name_in_title("WITHDRAWN: Moths") == name_in_title("Retracted article: Moths") == ""
    assert name_in_title("Retraction Watch: A Database") == "Retraction Watch"


def test_lists_and_json_mark_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert [marks_of(paper) for paper in (LOOM, FROST, GONE, TOLL)] == [
        "",
        "[no abstract]",
        "[Retracted]",
        "[Corrected] [no abstract]",
    ]
    from rag.core.domain import Hit

    print_hits([Hit(TOLL, 1.0, {})])
    assert "[Corrected] [no abstract]" in capsys.readouterr().out
    assert hit_json(Hit(TOLL, 1.0, {}))["status"] == "corrected"
    assert hit_json(Hit(TOLL, 1.0, {}))["has_abstract"] is False
    assert "status" not in hit_json(Hit(LOOM, 1.0, {}))
    assert paper_json(GONE)["status"] == "retracted"
    cited = answer_json(_answer(Evidence(GONE, Span(0, 30), 1.0, {})))["sentences"][0]["citations"][0]
    assert cited["status"] == "retracted"


def test_references_say_it_and_are_read_again(tmp_path: Path) -> None:
    paper = make_paper(
        title="Moths",
        abstract="",
        authors=["A. Miller"],
        year=2019,
        pmcid="PMC123456",
        isbn="9783864903113",
        status="retracted",
    )
    assert reference(paper).startswith("[Retracted] A. Miller (2019). Moths.")
    for text in (bibtex([paper]), ris([paper]), csl_json([paper])):
        [again] = read_papers(file(tmp_path, text))
        assert isinstance(again, Paper)
        assert (again.title, again.status) == ("Moths", "retracted")
        assert (again.pmcid, again.isbn) == ("PMC123456", "9783864903113")
    for status in ("corrected", "concern", "withdrawn"):
        [again] = read_papers(file(tmp_path, ris([make_paper(title="Moths", abstract="", status=status)])))
        assert isinstance(again, Paper)
        assert again.status == status


@pytest.mark.slow
def test_the_whole_flow_over_a_library_with_such_papers(assistant: Assistant, tmp_path: Path) -> None:
    with over(assistant, tmp_path / "library", PAPERS) as asked:
        listed = asked.ask("Which papers are about vineyards?")
        assert [is_without_abstract(sentence) for sentence in listed.sentences] == [True]
        assert asked.ask("Which papers are about rain?").outcome == "answered"
        assert asked.ask("What do dances make?").notice.startswith("Retracted: Rain Made by Dances [")
        card = asked.ask("FrostLine")
        assert card.sentences[-1].text == NO_ABSTRACT
        for question in ("Compare WaterLoom and FrostLine", "Why does rain help?", "Which papers are not about rain?"):
            answer = asked.ask(question)
            assert all(sentence.text for sentence in answer.sentences)
            assert "“”" not in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "Which papers are retracted?",
        "retracted papers",
        "Which papers have been withdrawn?",
        "are any papers here retracted?",
    ],
)
def test_retracted_papers_are_listed_from_the_records(library: Library, question: str) -> None:
    told = _told(library, question)
    assert isinstance(told, Answer)
    assert told.text.startswith("1 paper of 5 is on record as ")
    assert [paper.id for paper in told.cited_papers] == ["gone"]


def test_whether_a_paper_was_retracted_is_told_from_its_record(library: Library) -> None:
    told = _told(library, "Was WaterLoom retracted?")
    assert isinstance(told, Answer)
    assert told.text == "WaterLoom: its record says nothing of the kind [1]"
    told = _told(library, "Has it been retracted?", "gone")
    assert isinstance(told, Answer)
    assert told.text == "RETRACTED: Rain Made by Dances: Retracted [1]"
    told = _told(library, "which papers are under an expression of concern?")
    assert isinstance(told, Answer)
    assert (told.outcome, told.cited_papers) == ("declined", ())


@pytest.mark.parametrize(
    "question",
    ["Which papers are about retracted articles?", "How many patients were withdrawn?", "Why was moth retracted?"],
)
def test_other_questions_with_such_words_go_their_usual_way(library: Library, question: str) -> None:
    assert isinstance(_told(library, question), Query)
