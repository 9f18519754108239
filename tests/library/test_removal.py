"""Taking papers out of a library: what goes, what stays, and that nothing is half done."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.core.errors import LibraryBusy, LibraryMissing, VectorIndexError
from rag.core.paper_filter import PaperFilter
from rag.ingest.formats.record import make_paper
from rag.library import publishing, removal
from rag.library.files import problem_in
from rag.library.sqlite import writer_lock
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from tests.helpers.origins import brought, hashes

TEA = "Green tea is steeped at 70 degrees for two minutes, since longer makes it bitter, as our panel of tasters found."
MONDAY = "2026-11-02T10:00:00+00:00"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("removal") / "library"
    papers = [
        make_paper(
            id="bees", title="Honey bees", abstract="Bees make honey. They dance.", doi="10.1000/bees", year=2018
        ),
        make_paper(id="ants", title="Ants", abstract="Ants follow scent trails. A colony moves 40 grains.", year=2020),
        make_paper(id="tea", title="Green tea", abstract=TEA),
        make_paper(id="tea-again", title="Green tea", abstract=TEA),
    ]
    add(folder, papers)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "library"
    shutil.copytree(made, copy)
    brought(copy, {"old.ris": (MONDAY, ["bees", "ants"]), "new.ris": (MONDAY, ["ants"]), "page.txt": (MONDAY, ["tea"])})
    (copy / "feedback.jsonl").write_text("{}\n")
    yield copy
    with closing(Library.open(copy)) as library:
        assert problem_in(library._database.connection, HashEmbedder().identity.dimension) is None
        assert "sampled ones find themselves" in publishing.health(library)
    assert (copy / "feedback.jsonl").read_text() == "{}\n"


def there(folder: Path) -> list[str]:
    with closing(Library.open(folder)) as library:
        return [paper.id for paper in library.papers()]


def test_a_paper_goes_with_all_that_was_kept_of_it(folder: Path) -> None:
    with closing(Library.open(folder)) as library:
        before = library.revision
    done = removal.remove(folder, PaperFilter(ids=("doi:10.1000/bees",)))
    assert done.papers == (("bees", "Honey bees"),)
    with closing(Library.open(folder)) as library:
        assert library.count() == 2 and library.revision == before + 1
        assert library.lexical(["honey"], 5) == {} and library.windows(["bees"])[0] == []
        retriever = HybridRetriever(library, HashEmbedder())
        assert {hit.paper.id for hit in retriever.hits("Bees make honey")} == {"ants", "tea"}
        retriever.close()
    assert hashes(folder) == {"old.ris": "", "new.ris": "abc", "page.txt": "abc"}, "the file is read again"


def test_planning_shows_the_same_and_changes_nothing(folder: Path) -> None:
    before = (folder / "library.sqlite3").read_bytes()
    plan = removal.planned(folder, PaperFilter(sources=("old.ris",)))
    assert (plan.papers, plan.staying, plan.sources) == ((("bees", "Honey bees"),), ("ants",), ("old.ris",))
    assert (folder / "library.sqlite3").read_bytes() == before
    assert removal.remove(folder, PaperFilter(sources=("old.ris",)), plan) == plan


def test_of_a_file_go_the_papers_that_no_other_file_brought(folder: Path) -> None:
    removal.remove(folder, PaperFilter(sources=("old.ris",)))
    assert there(folder) == ["ants", "tea"]
    assert hashes(folder) == {"new.ris": "abc", "page.txt": "abc"}, "nothing is left of the file"
    removal.remove(folder, PaperFilter(sources=("*.ris",)))
    assert there(folder) == ["tea"]


def test_of_a_file_and_a_year_only_what_is_both_goes(folder: Path) -> None:
    removal.remove(folder, PaperFilter(sources=("*.ris",), from_year=2019))
    assert there(folder) == ["bees", "tea"]
    assert hashes(folder) == {"old.ris": "", "page.txt": "abc"}


def test_a_paper_made_of_several_records_goes_with_them_and_comes_back_when_it_is_ingested(folder: Path) -> None:
    again = make_paper(id="tea-again", title="Green tea", abstract=TEA)
    assert add(folder, [again]).unchanged
    removal.remove(folder, PaperFilter(ids=("tea-again",)))  # the id of the record that was merged into it
    assert there(folder) == ["bees", "ants"]
    assert add(folder, [again]).added == ("tea-again",)


def test_what_came_in_after_it_was_shown_stays(folder: Path) -> None:
    shown = removal.planned(folder, PaperFilter(text="tea"))
    add(folder, [make_paper(id="oolong", title="Oolong tea", abstract="Oolong is half oxidised.")])
    assert removal.remove(folder, PaperFilter(text="tea"), shown).papers == (("tea", "Green tea"),)
    assert "oolong" in there(folder)


def test_all_papers_may_go_and_the_empty_library_takes_new_ones(folder: Path, few_papers: list[Paper]) -> None:
    assert len(removal.remove(folder, PaperFilter()).papers) == 3
    with closing(Library.open(folder)) as library:
        retriever = HybridRetriever(library, HashEmbedder())
        assert retriever.hits("Bees") == ()
        retriever.close()
    assert len(add(folder, few_papers).added) == 4


def test_where_the_index_cannot_be_made_the_papers_are_gone_all_the_same_and_it_is_made_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise VectorIndexError("stopped here")

    with monkeypatch.context() as patch:
        patch.setattr(removal, "publish", stopped)
        with pytest.raises(VectorIndexError):
            removal.remove(folder, PaperFilter(ids=("bees",)))
    assert there(folder) == ["ants", "tea"]
    with closing(Library.open(folder)) as library:
        retriever = HybridRetriever(library, HashEmbedder())
        assert {hit.paper.id for hit in retriever.hits("Bees make honey")} == {"ants", "tea"}
        retriever.close()


def test_what_is_stopped_half_way_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = removal.take_away

    def stopped(connection: sqlite3.Connection, plan: removal.Removal) -> None:
        whole(connection, plan)
        raise KeyboardInterrupt

    monkeypatch.setattr(removal, "take_away", stopped)
    with pytest.raises(KeyboardInterrupt):
        removal.remove(folder, PaperFilter())
    assert there(folder) == ["bees", "ants", "tea"]
    assert set(hashes(folder).values()) == {"abc"}


def test_a_reader_keeps_its_state_until_the_next_question(folder: Path) -> None:
    with closing(Library.open(folder)) as library:
        assert library.count() == 3
        removal.remove(folder, PaperFilter(ids=("bees",)))
        assert library.count() == 2


def test_while_another_process_writes_nothing_is_removed(folder: Path) -> None:
    with writer_lock(folder), pytest.raises(LibraryBusy):
        removal.remove(folder, PaperFilter())
    assert len(there(folder)) == 3


def test_where_there_is_no_library_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing):
        removal.remove(tmp_path / "none", PaperFilter())
    assert not (tmp_path / "none").exists()


def test_a_library_of_an_older_version_is_brought_up_to_date_first(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "library.sqlite3")) as connection, connection:
        for table in ("tokens", "origins", "sources", "apart", "records"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 2")
    assert removal.planned(folder, PaperFilter(ids=("bees",))).papers
    removal.remove(folder, PaperFilter(ids=("bees",)))
    assert there(folder) == ["ants", "tea"]
