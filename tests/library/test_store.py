"""The library: transactions, identity, locking, migrations, damage."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.core.domain import Paper
from rag.core.errors import (
    EmbedderMismatch,
    LibraryDamaged,
    LibraryError,
    LibraryFull,
    LibraryMissing,
    SchemaTooNew,
)
from rag.ingest.chunks import EmbeddedPaper
from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import plan, store
from rag.library import tables
from rag.library.sqlite import writer_lock
from rag.library.store import Library, database_file
from tests.conftest import ROOT, add
from tests.helpers.fakes import HashEmbedder


def test_a_second_ingest_of_the_same_papers_stores_and_embeds_nothing(tmp_path: Path, few_papers: list[Paper]) -> None:
    embedder = HashEmbedder()
    first = add(tmp_path, few_papers, embedder)
    embedded, revision = embedder.embedded, _revision(tmp_path)

    second = add(tmp_path, few_papers, embedder)

    assert len(first.added) == 4
    assert (second.added, second.updated, len(second.unchanged)) == ((), (), 4)
    assert embedder.embedded == embedded
    assert _revision(tmp_path) == revision


def test_changed_text_is_updated_and_the_old_text_is_no_longer_found(small_library: Path) -> None:
    changed = make_paper(id="tea", title="Oolong", abstract="Oolong is half oxidised. It is steeped at 90 degrees.")
    report = add(small_library, [changed])

    library = Library.open(small_library)
    assert report.updated == ("tea",)
    assert library.papers(["tea"]) == [changed]
    assert library.lexical(["steeped"], 5).keys() == {"tea"}
    assert library.lexical(["green"], 5) == {}
    library.close()


def test_changed_details_alone_are_updated_without_embedding(small_library: Path, few_papers: list[Paper]) -> None:
    embedder = HashEmbedder()
    report = add(small_library, [replace(few_papers[0], year=2024, authors=("A. Apis",))], embedder)

    library = Library.open(small_library)
    assert (report.updated, embedder.embedded) == (("bees",), 0)
    assert library.papers(["bees"])[0].authors == ("A. Apis",)
    library.close()


def test_stored_embeddings_come_back_row_by_row(small_library: Path) -> None:
    library = Library.open(small_library)
    windows, embeddings = library.windows(["ants"])
    sentences, rows = library.sentences(["ants"])
    paper = library.papers(["ants"])[0]
    library.close()
    embedder = HashEmbedder()

    assert [sentence.span.of(paper.abstract) for sentence in sentences] == [
        "Ants follow scent trails.",
        "A colony moves 40 grains an hour.",
    ]
    assert np.allclose(embeddings[0], embedder.embed_question(f"Ants. {windows[0].span.of(paper.abstract)}"))
    assert np.allclose(rows[1], embedder.embed_question("A colony moves 40 grains an hour."), atol=1e-3)


def test_lexical_search_stems_and_scores_of_named_papers_match(small_library: Path) -> None:
    library = Library.open(small_library)
    found = library.lexical(["dancing", "protecting"], 5)
    assert found.keys() == {"bees", "rust"}
    assert library.lexical_of(["dancing", "protecting"], ["bees", "tea"]) == {"bees": found["bees"]}
    assert library.lexical(['"', "NEAR(", "*"], 5) == {}
    library.close()


def test_missing_library_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing, match=r"citewise ingest FILE --library"):
        Library.open(tmp_path / "nowhere")


def test_a_file_that_is_no_database_is_reported_and_left_alone(tmp_path: Path) -> None:
    database_file(tmp_path).write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryDamaged, match="no SQLite database"):
        Library.open(tmp_path)
    assert database_file(tmp_path).read_bytes().startswith(b"not a database")


def test_another_embedder_is_refused_with_the_way_out(small_library: Path) -> None:
    other = HashEmbedder(name="other")
    with (
        pytest.raises(EmbedderMismatch, match="CITEWISE_EMBEDDER=hash"),
        Library.open_for_writing(small_library, other.identity),
    ):
        pass


def test_the_same_weights_under_another_name_are_accepted(small_library: Path) -> None:
    renamed = replace(HashEmbedder().identity, name="a/path/to/the/same")
    with Library.open_for_writing(small_library, renamed) as library:
        assert library.count() == 4


def test_a_newer_schema_is_refused_by_readers_and_writers(small_library: Path) -> None:
    _sql(small_library, f"PRAGMA user_version = {tables.VERSION + 1}")
    with pytest.raises(SchemaTooNew, match="newer citewise"):
        Library.open(small_library)
    with pytest.raises(SchemaTooNew), Library.open_for_writing(small_library, HashEmbedder().identity):
        pass


def test_a_library_of_the_first_schema_is_migrated_and_keeps_its_papers(tmp_path: Path) -> None:
    old = sqlite3.connect(database_file(tmp_path))
    old.executescript(tables.STEPS[0] + "PRAGMA user_version = 1;")
    old.execute(
        "INSERT INTO papers (id, title, abstract, details, record_hash) VALUES ('a', 'Old', 'Kept words.', ?, 'x')",
        ('{"authors": [], "links": []}',),
    )
    old.commit()
    old.close()

    library = Library.open(tmp_path)
    assert library.lexical(["kept"], 5).keys() == {"a"}
    library.close()


def test_a_second_writer_is_refused_by_name_while_readers_go_on(small_library: Path) -> None:
    with writer_lock(small_library):
        child = subprocess.run(
            [sys.executable, "-c", _TRY_TO_WRITE, str(small_library)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        reader = Library.open(small_library)
        assert reader.count() == 4
        reader.close()
    assert f"LibraryBusy: the library {small_library} is being written by process {os.getpid()}" in child.stdout


def test_the_note_of_who_writes_has_no_argument_of_the_command(
    small_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/citewise", "chat", "--auth", "bob:hunter2"])
    with writer_lock(small_library):
        note = (small_library / "writer.json").read_text("utf-8")
    assert '"command": "citewise"' in note and "hunter2" not in note


_TRY_TO_WRITE = """
import sys
from pathlib import Path
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder
try:
    with Library.open_for_writing(Path(sys.argv[1]), HashEmbedder().identity):
        print("wrote")
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


def test_the_lock_is_free_again_after_the_writer_failed(small_library: Path) -> None:
    with pytest.raises(ZeroDivisionError), Library.open_for_writing(small_library, HashEmbedder().identity):
        raise ZeroDivisionError
    with Library.open_for_writing(small_library, HashEmbedder().identity) as library:
        assert library.count() == 4


@pytest.mark.slow
def test_a_full_disk_rolls_the_batch_back_and_keeps_what_was_there(small_library: Path) -> None:
    embedder = HashEmbedder(dimension=64)
    many = [
        make_paper(
            id=f"p{i}", title=f"Title {i}", abstract=" ".join(f"Word{i}x{j} stands by word{j}y{i}." for j in range(30))
        )
        for i in range(200)
    ]
    with Library.open_for_writing(small_library, embedder.identity) as library:
        pages = library._database.connection.execute("PRAGMA page_count").fetchone()[0]
        library._database.connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(LibraryFull, match="no space"):
            store(library, plan(library, many, ()), lambda: embedder)
        assert library.count() == 4
    assert add(small_library, many).added == tuple(f"p{i}" for i in range(200))


def test_an_interrupted_ingest_keeps_whole_batches_and_goes_on(tmp_path: Path) -> None:
    papers = [make_paper(id=f"p{i:03}", title=f"Title {i}", abstract=f"Word{i} stands here.") for i in range(300)]

    class Failing(HashEmbedder):
        def embed_passages(self, texts: Any, progress: Any = None) -> Any:
            if self.embedded > 300:
                raise KeyboardInterrupt
            return super().embed_passages(texts, progress)

    with (
        pytest.raises(KeyboardInterrupt),
        Library.open_for_writing(tmp_path, HashEmbedder().identity) as library,
    ):
        store(library, plan(library, papers, ()), Failing)
    kept = Library.open(tmp_path)
    stored = kept.count()
    kept.close()
    report = add(tmp_path, papers)

    assert 0 < stored < 300
    assert (len(report.unchanged), len(report.added)) == (stored, 300 - stored)


def test_a_snapshot_sees_one_revision_and_the_next_question_sees_the_newest(
    small_library: Path, few_papers: list[Paper]
) -> None:
    reader = Library.open(small_library)
    before = reader.revision
    with reader.snapshot():
        assert reader.count() == 4
    add(small_library, [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
    assert (reader.count(), reader.revision) == (5, before + 1)
    reader.close()


def test_embeddings_of_mixed_length_are_reported_as_damage(small_library: Path) -> None:
    _sql(small_library, "UPDATE windows SET embedding = x'00000000' WHERE id = (SELECT max(id) FROM windows)")
    library = Library.open(small_library)
    with pytest.raises(LibraryDamaged, match="different lengths"):
        library.windows([paper.id for paper in library.papers()])
    library.close()


def test_a_batch_with_a_bad_row_stores_nothing(small_library: Path, few_papers: list[Paper]) -> None:
    good = EmbeddedPaper(
        replace(few_papers[0], id="new"), (), np.empty((0, 64), np.float32), (), np.empty((0, 64), np.float32)
    )
    bad = replace(good, paper=replace(few_papers[0], id=None))  # type: ignore[arg-type]
    with Library.open_for_writing(small_library, HashEmbedder().identity) as library:
        with pytest.raises(LibraryError):
            library.put([good, bad])
        assert library.count() == 4


def _revision(folder: Path) -> int:
    library = Library.open(folder)
    try:
        return library.revision
    finally:
        library.close()


def _sql(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(database_file(folder))
    connection.execute(statement)
    connection.commit()
    connection.close()
