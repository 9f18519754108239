"""From files to stored papers: what is embedded anew, what is told on the way, and that one paper never stops the others."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.core.arrays import Matrix
from rag.core.domain import Paper
from rag.core.errors import SourceError
from rag.ingest.pipeline import BATCH_CHARS, BATCH_PAPERS, batches, plan, read_files, store
from rag.library.store import Library
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl

BEES = {"id": "bees", "title": "Honey bees", "abstract": "Bees make honey."}


@pytest.mark.parametrize("change", [{"title": "Wax bees"}, {"abstract": "Bees make wax."}])
def test_a_changed_title_or_abstract_is_embedded_anew(
    change: dict[str, str], tmp_path: Path, few_papers: list[Paper]
) -> None:
    add(tmp_path, few_papers)
    embedder = HashEmbedder()
    assert add(tmp_path, [replace(few_papers[0], **change)], embedder).updated == ("bees",)
    library = Library.open(tmp_path)
    assert embedder.embedded > 0
    assert library.lexical(["wax"], 5).keys() == {"bees"}
    library.close()


def test_one_file_that_cannot_be_read_stops_all(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no file"):
        read_files([file(tmp_path, jsonl(BEES)), tmp_path / "gone.jsonl"])


def test_progress_counts_papers_up_to_all_of_them_a_batch_at_a_time(tmp_path: Path, few_papers: list[Paper]) -> None:
    many = [replace(few_papers[0], id=f"p{number}") for number in range(BATCH_PAPERS + 3)]
    steps: list[tuple[str, int, int]] = []
    with Library.open_for_writing(tmp_path, HashEmbedder().identity) as library:
        store(library, plan(library, many, ()), HashEmbedder, lambda *step: steps.append(step))
        assert library.count() == len(many)
        assert library.revision == 2, "each batch is a transaction"
    assert steps == [("embedding", done, len(many)) for done in (0, BATCH_PAPERS, len(many))]


def test_where_nothing_is_new_no_embedder_is_loaded(tmp_path: Path, few_papers: list[Paper]) -> None:
    add(tmp_path, few_papers)
    with Library.open_for_writing(tmp_path, HashEmbedder().identity) as library:
        store(library, plan(library, few_papers, ()), lambda: pytest.fail("an embedder was loaded"))


def test_long_papers_are_embedded_in_smaller_batches(few_papers: list[Paper]) -> None:
    long = replace(few_papers[0], title="T" * 2_000, abstract="Bees make honey. " * 1_700)
    sizes = [len(batch) for batch in batches([replace(long, id=f"p{number}") for number in range(50)])]
    assert sum(sizes) == 50
    assert max(sizes) * (2 * len(long.abstract) + 2_000 * len(long.abstract) // 600) <= BATCH_CHARS
    assert [len(batch) for batch in batches([long])] == [1]


class _Stumbles(HashEmbedder):
    """An embedder that no text about ants gets through."""

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        if any("ants" in text.lower() for text in texts):
            raise ValueError("ants are in the works")
        return super().embed_passages(texts)


def test_a_paper_that_cannot_be_embedded_is_named_and_the_others_go_in(tmp_path: Path) -> None:
    ants = {"id": "ants", "title": "Ants", "abstract": "Ants walk."}
    source = file(tmp_path, jsonl(BEES, ants, {"id": "tea", "abstract": "Tea is green."}))
    embedder = _Stumbles()
    with Library.open_for_writing(tmp_path / "library", embedder.identity) as library:
        work = plan(library, read_files([source]).records)
        report = store(library, work, lambda: embedder)
        assert [paper.id for paper in library.papers()] == ["bees", "tea"]
    assert report.added == ("bees", "tea")
    assert [(item.record.line, item.record.title) for item in report.rejected] == [(2, "Ants")]
    assert report.rejected[0].record.reason == "it cannot be cut into sentences or embedded: ants are in the works"
