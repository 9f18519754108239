"""A library on a folder that cannot be written: it can be read and searched, and refuses papers."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Paper
from rag.core.errors import LibraryReadOnly
from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder


@pytest.fixture
def read_only_library(few_papers: list[Paper], unprivileged: Callable[[], Any]) -> Iterator[Path]:
    """A library that nobody may write, outside pytest's private folders; no package is imported without rights."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        add(root / "library", few_papers)
        paths = [root / "library", *(root / "library").rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with unprivileged():
            assert not any(os.access(path, os.W_OK) for path in paths), "the permissions do not bind"
        yield root / "library"
        for path in filter(Path.exists, paths):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_read_only_library_can_be_read_and_refuses_papers(
    read_only_library: Path, unprivileged: Callable[[], Any]
) -> None:
    with unprivileged():
        library = Library.open(read_only_library)
        assert library.lexical(["honey"], 5).keys() == {"bees"}
        library.close()
        with (
            pytest.raises(LibraryReadOnly, match="ingest into another one"),
            Library.open_for_writing(read_only_library, HashEmbedder().identity),
        ):
            pass


@pytest.mark.parametrize("index", ["there", "missing"])
def test_a_read_only_library_is_searched_through_a_private_index_that_is_removed(
    index: str, read_only_library: Path, unprivileged: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    from rag.search.hybrid import HybridRetriever

    if index == "missing":
        shutil.rmtree(read_only_library / "vectors")
    before = set(read_only_library.rglob("*"))
    with unprivileged():
        library = Library.open(read_only_library)
        retriever = HybridRetriever(library, HashEmbedder())
        private = set(Path(tempfile.gettempdir()).glob("citewise-*/index"))
        assert retriever.hits("Who makes honey?")[0].paper.id == "bees"
        retriever.close()
        library.close()
    assert ("building a private vector index" in caplog.text) is (index == "missing"), "a sound index is only copied"
    assert private - set(Path(tempfile.gettempdir()).glob("citewise-*/index"))
    assert set(read_only_library.rglob("*")) == before


def test_a_file_that_is_shipped_into_a_read_only_folder_gets_an_index_of_its_own(
    read_only_library: Path, unprivileged: Callable[[], Any], tmp_path: Path
) -> None:
    add(tmp_path / "other", [make_paper(id="moss", title="Moss", abstract="Moss grows on stones.")])
    with unprivileged():
        library = Library.open(read_only_library)
        retriever = HybridRetriever(library, HashEmbedder())
        assert len(retriever.hits("Moss on stones")) == 4
    file = read_only_library / "library.sqlite3"
    shutil.copyfile(tmp_path / "other" / "library.sqlite3", file.with_suffix(".new"))
    file.with_suffix(".new").chmod(0o444)
    file.with_suffix(".new").replace(file)
    with unprivileged():
        assert [hit.paper.id for hit in retriever.hits("zinc")] == ["moss"], "by its vectors"
        assert retriever.missed == ""
        retriever.close()
        library.close()
