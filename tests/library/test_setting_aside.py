"""Papers taken out of a library and put back: what comes back is what was there."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import EditRefused, LibraryBusy
from rag.ingest.formats.record import make_paper
from rag.library import publishing, removal, setting_aside
from rag.library.files import problem_in
from rag.library.setting_aside import put_back, take_out
from rag.library.sqlite import writer_lock
from rag.library.store import Library
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from tests.helpers.origins import brought, hashes

TEA = "Green tea is steeped at 70 degrees for two minutes, since longer makes it bitter, as our panel of tasters found."
MONDAY = "2026-11-02T10:00:00+00:00"
TABLES = ("papers", "sentences", "windows", "records", "origins", "sources", "apart")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("aside") / "library"
    papers = [
        make_paper(
            id="bees", title="Honey bees", abstract="Bees make honey. They dance.", doi="10.1000/bees", year=2018
        ),
        make_paper(id="tea", title="Green tea", abstract=TEA),
        make_paper(id="tea-again", title="Green tea", abstract=TEA),
        make_paper(id="ants", title="Ants", abstract="Ants follow scent trails. A colony moves 40 grains.", year=2020),
    ]
    add(folder, papers)
    brought(folder, {"old.ris": (MONDAY, ["bees", "ants"]), "page.txt": (MONDAY, ["tea"])})
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "library"
    shutil.copytree(made, copy)
    yield copy
    with closing(Library.open(copy)) as library:
        assert problem_in(library._database.connection, HashEmbedder().identity.dimension) is None
        assert "sampled ones find themselves" in publishing.health(library)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "aside.sqlite3"


def rows(folder: Path) -> dict[str, Any]:
    """All rows of all tables, and what a search by words finds."""
    with closing(sqlite3.connect(folder / "library.sqlite3")) as connection:
        found = {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in TABLES}
        words = "SELECT rowid FROM papers_fts WHERE papers_fts MATCH 'bees OR tea OR ants'"
        return found | {"words": sorted(connection.execute(words).fetchall())}


def there(folder: Path) -> list[str]:
    with closing(Library.open(folder)) as library:
        return [paper.id for paper in library.papers()]


def test_what_is_put_back_is_what_was_there_in_every_row(folder: Path, file: Path) -> None:
    before = rows(folder)
    out = take_out(folder, ["tea", "bees", "nothing"], file)
    assert out.papers == (("bees", "Honey bees"), ("tea", "Green tea")) and out.absent == ("nothing",)
    assert there(folder) == ["ants"]
    assert hashes(folder) == {"old.ris": "", "page.txt": ""}, "a file whose papers are gone is read again"
    back = put_back(folder, file)
    assert back.papers == out.papers and back.there_again == ()
    assert rows(folder) == before, "keys, embeddings, merges, files, dates and the order of the papers"


def test_only_the_papers_of_exactly_these_ids_go(folder: Path, file: Path) -> None:
    assert take_out(folder, ["10.1000/bees", "tea-again", "Bees"], file).papers == ()
    assert len(there(folder)) == 3 and not file.exists()


def test_a_paper_that_two_take_out_is_told_absent_to_the_second(folder: Path, file: Path) -> None:
    take_out(folder, ["ants"], file)
    before = rows(folder)
    second = take_out(folder, ["ants"], file.with_name("other.sqlite3"))
    assert rows(folder) == before
    assert (second.papers, second.absent) == ((), ("ants",))


def test_a_paper_that_came_in_again_meanwhile_is_left_as_it_is(folder: Path, file: Path) -> None:
    take_out(folder, ["ants", "bees"], file)
    add(folder, [make_paper(id="ants", title="Ants, anew", abstract="Ants follow light.")])
    back = put_back(folder, file)
    assert [name for name, _ in back.papers] == ["bees"]
    assert [name for name, _ in back.there_again] == ["ants"]
    with closing(Library.open(folder)) as library:
        assert [paper.title for paper in library.papers(["ants"])] == ["Ants, anew"]


def test_a_paper_of_which_a_record_is_in_another_paper_by_now_stays_out(folder: Path, file: Path) -> None:
    take_out(folder, ["tea"], file)
    add(folder, [make_paper(id="tea-again", title="Green tea", abstract=TEA)])
    assert [name for name, _ in put_back(folder, file).there_again] == ["tea"]
    assert sorted(there(folder)) == ["ants", "bees", "tea-again"]


def test_a_file_that_was_read_again_meanwhile_keeps_what_is_known_of_it_now(folder: Path, file: Path) -> None:
    take_out(folder, ["bees"], file)
    with closing(sqlite3.connect(folder / "library.sqlite3")) as connection, connection:
        connection.execute("UPDATE sources SET sha256 = 'now', read_at = '2026-11-03' WHERE name = 'old.ris'")
    put_back(folder, file)
    assert hashes(folder)["old.ris"] == "now"


def test_a_key_that_was_given_away_meanwhile_costs_only_the_place(folder: Path, file: Path) -> None:
    take_out(folder, ["bees"], file)
    with closing(sqlite3.connect(folder / "library.sqlite3")) as connection, connection:
        (key,) = connection.execute("SELECT key FROM papers WHERE id = 'ants'").fetchone()
        connection.execute("UPDATE papers SET key = 1 WHERE id = 'ants'")
        for table in ("sentences", "windows", "tokens"):
            connection.execute(f"UPDATE {table} SET paper = 1 WHERE paper = ?", (key,))
        connection.execute("INSERT INTO papers_fts (papers_fts) VALUES ('rebuild')")
    put_back(folder, file)
    assert sorted(there(folder)) == ["ants", "bees", "tea"]


def test_a_library_of_another_embedder_refuses_them(folder: Path, file: Path, tmp_path: Path) -> None:
    take_out(folder, ["bees"], file)
    other = tmp_path / "other"
    add(other, [make_paper(id="x", title="Other", abstract="Another one.")], embedder=HashEmbedder(name="another"))
    with pytest.raises(EditRefused, match="another one by now"):
        put_back(other, file)
    assert there(other) == ["x"]


def test_nothing_is_changed_while_another_writes(folder: Path, file: Path) -> None:
    with writer_lock(folder), pytest.raises(LibraryBusy, match="being written by"):
        take_out(folder, ["bees"], file)
    assert len(there(folder)) == 3 and not file.exists()


def test_an_error_while_they_are_kept_leaves_the_library_as_it_was(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    before = rows(folder)
    monkeypatch.setattr(setting_aside, "_keep", full)
    with pytest.raises(Exception, match="full"):
        take_out(folder, ["bees"], file)
    assert rows(folder) == before


def test_all_papers_can_go_and_come_back(folder: Path, file: Path) -> None:
    before = rows(folder)
    take_out(folder, there(folder), file)
    assert there(folder) == []
    put_back(folder, file)
    assert rows(folder) == before


def test_the_size_of_what_would_be_kept_is_told(folder: Path) -> None:
    with removal.reading(folder) as connection:
        one, all_ = (setting_aside.size_of(connection, ids) for ids in (["ants"], ["ants", "bees", "tea"]))
    assert 100 < one < all_ < 100_000
