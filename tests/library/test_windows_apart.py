"""A library of before, whose windows were embedded by themselves, gets its new papers in the same way; a new one does not."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import plan, store
from rag.library.files import database_file
from rag.library.store import Library
from rag.models.embedder import SpannedText, SpanVectors
from tests.helpers.fakes import HashEmbedder

MOSS = make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")


class _Watched(HashEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.apart: list[bool] = []

    def embed_spans(self, texts: Sequence[SpannedText], *, apart: bool = False) -> list[SpanVectors]:
        self.apart.append(apart)
        return super().embed_spans(texts, apart=apart)


def _as_before(folder: Path) -> None:
    with closing(sqlite3.connect(database_file(folder))) as connection, connection:
        connection.execute("DELETE FROM meta WHERE key = 'windows'")


@pytest.mark.parametrize("is_old", [True, False])
def test_new_papers_go_in_as_the_others_did(small_library: Path, *, is_old: bool) -> None:
    if is_old:
        _as_before(small_library)
    embedder = _Watched()
    with Library.open_for_writing(small_library, embedder.identity) as library:
        assert library.reads_apart is is_old
        store(library, plan(library, [MOSS]), lambda: embedder)
        assert library.reads_apart is is_old, "also from then on"
        assert library.count() == 5
    assert embedder.apart == [is_old]


def test_the_two_kinds_of_library_are_told_apart(small_library: Path) -> None:
    def fingerprint() -> str:
        with closing(Library.open(small_library)) as library:
            return library.fingerprint()

    new = fingerprint()
    _as_before(small_library)
    assert fingerprint() != new


def test_a_library_of_before_answers_as_it_did(small_library: Path) -> None:
    with closing(Library.open(small_library)) as library:
        _, before = library.windows(["tea"])
    _as_before(small_library)
    with closing(Library.open(small_library)) as library:
        assert library.reads_apart
        assert np.array_equal(library.windows(["tea"])[1], before)
