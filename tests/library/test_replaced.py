"""A library whose file is replaced by another one while it is open, as a newer copy is shipped to a replica."""

import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from rag.core.errors import EmbedderMismatch, LibraryDamaged
from rag.core.paper_filter import PaperFilter
from rag.ingest.formats.record import make_paper
from rag.library.catalogue import Catalogue, Wanted
from rag.library.choices import Choices
from rag.library.overview import Overviews
from rag.library.store import Library
from rag.library.view import View
from rag.search.chosen import ChosenRetriever
from rag.search.hybrid import HybridRetriever
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder

WASPS = make_paper(id="wasps", title="Paper wasps", abstract="Wasps make paper. They chew wood.", year=2021)


@pytest.fixture
def newer(tmp_path: Path, kept_library: Path) -> Path:
    """A copy of the small library with one paper more, and one revision more."""
    folder = Path(shutil.copytree(kept_library, tmp_path / "newer"))
    add(folder, [WASPS])
    return folder


def ship(source: Path, folder: Path) -> None:
    """Put a copy of the file of a library in the place of another, in one step."""
    copy = folder / "library.sqlite3.shipped"
    shutil.copyfile(source / "library.sqlite3", copy)
    copy.replace(folder / "library.sqlite3")


def test_an_open_library_goes_on_with_the_file_that_took_its_place(small_library: Path, newer: Path) -> None:
    with closing(Library.open(small_library)) as library:
        assert library.count() == 4
        with library.snapshot():
            ship(newer, small_library)
            assert library.count() == 4, "a snapshot stays what it is"
        assert library.count() == 5
        assert [paper.id for paper in library.papers(["wasps"])] == ["wasps"]
        assert library.replaced == 1


def test_what_was_kept_of_a_revision_is_not_taken_for_another_file_of_the_same_number(
    small_library: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    add(other, [WASPS])
    with closing(Library.open(small_library)) as library, closing(Library.open(other)) as shipped:
        assert library.stored_revision == shipped.stored_revision, "else this tests nothing"
        overviews, catalogue = Overviews(library), Catalogue(library, Choices(library))
        assert (overviews.now().papers, catalogue.state[1]) == (4, 4)
        before = library.revision
        ship(other, small_library)
        assert library.revision > before
        assert (overviews.now().papers, catalogue.state[1]) == (1, 1)
        assert [row.paper.id for row in catalogue.part(Wanted(), 0, 10).rows] == ["wasps"]


def test_a_filtered_view_and_the_choices_follow_too(small_library: Path, newer: Path) -> None:
    with closing(Library.open(small_library)) as library:
        view = View.of(library, PaperFilter(from_year=2020))
        choices = Choices(library)
        assert (view.count(), choices.count(PaperFilter(from_year=2020))) == (0, 0)
        before = view.revision
        ship(newer, small_library)
        assert [paper.id for paper in view.papers()] == ["wasps"]
        assert view.lexical(["make"], 5).keys() == {"wasps"}
        assert (view.total, choices.count(PaperFilter(from_year=2020))) == (5, 1)
        assert view.revision > before


def test_a_file_that_is_gone_for_a_moment_is_read_on(small_library: Path) -> None:
    file = small_library / "library.sqlite3"
    with closing(Library.open(small_library)) as library:
        file.rename(file.with_suffix(".away"))
        assert library.count() == 4
        file.with_suffix(".away").rename(file)
        assert (library.count(), library.replaced) == (4, 0)


def test_a_file_that_is_no_library_is_named_and_a_whole_one_after_it_is_read(small_library: Path, newer: Path) -> None:
    with closing(Library.open(small_library)) as library:
        assert library.count() == 4
        (small_library / "rubbish").write_bytes(b"no database" * 1_000)
        (small_library / "rubbish").replace(small_library / "library.sqlite3")
        with pytest.raises(LibraryDamaged, match="no SQLite database"):
            library.count()
        ship(newer, small_library)
        assert library.count() == 5


def test_readers_in_threads_see_whole_states_while_files_are_replaced(
    small_library: Path, newer: Path, kept_library: Path
) -> None:
    seen: list[tuple[int, int]] = []

    def read(library: Library) -> None:
        for _ in range(50):
            with library.snapshot():
                seen.append((library.count(), len(library.papers())))

    with closing(Library.open(small_library)) as library:
        threads = [threading.Thread(target=read, args=(library,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            ship(newer, small_library)
            ship(kept_library, small_library)
        ship(newer, small_library)
        assert library.count() == 5
    assert len(seen) == 150
    assert set(seen) <= {(4, 4), (5, 5)}


def test_questions_are_asked_of_the_new_file_and_its_vectors_also_at_the_same_revision(
    small_library: Path, tmp_path: Path
) -> None:
    add(tmp_path / "other", [WASPS])
    with closing(Library.open(small_library)) as library:
        retriever = HybridRetriever(library, HashEmbedder())
        view = View.of(library, PaperFilter(from_year=2020))
        chosen = ChosenRetriever(retriever, view)
        assert {hit.paper.id for hit in retriever.hits("honey")} == {"bees", "ants", "tea", "rust"}
        assert chosen.hits("honey") == ()
        ship(tmp_path / "other", small_library)
        assert [hit.paper.id for hit in retriever.hits("zinc")] == ["wasps"], "by its vectors, as no word is the same"
        assert [hit.paper.id for hit in chosen.hits("zinc")] == ["wasps"]
        assert retriever.missed == ""
        retriever.close()


def test_a_file_of_another_embedder_is_refused_until_one_that_fits_is_there(
    small_library: Path, tmp_path: Path, newer: Path
) -> None:
    add(tmp_path / "other", [WASPS], HashEmbedder(name="another"))
    with closing(Library.open(small_library)) as library:
        retriever = HybridRetriever(library, HashEmbedder())
        ship(tmp_path / "other", small_library)
        for _ in range(2):
            with pytest.raises(EmbedderMismatch):
                retriever.hits("honey")
        ship(newer, small_library)
        assert len(retriever.hits("honey")) == 5
        retriever.close()
