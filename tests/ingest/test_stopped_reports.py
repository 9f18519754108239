"""An ingestion that is stopped before its report is written tells the same when it is run again."""

from pathlib import Path

import pytest

from rag.core.errors import VectorIndexError
from rag.core.settings import Settings
from rag.library import publishing
from rag.library.store import Library
from rag.wiring import ingest_files
from tests.helpers.ingests import use_hash_embedder


def _file(folder: Path) -> Path:
    file = folder / "papers.jsonl"
    file.write_text('{"title": "Bees", "abstract": "Bees make honey. They fly far."}\n{"title": broken\n', "utf-8")
    return file


def test_what_was_rejected_is_told_when_the_report_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = use_hash_embedder(monkeypatch)
    settings, file = Settings.load(library=tmp_path / "library"), _file(tmp_path)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stop:
        stop.setattr("rag.output.ingest_report.write_report", stopped)
        with pytest.raises(KeyboardInterrupt):
            ingest_files(settings, [file])
    embedded = embedder.embedded
    (settings.library / "ingest-report.jsonl.999").write_text("half a li", "utf-8")
    report = ingest_files(settings, [file])
    assert [item.record.line for item in report.rejected] == [2]
    assert (list(report.added), len(report.unchanged), embedder.embedded) == ([], 1, embedded)
    assert '"broken' in (settings.library / "ingest-report.jsonl").read_text("utf-8").replace("\\", "").replace(
        " b", ' "b'
    )
    assert not list(settings.library.glob("ingest-report.jsonl.*"))
    assert not ingest_files(settings, [file]).has_read


def test_an_index_that_fails_at_a_question_says_so_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = use_hash_embedder(monkeypatch)
    settings = Settings.load(library=tmp_path / "library")
    ingest_files(settings, [_file(tmp_path)])
    library = Library.open(settings.library)
    index = publishing.open_index(library)
    monkeypatch.setattr(
        type(index._collection),
        "query",
        lambda *_, **__: (_ for _ in ()).throw(RuntimeError("disk image is malformed")),
    )
    with pytest.raises(VectorIndexError, match=r"cannot be searched.*doctor --repair"):
        index.query(embedder.embed_question("honey"), 3)
    index.close()
    library.close()
