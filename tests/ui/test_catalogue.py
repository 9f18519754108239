"""What the view of the library asks of the server: rows, ids, one paper, exports, merges that are undone."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag import wiring
from rag.core.domain import Paper
from rag.core.errors import LibraryBusy, NoSuchMerge
from rag.core.settings import Settings
from rag.ingest.pipeline import plan, read_files, store
from rag.library.catalogue import Catalogue
from rag.library.choices import Choices
from rag.library.publishing import publish
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl
from tests.helpers.windows import CACHE, HOSTILE, MANY, PROPAGATE, Scripted
from ui.session import catalogue
from ui.session.loading import Loader
from ui.session.lookups import Lookups
from ui.session.unmerging import Unmerging

HERE = SimpleNamespace(client=SimpleNamespace(host="here"), headers={})
RETRACTED = Paper("gone", "A retracted one", "", ("Ada O'Example",), status="retracted")


def loader_of(assistant: Any) -> Loader:
    loader = Loader(Settings(), lambda settings, progress: assistant)
    loader.start()
    assert loader.wait(10)
    return loader


def functions(loader: Loader, **settings: Any) -> dict[str, Callable[..., dict[str, Any]]]:
    found = {work.__name__: work for work in Lookups(loader, Settings(**settings)).functions()}
    return {name: lambda sent, work=work: work(sent, HERE) for name, work in found.items()}


@pytest.fixture(scope="module")
def few() -> dict[str, Any]:
    return functions(loader_of(Scripted(shelf=(CACHE, PROPAGATE, HOSTILE, RETRACTED))))


@pytest.fixture(scope="module")
def many() -> dict[str, Any]:
    shelf = tuple(replace(one, id=f"{one.id}-{n}", year=1990 + n % 30) for n in range(6) for one in MANY)
    return functions(loader_of(Scripted(shelf=shelf)))


def ids_in(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('data-paper="')[1:]]


def test_rows_come_a_part_at_a_time_with_what_is_said_of_all(many: dict[str, Any]) -> None:
    first = many["listed"]({"column": "year", "descending": False})
    assert (first["found"], first["every"], first["note"], first["count"]) == (240, 240, "240 papers", "240 papers")
    assert len(ids_in(first["html"])) == 100 and first["start"] == 0 and first["nothing"] == ""
    last = many["listed"]({"column": "year", "descending": False, "start": 217})
    assert last["start"] == 200 and len(ids_in(last["html"])) == 40
    assert first["unknown"] == ["added", "authors", "flags", "source", "venue"]


def test_the_part_around_a_paper_is_found(many: dict[str, Any]) -> None:
    told = many["listed"]({"near": "p7-5", "column": "title", "descending": False, "start": 3})
    assert told["start"] <= told["place"] < told["start"] + 100
    assert ids_in(told["html"])[told["place"] - told["start"]] == "p7-5"
    missing = many["listed"]({"near": "nobody", "start": 130})
    assert (missing["place"], missing["start"]) == (None, 100)


@pytest.mark.parametrize(
    ("sent", "note"),
    [
        ({}, "4 papers"),
        ({"words": "diffusion"}, "2 of 4 papers"),
        ({"flag": "status"}, "1 of 4 papers"),
        ({"filter": {"from_year": 2020}}, "2 of 4 papers"),
        ({"words": "enncoder"}, "No paper holds “enncoder”. 2 papers for “encoder”:"),
        ({"words": "o'example"}, "1 of 4 papers"),
    ],
)
def test_it_is_said_how_many_are_listed(few: dict[str, Any], sent: dict[str, Any], note: str) -> None:
    if "enncoder" in note:
        note = note.replace("2 papers", "1 paper")
    assert few["listed"](sent)["note"] == note


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"words": "zebra"}, "No paper holds “zebra”"),
        ({"words": "cheap", "flag": "status"}, "None of these papers: retracted or corrected"),
        ({"filter": {"from_year": 3000}}, "No paper here matches “3000 or later”"),
    ],
)
def test_where_nothing_is_listed_it_is_said_why_and_what_to_do(
    few: dict[str, Any], sent: dict[str, Any], why: str
) -> None:
    told = few["listed"](sent)
    assert told["found"] == 0 and why in told["nothing"] and "<button" in told["nothing"]


def test_an_empty_library_says_how_papers_are_added() -> None:
    loader = loader_of(Scripted(shelf=()))
    assert 'data-do="add-papers"' in functions(loader, edit="on")["listed"]({})["nothing"]
    told = functions(loader, edit="off", library=Path("shelf"))["listed"]({})["nothing"]
    assert "citewise ingest FILE --library shelf" in told and "add-papers" not in told


def test_hostile_papers_are_only_text_in_rows_and_details(few: dict[str, Any]) -> None:
    html = few["listed"]({"words": "hostile"})["html"] + few["paper"]({"paper": "hostile", "words": "bold"})["html"]
    assert "<img" not in html and "<script" not in html and 'href="javascript' not in html and "${" not in html


def test_hits_are_marked_in_rows_also_those_of_the_abstract_and_of_names_cut_off(few: dict[str, Any]) -> None:
    assert '<mark class="cw-hit">Encoder' in few["listed"]({"words": "encoder"})["html"]
    abstract = few["listed"]({"words": "retraining"})["html"]
    assert "cw-row-passage" in abstract and '<mark class="cw-hit">retraining</mark>' in abstract
    name = few["listed"]({"words": "cleo"})["html"]
    assert '<mark class="cw-hit">Cleo</mark>' in name and "cw-row-passage" in name


def test_one_paper_has_all_that_is_known_of_it(few: dict[str, Any]) -> None:
    told = few["paper"]({"paper": "cache", "words": "speedup"})
    assert (told["id"], told["title"], told["undoing"]) == ("cache", CACHE.title, "")
    for words in ("Eve Other", "2023", "https://example.org/fastcache", "scopus.ris", '<mark class="cw-hit">speedup'):
        assert words in told["html"], words
    assert "Undo this merge" not in told["html"]
    assert few["paper"]({"paper": "nobody"})["gone"] and "no such paper" in few["paper"]({})["html"]


def test_ids_are_given_by_rows_and_not_too_many_at_once(many: dict[str, Any], monkeypatch: Any) -> None:
    sent = {"column": "title", "descending": False}
    every = many["listed_ids"](sent | {"start": 0, "stop": 10**6})["ids"]
    assert len(every) == 240
    assert many["listed_ids"](sent | {"start": 5, "stop": 9})["ids"] == every[5:9]
    assert many["listed_ids"](sent | {"start": 9, "stop": 5})["ids"] == []
    assert many["still_there"]({"ids": ["nobody", every[3]]})["ids"] == [every[3]]
    monkeypatch.setattr(catalogue, "TICKED", 100)
    assert "at most 100 papers can be ticked" in many["listed_ids"](sent | {"stop": 101})["error"].lower()
    assert "at most 100" in many["still_there"]({"ids": every})["error"].lower()


def test_ticked_papers_are_exported_alone_else_those_listed_in_their_order(few: dict[str, Any]) -> None:
    sent = {"format": "ris", "column": "title", "descending": False}
    whole = few["export_papers"](sent)["text"]
    assert whole.index("A retracted one") < whole.index("Faster Encoders") < whole.index("Hostile")
    assert few["export_papers"](sent | {"ids": ["cache"]})["text"].count("ER  -") == 1
    assert few["export_papers"](sent | {"flag": "status"})["text"].count("ER  -") == 1
    assert "no paper is listed" in few["export_papers"](sent | {"ids": ["nobody"]})["error"].lower()


@pytest.mark.parametrize(
    "sent",
    [
        {"column": "__class__", "flag": ["status"], "start": -5, "near": {}},
        {"start": "7", "descending": "no", "words": ["a"]},
        {"start": 10**30, "stop": True, "words": 7},
        {"column": ["title"], "words": None, "near": "\ud800" * 3},
    ],
)
def test_what_makes_no_sense_lists_as_usual(few: dict[str, Any], sent: dict[str, Any]) -> None:
    told = few["listed"](sent)
    assert "error" not in told and told["every"] == 4
    assert "ids" in few["listed_ids"](sent)


def test_a_filter_or_ids_that_are_none_are_refused_in_words(few: dict[str, Any]) -> None:
    assert "filter" in few["listed"]({"filter": "all"})["error"]
    assert "ticked" in few["still_there"]({"ids": "cache"})["error"]


# --- merges that are undone ---------------------------------------------------------------------------------------------

WORDS = "Bees make honey and dance to tell where flowers are, and how far away these flowers are from the hive."
RECORDS = (
    {"id": "pre", "title": "Honey bees dance", "abstract": WORDS, "doi": "10.1101/2024.01.01.1", "year": 2023},
    {"id": "art", "title": "Honey bees dance", "abstract": WORDS + " Indeed.", "doi": "10.1000/b", "year": 2024},
)


@pytest.fixture
def bees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, Any], Library]]:
    """The functions over a library in which two records are one paper."""
    monkeypatch.setattr(wiring, "open_embedder", lambda settings, report=None: HashEmbedder())
    with Library.open_for_writing(tmp_path / "library", HashEmbedder().identity) as library:
        reading = read_files([file(tmp_path, jsonl(*RECORDS), "bees.jsonl")])
        store(library, plan(library, reading.records), HashEmbedder)
        publish(library)
    opened = Library.open(tmp_path / "library")
    assistant = Scripted()
    assistant.real = SimpleNamespace(catalogue=lambda papers: Catalogue(opened, Choices(opened)))  # type: ignore[assignment]
    yield functions(loader_of(assistant), library=tmp_path / "library", edit="on"), opened
    opened.close()


def ended(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The state once the thread has ended."""
    for thread in threading.enumerate():
        if thread.name == "citewise-undo-merge":
            thread.join(20)
    return ask()


def test_records_are_shown_with_where_they_differ_and_a_merge_is_undone(bees: tuple[dict[str, Any], Library]) -> None:
    work, library = bees
    html = work["paper"]({"paper": "pre"})["html"]
    assert "the same title and nearly the same abstract" in html and "bees.jsonl, line 2" in html
    assert html.count("Undo this merge") == 2 and "10.1101/2024.01.01.1" in html
    before = work["library_state"]({})
    assert work["undo_merge"]({"record": "art"})["state"] in ("running", "done")
    told = ended(lambda: work["merge_state"]({"record": "art"}))
    assert told["state"] == "done" and set(told["papers"]) == {"pre", "art"}
    after = work["library_state"]({})
    assert after["papers"] == 2 and after["revision"] > before["revision"]
    assert "Undo this merge" not in work["paper"]({"paper": "art"})["html"]
    assert library.count() == 2


def test_a_merge_that_is_gone_meanwhile_is_said_to_be(bees: tuple[dict[str, Any], Library]) -> None:
    work, _ = bees
    for record in ("art", "art", "nobody"):
        work["undo_merge"]({"record": record})
        told = ended(lambda record=record: work["merge_state"]({"record": record}))  # type: ignore[misc]
    assert told["state"] == "failed" and "not there any more" in told["note"]


def test_merges_are_not_undone_where_the_window_may_not_edit(few: dict[str, Any]) -> None:
    work = functions(loader_of(Scripted()), edit="off")
    assert "cannot be undone in this window" in work["undo_merge"]({"record": "art"})["error"]


def test_of_two_tabs_the_second_joins_the_same_merge_and_is_refused_another() -> None:
    held, calls = threading.Event(), []

    def undo(settings: Settings, record: str, progress: Callable[[str], None]) -> Any:
        calls.append(record)
        progress("Reading both papers")
        assert held.wait(10)
        return SimpleNamespace(alone=SimpleNamespace(id="art"), rest=SimpleNamespace(id="pre"))

    work = Unmerging(Settings(), undo)
    assert work.begin("art")["state"] == "running" and work.begin("art")["state"] == "running"
    with pytest.raises(catalogue.RequestRefused, match="another merge is being undone"):
        work.begin("other")
    assert work.running(["pre", "art"]) == "art"
    held.set()
    assert ended(lambda: work.state("art"))["papers"] == ["art", "pre"]
    assert calls == ["art"] and work.running(["art"]) == ""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (LibraryBusy("the library x is being written by process 7. Wait until it is done"), "Wait until it is done."),
        (NoSuchMerge("gone; `citewise merges` lists"), "not there any more"),
        (ZeroDivisionError("a secret detail"), "Something went wrong while undoing the merge"),
    ],
)
def test_what_goes_wrong_is_told_and_another_try_is_taken(error: Exception, says: str) -> None:
    def undo(settings: Settings, record: str, progress: Callable[[str], None]) -> Any:
        raise error

    work = Unmerging(Settings(), undo)
    for _ in range(2):
        work.begin("art")
        told = ended(lambda: work.state("art"))
        assert told["state"] == "failed" and says in told["note"] and "secret" not in told["note"]
    assert work.state("never")["state"] == "unknown"
