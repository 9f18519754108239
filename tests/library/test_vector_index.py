"""The Chroma index: derived, checked at open, rebuilt from the library when it is wrong."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.core.errors import VectorIndexError
from rag.ingest.formats.record import make_paper
from rag.library import publishing, vector_index
from rag.library.sqlite import writer_lock
from rag.library.store import Library
from tests.conftest import ROOT, add
from tests.helpers.fakes import HashEmbedder


@pytest.fixture
def library(small_library: Path) -> Iterator[Library]:
    opened = Library.open(small_library)
    yield opened
    opened.close()


def _current(folder: Path) -> Path:
    name = json.loads((folder / "vectors" / "current.json").read_text())["folder"]
    return folder / "vectors" / str(name)


def _nearest(index: vector_index.VectorIndex, library: Library, words: str) -> str:
    found = index.query(HashEmbedder().embed_question(words), 1)
    return library.windows_by_id(found)[0][0].paper_id


def test_cosines_are_those_of_the_stored_embeddings(library: Library) -> None:
    index = publishing.open_index(library)
    windows, embeddings = library.windows(["tea"])
    assert index.query(embeddings[0], 4)[windows[0].id] == pytest.approx(1.0, abs=1e-5)
    every, rows = library.windows([paper.id for paper in library.papers()])
    exact = {window.id: float(row @ embeddings[0]) for window, row in zip(every, rows, strict=True)}
    assert min(exact.values()) < 0.9
    assert index.query(embeddings[0], 4) == pytest.approx(exact, abs=1e-5)
    assert list(index.query(embeddings[0], 4).values()) == sorted(index.query(embeddings[0], 4).values(), reverse=True)
    index.close()


@pytest.mark.parametrize("damage", ["deleted", "emptied", "garbage", "no manifest", "bad manifest"])
def test_a_damaged_index_is_rebuilt_without_embedding(damage: str, library: Library) -> None:
    current = _current(library.folder)
    if damage == "deleted":
        shutil.rmtree(library.folder / "vectors")
    elif damage == "emptied":
        for path in current.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif damage == "garbage":
        (current / "chroma.sqlite3").write_bytes(b"garbage" * 500)
    elif damage == "no manifest":
        (library.folder / "vectors" / "current.json").unlink()
    else:
        (library.folder / "vectors" / "current.json").write_text("{}")

    index = publishing.open_index(library)

    assert index.count() == library.count_windows()
    assert _nearest(index, library, "honey bees") == "bees"
    assert (library.folder / "vectors" / "current.json").is_file()
    index.close()


def test_vectors_that_do_not_find_themselves_are_noticed_though_the_count_is_right(library: Library) -> None:
    index = publishing.open_index(library)
    ids = [str(i) for i in library.window_ids()]
    stored = index._collection.get(ids=ids, include=["embeddings"])["embeddings"]
    index._collection.update(ids=ids, embeddings=[(-row).tolist() for row in stored])
    assert index.count() == library.count_windows()
    assert "do not find themselves" in str(index.problem(library))
    index.close()

    repaired = publishing.open_index(library)
    assert repaired.problem(library) is None
    repaired.close()


def test_one_vector_that_is_missing_is_noticed(library: Library) -> None:
    index = publishing.open_index(library)
    index._collection.delete(ids=[str(library.window_ids()[0])])
    assert index.problem(library) == "3 vectors for 4 passages"
    index.close()
    with pytest.raises(VectorIndexError, match="damaged: 3 vectors for 4 passages; it is rebuilt"):
        publishing.health(library)
    repaired = publishing.open_index(library)
    assert repaired.count() == 4
    repaired.close()


def test_a_new_revision_is_picked_up_and_the_open_one_stays_usable(library: Library) -> None:
    before = publishing.open_index(library)
    add(library.folder, [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])

    assert not publishing.is_current(before, library)
    assert _nearest(before, library, "honey bees") == "bees"
    after = publishing.open_index(library)
    assert _nearest(after, library, "moss roots") == "moss"
    before.close()
    after.close()


def test_an_updated_paper_leaves_no_old_vector_behind(library: Library) -> None:
    add(library.folder, [make_paper(id="tea", title="Oolong", abstract="Oolong is half oxidised.")])
    index = publishing.open_index(library)
    assert index.count() == library.count_windows()
    assert {int(i) for i in index._collection.get(include=[])["ids"]} == set(library.window_ids())
    index.close()


def test_while_a_writer_is_at_work_readers_keep_its_last_index(library: Library) -> None:
    with Library.open_for_writing(library.folder, HashEmbedder().identity) as writing:
        from rag.ingest.pipeline import plan, store

        paper = make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")
        store(writing, plan(writing, [paper], ()), HashEmbedder)
        index = publishing.open_index(library)
        assert index.revision == library.revision - 1
        assert _nearest(index, library, "honey bees") == "bees"
        index.close()


def test_without_a_usable_index_and_with_the_lock_taken_a_private_one_is_built(library: Library) -> None:
    shutil.rmtree(library.folder / "vectors")
    with writer_lock(library.folder):
        index = publishing.open_index(library)
    assert _nearest(index, library, "green tea") == "tea"
    assert not (library.folder / "vectors").exists()
    index.close()


def test_old_revisions_are_removed_but_for_the_last(library: Library) -> None:
    for number in range(4):
        add(library.folder, [make_paper(id=f"n{number}", title=f"N{number}", abstract=f"Number {number} of many.")])
    assert len([path for path in (library.folder / "vectors").iterdir() if path.is_dir()]) == 2


@pytest.mark.slow
def test_several_processes_query_one_index_at_the_same_time(library: Library) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _QUERY, str(library.folder)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        for _ in range(3)
    ]
    assert [child.communicate(timeout=120)[0].strip() for child in children] == ["bees"] * 3


_QUERY = """
import sys
from pathlib import Path
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from tests.helpers.fakes import HashEmbedder
library = Library.open(Path(sys.argv[1]))
retriever = HybridRetriever(library, HashEmbedder())
print({retriever.hits("honey bees")[0].paper.id for _ in range(20)}.pop())
"""


@pytest.mark.slow
def test_an_index_that_took_a_process_down_is_rebuilt_by_the_next(tmp_path: Path) -> None:
    add(tmp_path, [make_paper(id=f"p{i}", title=f"T{i}", abstract=f"Word{i} and term{i * 7}.") for i in range(1_200)])
    (header,) = _current(tmp_path).rglob("header.bin")
    header.write_bytes(header.read_bytes()[:40])
    for _ in range(2):
        child = subprocess.run(
            [sys.executable, "-c", _QUERY.replace("honey bees", "word7"), str(tmp_path)],
            capture_output=True,
            cwd=ROOT,
            text=True,
            check=False,
        )
    assert child.stdout.strip() == "p7", child.stderr
    assert not list((tmp_path / "vectors").glob("opening.*"))


def test_an_index_of_a_library_that_stood_there_before_is_replaced(tmp_path: Path) -> None:
    new = [make_paper(id="new", title="New", abstract="New words of this one.")]
    add(tmp_path, [make_paper(id="old", title="Old", abstract="Old words of another library.")])
    add(tmp_path / "other", new)
    (tmp_path / "other" / "library.sqlite3").replace(tmp_path / "library.sqlite3")
    add(tmp_path, new)
    library = Library.open(tmp_path)
    assert "sampled ones find themselves" in publishing.health(library), (
        "the ingest has replaced it, not the first question"
    )
    index = publishing.open_index(library)
    assert _nearest(index, library, "new words") == "new"
    index.close()
    library.close()
