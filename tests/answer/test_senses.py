"""Negated questions, the last of an order, missing details and summaries: what is told of a library of a few papers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from rag.answer import counted, details, quoted, values, without
from rag.answer.senses import Senses
from rag.answer.told import limited
from rag.core.domain import Answer, Evidence, Hit, Paper, Span
from rag.evidence.roles import load_roles
from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import plan, store
from rag.library.store import Library
from rag.output.from_json import answer_of
from rag.output.to_json import answer_json
from rag.question.details import MEASURES
from rag.question.extremes import Extreme, extreme, threshold
from rag.question.follow_up import Query
from rag.question.negations import negation
from tests.helpers.fakes import HashEmbedder

PAPERS = [
    make_paper(
        id="cache",
        title="QuickNet: Caching for Image Models",
        abstract="Existing methods require extensive retraining. We introduce QuickNet, a training-free way to cache images. "
        "It reaches an FID of 3.10 on ImageNet with a speedup of 2.5times and a slight drop of 0.2 in FID. "
        "Code is available at https://example.org/q.",
    ),
    make_paper(
        id="prune",
        title="Pruning Image Models",
        abstract="Image models are large. We prune image models and retrain them for 10 days on four datasets. "
        "Our pruned model has an FID of 1.42, and runs 4.1 times faster.",
    ),
    make_paper(
        id="sound",
        title="Sounds: A Codec",
        abstract="Audio takes space. We propose Sounds, a codec for audio that needs no labels. Listeners prefer it. "
        "FID=16.5 on CelebA.",
    ),
    make_paper(id="bees", title="Bees", abstract="Bees make honey. We count bees. Honey is sweet."),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("senses") / "library"
    embedder = HashEmbedder()
    with Library.open_for_writing(folder, embedder.identity) as writing:
        store(writing, plan(writing, PAPERS, ()), lambda: embedder)
    opened = Library.open(folder)
    yield opened
    opened.close()


def told_of(question: str, library: Library) -> tuple[str, str, list[str]]:
    condition = negation(question)
    assert condition is not None
    told = without.papers(condition, (), library)
    return told.lead, told.outcome, [item.paper.id for item in told.evidence]


def test_papers_that_do_without_say_so_in_their_own_words(library: Library) -> None:
    lead, outcome, ids = told_of("Which papers do not need retraining?", library)
    assert (outcome, ids) == ("answered", ["cache"])
    assert lead.startswith("1 paper says in its own words that it does without \u201cretraining\u201d")
    assert told_of("methods without labels", library)[2] == ["sound"]


def test_what_abstracts_do_not_say_is_never_answered_with_the_opposite(library: Library) -> None:
    lead, outcome, ids = told_of("papers without code", library)
    assert outcome == "nearest"
    assert "cache" not in ids
    assert lead.startswith(
        "No abstract here says in its own words that it does without \u201ccode\u201d; abstracts seldom say"
    )
    assert "3 of 4 do not name \u201ccode\u201d" in lead


def test_papers_not_about_something_are_those_that_do_not_name_it(library: Library) -> None:
    lead, outcome, ids = told_of("Which papers are not about images?", library)
    assert (outcome, sorted(ids)) == ("answered", ["bees", "sound"])
    assert lead.startswith("2 of 4 papers here do not name \u201cimages\u201d")
    assert told_of("which papers are not about images or audio", library)[2] == ["bees"]


def test_a_topic_beside_the_condition_bounds_the_papers(library: Library) -> None:
    assert told_of("Which papers on caching do not need retraining?", library)[2] == ["cache"]
    assert told_of("Which papers on honey do not need retraining?", library)[1] != "answered"


def test_values_are_sorted_from_the_end_that_is_asked_for(library: Library) -> None:
    for question, ids in {
        "What is the lowest FID?": ["prune", "cache", "sound"],
        "What is the highest FID?": ["sound", "cache", "prune"],
        "Which method is the fastest?": ["prune", "cache"],
        "What is the lowest FID on ImageNet?": ["prune", "cache"],
    }.items():
        asked = extreme(question)
        assert asked is not None
        told = values.sorted_values(asked, (), library)
        assert [item.paper.id for item in told.evidence] == ids, question
        assert "as printed" in told.lead


def test_a_measure_that_no_abstract_gives_is_declined(library: Library) -> None:
    psnr = next(measure for measure in MEASURES if measure.name == "PSNR")
    told = values.sorted_values(Extreme(psnr, False, ()), (), library)
    assert (told.outcome, told.evidence) == ("declined", ())
    assert "PSNR" in told.lead


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an FID of 1.42", [1.42]),
        ("FID=1.42 with guidance", [1.42]),
        ("FID scores of 1.70 on ImageNet 256 x 256 and 2.89 on ImageNet 512 x 512", [1.7, 2.89]),
        ("an FID-50K score of 1.80 in 512times512 settings", [1.8]),
        ("a slight decrease of 0.22 in FID on ImageNet", []),
        ("it lowers FID by 0.5", []),
        ("we achieve 2.5 FID", [2.5]),
        ("no number here, FID", []),
    ],
)
def test_the_value_of_a_measure_is_no_change_and_no_size(text: str, expected: list[float]) -> None:
    fid = next(measure for measure in MEASURES if measure.name == "FID")
    assert values.values_in(text, fid) == expected


def test_numbers_of_things_are_compared(library: Library) -> None:
    asked = threshold("Which papers use more than two data sets?")
    assert asked is not None
    assert [item.paper.id for item in values.with_number(asked, (), library).evidence] == ["prune"]
    none = threshold("Which papers use more than nine data sets?")
    assert none is not None
    assert values.with_number(none, (), library).outcome == "declined"


def answer_with(paper: Paper, *sentences: str, outcome: str = "answered") -> tuple[Answer, list[Evidence]]:
    quotes = [
        Evidence(paper, Span(paper.abstract.index(text), paper.abstract.index(text) + len(text)), 1.0, {})
        for text in sentences
    ]
    shown = quoted.quote(quotes)
    hits = (Hit(paper, 1.0, {}),)
    answer = Answer(
        "q",
        "q",
        "quote",
        "answered",
        0.9,
        quoted.text_of(shown),
        shown,
        retrieved=hits,
        evidence=tuple(quotes),
        threshold=0.4,
    )
    return answer, quotes


def missing(question: str, paper: Paper, *sentences: str) -> str:
    answer, quotes = answer_with(paper, *sentences)
    told = details.missing(Query(question, question, question, question), answer, quotes)
    return told.lead if told else ""


def test_a_detail_that_the_paper_does_not_give_is_named(library: Library) -> None:
    cache = PAPERS[0]
    quote = "We introduce QuickNet, a training-free way to cache images."
    assert missing("Which GPU was used for QuickNet?", cache, quote) == (
        "Not in the abstract of QuickNet: the hardware that was used. Nearest words:"
    )
    assert "limitations of its own" in missing("What are the limitations of QuickNet?", cache, quote)
    assert "PSNR" in missing("What PSNR does QuickNet reach?", cache, quote)
    assert missing("What FID does QuickNet reach?", cache, quote) == ""
    assert missing("What is QuickNet?", cache, quote) == ""
    assert missing("How long does it take to retrain the model?", PAPERS[1], "Image models are large.") == ""


def test_the_loss_comes_nearest_to_a_limit() -> None:
    answer, quotes = answer_with(PAPERS[0], "Existing methods require extensive retraining.")
    question = "What are the limitations of QuickNet?"
    told = details.missing(Query(question, question, question, question), answer, quotes)
    assert told is not None
    assert ["slight drop" in item.text for item in told.evidence] == [True]


def test_papers_are_counted_that_name_the_topic_for_their_own_work(library: Library) -> None:
    answer, _ = answer_with(PAPERS[1], "Our pruned model has an FID of 1.42, and runs 4.1 times faster.")
    told = counted.papers("how many papers are about pruning?", answer, library)
    assert told.lead.startswith("1 paper. Counted: papers found that name \u201cpruning\u201d")
    none = counted.papers("how many papers are about beekeeping?", answer, library)
    assert none.lead == "1 paper found. Counted: papers whose abstract matches the question by its sense:"


@pytest.mark.parametrize(
    ("question", "rest", "ids"),
    [
        ("papers by Berg without retraining", "papers without retraining", []),
        ("Which papers by Berg are not about images?", "Which papers are not about images?", ["sound"]),
        ("lowest FID by Berg", "lowest FID", ["prune", "sound"]),
        ("papers by Berg with more than two data sets", "papers with more than two data sets", ["prune"]),
    ],
)
def test_of_the_papers_of_an_author_no_others_are_looked_up(
    library: Library, question: str, rest: str, ids: list[str]
) -> None:
    senses = Senses(SimpleNamespace(library=library), {}, load_roles())  # type: ignore[arg-type]
    within = ("prune", "sound")
    hits = [Hit(paper, 1.0, {}) for paper in library.papers(within)]
    query = Query(question, rest, rest, rest, within=within, notice="Only the 2 of 4 papers by Berg were searched.")
    told = senses.answer(senses.understand(query), hits)
    assert told is not None
    assert sorted(paper.id for paper in told.cited_papers if told.outcome == "answered") == ids
    assert {paper.id for paper in told.cited_papers} <= set(within)


def test_fewer_papers_are_shown_than_were_found_and_it_is_said(library: Library) -> None:
    asked = extreme("What is the lowest FID?")
    assert asked is not None
    told = values.sorted_values(asked, (), library)
    fewer = limited(told, 2)
    assert [item.paper.id for item in fewer.evidence] == ["prune", "cache"]
    assert fewer.lead.startswith("3 papers give")
    assert fewer.lead.endswith("; the first 2 shown:")
    assert limited(told, 3) == limited(told, None) == told


def test_what_was_searched_and_what_the_quotes_are_is_said_once() -> None:
    found = Answer(
        "q", "q", "quote", "nearest", 0.1, "Not in it: a time.\n\n\u201cBees.\u201d [1]", notice="Not in it: a time."
    )
    both = quoted.noticed(found, "Only 2 papers were searched.")
    assert quoted.lead_of(both) == "Only 2 papers were searched. Not in it: a time."
    assert both.text.count("Not in it") == both.text.count("Only 2 papers") == 1
    plain = quoted.noticed(replace(found, notice=""), "Only 2 papers were searched.")
    assert (plain.text, plain.notice) == (found.text, "Only 2 papers were searched.")


def test_nearest_words_survive_being_saved() -> None:
    answer, _ = answer_with(PAPERS[0], "We introduce QuickNet, a training-free way to cache images.")
    lead = "Not in the abstract of QuickNet: a licence. Nearest words:"
    nearest = replace(answer, outcome="nearest", notice=lead, text=quoted.text_of(answer.sentences, lead=lead))
    restored = answer_of(answer_json(nearest), {paper.id: paper for paper in PAPERS}).answer
    assert (restored.outcome, restored.text, restored.notice) == ("nearest", nearest.text, lead)
    assert restored.text.startswith(lead)
    declined = Answer("q", "q", "quote", "declined", 0.0, "Ask in English.", notice="Ask in English.")
    assert answer_of(answer_json(declined), {}).answer.text == "Ask in English."
