"""Every record of a file has exactly one fate, and the sum is compared with an independent count."""

from collections import Counter
from pathlib import Path

import pytest

from rag.core.domain import Rejected
from rag.core.settings import Settings
from rag.ingest.fates import FileCount, KnownFile, fate_of, is_record, unchanged
from rag.ingest.formats.record import make_paper
from rag.ingest.report import IngestReport
from rag.wiring import ingest_files
from tests.helpers.fakes import HashEmbedder
from tests.helpers.ingests import use_hash_embedder
from tests.helpers.sources import file, jsonl

BEES = {"id": "bees", "title": "Bees", "abstract": "Bees make honey and dance to tell where flowers are."}
ANTS = {"id": "ants", "title": "Ants", "abstract": "Ants follow scent trails."}
TEA = {"id": "tea", "title": "Tea", "abstract": "Green tea is steeped at 70 degrees."}


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> HashEmbedder:
    return use_hash_embedder(monkeypatch)


def ingest(folder: Path, *files: Path, dry_run: bool = False) -> IngestReport:
    return ingest_files(Settings(library=folder / "library"), files, dry_run=dry_run)


def fates(report: IngestReport) -> dict[str, int]:
    every: Counter[str] = Counter()
    for count in report.files:
        every.update(count.fates)
    return {fate: number for fate, number in every.items() if number}


def test_each_record_of_a_file_has_one_fate(tmp_path: Path, embedder: HashEmbedder) -> None:
    ingest(tmp_path, file(tmp_path, jsonl(BEES, ANTS), "old.jsonl"))
    rows = [BEES, {**ANTS, "year": 2001}, TEA, TEA, "not json", {**TEA, "title": "Coffee", "abstract": "Beans."}]
    report = ingest(tmp_path, file(tmp_path, jsonl(*rows), "new.jsonl"))
    assert fates(report) == {"unchanged": 1, "updated": 1, "new": 1, "merged": 1, "rejected": 2}
    assert report.files[0].told == len(rows)
    assert [(told.line, told.fate) for told in report.told] == [(5, "rejected"), (6, "rejected"), (4, "merged")]


def test_several_records_in_one_line_count_each(tmp_path: Path, embedder: HashEmbedder) -> None:
    report = ingest(tmp_path, file(tmp_path, jsonl([BEES, ANTS], TEA)))
    assert fates(report) == {"new": 3}


def test_what_is_told_names_place_reason_paper_and_what_was_left_out(tmp_path: Path, embedder: HashEmbedder) -> None:
    report = ingest(tmp_path, file(tmp_path, jsonl({**BEES, "year": "n.d."}, BEES)))
    noted, merged = report.told
    assert (noted.fate, noted.line, noted.notes) == ("new", 1, ("year left out: no year in 'n.d.'",))
    assert (merged.fate, merged.line, merged.id, merged.paper_id) == ("merged", 2, "bees", "bees")
    assert merged.reason == "the same id bees"


def test_a_file_that_is_no_file_of_papers_has_a_problem_and_no_records(tmp_path: Path, embedder: HashEmbedder) -> None:
    (tmp_path / "in").mkdir()
    file(tmp_path / "in", jsonl(BEES), "a.jsonl")
    file(tmp_path / "in", "%PDF-1.7 …", "b.ris")
    report = ingest(tmp_path, tmp_path / "in")
    good, bad = report.files
    assert (good.told, bad.told, good.problem) == (1, 0, "")
    assert "PDF" in bad.problem
    assert report.fruitless == ()


def test_a_paper_that_cannot_be_embedded_makes_each_of_its_records_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stumbles(HashEmbedder):
        def embed_passages(self, texts, progress=None):  # type: ignore[no-untyped-def]
            if any("tea" in text.lower() for text in texts):
                raise ValueError("no tea")
            return super().embed_passages(texts, progress)

    use_hash_embedder(monkeypatch, Stumbles())
    source = file(tmp_path, jsonl(BEES, TEA, TEA))
    report = ingest(tmp_path, source)
    assert fates(report) == {"new": 1, "rejected": 2}
    assert [told.line for told in report.told] == [2, 3]
    assert list(report.added) == ["bees"]
    use_hash_embedder(monkeypatch)
    assert fates(ingest(tmp_path, source)) == {"unchanged": 1, "new": 1, "merged": 1}, "the file is read again"


def test_where_the_sum_does_not_fit_the_difference_is_known() -> None:
    count = FileCount(Path("a.ris"), 20, {"new": 17, "rejected": 1})
    assert (count.told, count.difference) == (18, 2)
    assert FileCount(Path("a.ris"), None, {"new": 17}).difference == 0


def test_what_went_in_before_is_unchanged_and_what_was_refused_stays_refused() -> None:
    known = KnownFile(
        "a.ris", "2026-01-01T00:00:00+00:00", 9, {"new": 4, "merged": 2, "without abstract": 1, "rejected": 2}
    )
    count = unchanged(Path("b.ris"), known)
    assert (dict(count.fates), count.difference) == ({"unchanged": 7, "rejected": 2}, 0)


def test_a_paper_of_a_title_alone_is_counted_as_such() -> None:
    paper = make_paper(title="Bees", abstract="Bees make honey.")
    assert fate_of(paper, is_new=True) == "new"
    assert fate_of(paper, is_new=False) == "updated"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (Rejected(3, "no abstract"), True),
        (Rejected(0, "no abstract", "Bees"), True),
        (Rejected(0, "no abstract", raw="{}"), True),
        (Rejected(0, "it is a PDF"), False),
    ],
)
def test_a_refused_file_is_no_refused_record(item: Rejected, *, expected: bool) -> None:
    assert is_record(item) is expected
