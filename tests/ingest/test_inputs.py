"""Folders, patterns, archives and standard input: every file in them is read once or named."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from rag.core.errors import SourceError
from rag.ingest.inputs import inputs
from rag.ingest.pipeline import Reading, read_files
from tests.helpers.sources import ABSTRACT, file, jsonl


def record(name: str) -> str:
    return jsonl({"title": name, "abstract": f"{ABSTRACT} {name}."})


def archive(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def titles(reading: Reading) -> list[str]:
    return [found.entry.paper.title for found in reading.records]


def test_a_folder_is_read_with_the_folders_in_it_and_without_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "papers" / "more").mkdir(parents=True)
    (tmp_path / "papers" / ".git").mkdir()
    file(tmp_path / "papers", record("One"), "b.jsonl")
    file(tmp_path / "papers" / "more", f"TY  - JOUR\nTI  - Two\nAB  - {ABSTRACT}\nER  - \n", "a.txt")
    file(tmp_path / "papers" / ".git", record("Hidden"), "c.jsonl")
    reading = read_files([tmp_path / "papers"])
    assert titles(reading) == ["One", "Two"]
    assert reading.rejected == ()


def test_a_file_of_a_folder_that_holds_no_papers_is_named_and_costs_no_other(tmp_path: Path) -> None:
    file(tmp_path, record("One"), "a.jsonl")
    file(tmp_path, "milk and eggs\n", "b.txt")
    file(tmp_path, b"%PDF-1.7 \x00\x01", "c.ris")
    reading = read_files([tmp_path])
    assert titles(reading) == ["One"]
    assert [item.file.name for item in reading.rejected] == ["b.txt", "c.ris"]
    assert "is a PDF" in reading.rejected[1].record.reason


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = file(tmp_path, record("One"))
    (tmp_path / "link.jsonl").symlink_to(path)
    assert titles(read_files([path, tmp_path, path])) == ["One"]


def test_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "back").symlink_to(tmp_path)
    file(tmp_path / "papers", record("One"))
    assert titles(read_files([tmp_path])) == ["One"]


def test_a_pattern_that_no_shell_has_resolved_is_resolved(tmp_path: Path) -> None:
    file(tmp_path, record("One"), "a.jsonl")
    file(tmp_path, record("Two"), "b.jsonl")
    assert titles(read_files([tmp_path / "*.jsonl"])) == ["One", "Two"]
    with pytest.raises(SourceError, match=r"no file is called like .*\.bib"):
        read_files([tmp_path / "*.bib"])


def test_an_archive_is_read_and_its_files_are_called_by_their_names_in_it(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "export.zip", {"one.jsonl": record("One"), "folder/two.txt": "nothing", "__MACOSX/x": "no"}
    )
    reading = read_files([path])
    assert titles(reading) == ["One"]
    assert [item.file for item in reading.rejected] == [path / "folder" / "two.txt"]
    assert "citewise-" not in reading.rejected[0].record.reason


def test_names_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    path = archive(tmp_path / "slip.zip", {"../../../outside.jsonl": record("One"), "/etc/two.jsonl": record("Two")})
    (tmp_path / "work").mkdir()
    found = list(inputs([path], tmp_path / "work"))
    assert all(item.path.is_relative_to(tmp_path / "work") for item in found)
    assert titles(read_files([path])) == ["One", "Two"]


def test_an_archive_that_unpacks_to_far_more_than_text_costs_itself_alone(tmp_path: Path) -> None:
    path = archive(tmp_path / "bomb.zip", {"zeros.jsonl": b"0" * (80 << 20)})
    reading = read_files([path, file(tmp_path, record("One"), "good.jsonl")])
    assert titles(reading) == ["One"]
    [refused] = reading.rejected
    assert (refused.file, refused.record.line) == (path, 0)
    assert "bomb.zip unpacks to more than 100 times its size" in refused.record.reason


def test_a_packed_file_that_unpacks_to_blanks_without_end_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ingest.formats.source.UNPACKED_BYTES", 1 << 20)
    path = file(tmp_path, gzip.compress(b" " * (4 << 20)), "z.jsonl.gz")
    reading = read_files([path, file(tmp_path, record("One"), "good.jsonl")])
    assert titles(reading) == ["One"]
    assert [item.file for item in reading.rejected] == [path]
    assert "unpacks to more than 100 times its size" in reading.rejected[0].record.reason


def test_an_archive_inside_an_archive_is_named(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as target:
        target.writestr("one.jsonl", record("One"))
    reading = read_files([archive(tmp_path / "outer.zip", {"inner.zip": inner.getvalue(), "b.jsonl": record("Two")})])
    assert titles(reading) == ["Two"]
    assert "archive inside an archive" in reading.rejected[0].record.reason


def test_a_damaged_archive_of_a_folder_costs_no_other_file(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"one.jsonl": record("One")})
    data = bytearray(path.read_bytes())
    data[10:14] = b"\xff\xff\xff\xff"
    data[40:60] = b"\x00" * 20
    path.write_bytes(bytes(data))
    file(tmp_path, record("Two"), "b.jsonl")
    reading = read_files([tmp_path])
    assert titles(reading) == ["Two"]
    assert len(reading.rejected) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Word, Excel or PowerPoint"),
        (b"SQLite format 3\x00 and more", "is a database"),
        (b"{\\rtf1\\ansi Hello}", "formatted document"),
        (b"<!DOCTYPE html>\n<html><body><h1>Error 503</h1></body></html>", "is a web page, not an export"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = file(tmp_path, content, "export.ris")
    with pytest.raises(SourceError, match=said) as caught:
        read_files([path])
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("folder", "said"), [("word/document.xml", "Word document"), ("xl/workbook.xml", "Excel")])
def test_an_office_file_is_called_by_its_name(tmp_path: Path, folder: str, said: str) -> None:
    path = archive(tmp_path / "papers.ris", {"[Content_Types].xml": "<x/>", folder: "<x/>"})
    with pytest.raises(SourceError, match=said):
        read_files([path])


def test_standard_input_is_read_as_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped:
        buffer = io.BytesIO(record("One").encode())

    monkeypatch.setattr("sys.stdin", Piped())
    reading = read_files([Path("-")])
    assert titles(reading) == ["One"]
    assert [found.file for found in reading.records] == [Path("standard input")]
