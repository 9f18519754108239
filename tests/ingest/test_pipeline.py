"""From files to stored papers: which record counts where an id comes again, and what is told on the way."""

from dataclasses import replace
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.core.errors import SourceError
from rag.ingest.pipeline import BATCH_PAPERS, plan, read_files, store
from rag.library.store import Library
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl

BEES = {"id": "bees", "title": "Honey bees", "abstract": "Bees make honey."}


def test_within_one_file_an_id_stands_for_one_text(tmp_path: Path) -> None:
    other = BEES | {"title": "Wax bees"}
    papers, rejected = read_files([file(tmp_path, jsonl(BEES, other))])
    assert [paper.title for paper in papers] == ["Honey bees"]
    assert [(item.file.name, item.record.title) for item in rejected] == [("corpus.jsonl", "Wax bees")]
    assert rejected[0].record.reason == "id 'bees' is already used in this file for another text ('Honey bees')"


def test_a_record_that_comes_twice_in_a_file_is_one_paper(tmp_path: Path) -> None:
    papers, rejected = read_files([file(tmp_path, jsonl(BEES, BEES))])
    assert ([paper.id for paper in papers], rejected) == (["bees"], [])


def test_of_several_files_the_last_record_of_an_id_is_stored(tmp_path: Path) -> None:
    first = file(tmp_path, jsonl(BEES), "first.jsonl")
    last = file(tmp_path, jsonl(BEES | {"title": "Wax bees"}), "last.jsonl")
    papers, _ = read_files([first, last])
    report = add(tmp_path / "library", papers)
    library = Library.open(tmp_path / "library")
    assert report.added == ("bees",)
    assert [paper.title for paper in library.papers()] == ["Wax bees"]
    library.close()


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
