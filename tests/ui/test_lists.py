"""How a list of papers is drawn, and the export of those that are ticked."""

from dataclasses import replace
from pathlib import Path

from rag.answer.quoted import text_of
from rag.core.domain import Answer
from rag.core.settings import Settings
from rag.output.export import Exchange, markdown, only_papers
from tests.helpers.answers import Shown, answered, citation, paper
from ui.session.suggesting import Suggesting
from ui.views.answer import answer_blocks, is_list

BEES = paper("Bees dance <b>well</b>.", "Bees & flowers", url="https://example.org/bees", year=2021)
ANTS = paper("Ants walk.", "Ants")


def _list() -> Answer:
    answer = answered(
        citation(BEES, BEES.abstract), citation(ANTS, "Ants walk.", 2), question="Which papers are about insects?"
    )
    return replace(answer, text=text_of(answer.sentences, with_count=True))


def test_a_list_has_a_row_a_paper_with_why_a_link_and_a_box_to_tick() -> None:
    count, rows = answer_blocks(_list(), "t1")
    assert "2 papers:" in count
    shown = Shown(rows)
    assert [value for name, value in shown.attributes if name == "data-tick"] == [BEES.id, ANTS.id]
    assert "https://example.org/bees" in rows and "Bees & flowers" in shown.text and "Ants walk." in shown.text
    assert "b" not in shown.tags
    assert shown.tags.count("li") == 2 and shown.tags.count("input") == 2


def test_other_answers_are_no_list() -> None:
    assert is_list(_list())
    assert not is_list(replace(_list(), question="What do bees do?"))
    assert not is_list(replace(_list(), outcome="nearest"))
    twice = answered(citation(BEES, "Bees"), citation(BEES, "dance"), question="Which papers are about insects?")
    assert not is_list(twice)


def test_the_ticked_papers_alone_are_exported() -> None:
    text = markdown([only_papers(Exchange("Which?", _list()), {ANTS.id})])
    assert "Ants walk." in text and "dance" not in text
    assert only_papers(Exchange("Which?", None), {ANTS.id}).answer is None


def test_examples_come_when_they_are_known_to_be_answered(tmp_path: Path) -> None:
    from tests.helpers.windows import Scripted
    from ui.session.loading import Loader

    loader = Loader(Settings(library=tmp_path), lambda settings, progress: Scripted())
    loader.start()
    suggesting = Suggesting(loader)
    first = suggesting.examples()
    while not (now := suggesting.examples())["done"]:
        assert set(now["examples"]) >= set(first["examples"])
    assert now["examples"]
    assert suggesting.next(_list(), ()) == "" or "cw-next" in suggesting.next(_list(), ())


def test_the_page_gets_a_file_of_the_ticked_papers(tmp_path: Path) -> None:
    from tests.helpers.windows import PAPERS, Scripted, cite
    from ui.records import ChatTurn
    from ui.session.loading import Loader
    from ui.session.lookups import Lookups
    from ui.session.records import record

    loader = Loader(Settings(library=tmp_path), lambda settings, progress: Scripted())
    loader.start()
    one, other = PAPERS[:2]
    sentences = tuple(cite(n, paper, paper.abstract.split(".")[0]) for n, paper in enumerate((one, other), start=1))
    answer = Answer("Which papers?", "Which papers?", "quote", "answered", 0.9, text_of(sentences), sentences=sentences)
    turn = {"id": "abcd", "question": "Which papers?"} | record(
        ChatTurn("abcd", "Which papers?", step="done", answer=answer)
    )
    file = Lookups(loader, Settings()).export({"turns": [turn], "format": "ris", "papers": [other.id]})
    assert other.title in file["text"] and one.title not in file["text"]
