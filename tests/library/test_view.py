"""A library seen through a filter: which papers are chosen, and that nothing of the others is seen."""

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rag.core.paper_filter import PaperFilter
from rag.ingest.formats.record import make_paper
from rag.library.choosing import came_from, names_source
from rag.library.overview import overview
from rag.library.spelling import TitleWords
from rag.library.store import Library
from rag.library.view import View
from rag.search.chosen import ChosenRetriever
from rag.search.hybrid import HybridRetriever
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from tests.helpers.origins import brought

PAPERS = [
    make_paper(
        id="bees",
        title="Honey bees",
        abstract="Bees make honey. They dance to tell where flowers are.",
        year=2018,
        authors=["Émile Müller", "Ada O'Example"],
        venue="Journal of Écology",
        doi="10.1000/bees",
    ),
    make_paper(
        id="ants",
        title="Ants",
        abstract="Ants follow scent trails. They dance seldom.",
        year=2020,
        authors=["Schmidt, Bea"],
        venue="Ecology Letters",
        arxiv_id="2001.00001",
        pmid="123456",
    ),
    make_paper(id="tea", title="Green tea", abstract="Tea is steeped at 70 degrees.", year=2022, authors=["A. Miller"]),
    make_paper(id="rust", title="Rust", abstract="Iron rusts in water. Zinc protects ships."),
]
MONDAY, TUESDAY = "2026-11-02T10:00:00+00:00", "2026-11-03T10:00:00+00:00"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("view") / "library"
    add(folder, PAPERS)
    brought(
        folder,
        {
            "exports/Scopus.ris": (MONDAY, ["bees", "ants"]),
            "/home/ada/all.zip/more.bib.gz": (TUESDAY, ["ants", "tea"]),
        },
    )
    library = Library.open(folder)
    yield library
    library.close()


def chosen(whole: Library, **given: Any) -> list[str]:
    view = View.of(whole, PaperFilter(**given))
    try:
        return [paper.id for paper in view.papers()]
    finally:
        view.close()


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({"from_year": 2020}, ["ants", "tea"]),
        ({"to_year": 2020}, ["bees", "ants"]),  # what names no year is in no range
        ({"from_year": 2019, "to_year": 2021}, ["ants"]),
        ({"authors": ("muller",)}, ["bees"]),
        ({"authors": ("MUELLER, E",)}, ["bees"]),
        ({"authors": ("B. Schmidt",)}, ["ants"]),
        ({"authors": ("Bea Schmidt", "Miller")}, ["ants", "tea"]),
        ({"authors": ("Miller, A",)}, ["tea"]),
        ({"authors": ("C. Miller",)}, []),
        ({"authors": ("mill",)}, []),
        ({"authors": ("o'example",)}, ["bees"]),
        ({"venues": ("ecology",)}, ["bees", "ants"]),
        ({"venues": ("letters ecology",)}, ["ants"]),
        ({"ids": ("doi:10.1000/BEES",)}, ["bees"]),
        ({"ids": ("https://doi.org/10.1000/bees", "tea")}, ["bees", "tea"]),
        ({"ids": ("arXiv:2001.00001v3",)}, ["ants"]),
        ({"ids": ("PMID: 123456",)}, ["ants"]),
        ({"ids": ("10.1000/be",)}, []),
        ({"text": "dance honey"}, ["bees"]),
        ({"text": "danc"}, ["bees", "ants"]),
        ({"sources": ("scopus.ris",)}, ["bees", "ants"]),
        ({"sources": ("scopus",)}, ["bees", "ants"]),
        ({"sources": ("all.zip",)}, ["ants", "tea"]),
        ({"sources": ("all.zip/*.bib*",)}, ["ants", "tea"]),
        ({"sources": ("other.ris",)}, []),
        ({"added_since": datetime(2026, 11, 3, tzinfo=UTC)}, ["tea"]),  # the ants were there on Monday
        ({"added_since": datetime(2026, 11, 2, 10, tzinfo=UTC)}, ["bees", "ants", "tea"]),
        ({"from_year": 2019, "authors": ("Schmidt", "Müller"), "text": "dance"}, ["ants"]),
    ],
)
def test_a_filter_chooses_the_papers_for_which_all_of_it_holds(
    whole: Library, given: dict[str, Any], ids: list[str]
) -> None:
    assert chosen(whole, **given) == ids


@pytest.mark.parametrize(
    ("value", "name", "same"),
    [
        ("a.ris", "a.ris", True),
        ("./A.RIS", "exports/a.ris", True),
        ("exports", "exports/a.ris", True),
        ("ports/a.ris", "exports/a.ris", False),
        ("a*.ris", "abc.ris", True),
        ("a[1].ris", "a[1].ris", True),
        ("a", "a.nbib.gz", True),
        ("a", "ab.ris", False),
        ("", "a.ris", False),
        (".", "a.ris", False),
        ("standard input", "standard input", True),
    ],
)
def test_a_file_is_named_by_whole_parts_of_its_path(value: str, name: str, same: bool) -> None:
    assert names_source(value, name) is same


def test_a_view_counts_searches_and_tells_of_its_papers_only(whole: Library) -> None:
    view = View.of(whole, PaperFilter(to_year=2020))
    assert (view.count(), view.total, whole.count()) == (2, 4, 4)
    assert [paper.id for paper in view.papers(["tea", "ants"])] == ["ants"]
    assert view.lexical(["water", "tea", "dancing"], 9).keys() == {"bees", "ants"}
    assert view.lexical_of(["tea", "scent"], ["tea", "ants"]).keys() == {"ants"}
    assert view.holding(["dance", "tea", "they"]) == {"dance": 2, "tea": 0, "they": 2}
    assert view.find_papers("tea", 9) == (0, [])
    assert [paper.id for paper in view.papers_without(["honey"], 9)[1]] == ["ants"]
    assert view.papers_identified(["tea", "10.1000/bees"])[0].id == "bees"
    assert {one.paper_id for one in view.sentences(["bees", "rust"])[0]} == {"bees"}
    assert {one.paper_id for one in view.windows(["ants", "tea"])[0]} == {"ants"}
    assert len(view.window_ids()) == view.count_windows() == 2
    assert {one.paper_id for one in view.windows_by_id(whole.window_ids())[0]} == {"bees", "ants"}
    assert [entry.id for entry in view.details()] == ["bees", "ants"]
    assert overview(view).years == ((2018, 1), (2020, 1))
    assert TitleWords(view).respelled("hony") == "honey" and TitleWords(view).respelled("grene") == ""
    view.close()


def test_a_retriever_over_a_view_finds_all_of_its_papers_and_no_other(whole: Library) -> None:
    retriever = HybridRetriever(whole, HashEmbedder())
    for most_scored in (0, 2_000):  # by the index of the whole library, or each passage alone
        view = View.of(whole, PaperFilter(to_year=2020))
        over = ChosenRetriever(retriever, view)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("rag.search.chosen._SCORED", most_scored)
            assert [hit.paper.id for hit in over.hits("green tea is steeped with honey")] == ["bees", "ants"]
        over.close()
        view.close()
    assert retriever.hits("green tea")[0].paper.id == "tea", "the index of the whole library is still open"
    retriever.close()


def test_an_empty_view_answers_like_an_empty_library(whole: Library) -> None:
    view = View.of(whole, PaperFilter(from_year=2030))
    retriever = HybridRetriever(whole, HashEmbedder())
    assert ChosenRetriever(retriever, view).hits("bees") == ()
    assert (view.papers(), view.count_windows(), overview(view).papers) == ([], 0, 0)
    retriever.close()
    view.close()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"from_year": 2030}, "No paper of this library matches: 2030 or later."),
        (
            {"from_year": 2030, "authors": ("Miller",)},
            "No paper of this library matches: 2030 or later, by Miller. There is none at all for: 2030 or later.",
        ),
        (
            {"to_year": 2018, "text": "tea"},
            "Each alone leaves some (2018 or earlier: 1, with “tea”: 1), but not together.",
        ),
        ({"sources": ("old.ris",)}, "Its papers came from /home/ada/all.zip/more.bib.gz, exports/Scopus.ris."),
    ],
)
def test_where_nothing_is_chosen_it_is_said_which_part_leaves_nothing(
    whole: Library, given: dict[str, Any], why: str
) -> None:
    view = View.of(whole, PaperFilter(**given))
    assert why in view.why_none()
    view.close()


def test_a_view_sees_what_a_writer_commits_at_its_next_question(tmp_path: Path) -> None:
    add(tmp_path, PAPERS[:2])
    library = Library.open(tmp_path)
    view = View.of(library, PaperFilter(from_year=2019))
    before = view.revision
    with view.snapshot():
        assert view.count() == 1
    add(tmp_path, PAPERS[2:])
    assert [paper.id for paper in view.papers()] == ["ants", "tea"]
    assert view.revision > before
    by_source = View.of(library, PaperFilter(sources=("late.ris",)))
    before = by_source.revision
    brought(tmp_path, {"late.ris": (TUESDAY, ["tea"])})  # no paper changes
    assert [paper.id for paper in by_source.papers()] == ["tea"]
    assert by_source.revision > before, "what was kept of the papers chosen before is out of date"
    for opened in (view, by_source, library):
        opened.close()


def test_a_view_never_writes_to_the_file(whole: Library) -> None:
    file = whole.folder / "library.sqlite3"
    before = file.read_bytes()
    view = View.of(whole, PaperFilter(from_year=2019))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        view._database.connection.execute("DELETE FROM main.papers")
    view.close()
    assert file.read_bytes() == before


def test_several_threads_may_ask_one_view(whole: Library) -> None:
    view = View.of(whole, PaperFilter(to_year=2020))
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(50):
            if view.lexical(["dance"], 9).keys() != {"bees", "ants"} or view.count() != 2:
                wrong.append(view.count())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    view.close()


def test_a_view_of_a_read_only_library_of_an_older_version_is_read(
    whole: Library, unprivileged: Callable[[], Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        shutil.copy(whole.folder / "library.sqlite3", root)
        with sqlite3.connect(root / "library.sqlite3") as connection:
            for table in ("tokens", "origins", "sources", "apart", "records"):
                connection.execute(f"DROP TABLE {table}")
            connection.execute("PRAGMA user_version = 2")
        connection.close()
        (root / "library.sqlite3").chmod(0o444)
        root.chmod(0o555)
        with unprivileged():
            library = Library.open(root)
            assert chosen(library, from_year=2020) == ["ants", "tea"]
            assert chosen(library, ids=("doi:10.1000/bees",)) == ["bees"]
            assert chosen(library, sources=("scopus.ris",)) == []
            since = View.of(library, PaperFilter(added_since=datetime(2020, 1, 1, tzinfo=UTC)))
            assert "does not know when its papers came in" in since.why_none()
            assert came_from(library, ["bees"]) == {}
            since.close()
            library.close()
        root.chmod(0o755)


def test_files_of_papers_are_told_in_the_order_in_which_they_brought_them(whole: Library) -> None:
    assert came_from(whole, ["ants", "rust"]) == {"ants": ["exports/Scopus.ris", "/home/ada/all.zip/more.bib.gz"]}
