"""Source files: encodings and compression, and what is said about files that cannot be read."""

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.core.domain import Note
from rag.core.errors import SourceError
from rag.ingest.formats import read_papers, read_records
from rag.ingest.formats.record import Entry
from rag.ingest.formats.source import LINE_BYTES
from tests.helpers.sources import ABSTRACT, file, read

RECORD = '{"title": "Käfer", "abstract": "Käfer – 甲虫."}\n'


@pytest.mark.parametrize(
    "data",
    [
        RECORD.encode(),
        b"\xef\xbb\xbf" + RECORD.encode(),
        b"\xff\xfe" + RECORD.encode("utf-16-le"),
        b"\xfe\xff" + RECORD.encode("utf-16-be"),
        RECORD.encode("utf-16-le"),
        RECORD.encode("utf-16-be"),
        gzip.compress(RECORD.encode()),
        gzip.compress(b"\xff\xfe" + RECORD.encode("utf-16-le")),
        b"\n\n" + RECORD.replace("\n", "\r\n").encode(),
    ],
    ids=[
        "UTF-8",
        "UTF-8 BOM",
        "UTF-16 LE",
        "UTF-16 BE",
        "UTF-16 LE without BOM",
        "UTF-16 BE without BOM",
        "gzip",
        "gzipped UTF-16",
        "blank lines and CRLF",
    ],
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
        (_written(b"\x00\x01\x02\x00IHDR"), ["is a binary file"]),
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
        (_written(f"<html>\n\nBees\n\n{ABSTRACT}\n"), ["is a web page, not an export"]),
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


# Damage in a file costs the line that it is in.

BEES = b'{"title": "Bees", "abstract": "Bees dance."}'
ANTS = b'{"title": "Ants", "abstract": "Ants walk."}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"title": "\xff", "abstract": "x"}', "byte 0xff of the line is not UTF-8"),
        (b"\x00" * 4096, "the line holds 4,096 NUL bytes, as a crash may leave them"),
        (b'{"title": "a\x00b", "abstract": "x"}', "the line holds 1 NUL byte, as a crash may leave them"),
        (b"x" * (LINE_BYTES + 1), "the line is longer than 4 MiB"),
        (b'{"title": "cut', "not JSON: Unterminated string at character 11"),
        (b"garbage", "not JSON: Expecting value at character 1"),
        (b"[" * 100_000, "not JSON: nested too deeply"),
        (b'{"a":' * 100_000, "not JSON: nested too deeply"),
    ],
    ids=["bad byte", "NUL block", "a NUL", "long line", "cut", "garbage", "deep list", "deep object"],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_damaged_line_costs_itself(tmp_path: Path, line: bytes, reason: str, place: int) -> None:
    lines = [BEES, ANTS]
    lines.insert(place, line)
    papers, rejected = read(file(tmp_path, b"\n".join(lines)))
    assert [paper.title for paper in papers] == ["Bees", "Ants"]
    assert [(item.line, item.reason) for item in rejected] == [(place + 1, reason)]


def test_nul_bytes_around_a_record_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = file(tmp_path, BEES + b"\n" + b"\x00" * 512 + ANTS + b"\n")
    entries = [item for item in read_records(path) if isinstance(item, Entry)]
    assert [(item.paper.title, item.line, item.notes) for item in entries] == [
        ("Bees", 1, ()),
        ("Ants", 2, ("512 NUL bytes, as a crash may leave them, left out",)),
    ]


def test_where_most_lines_are_in_another_encoding_converting_is_advised(tmp_path: Path) -> None:
    line = '{"title": "Käfer", "abstract": "Käfer tanzen."}\n'.encode("latin-1")
    with pytest.raises(SourceError, match=r"not UTF-8: byte 0xe4 in line 1.*iconv -f latin1"):
        read_papers(file(tmp_path, line * 5))
    # Further down than what is looked at first.
    with pytest.raises(SourceError, match="iconv -f latin1"):
        list(read_papers(file(tmp_path, (BEES + b" " * 10_000 + b"\n") * 110 + line * 120)))


def test_a_bad_byte_of_a_page_is_shown_and_noted(tmp_path: Path) -> None:
    page = f"Bees\n\n{ABSTRACT}\n\nAnts\n\n{ABSTRACT}\n".encode().replace(b"Ants", b"An\xffts")
    items = list(read_records(file(tmp_path, page, "page.txt")))
    assert [item.paper.title for item in items if isinstance(item, Entry)] == ["Bees", "An\ufffdts"]
    assert [(item.line, item.text) for item in items if isinstance(item, Note)] == [
        (5, "a byte that is not UTF-8 is shown as \ufffd")
    ]


def test_what_unpacks_to_far_more_than_text_does_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ingest.formats.source.UNPACKED_BYTES", 1 << 20)
    bomb = gzip.compress(BEES + b"\n" + b" " * (4 << 20))
    assert len(bomb) < 10_000
    with pytest.raises(SourceError, match="unpacks to more than 100 times its size"):
        list(read_papers(file(tmp_path, bomb, "a.jsonl.gz")))


@pytest.mark.slow
def test_lines_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = file(tmp_path, (b'{"title": "T", "abstract": "' + (b"w" * 900 + b" ") * 22 + b'"}\n') * 500)
    tracemalloc.start()
    count = sum(1 for _ in read_papers(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 500
    assert peak < path.stat().st_size / 1.5, "the whole file was held in memory"
