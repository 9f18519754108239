"""Which papers are asked: in words, as pills, as a page sends and keeps it."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rag.core.errors import NothingChosen, RequestRefused
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.library.choices import Names
from tests.helpers.answers import Shown, answered, citation, paper
from tests.helpers.windows import CACHE, HOSTILE, MANY, PROPAGATE, Scripted
from ui.records import NAME_CHARS, ChatTurn, Choice
from ui.session import catalogue, choosing
from ui.session.loading import Loader
from ui.session.lookups import Lookups
from ui.session.records import SavedTurn, frame, record, turn_of
from ui.session.turns import Request, run_turn
from ui.views.chosen import emptiness, names_note, of_line, parts, pills, told_once

FULL = PaperFilter(
    from_year=2018,
    to_year=2020,
    authors=("Miller", "Chen"),
    venues=("Nature",),
    sources=("scopus.ris",),
    ids=("10.1000/x",),
    text="bees dance",
    added_since=datetime(2026, 11, 20, tzinfo=UTC),
)
HERE = SimpleNamespace(client=SimpleNamespace(host="here"), headers={})


@pytest.fixture
def loader() -> Loader:
    assistant = Scripted(shelf=(CACHE, PROPAGATE, HOSTILE))
    loader = Loader(Settings(), lambda settings, progress: assistant)
    loader.start()
    assert loader.wait(10)
    return loader


def functions(loader: Loader) -> dict[str, Any]:
    return {work.__name__: work for work in Lookups(loader, Settings()).functions()}


# --- in words -----------------------------------------------------------------------------------------------------------


def test_each_part_can_be_taken_away_alone() -> None:
    found = parts(FULL)
    assert [(part.label, part.field, part.n) for part in found] == [
        ("2018 to 2020", "years", None),
        ("with “bees dance”", "text", None),
        ("by Miller", "authors", 0),
        ("by Chen", "authors", 1),
        ("in Nature", "venues", 0),
        ("from scopus.ris", "sources", 0),
        ("called 10.1000/x", "ids", 0),
        ("added since 2026-11-20", "added_since", None),
    ]
    assert found[2].rest == replace(FULL, authors=("Chen",)) and found[2].alone == PaperFilter(authors=("Miller",))
    left = FULL
    while some := parts(left):
        left = some[0].rest
    assert left.is_empty


def test_many_identifiers_are_one_pill() -> None:
    ids = tuple(f"id{n}" for n in range(6))
    assert [(part.label, part.n) for part in parts(PaperFilter(ids=ids))] == [("6 chosen one by one", None)]
    assert len(parts(PaperFilter(ids=ids[:5]))) == 5


def test_pills_show_names_literally_and_cut_long_ones() -> None:
    odd = '<img src=x onerror="x">${a} {{b}}'
    html = pills(PaperFilter(venues=(odd, "V" * 500)))
    shown = Shown(html)
    assert "img" not in shown.tags and '<img src=x onerror="x">' in shown.text
    assert "V" * 61 not in shown.text
    assert all(len(value or "") <= NAME_CHARS for _, value in shown.attributes)


def test_a_line_says_of_how_many_papers_was_asked() -> None:
    assert of_line(Choice(PaperFilter(from_year=2020), 12, 59)) == "Asked of 12 of 59 papers: 2020 or later."
    assert of_line(Choice(PaperFilter(), 59, 59)) == ""


def test_what_leaves_nothing_is_named() -> None:
    by, years = parts(PaperFilter(authors=("Zzz",), from_year=2020))[::-1]
    assert emptiness([(by, 0), (years, 9)], [(by, 9), (years, 0)], 59) == "No paper here matches “by Zzz”."
    told = emptiness([(by, 3), (years, 9)], [(by, 9), (years, 1)], 59)
    assert (
        told
        == "No paper matches all of this; there would be 9 papers without “by Zzz” or 1 paper without “2020 or later”."
    )
    assert emptiness([(by, 3), (years, 9)], [(by, 0), (years, 0)], 59) == "No paper matches all of this."
    assert emptiness([(by, 0)], [], 0) == "This library holds no papers."


def test_the_notice_of_an_answer_is_not_told_twice() -> None:
    of = Choice(PaperFilter(from_year=2020), 1, 3)
    source = paper("One.")
    answer = replace(answered(citation(source, "One.")), notice=f"{of_line(of)} Nearest words:")
    answer = replace(answer, text=f"{answer.notice}\n\n“One.” [1]")
    told = told_once(answer, of)
    assert (told.notice, told.text) == ("Nearest words:", "Nearest words:\n\n“One.” [1]")
    assert told_once(answer, None) is answer
    other = replace(answer, notice="No writer is set up.")
    assert told_once(other, of) is other


def test_names_that_are_not_shown_or_not_there_are_told() -> None:
    assert names_note("authors", Names((("A", 1),), 1, 1)) == ""
    assert "The first 1 of 30 venues" in names_note("venues", Names((("A", 1),), 30, 40))
    assert "None of the 40 files" in names_note("sources", Names((), 0, 40))
    assert "ingest them again" in names_note("sources", Names())


# --- as a page sends it ---------------------------------------------------------------------------------------------------


def test_a_choice_is_counted_and_shown_and_an_empty_one_explained(loader: Loader) -> None:
    choose = functions(loader)["choose"]
    told = choose({"filter": {"from_year": 2020, "sources": ["arxiv.xml"]}}, HERE)
    assert (told["papers"], told["every"], told["note"], told["problem"]) == (1, 3, "1 of 3 papers", "")
    assert told["filter"] == {"from_year": 2020, "sources": ["arxiv.xml"]}
    assert told["line"] == "Asked of 1 of 3 papers: 2020 or later, from arxiv.xml."
    assert choose({}, HERE)["button"] == "all papers"
    none = choose({"filter": {"from_year": 2020, "text": "zebra"}}, HERE)
    many = choose({"filter": {"text": "zebra", "ids": [], "sources": [f"{n}.ris" for n in range(100)]}}, HERE)
    assert (many["papers"], many["problem"]) == (0, "No paper matches all of this.")
    assert (none["papers"], none["problem"]) == (0, "No paper here matches “with ‘zebra’”.")


@pytest.mark.parametrize(
    "sent",
    [
        [],
        "2020",
        {"from_year": "2020"},
        {"from_year": True},
        {"year": 2020},
        {"authors": [1]},
        {"authors": ["x"] * 5_000},
        {"authors": [f"x{n}" for n in range(51)]},
        {"venues": ["x" * 5_000]},
        {"text": "x" * 5_000},
        {"added_since": "never"},
        {"from_year": 1e400},
    ],
)
def test_what_is_no_filter_is_refused_in_words(loader: Loader, sent: Any) -> None:
    for name in ("choose", "overview", "listed", "examples"):
        told = functions(loader)[name]({"filter": sent}, HERE)
        assert set(told) == {"error"} and "Something went wrong" not in told["error"]
    *_, last = run_turn(loader, Request(id="turn1", run="run1", question="how fast?", filter=sent))
    assert last.step == "failed" and "Something went wrong" not in last.note


def test_a_question_is_asked_of_the_chosen_papers_and_remembers_them(loader: Loader) -> None:
    request = Request(id="turn1", run="run1", question="how fast?", filter={"from_year": 2020})
    *_, last = run_turn(loader, request)
    assistant: Any = loader.assistant()
    assert assistant.filter_of("how fast?") == PaperFilter(from_year=2020)
    assert last.of == Choice(PaperFilter(from_year=2020), 2, 3)
    sent = frame(last, loader.loading)
    assert "Asked of 2 of 3 papers: 2020 or later." in sent["parts"]["of"]
    assert "Searched 2 papers" in sent["parts"]["sources"]
    saved = SavedTurn.model_validate({"id": "turn1", "question": "how fast?", **sent["record"]})
    again = turn_of(saved, {one.id: one for one in (CACHE, PROPAGATE)}, lambda question: None)
    assert again.of == last.of and again.step == "done"


def test_a_question_of_no_papers_is_not_asked(loader: Loader) -> None:
    request = Request(id="turn1", run="run1", question="of none?", filter={"authors": ["Zzz"]})
    *_, last = run_turn(loader, request)
    assert (last.step, last.note) == ("failed", "No paper here matches “by Zzz”.")
    assistant: Any = loader.assistant()
    assert assistant.times("of none?") == 0
    with pytest.raises(NothingChosen):
        choosing.choice_to_ask(assistant, {"authors": ["Zzz"]})


@pytest.mark.parametrize(
    "of",
    [
        None,
        7,
        [],
        {},
        {"filter": {"from_year": 2020}},
        {"filter": {"from_year": 2020}, "papers": "12", "every": 59},
        {"filter": {"from_year": 2020}, "papers": -1, "every": 59},
        {"filter": {"from_year": 2020}, "papers": True, "every": 59},
        {"filter": {"odd": 2020}, "papers": 12, "every": 59},
        {"filter": {}, "papers": 12, "every": 59},
    ],
)
def test_a_kept_choice_that_cannot_be_read_is_left_out(of: Any) -> None:
    assert choosing.kept_choice(of) is None
    saved = SavedTurn(id="turn1", question="q", step="stopped", of=of)
    assert turn_of(saved, {}, lambda question: None).of is None


def test_a_choice_is_kept_as_it_is_read_back() -> None:
    made = Choice(FULL, 1, 2)
    assert choosing.kept_choice(record(ChatTurn("turn1", "q", "stopped", of=made))["of"]) == made
    assert record(ChatTurn("turn1", "q", "stopped"))["of"] is None


def test_a_paper_chosen_by_its_id_is_shown_by_its_title_and_many_are_counted(loader: Loader) -> None:
    told = functions(loader)["choose"]({"filter": {"ids": ["cache", "10.1000/none"]}}, HERE)
    assert (
        "“FastCache: Accelerating Diffusion Models for Free”" in told["pills"]
        and "called 10.1000/none" in told["pills"]
    )
    many = functions(loader)["choose"]({"filter": {"ids": ["cache", *"abcde"], "from_year": 2000}}, HERE)
    assert "6 chosen one by one" in many["pills"]
    assert many["line"] == "Asked of 1 of 3 papers: 2000 or later, 6 chosen one by one."


def test_the_table_of_papers_and_its_export_keep_to_the_choice(loader: Loader, monkeypatch: Any) -> None:
    sent = {"words": "", "filter": {"from_year": 2020}}
    listed = functions(loader)["listed"](sent, HERE)
    assert listed["note"] == "2 of 3 papers" and "Hostile" not in listed["html"]
    file = functions(loader)["export_papers"](sent | {"format": "ris"}, HERE)
    assert file["name"] == "papers.ris" and file["text"].count("ER  -") == 2
    assert (
        functions(loader)["export_papers"](sent | {"words": "cheap", "format": "ris"}, HERE)["text"].count("ER  -") == 1
    )
    assert (
        "no paper is listed"
        in functions(loader)["export_papers"](sent | {"words": "zebra", "format": "ris"}, HERE)["error"].lower()
    )
    assert "bibtex, ris" in functions(loader)["export_papers"](sent | {"format": "markdown"}, HERE)["error"]
    monkeypatch.setattr(catalogue, "EXPORTED", 1)
    assert "at most 1" in functions(loader)["export_papers"](sent | {"format": "ris"}, HERE)["error"]


def test_names_to_choose_from_are_few_and_none_is_too_long(loader: Loader) -> None:
    assistant: Any = loader.assistant()
    assistant.shelf = tuple(replace(one, venue=f"Venue {n}") for n, one in enumerate(MANY * 2))
    assistant.shelf += (replace(CACHE, venue="V" * (NAME_CHARS + 1)), replace(CACHE, venue="<b>V</b>"))
    names = functions(loader)["names"]
    told = names({"kind": "venues", "words": ""}, HERE)
    assert len(told["names"]) == 50 and "The first 50 of 82 venues" in told["note"]
    assert names({"kind": "venues", "words": "vv"}, HERE)["names"] == []
    assert names({"kind": "venues", "words": "<b>"}, HERE)["names"] == [["<b>V</b>", "1"]]
    for kind in ("ids", None, ["authors"], "papers"):
        assert "error" in names({"kind": kind}, HERE)


def test_the_empty_chat_tells_of_the_chosen_papers(loader: Loader) -> None:
    told = functions(loader)["overview"]({"filter": {"from_year": 2020}}, HERE)
    assert "Ask about 2 of 3 papers" in told["welcome"] and "2 papers" in told["library"]


def test_examples_are_found_for_each_choice(loader: Loader) -> None:
    from ui.session.suggesting import Suggesting

    suggesting, chosen = Suggesting(loader), PaperFilter(from_year=2020)
    while not suggesting.examples(chosen)["done"] or not suggesting.examples()["done"]:
        pass
    assistant: Any = loader.assistant()
    asked = {filter_ for _, filter_ in assistant.filters}
    assert asked == {chosen, PaperFilter()}
    assert suggesting.examples(chosen)["examples"]


def test_only_an_object_is_a_filter() -> None:
    with pytest.raises(RequestRefused):
        choosing.choice_to_ask(Scripted(), "all")


def test_what_records_told_of_chosen_papers_is_told_of_them_again(loader: Loader, monkeypatch: Any) -> None:
    def told(self: Scripted, question: str) -> Any:
        return replace(answered(question=question), origin="records", text=f"{len(self.shelf)} papers.", sentences=())

    monkeypatch.setattr(Scripted, "told", told)
    answer = {"question": "how many?", "standalone_question": "how many?", "origin": "records", "answer": "2 papers."}
    answer |= {"mode": "quote", "outcome": "answered", "p_answerable": 1.0, "sentences": []}
    of = {"filter": {"from_year": 2020}, "papers": 2, "every": 3}
    turns = [
        {"id": f"turn{n}", "question": "how many?", "step": "done", "answer": answer, "of": of if n else None}
        for n in (0, 1)
    ]
    whole, part = functions(loader)["reopen"]({"turns": turns}, HERE)["turns"]
    assert (whole["record"]["answer"]["answer"], part["record"]["answer"]["answer"]) == ("3 papers.", "2 papers.")
