"""Files made to hurt, or hurt themselves: a record that is broken costs itself, is named with its place, and the rest goes in."""

import bz2
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rag.core.domain import Note, Rejected
from rag.core.errors import SourceError
from rag.ingest.formats import EXPORTS, counted, read_records
from rag.ingest.formats.record import RAW_CHARS, Entry
from rag.ingest.pipeline import read_files
from tests.helpers.sources import ABSTRACT, file, read
from tests.ingest.test_exports import EACH

TEXT = "Bees make honey and dance. Their dance tells where flowers are and how far."


def _titles(path: Path) -> list[str]:
    return [item.paper.title for item in read_records(path) if isinstance(item, Entry)]


def _ris(*titles: str) -> str:
    return "".join(f"TY  - JOUR\nTI  - {title}\nAB  - {TEXT} {title}.\nER  - \n\n" for title in titles)


@pytest.mark.parametrize("name", EACH)
def test_every_record_says_where_it_stands_and_what_stands_there(tmp_path: Path, name: str) -> None:
    path = file(tmp_path, EACH[name], "export")
    [entry] = [item for item in read_records(path) if isinstance(item, Entry)]
    lines = EACH[name].lstrip("\ufeff").splitlines()
    assert 1 <= entry.line <= len(lines)
    assert entry.raw.strip()
    assert entry.raw.splitlines()[0] in "\n".join(lines[entry.line - 1 :])
    assert len(entry.raw) <= RAW_CHARS + 1


@pytest.mark.parametrize("encoding", ["cp1252", "mixed", "gb18030"])
def test_a_file_of_several_encodings_is_read_line_by_line(tmp_path: Path, encoding: str) -> None:
    first = _ris("Käfer").encode("cp1252" if encoding != "gb18030" else "utf-8")
    second = {
        "cp1252": _ris("Müller").encode("cp1252"),
        "mixed": _ris("Łódź and 甲虫").encode(),
        "gb18030": _ris("蜜蜂的舞蹈与花蜜距离的关系研究").encode("gb18030"),
    }[encoding]
    path = file(tmp_path, first + second)
    assert _titles(path)[0] == "Käfer"
    assert _titles(path)[1] in ("Müller", "Łódź and 甲虫", "蜜蜂的舞蹈与花蜜距离的关系研究")
    [note] = [item for item in read_records(path) if isinstance(item, Note)]
    assert ("GB 18030" if encoding == "gb18030" else "Windows-1252") in note.text


def test_the_encoding_that_xml_declares_is_used_where_it_is_no_utf_8(tmp_path: Path) -> None:
    text = EACH["EndNote XML"].replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="windows-1251"?>')
    path = file(tmp_path, text.replace("Honey", "Мёд").encode("windows-1251"))
    assert _titles(path) == ["Мёд and dance of bees"]


BOMB = (
    "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>"
    "<!ENTITY f SYSTEM 'file:///etc/passwd'><!ENTITY h SYSTEM 'http://127.0.0.1:9/x'>]>"
)


@pytest.mark.parametrize("name", [name for name in EACH if "</" in EACH[name].lstrip()[-40:]])
@pytest.mark.parametrize("entity", ["&c;", "&f;", "&h;"])
def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path, name: str, entity: str) -> None:
    place = EACH[name].index(">", EACH[name].index("?>") + 2 if "?>" in EACH[name] else 0)
    start = EACH[name].rindex("<", 0, place)
    text = EACH[name][:start] + BOMB + EACH[name][start:]
    papers, rejected = read(
        file(tmp_path, text.replace("dance", f"dance {entity}", 1).replace("of <i>", f"of {entity}<i>"))
    )
    assert len(papers) + len(rejected) == 1
    for paper in papers:
        assert "aaaaaaaaaa" not in paper.title + paper.abstract
        assert "root:" not in paper.title + paper.abstract


def test_lone_surrogates_nul_bytes_and_marks_of_direction_do_no_harm(tmp_path: Path) -> None:
    records = [
        {"title": "Lone \ud83d here", "abstract": TEXT},
        {"title": "A\u0301\u0328e\u0300 \u202eabc\u202c \u05e9\u05dc\u05d5\u05dd", "abstract": TEXT},
        {"title": "NUL \x00 in it", "abstract": TEXT, "year": float("nan"), "doi": None},
    ]
    lines = (
        "\n".join(map(json.dumps, records)) + '\n{"title": "Huge", "abstract": "Words.", "year": 1e400, "id": -1e999}\n'
    )
    titles = _titles(file(tmp_path, lines))
    assert titles[0] == "Lone here"
    assert "\u202e" not in titles[1]
    assert "\u05e9\u05dc\u05d5\u05dd" in titles[1]
    assert titles[2:] == ["NUL in it", "Huge"]
    for text in (_ris("One \x00 two", "Three"), EACH["BibTeX"].replace("{Honey}", "{Ho\x00ney}")):
        assert len(_titles(file(tmp_path, text))) >= 1


def test_control_characters_that_no_xml_may_hold_cost_nothing(tmp_path: Path) -> None:
    text = EACH["PubMed XML"].replace("insects", "insects\x0b\x1f\x00")
    assert _titles(file(tmp_path, text)) == ["Honey of Apis mellifera and CO2."]


def test_a_title_of_five_thousand_characters_costs_its_record(tmp_path: Path) -> None:
    papers, rejected = read(file(tmp_path, _ris("One", "word " * 1_000, "Three")))
    assert [paper.title for paper in papers] == ["One", "Three"]
    assert [(item.line, "4,999 characters" in item.reason) for item in rejected] == [(6, True)]
    assert rejected[0].raw.startswith("TY  - JOUR\nTI  - word word")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF. .* export them from your reference manager"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Word, Excel or PowerPoint. Save it as CSV"),
        (b"<html><head><title>503</title></head><body>Service Unavailable</body></html>", "a web page, not an export"),
        (b"<!-- x -->\n<!DOCTYPE html>\n<html lang='en'>\n<body>Log in</body></html>", "a web page, not an export"),
        (b'<?xml version="1.0"?><eFetchResult><ERROR>Empty id list</ERROR></eFetchResult>', "error of a service .*empty id list"),
        (b'{"error": {"code": 429, "message": "Too many requests"}}', r"error of a service \(Too many requests\)"),
        (b'{"message": "Too Many Requests.", "code": "429"}', r"error of a service \(Too Many Requests.\)"),
        (b'{\n "detail": "Not found."\n}', r"error of a service \(Not found.\)"),
        (b'{"status": "failed", "message-type": "validation-failure", "message": [{"message": "Bad filter"}]}', "Bad filter"),
        (bz2.compress(_ris("One").encode()), "packed by bzip2. Unpack it first"),
        (gzip.compress(gzip.compress(_ris("One").encode())), "packed twice by gzip. Unpack it first"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive. Unpack it first"),
        (b"PAR1\x15\x04", "a Parquet table. Write it out as CSV"),
    ],
    ids=[
        "PDF", "old Office", "HTML", "HTML behind a comment", "E-utilities", "error", "message", "detail", "Crossref", "bzip2",
        "gzip twice", "7z", "Parquet",
    ],
)  # fmt: skip
def test_a_file_that_is_no_export_is_called_what_it_is_with_what_to_do(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        read_files([file(tmp_path, content, "export.ris")])


@pytest.mark.parametrize("inside", ["content.xml", "OEBPS/x.html", "sdb/sdb.eni"])
def test_archives_of_other_programs_are_called_what_they_are(tmp_path: Path, inside: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.ris", "w") as archive:
        archive.writestr("mimetype", "application/x")
        archive.writestr(inside, "x")
    with pytest.raises(SourceError, match=r"OpenDocument|e-book|EndNote library"):
        read_files([tmp_path / "x.ris"])


def test_loops_of_links_are_named_and_end(tmp_path: Path) -> None:
    file(tmp_path, _ris("One"), "a.ris")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "back").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert [found.entry.paper.title for found in read_files([tmp_path]).records] == ["One"]
    with pytest.raises(SourceError, match="self"):
        read_files([tmp_path / "self"])


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="is no file but a device or a pipe"):
        read_files([tmp_path / "pipe"])


def test_an_archive_whose_file_says_to_be_smaller_than_it_is_fills_no_disk(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ris", _ris("One") + " " * (8 << 20))
    data = bytearray(packed.getvalue())
    size = len(_ris("One")) + (8 << 20)
    data = bytearray(bytes(data).replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    path = file(tmp_path, bytes(data), "a.zip")
    reading = read_files([path])
    assert len(reading.records) + len(reading.rejected) == 1


@pytest.mark.parametrize("name", ["RIS", "PubMed XML", "BibTeX", "a table with column names", "MEDLINE", "EndNote XML"])
def test_one_broken_record_among_many_costs_itself_and_the_file_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("rag.ingest.formats.source.PIECE_BYTES", 100)
    text = EACH[name]
    opening = {"RIS": "TY  -", "PubMed XML": "<PubmedArticle>", "BibTeX": "@ARTICLE", "MEDLINE": "PMID-", "EndNote XML": "<record>",
               "a table with column names": '"Miller'}[name]  # fmt: skip
    closing = {"PubMed XML": "</PubmedArticle>", "EndNote XML": "</record>"}.get(name, "")
    start = text.index(opening)
    end = text.index(closing, start) + len(closing) if closing else len(text)
    one = text[start:end].rstrip("\n") + "\n"
    records = [
        one.replace("dance", f"dance{n}").replace("CO<sub>", f"N{n}O<sub>").replace("10.1234/", f"10.1234/{n}")
        for n in range(30)
    ]
    records[17] = one.replace(ABSTRACT[:80], "word" * 9_000)
    path = file(tmp_path, text[:start] + "".join(records) + text[end:])
    papers, rejected = read(path)
    assert (len(papers), len(rejected), counted(path)) == (29, 1, 30)
    assert rejected[0].line == (text[:start] + "".join(records[:17])).count("\n") + 1


def test_json_lists_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.ingest.formats.source.PIECE_BYTES", 64)
    records = [
        {"title": f"Bees {n}", "abstract": f'{TEXT} {{"{n}"}} \\ é', "authors": [{"name": "A"}]} for n in range(50)
    ]
    for indent in (None, 2):
        path = file(
            tmp_path, json.dumps([*records[:20], None, *records[20:]], indent=indent, ensure_ascii=False), "x.json"
        )
        papers, rejected = read(path)
        assert [paper.abstract for paper in papers] == [record["abstract"] for record in records]
        assert (len(rejected), counted(path)) == (1, 51)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "damage",
    ['"title" "', '"title": "no" end, ', '"title": }', "'title': \""],
    ids=["colon", "quote", "bracket", "marks"],
)
def test_a_damaged_record_of_a_json_list_counts_once(tmp_path: Path, indent: int | None, damage: str) -> None:
    records = [
        {"id": f"b{n}", "title": f"Bees {n}", "abstract": TEXT, "authors": [{"name": "A"}, {"name": "B"}]}
        for n in range(9)
    ]
    text = json.dumps(records, indent=indent)
    path = file(tmp_path, text.replace('"title": "Bees 4', f"{damage}Bees 4"), "x.json")
    papers, rejected = read(path)
    assert (len(papers), len(rejected), counted(path)) == (8, 1, 9)


def _peak(path: Path, what: str) -> tuple[float, str]:
    """Megabytes that a process takes at most that reads a file, and what it says of it."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom collections import Counter\nfrom rag.ingest.formats import counted, read_records\n"
        f"kinds = Counter(type(item).__name__ for item in read_records(Path(sys.argv[1])))\nprint(dict(kinds), {what})\n"
        # ru_maxrss would be that of the process that started it, where that is larger.
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    said, peak = done.stdout.splitlines()
    return int(peak) / 1024, said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jsonl", "ris", "bib", "csv", "xml", "json"])
def test_a_line_of_two_gigabytes_costs_its_record_and_little_memory(tmp_path: Path, name: str) -> None:
    before, after = {
        "jsonl": ('{"title": "One", "abstract": "Bees dance."}\n{"title": "', '"}\n{"title": "Two", "abstract": "Ants walk."}\n'),
        "ris": (_ris("One") + "TY  - JOUR\nTI  - ", "\nER  - \n" + _ris("Two")),
        "bib": ("@book{b,\n title={One}, abstract={Bees.}}\n@book{c,\n title={", "}}\n@book{d, title={Two}, abstract={Ants walk.}}"),
        "csv": ("title,abstract,doi\nOne,Bees dance.,\n", ",x,\nTwo,Ants walk.,\n"),
        "xml": (
            "<feed>arxiv.org<entry><title>One</title><summary>Bees dance.</summary></entry><entry><title>",
            "</title></entry><entry><title>Two</title><summary>Ants walk.</summary></entry></feed>",
        ),
        "json": ('[{"title": "One", "abstract": "Bees dance."}, {"title": "', '"}, {"title": "Two", "abstract": "Ants walk."}]'),
    }[name]  # fmt: skip
    path = tmp_path / f"long.{name}"
    with path.open("wb") as target:
        target.write(before.encode())
        target.seek(2 << 30)
        target.write(after.encode())
    peak, said = _peak(path, "0")
    assert "'Entry': 2" in said, said
    assert "'Rejected': 1" in said, said
    assert peak < 300


@pytest.mark.slow
def test_one_broken_record_among_many_lines_costs_itself_and_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    with path.open("w") as target:
        for number in range(100_000):
            broken = number == 76_543
            target.write(
                '{"title": "cut' if broken else f'{{"title": "Bees {number}", "abstract": "Bees dance {number}."}}'
            )
            target.write("\n")
    peak, said = _peak(path, "counted(Path(sys.argv[1]))")
    assert said == "{'Entry': 99999, 'Rejected': 1} 100000"
    assert peak < 300
    [bad] = [item for item in read_records(path) if isinstance(item, Rejected)]
    assert bad.line == 76_544


def test_the_names_of_the_formats_are_told_where_none_fits(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_records(file(tmp_path, "milk\n\neggs\n", "list.txt"))
    assert all(name in str(caught.value) for name in EXPORTS)
