"""What is beside the vectors: nothing in Chroma but the paper of each window, and a packed copy of the texts for a rescue."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from llama_index.core.schema import NodeRelationship
from llama_index.vector_stores.chroma import ChromaVectorStore

from rag.core.domain import Paper
from rag.core.errors import VectorIndexError
from rag.core.paper_filter import PaperFilter
from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import read_files
from rag.library import publishing, text_copy
from rag.library.recovery import texts_in_index
from rag.library.removal import remove
from rag.library.repair import repair
from rag.library.store import Library, database_file
from rag.library.vector_index import VectorIndex, nodes_of, window_node
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder

NOW = datetime(2026, 1, 2)


def _folder(library: Path) -> Path:
    name = json.loads((library / "vectors" / "current.json").read_text())["folder"]
    return library / "vectors" / str(name)


def _open(library: Path) -> VectorIndex:
    manifest = publishing.current_manifest(library / "vectors")
    assert manifest is not None
    return VectorIndex(_folder(library), manifest)


def _copied(library: Path) -> set[str]:
    return {text[0] for text in text_copy.texts(_folder(library))}


def _of_before(folder: Path) -> None:
    """The index as citewise made it when Chroma kept all texts."""
    index = _open(folder)
    with closing(Library.open(folder)) as library:
        papers = {paper.id: paper for paper in library.papers()}
        windows, rows = library.windows(papers)
    index._collection.delete(ids=[str(window.id) for window in windows])
    ChromaVectorStore(chroma_collection=index._collection).add(
        [
            window_node(window, papers[window.paper_id].title, papers[window.paper_id].abstract, row)
            for window, row in zip(windows, rows, strict=True)
        ]
    )
    index.close()
    (_folder(folder) / "texts.sqlite3").unlink()


def test_chroma_holds_vectors_and_the_paper_of_each_and_no_text(small_library: Path) -> None:
    index = _open(small_library)
    every = index._collection.get(include=["documents", "metadatas"])
    assert set(every["documents"]) == {None}
    assert sorted(about["document_id"] for about in every["metadatas"]) == ["ants", "bees", "rust", "tea"]
    assert {key for about in every["metadatas"] for key in about} == {"document_id"}
    index.close()
    files = [path for path in _folder(small_library).rglob("*") if path.is_file()]
    assert not any(b"Bees make honey" in path.read_bytes() for path in files)


def test_windows_go_in_as_nodes_that_refer_to_their_paper(small_library: Path) -> None:
    with closing(Library.open(small_library)) as library:
        windows, rows = library.windows(["tea"])
        (node,) = nodes_of(library, [windows[0].id])
    assert node.ref_doc_id == "tea" and NodeRelationship.SOURCE in node.relationships
    assert node.get_embedding() == pytest.approx(rows[0].tolist())


def test_the_copy_follows_the_papers(small_library: Path) -> None:
    assert _copied(small_library) == {"ants", "bees", "rust", "tea"}
    oolong = make_paper(id="tea", title="Oolong", abstract="Oolong is half oxidised.")
    add(small_library, [oolong, make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
    remove(small_library, PaperFilter(ids=("rust",)))
    with closing(Library.open(small_library)) as library:
        expected = {(paper.id, paper.title, paper.abstract) for paper in library.papers()}
    assert set(text_copy.texts(_folder(small_library))) == expected
    assert {text[0] for text in expected} == {"ants", "bees", "tea", "moss"}


def test_an_index_of_before_is_used_as_it_is_and_made_lean_when_papers_come_in(small_library: Path) -> None:
    _of_before(small_library)
    before = _folder(small_library)
    with closing(Library.open(small_library)) as library:
        index = publishing.open_index(library)
        found = index.query(HashEmbedder().embed_question("honey bees"), 1)
        assert library.windows_by_id(found)[0][0].paper_id == "bees"
        index.close()
        assert "4 vectors" in publishing.health(library)
    assert _folder(small_library) == before, "nothing is made anew for a question"
    add(small_library, [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
    assert len(_copied(small_library)) == 5
    index = _open(small_library)
    assert set(index._collection.get(include=["documents"])["documents"]) == {None}
    index.close()


def test_a_rescue_reads_the_texts_of_an_index_of_before(small_library: Path, few_papers: list[Paper]) -> None:
    _of_before(small_library)
    database_file(small_library).write_bytes(b"")
    repair(small_library, NOW)
    (saved,) = small_library.glob("recovered-*.jsonl")
    found = [record.paper for record in read_files([saved]).records]
    assert sorted(found, key=lambda paper: paper.id) == sorted(few_papers, key=lambda paper: paper.id)


def test_of_a_copy_with_damaged_rows_the_others_are_read(small_library: Path) -> None:
    copy = _folder(small_library) / "texts.sqlite3"
    with closing(sqlite3.connect(copy)) as connection, connection:
        windows = [row[0] for row in connection.execute("SELECT window FROM texts ORDER BY window")]
        connection.execute("UPDATE texts SET packed = zeroblob(9) WHERE window = ?", windows[:1])
        connection.execute("UPDATE texts SET packed = 7 WHERE window = ?", windows[1:2])
    assert len(_copied(small_library)) == 2


@pytest.mark.parametrize("how", ["garbage", "missing"])
def test_a_damaged_copy_is_told_by_doctor_and_made_anew(how: str, small_library: Path) -> None:
    copy = _folder(small_library) / "texts.sqlite3"
    if how == "missing":
        copy.unlink()
        add(small_library, [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
        assert len(_copied(small_library)) == 5
        return
    copy.write_bytes(b"nothing" * 2_000)
    with closing(Library.open(small_library)) as library:
        manifest = publishing.current_manifest(small_library / "vectors")
        assert manifest is not None
        assert texts_in_index(small_library / "vectors", manifest) == ({}, frozenset())
        with pytest.raises(VectorIndexError, match="its file texts"):
            publishing.health(library)
    repair(small_library, NOW)
    assert len(_copied(small_library)) == 4
