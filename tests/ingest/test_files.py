"""Source files: encodings and compression, and what is said about files that cannot be read."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.core.errors import SourceError
from rag.ingest.formats import read_papers
from tests.helpers.sources import ABSTRACT, file, read

RECORD = '{"title": "Käfer", "abstract": "Käfer – 甲虫."}\n'


@pytest.mark.parametrize(
    "data",
    [
        RECORD.encode(),
        b"\xef\xbb\xbf" + RECORD.encode(),
        b"\xff\xfe" + RECORD.encode("utf-16-le"),
        b"\xfe\xff" + RECORD.encode("utf-16-be"),
        gzip.compress(RECORD.encode()),
        gzip.compress(b"\xff\xfe" + RECORD.encode("utf-16-le")),
        b"\n\n" + RECORD.replace("\n", "\r\n").encode(),
    ],
    ids=["UTF-8", "UTF-8 BOM", "UTF-16 LE", "UTF-16 BE", "gzip", "gzipped UTF-16", "blank lines and CRLF"],
)
def test_the_same_paper_comes_out_of_every_encoding(tmp_path: Path, data: bytes) -> None:
    papers, rejected = read(file(tmp_path, data, "any-name.dat"))
    assert [(paper.title, paper.abstract) for paper in papers] == [("Käfer", "Käfer – 甲虫.")]
    assert rejected == []


def _missing(folder: Path) -> Path:
    return folder / "gone.jsonl"


def _folder(folder: Path) -> Path:
    (folder / "papers").mkdir()
    return folder / "papers"


def _written(content: str | bytes, name: str = "file.txt") -> Callable[[Path], Path]:
    return lambda folder: file(folder, content, name)


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (_missing, ["there is no file", "gone.jsonl"]),
        (_folder, ["papers is a folder", "name the files in it"]),
        (_written(""), ["file.txt is empty", "nothing was read"]),
        (_written(" \n\t\n"), ["file.txt is empty"]),
        (_written(b"\xef\xbb\xbf"), ["file.txt is empty"]),
        (_written(gzip.compress(b"")), ["file.txt is empty"]),
        (_written(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), ["is a binary file"]),
        (_written(RECORD.encode("utf-16-le")), ["is a binary file"]),
        (
            _written("one\ntwo\ncafé".encode("latin-1"), "old.jsonl"),
            ["not UTF-8", "byte 0xe9 in line 3", "iconv -f latin1 -t utf-8 old.jsonl > old.utf8.jsonl"],
        ),
        (_written(b"\xff\xfe" + RECORD.encode("utf-16-le") + b"\x0a"), ["not UTF-16"]),
        (_written(gzip.compress(RECORD.encode() * 99)[:-12], "a.gz"), ["a.gz is a damaged gzip file"]),
        (_written(gzip.compress(RECORD.encode())[:-8] + bytes(8), "a.gz"), ["a.gz is a damaged gzip file", "CRC"]),
        (_written(b"\x1f\x8bnot gzip at all", "a.gz"), ["a.gz is a damaged gzip file"]),
        (_written(f"{ABSTRACT}\n\n{ABSTRACT}\n\n{ABSTRACT}\n"), ["no format that citewise knows", '"abstract": "']),
        (_written("Chapter\n\n" + f"{ABSTRACT}\n\n" * 6), ["no format that citewise knows"]),
        (_written("milk\n\neggs\n\nhoney\n"), ["no format that citewise knows"]),
        (_written(f"<html>\n\nBees\n\n{ABSTRACT}\n"), ["no format that citewise knows"]),
        (_written(f"@article{{a,\n\nBees\n\n{ABSTRACT}\n"), ["no format that citewise knows"]),
        (_written('{"question": "What?"}\n'), ["no format that citewise knows", "corpus.jsonl"]),
    ],
    ids=[
        "missing",
        "folder",
        "empty",
        "white space",
        "only a BOM",
        "empty gzip",
        "binary",
        "UTF-16 without BOM",
        "latin-1",
        "UTF-16 with half a character",
        "gzip cut off",
        "gzip with wrong checksum",
        "gzip in name only",
        "prose without titles",
        "prose under one heading",
        "short lines only",
        "HTML",
        "BibTeX",
        "other JSON lines",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_is_wrong(
    tmp_path: Path, make: Callable[[Path], Path], parts: list[str]
) -> None:
    path = make(tmp_path)
    with pytest.raises(SourceError) as caught:
        read_papers(path)
    for part in parts:
        assert part in str(caught.value)
    assert str(tmp_path) in str(caught.value)
