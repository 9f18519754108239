"""A library embeds windows by themselves or puts them together from sentences; new papers go in as the others did."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import plan, store
from rag.library.files import database_file
from rag.library.header import MANY_PAPERS
from rag.library.store import Library
from rag.models.spans import SpannedText, SpanVectors
from tests.helpers.fakes import HashEmbedder

MOSS = make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")


class _Watched(HashEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.apart: list[bool] = []

    def embed_spans(self, texts: Sequence[SpannedText], *, apart: bool = False) -> list[SpanVectors]:
        self.apart.append(apart)
        return super().embed_spans(texts, apart=apart)


def _set(folder: Path, windows: str | None) -> None:
    with closing(sqlite3.connect(database_file(folder))) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key = 'windows'")
        if windows:
            connection.execute("INSERT INTO meta VALUES ('windows', ?)", (windows,))


@pytest.mark.parametrize(
    ("windows", "is_apart"), [(None, True), ("apart", True), ("of sentences", False)], ids=["of before", "few", "many"]
)
def test_new_papers_go_in_as_the_others_did(small_library: Path, windows: str | None, *, is_apart: bool) -> None:
    _set(small_library, windows)
    embedder = _Watched()
    with Library.open_for_writing(small_library, embedder.identity) as library:
        assert library.reads_apart is is_apart
        store(library, plan(library, [MOSS]), lambda: embedder)
        assert library.reads_apart is is_apart, "also from then on"
        assert library.count() == 5
    assert embedder.apart == [is_apart]


@pytest.mark.parametrize(("count", "is_apart"), [(MANY_PAPERS - 1, True), (MANY_PAPERS, False)])
def test_a_new_library_of_many_papers_reads_each_sentence_once(tmp_path: Path, count: int, *, is_apart: bool) -> None:
    embedder = _Watched()
    papers = [make_paper(id=f"p{n}", title=f"Title {n}", abstract=f"Word{n} stands.") for n in range(count)]
    with Library.open_for_writing(tmp_path, embedder.identity) as library:
        store(library, plan(library, papers), lambda: embedder)
        store(library, plan(library, [MOSS]), lambda: embedder)
    assert set(embedder.apart) == {is_apart}


def test_the_two_kinds_of_library_are_told_apart(small_library: Path) -> None:
    prints = []
    for windows in (None, "apart", "of sentences"):
        _set(small_library, windows)
        with closing(Library.open(small_library)) as library:
            prints.append(library.fingerprint())
    assert prints[0] == prints[1] != prints[2]
