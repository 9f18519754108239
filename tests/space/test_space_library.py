"""What CITEWISE_SPACE_LIBRARY may name, and that a Space's library is of the papers that are named now."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.core import space
from rag.core.errors import CitewiseError, SourceError
from rag.core.settings import Settings
from rag.library.backup import backup
from rag.library.store import Library
from tests.helpers.hubs import Hub, hub_instead
from tests.helpers.ingests import use_hash_embedder
from ui.space_library import fill, with_own_library

MOSS = b'{"id": "moss", "title": "Moss", "abstract": "Moss grows in the shade. It needs no roots."}\n'
FERN = b'{"id": "fern", "title": "Fern", "abstract": "Ferns unroll their leaves. They have spores."}\n'


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of the test's own, and the hash embedder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    space.temporary_folder.cache_clear()
    use_hash_embedder(monkeypatch)
    yield space.temporary_folder()
    space.temporary_folder.cache_clear()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_instead(monkeypatch, tmp_path / "hub") as running:
        yield running


def filled(named: str | Path | None, notes: Callable[[str], None] = lambda _: None) -> list[str]:
    """The ids of the papers in the library that this setting leads to."""
    settings = with_own_library(Settings(space_library=None if named is None else str(named)))
    fill(settings, notes)
    return papers(settings.library)


def papers(library: Path) -> list[str]:
    opened = Library.open(library)
    try:
        return sorted(paper.id for paper in opened.papers())
    finally:
        opened.close()


@pytest.mark.slow
def test_without_the_setting_it_is_the_seeds_with_their_progress() -> None:
    notes: list[str] = []
    assert len(filled(None, notes.append)) == 59
    assert any(note.startswith("Embedding the papers: ") and note.endswith(" of 59") for note in notes)


def test_a_file_and_a_folder_of_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "more").mkdir(parents=True)
    (folder / "moss.jsonl").write_bytes(MOSS)
    (folder / "more" / "fern.jsonl").write_bytes(FERN)
    (folder / "README.md").write_text("# About these papers")
    assert filled(folder / "moss.jsonl") == ["moss"]
    assert filled(folder) == ["fern", "moss"]


def test_a_backup_becomes_the_library_without_embedding_anything(
    small_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(small_library, tmp_path / "papers.zip")
    monkeypatch.setattr("rag.wiring.open_embedder", lambda *_: pytest.fail("the embedder was loaded"))
    assert filled(tmp_path / "papers.zip") == ["ants", "bees", "rust", "tea"]


def test_a_folder_with_a_library_is_copied_and_left_as_it_is(small_library: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in small_library.rglob("*")}
    assert filled(small_library) == ["ants", "bees", "rust", "tea"]
    assert {path: path.stat().st_mtime_ns for path in small_library.rglob("*")} == before


def test_a_backup_and_records_beside_it_go_into_one_library(small_library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    backup(small_library, folder / "papers.citewise")
    (folder / "moss.jsonl").write_bytes(MOSS)
    assert filled(folder) == ["ants", "bees", "moss", "rust", "tea"]


def test_several_libraries_in_one_folder_are_told_apart_by_whoever_names_one(
    small_library: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("a.zip", "b.zip"):
        backup(small_library, folder / name)
    with pytest.raises(SourceError, match=r"several libraries \(a.zip, b.zip\); name one"):
        filled(folder)
    assert filled(folder / "a.zip") == ["ants", "bees", "rust", "tea"]


def test_a_dataset_of_the_hub_is_read_at_its_revision(served: Hub) -> None:
    served.datasets["owner/papers"] = {"moss.jsonl": MOSS, "fern.jsonl": FERN, "README.md": b"# Papers"}
    served.revisions["v1"] = "a" * 40
    notes: list[str] = []
    assert filled("owner/papers@v1/fern.jsonl", notes.append) == ["fern"]
    assert "Downloading owner/papers@v1/fern.jsonl from the Hugging Face hub" in notes
    assert filled("owner/papers") == ["fern", "moss"]


def test_a_start_that_finds_the_library_complete_embeds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moss.jsonl").write_bytes(MOSS)
    filled(tmp_path / "moss.jsonl")
    monkeypatch.setattr("rag.wiring.open_embedder", lambda *_: pytest.fail("the embedder was loaded"))
    assert filled(tmp_path / "moss.jsonl") == ["moss"]


def test_other_papers_under_the_same_name_make_another_library(tmp_path: Path) -> None:
    (tmp_path / "papers.jsonl").write_bytes(MOSS)
    assert filled(tmp_path / "papers.jsonl") == ["moss"]
    (tmp_path / "papers.jsonl").write_bytes(FERN + b"\n")
    assert filled(tmp_path / "papers.jsonl") == ["fern"]


def test_a_new_commit_makes_another_library(served: Hub) -> None:
    served.datasets["owner/papers"] = {"papers.jsonl": MOSS}
    assert filled("owner/papers") == ["moss"]
    served.datasets["owner/papers"] = {"papers.jsonl": FERN}
    served.revisions["main"] = "d" * 40
    assert filled("owner/papers") == ["fern"]


def test_a_start_that_broke_off_is_made_good_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_bytes(MOSS)
    filled(file)
    settings = with_own_library(Settings(space_library=str(file)))
    (settings.library.parent / "filled-from.json").unlink()  # written last, so not there after a kill
    file.write_bytes(MOSS + FERN)
    assert filled(file) == ["fern", "moss"]


def test_a_hub_that_is_down_is_told_and_the_next_try_reads_the_papers(served: Hub) -> None:
    served.datasets["owner/papers"] = {"papers.jsonl": MOSS}
    served.refuses = 503
    with pytest.raises(SourceError, match=r"the papers of owner/papers cannot be downloaded.*try again later"):
        filled("owner/papers")
    served.refuses = 0
    assert filled("owner/papers") == ["moss"]
    served.refuses = 503
    assert filled("owner/papers") == ["moss"]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("papers.ris", "no file or folder here .* and no dataset of the hub"),
        ("/nowhere/papers", "no file or folder here"),
        ("owner/none", r"no dataset owner/none, or it is private.*no file or folder .*owner/none either"),
    ],
)
def test_a_name_that_leads_nowhere_is_told(served: Hub, named: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        filled(named)


@pytest.mark.parametrize("content", [b"", b"nothing like a paper", b'{"a": 1}\n'], ids=["empty", "words", "json"])
def test_a_file_without_papers_is_told_and_leaves_no_library(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notes.txt").write_bytes(content)
    with pytest.raises(CitewiseError, match=r"notes\.txt"):
        filled(tmp_path / "notes.txt")
    assert not with_own_library(Settings(space_library=str(tmp_path / "notes.txt"))).library.exists()


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / ".gitattributes").write_text("* text")
    with pytest.raises(SourceError, match="no file with papers"):
        filled(tmp_path / "papers")


def test_a_library_that_is_named_is_filled_once_and_then_left_alone(tmp_path: Path) -> None:
    (tmp_path / "papers.jsonl").write_bytes(MOSS)
    settings = Settings(library=tmp_path / "own", space_library=str(tmp_path / "papers.jsonl"))
    assert with_own_library(settings) == settings
    fill(settings, lambda _: None)
    (tmp_path / "papers.jsonl").write_bytes(FERN)
    fill(settings, lambda _: None)
    assert papers(tmp_path / "own") == ["moss"]


def test_what_the_library_is_of_is_told_beside_it_and_nowhere_else(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "papers.jsonl").write_bytes(MOSS)
    filled(tmp_path / "papers.jsonl")
    told = list(temporary.rglob("filled-from.json"))
    assert len(told) == 1 and json.loads(told[0].read_text())["state"]
    assert [path.name for path in tmp_path.iterdir() if path != temporary] == ["papers.jsonl"]
