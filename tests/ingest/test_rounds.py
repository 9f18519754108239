"""Many records are planned in rounds, which find what one round finds; a file that did not change is not read."""

import gzip
import json
import random
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import SourceError
from rag.core.settings import Settings
from rag.ingest import fates as fates_module
from rag.ingest.report import IngestReport
from rag.ingest.spool import Spool
from rag.library.store import Library
from rag.wiring import ingest_files
from tests.helpers.fakes import HashEmbedder
from tests.helpers.ingests import use_hash_embedder
from tests.helpers.sources import file, jsonl

TEXT = "We study how honey bees find flowers in spring and tell the others by a dance of many turns in the dark of the hive."
ROWS: list[Any] = [
    {"id": "a", "title": "The dance of bees", "abstract": TEXT, "arxiv_id": "2401.00001v1"},
    {"id": "b", "title": "Ants", "abstract": "Ants follow scent trails."},
    {"id": "a", "title": "The dance of bees", "abstract": TEXT, "arxiv_id": "2401.00001v1"},
    {"id": "c", "title": "The dance of bees", "abstract": TEXT + " More.", "doi": "10.1/x", "arxiv_id": "2401.00001v2"},
    {"id": "b", "title": "Whales", "abstract": "Whales sing."},
    {"id": "d", "title": "Tea", "abstract": "Tea is green."},
    {"id": "c", "title": "The dance of bees", "abstract": TEXT + " More.", "doi": "10.1/x", "arxiv_id": "2401.00001v2"},
]


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> HashEmbedder:
    return use_hash_embedder(monkeypatch)


def ingest(library: Path, *files: Path, dry_run: bool = False) -> IngestReport:
    return ingest_files(Settings(library=library), files, dry_run=dry_run)


def stored(library: Path) -> dict[str, Any]:
    opened = Library.open(library)
    try:
        return {paper.id: asdict(paper) for paper in opened.papers()}
    finally:
        opened.close()


def shown(report: IngestReport) -> Any:
    counts = [
        (str(count.file), {fate: number for fate, number in count.fates.items() if number}) for count in report.files
    ]
    told = sorted((str(told.file), told.line, told.fate, told.paper_id) for told in report.told)
    return list(report.added), sorted(report.updated), list(report.unchanged), counts, told


@pytest.mark.parametrize("size", [1, 2, 3])
def test_rounds_find_what_one_round_finds(
    size: int, tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {"id": "d", "title": "Tea", "abstract": "Tea is green or black.", "year": 1999}
    files = [file(tmp_path, jsonl(*ROWS), "a.jsonl"), file(tmp_path, jsonl(later), "b.jsonl")]
    whole = ingest(tmp_path / "whole", *files)
    monkeypatch.setattr("rag.ingest.planned.ROUND_RECORDS", size)
    in_rounds = ingest(tmp_path / "rounds", *files)
    assert shown(in_rounds) == shown(whole)
    assert stored(tmp_path / "rounds") == stored(tmp_path / "whole")
    [refused] = in_rounds.rejected
    assert "already used in this file, line 2 for another text ('Ants')" in refused.record.reason
    assert [item.reason for item in in_rounds.merged][-1] == "the same id d; the later file's text is kept"


def test_a_dry_run_shows_what_the_ingest_then_does_and_writes_nothing(
    tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ingest.planned.ROUND_RECORDS", 2)
    source = file(tmp_path, jsonl(*ROWS))
    library = tmp_path / "library"
    dry = ingest(library, source, dry_run=True)
    assert (library.exists(), embedder.embedded) == (False, 0)
    assert shown(dry) == shown(ingest(library, source))
    changed = file(tmp_path, jsonl(*ROWS, {"id": "e", "title": "Rust", "abstract": "Iron rusts."}))
    before = {path: path.read_bytes() for path in library.rglob("*") if path.is_file()}
    dry = ingest(library, changed, dry_run=True)
    assert {path: path.read_bytes() for path in library.rglob("*") if path.is_file()} == before
    assert shown(dry) == shown(ingest(library, changed))


def test_one_percent_changed_embeds_one_percent(tmp_path: Path, embedder: HashEmbedder) -> None:
    rows = [{"id": f"p{n}", "title": f"Title {n}", "abstract": f"Word{n} stands here alone."} for n in range(300)]
    ingest(tmp_path / "library", file(tmp_path, jsonl(*rows)))
    whole, embedder.embedded = embedder.embedded, 0
    for n in (7, 100, 250):
        rows[n]["abstract"] = f"Word{n} stands elsewhere now."
    report = ingest(tmp_path / "library", file(tmp_path, jsonl(*rows)))
    assert list(report.updated) == ["p7", "p100", "p250"]
    assert (embedder.embedded, whole) == (6, 600)


def test_an_unchanged_file_is_not_read_and_nothing_is_loaded_or_written(
    tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, library = file(tmp_path, jsonl(*ROWS)), tmp_path / "library"
    ingest(library, source)
    before = {path: path.read_bytes() for path in library.rglob("*") if path.is_file()}
    for name in ("rag.wiring.open_embedder", "rag.wiring.find_model", "rag.ingest.reading.read_records"):
        monkeypatch.setattr(name, lambda *_, **__: pytest.fail("something was loaded or read"))
    report = ingest(library, source)
    assert dict(report.files[0].fates) == {"unchanged": 6, "rejected": 1}
    assert list(report.unchanged) == ["a", "b", "d"]
    assert {path: path.read_bytes() for path in library.rglob("*") if path.is_file()} == before


def test_a_renamed_file_and_members_of_archives_are_known_by_their_bytes(
    tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, library = jsonl(ROWS[0], ROWS[1]), tmp_path / "library"
    ingest(library, file(tmp_path, text))
    with zipfile.ZipFile(tmp_path / "papers.zip", "w") as archive:
        archive.writestr("inside.jsonl", text)
    monkeypatch.setattr("rag.ingest.reading.read_records", lambda *_: pytest.fail("it was read"))
    report = ingest(library, tmp_path / "papers.zip", file(tmp_path, text, "other.jsonl"))
    assert [dict(count.fates)["unchanged"] for count in report.files] == [2, 2]
    assert list(report.unchanged) == ["a", "b"]
    opened = Library.open(library)
    rows = opened._database.rows("SELECT name FROM sources JOIN origins ON source = key WHERE paper = 'a' ORDER BY key")
    opened.close()
    names = ["corpus.jsonl", "papers.zip/inside.jsonl", "other.jsonl"]
    assert [row[0] for row in rows] == [str(tmp_path / name) for name in names]


@pytest.mark.parametrize("loss", ["a paper", "a newer reader"])
def test_an_unchanged_file_is_read_again_after(
    loss: str, tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, library = file(tmp_path, jsonl(ROWS[0], ROWS[1])), tmp_path / "library"
    ingest(library, source)
    if loss == "a paper":
        with Library.open_for_writing(library, embedder.identity) as opened, opened._database.transaction():
            opened._database.connection.execute("DELETE FROM papers WHERE id = 'b'")
    else:
        monkeypatch.setattr("rag.library.sources.READER_VERSION", fates_module.READER_VERSION + 1)
    report = ingest(library, source)
    assert report.files[0].since == ""
    assert sorted(stored(library)) == ["a", "b"]


def test_a_file_of_which_a_record_was_refused_for_another_files_sake_is_read_again(
    tmp_path: Path, embedder: HashEmbedder
) -> None:
    first = file(tmp_path, jsonl(ROWS[1]), "a.jsonl")
    second = file(tmp_path, jsonl({"id": "b", "title": "Whales", "abstract": "Whales sing."}, ROWS[5]), "b.jsonl")
    ingest(tmp_path / "library", first, second)
    again = ingest(tmp_path / "library", first, second)
    assert [bool(count.since) for count in again.files] == [True, False]


def test_an_ingest_that_was_stopped_goes_on_without_embedding_anything_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": f"p{n}", "title": f"Title {n}", "abstract": f"Word{n} stands here."} for n in range(300)]
    source, library = file(tmp_path, jsonl(*rows)), tmp_path / "library"

    class Stopped(HashEmbedder):
        def embed_passages(self, texts, progress=None):  # type: ignore[no-untyped-def]
            if self.embedded > 300:
                raise KeyboardInterrupt
            return super().embed_passages(texts, progress)

    use_hash_embedder(monkeypatch, Stopped())
    with pytest.raises(KeyboardInterrupt):
        ingest(library, source)
    kept = len(stored(library))
    embedder = use_hash_embedder(monkeypatch)
    report = ingest(library, source)
    assert 0 < kept < 300
    assert (len(report.unchanged), len(report.added)) == (kept, 300 - kept)
    assert embedder.embedded == 2 * (300 - kept)
    assert len(stored(library)) == 300
    assert ingest(library, source).files[0].since, "now all of it is taken in"


def test_origins_tell_which_file_first_brought_a_paper(tmp_path: Path, embedder: HashEmbedder) -> None:
    first = file(tmp_path, jsonl(ROWS[0]), "a.jsonl")
    second = file(tmp_path, jsonl(ROWS[0], ROWS[3], ROWS[1]), "b.jsonl")
    ingest(tmp_path / "library", first)
    ingest(tmp_path / "library", second)
    opened = Library.open(tmp_path / "library")
    rows = opened._database.rows(
        "SELECT paper, name, added FROM origins JOIN sources ON source = key ORDER BY paper, key"
    )
    opened.close()
    assert [(row[0], Path(row[1]).name) for row in rows] == [("a", "a.jsonl"), ("a", "b.jsonl"), ("b", "b.jsonl")]
    assert all(row[2].endswith("+00:00") for row in rows)


def test_a_named_file_that_is_damaged_further_down_costs_what_is_behind_the_damage(
    tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ingest.formats.source.HEAD_BYTES", 1 << 12)
    words = random.Random(1)
    rows = [{"id": f"p{n}", "title": f"{n}", "abstract": words.randbytes(500).hex()} for n in range(100)]
    packed = gzip.compress(jsonl(*rows).encode())
    bad = file(tmp_path, packed[: len(packed) // 2], "bad.jsonl.gz")
    good = file(tmp_path, jsonl(ROWS[0]))
    report = ingest(tmp_path / "library", good, bad)
    assert 10 < len(report.added) < 80
    assert [item.file for item in report.rejected] == [bad]
    assert "damaged gzip" in report.rejected[0].record.reason
    assert report.fruitless == ()
    again = ingest(tmp_path / "library", good, bad)
    assert [count.since != "" for count in again.files] == [True, False], "what is behind the damage is tried again"


def test_of_a_bomb_nothing_goes_in_and_the_file_beside_it_does(
    tmp_path: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ingest.formats.source.UNPACKED_BYTES", 1 << 20)
    bomb = file(tmp_path, gzip.compress(b" " * (4 << 20)), "z.jsonl.gz")
    report = ingest(tmp_path / "library", bomb, file(tmp_path, jsonl(ROWS[0])))
    assert (report.added, report.fruitless) == (("a",), (bomb,))
    assert not (tmp_path / "other").exists()
    assert ingest(tmp_path / "other", bomb).fruitless == (bomb,)
    assert not (tmp_path / "other").exists(), "no library is made of nothing"


def test_a_file_that_is_missing_is_told_before_anything_is_stored(tmp_path: Path, embedder: HashEmbedder) -> None:
    with pytest.raises(SourceError, match="there is no file"):
        ingest(tmp_path / "library", file(tmp_path, jsonl(ROWS[0])), tmp_path / "gone.ris")
    assert not (tmp_path / "library").exists()


def test_the_report_beside_the_library_is_private_whole_and_of_the_last_ingest_that_read_anything(
    tmp_path: Path, embedder: HashEmbedder
) -> None:
    library = tmp_path / "library"
    source = file(tmp_path, jsonl(*ROWS, "not json"))
    ingest(library, source)
    path = library / "ingest-report.jsonl"
    head, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert path.stat().st_mode & 0o777 == 0o600
    assert (head["files"][0]["new"], head["files"][0]["merged"], head["files"][0]["rejected"]) == (3, 3, 2)
    assert [(line["line"], line["fate"]) for line in lines if line["fate"] == "rejected"] == [
        (8, "rejected"),
        (5, "rejected"),
    ]
    assert [line["paper"] for line in lines if line["fate"] == "merged"] == ["a", "a", "a"]
    text = path.read_text("utf-8")
    ingest(library, file(tmp_path, jsonl(ROWS[5]), "more.jsonl"), dry_run=True)
    assert path.read_text("utf-8") == text
    assert list(library.glob("ingest-report.jsonl.*")) == []


def test_the_report_keeps_what_was_told_of_files_that_did_not_change(tmp_path: Path, embedder: HashEmbedder) -> None:
    library = tmp_path / "library"
    old = file(tmp_path, jsonl(ROWS[1], "not json"), "old.jsonl")
    ingest(library, old)
    for text in (jsonl(ROWS[5], "{broken"), jsonl(ROWS[5])):
        ingest(library, old, file(tmp_path, text, "new.jsonl"))
    head, *lines = [json.loads(line) for line in (library / "ingest-report.jsonl").read_text("utf-8").splitlines()]
    assert [bool(count.get("unchanged_since")) for count in head["files"]] == [True, False]
    assert [(line["file"], line["line"], line["fate"]) for line in lines] == [(str(old), 2, "rejected")]


def test_looking_up_any_number_of_keys_keeps_few_statements_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool("CREATE TABLE things (id TEXT PRIMARY KEY)")
    spool.connection.executemany("INSERT INTO things VALUES (?)", [(str(n),) for n in range(50)])
    statements: set[str] = set()
    rows = spool.rows
    monkeypatch.setattr(spool, "rows", lambda text, values=(): statements.add(text) or rows(text, values))
    for number in range(60):
        found = spool.rows_for("SELECT id FROM things WHERE id IN ({})", [str(n) for n in range(number)])
        assert len(list(found)) == min(number, 50)
    spool.close()
    assert len(statements) == 7
