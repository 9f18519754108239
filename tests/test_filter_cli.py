"""Choosing papers on the command line: the flags of `papers`, `ask`, `search` and `remove`, and what is printed."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.cli_filters import filter_of_flags
from rag.core.filter_values import since, years
from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.ingest.formats.record import make_paper
from tests.conftest import add
from tests.helpers.assistants import around, searching
from tests.helpers.commands import citewise
from tests.helpers.origins import brought

NOW = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chosen") / "library"
    papers = [
        make_paper(id="bees", title="Honey bees", abstract="Bees make honey.", year=2018, authors=["Ada Miller"]),
        make_paper(id="ants", title="Ants", abstract="Ants follow trails.", year=2020, venue="Letters"),
        make_paper(id="tea", title="Green tea", abstract="Tea is steeped."),
    ]
    add(folder, papers)
    brought(
        folder, {"old.ris": ("2020-01-01T00:00:00+00:00", ["bees", "ants"]), "new.ris": (NOW.isoformat(), ["ants"])}
    )
    return folder


@pytest.fixture
def library(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "library")
    monkeypatch.setenv("CITEWISE_LIBRARY", str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2020", (2020, 2020)),
        ("2018-2022", (2018, 2022)),
        ("2018 – 2022", (2018, 2022)),
        ("2020-", (2020, None)),
        ("2020+", (2020, None)),
        ("-2019", (None, 2019)),
        ("2022-2018", None),
        ("20", None),
        ("-", None),
        ("", None),
        ("last year", None),
        ("20201", None),
    ],
)
def test_years_are_read_as_people_write_them(typed: str, read: tuple[int | None, int | None] | None) -> None:
    assert years(typed) == read


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T12:30", "2026-11-01T12:30:00+00:00"),
        ("2026-11-01T12:30:00+02:00", "2026-11-01T12:30:00+02:00"),
        ("7d", "2026-11-19T21:30:00+00:00"),
        ("2 hours ago", "2026-11-26T19:30:00+00:00"),
        ("1w", "2026-11-19T21:30:00+00:00"),
        ("today", "2026-11-26T00:00:00+00:00"),
        ("Yesterday", "2026-11-25T00:00:00+00:00"),
        ("soon", None),
        ("7", None),
        ("2026-13-01", None),
        ("", None),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, time: str | None) -> None:
    read = since(typed, NOW)
    assert (read.isoformat() if read else None) == time


def test_times_in_the_distant_past_end_no_command() -> None:
    assert since("9999w", NOW) is not None
    assert filter_of_flags(added_since="0001-01-01").added_since is not None


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        ((), ["bees", "ants", "tea"]),
        (("--year", "2019-"), ["ants"]),
        (("--year", "-2019"), ["bees"]),
        (("--author", "miller, a"), ["bees"]),
        (("--venue", "LETTERS", "--venue", "other"), ["ants"]),
        (("--source", "new.ris"), ["ants"]),
        (("--id", "bees", "--id", "tea"), ["bees", "tea"]),
        (("--text", "tea"), ["tea"]),
        (("--source", "*.ris", "--text", "trails"), ["ants"]),
        (("--limit", "2"), ["bees", "ants"]),
    ],
)
def test_papers_lists_those_that_are_chosen(library: Path, flags: tuple[str, ...], ids: list[str]) -> None:
    done = citewise("papers", *flags)
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()] == ids
    assert [json.loads(line)["id"] for line in citewise("papers", "--json", *flags).out.splitlines()] == ids


def test_papers_tells_more_of_each_where_asked(library: Path) -> None:
    assert citewise("papers", "--long").out.splitlines() == [
        "bees  Honey bees",
        "    Ada Miller · 2018 · old.ris",
        "ants  Ants",
        "    Letters · 2020 · old.ris · new.ris",
        "tea  Green tea",
    ]


def test_where_no_paper_is_chosen_papers_prints_nothing_and_says_why(library: Path) -> None:
    done = citewise("papers", "--year", "2030-", "--author", "Miller")
    assert (done.code, done.out) == (0, "")
    assert done.err == (
        "citewise: No paper of this library matches: 2030 or later, by Miller. There is none at all for: 2030 or later.\n"
    )


@pytest.mark.parametrize("command", ["papers", "ask", "search", "remove"])
@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("--year", "20", "it takes 2020, 2018-2022, 2020- or -2019"),
        ("--added-since", "soon", "it takes 2026-11-01"),
        ("--author", " ", "--author says nothing; it takes something like --author Miller"),
        ("--text", "?!.", "--text says nothing"),
        ("--source", "", "--source says nothing"),
    ],
)
def test_a_wrong_value_is_blamed_on_its_flag(library: Path, command: str, flag: str, value: str, told: str) -> None:
    done = citewise(command, *(["bees"] if command != "papers" else []), flag, value)
    assert (done.code, done.out) == (2, "")
    assert told in done.err and flag in done.err and done.err.count("\n") == 1


def test_a_filter_is_told_in_words() -> None:
    chosen = PaperFilter(
        2018,
        2022,
        ("Miller",),
        ("A", "B", "C", "D"),
        ("x.ris",),
        ("10.1/x",),
        "deep  cache",
        datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert chosen.label == (
        "2018 to 2022, by Miller, in A or B or C or 1 more, from x.ris, called 10.1/x, with “deep cache”, added since 2026-01-02"
    )
    assert [part.label for part in chosen.parts][:2] == ["2018 to 2022", "by Miller"]
    assert PaperFilter(authors=("x" * 500 + "\x1b[31m\n",)).label.isprintable()


# --- asking and searching ---------------------------------------------------------------------------------------------


@pytest.fixture
def real(seed_settings: Settings, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWISE_LIBRARY", str(seed_settings.library))
    monkeypatch.setenv("CITEWISE_CACHE", str(seed_settings.cache))
    monkeypatch.setattr("rag.wiring.open_assistant", lambda settings, progress=None: around(assistant))
    monkeypatch.setattr("rag.wiring.open_searcher", lambda settings, progress=None: searching(assistant))


@pytest.mark.usefixtures("real")
def test_an_answer_is_made_of_the_chosen_papers_and_says_so() -> None:
    done = citewise("ask", "How many papers are there?", "--text", "image editing", "--json")
    answer = json.loads(done.out)
    assert answer["filter"] == {"text": "image editing"}
    assert answer["notice"].startswith("Asked of ") and answer["notice"].endswith(
        " of 59 papers: with “image editing”."
    )
    count = int(answer["notice"].split()[2])
    assert 0 < count < 59 and f"This part of the library holds {count} papers" in answer["answer"]
    shown = citewise("ask", "What is DeepCache?", "--text", "DeepCache")
    assert shown.code == 0 and "59 papers: with “DeepCache”." in shown.out
    assert "filter" not in json.loads(citewise("ask", "What is DeepCache?", "--json").out)


@pytest.mark.usefixtures("real")
def test_where_no_paper_is_chosen_asking_and_searching_find_nothing() -> None:
    for command in ("ask", "search"):
        done = citewise(command, "What is DeepCache?", "--year", "1900")
        assert done.code == 4
        assert "No paper of this library matches: 1900." in done.out


@pytest.mark.usefixtures("real")
def test_a_search_finds_chosen_papers_only() -> None:
    done = citewise("search", "faster diffusion", "--text", "image editing", "--json", "--limit", "100")
    found = json.loads(done.out)
    assert found["filter"] == {"text": "image editing"}
    chosen = citewise("papers", "--text", "image editing").out.splitlines()
    assert sorted(hit["paper_id"] for hit in found["papers"]) == sorted(line.split()[0] for line in chosen)
    assert "Asked of" in citewise("search", "faster diffusion", "--text", "image editing").out


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_a_follow_up_does_not_reach_a_paper_that_is_not_chosen(assistant: Assistant) -> None:
    first = assistant.ask("What is DeepCache?")
    over = assistant.over(PaperFilter(text="super-resolution"))
    history = [first.message]
    assert first.cited_papers[0].id not in {paper.id for paper in over.ask("Is it fast?", history).cited_papers}
    assert over.papers([first.cited_papers[0].id]) == ()
    assert over is assistant.over(PaperFilter(text="super-resolution")), "it is kept"
    over.close()
    assert over.papers(), "closing it does nothing"
    assert over.over(PaperFilter()) is assistant


# --- removing ---------------------------------------------------------------------------------------------------------


def test_remove_shows_what_goes_and_needs_a_yes(library: Path) -> None:
    dry = citewise("remove", "--source", "old.ris", "--dry-run")
    assert dry.code == 0
    assert dry.out.splitlines() == [
        "1 paper to remove:",
        "  bees  Honey bees",
        "1 paper of old.ris will stay, since other files brought them too. What was merged into them stays in them.",
    ]
    refused = citewise("remove", "bees")
    assert refused.code == 2 and "add --yes" in refused.err
    assert len(citewise("papers").out.splitlines()) == 3
    done = citewise("remove", "bees", "nobody", "--yes")
    assert done.code == 0 and "1 paper removed" in done.out
    assert done.err == "citewise: not in this library: nobody\n"
    assert [line.split()[0] for line in citewise("papers").out.splitlines()] == ["ants", "tea"]


def test_remove_as_json_tells_the_ids(library: Path) -> None:
    done = citewise("remove", "--year", "-2019", "--yes", "--json")
    assert json.loads(done.out) == {
        "dry_run": False,
        "removed": ["bees"],
        "staying": [],
        "sources": [],
        "filter": {"to_year": 2019},
    }


def test_remove_asks_a_person(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.cli_remove._can_ask", lambda: True)
    done = citewise("remove", "tea", text="n\n")
    assert done.code == 0 and "Nothing was removed." in done.out
    done = citewise("remove", "tea", text="y\n")
    assert done.code == 0 and "1 paper removed" in done.out


def test_remove_wants_to_know_which(library: Path) -> None:
    none = citewise("remove", "--yes")
    assert none.code == 2 and "say which papers" in none.err
    both = citewise("remove", "--all", "bees", "--yes")
    assert both.code == 2 and "--all means all papers" in both.err
    nothing = citewise("remove", "nobody", "--yes")
    assert nothing.code == 4 and "called nobody" in nothing.err and "Nothing was removed." in nothing.err
    assert citewise("remove", "--all", "--yes").code == 0
    assert citewise("papers").out == ""
