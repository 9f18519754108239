"""Files of every format with a part that is cut, exchanged, repeated or overwritten: read, or refused in a sentence, in bounded time.

`FUZZ_FILES` says how many are tried of each sample. Real exports are tried too where `CITEWISE_DATA` names them.
"""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.core.domain import Rejected
from rag.core.errors import CitewiseError
from rag.ingest.formats import read_records
from rag.ingest.formats.record import Entry

TRIES = int(os.environ.get("FUZZ_FILES", "100"))
_ABSTRACT = "Bees make honey. They dance to tell where flowers are, at 3 watts."
SAMPLES = {
    "a.jsonl": f'{{"id": "1", "title": "Bees", "abstract": "{_ABSTRACT}", "year": 2020, "authors": ["A. B", "C. D"]}}\n' * 3,
    "b.json": f'[{{"title": "Bees", "abstract": "{_ABSTRACT}", "doi": "10.1/x"}}, {{"title": "Ants", "abstract": "Ants walk."}}]',
    "c.bib": f"@string{{j = {{Journal}}}}\n@article{{k1, title = {{Bees {{\\'e}}}}, abstract = {{{_ABSTRACT}}}, journal = j}}\n" * 2,
    "d.ris": f"TY  - JOUR\nTI  - Bees\nAU  - Bee, A.\nPY  - 2020\nAB  - {_ABSTRACT}\nDO  - 10.1/x\nER  - \n\n" * 2,
    "e.csv": f'Title,Abstract,Year,Authors\nBees,"{_ABSTRACT} ""So.""",2020,"A; B"\nAnts,Ants walk.,2021,C\n',
    "f.nbib": f"PMID- 1\nTI  - Bees\nAB  - {_ABSTRACT}\n      It goes on.\nAU  - Bee A\nDP  - 2020\n\n" * 2,
    "g.xml": (
        "<?xml version='1.0'?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>"
        f"<ArticleTitle>Bees</ArticleTitle><Abstract><AbstractText Label='AIM'>{_ABSTRACT}</AbstractText></Abstract></Article>"
        "</MedlineCitation></PubmedArticle></PubmedArticleSet>"
    ),
    "h.xml": (
        "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><entry><id>http://arxiv.org/abs/2001.00001v2</id>"
        f"<title>Bees</title><summary>{_ABSTRACT}</summary><author><name>A B</name></author></entry></feed>"
    ),
    "j.enw": f"%0 Journal Article\n%T Bees\n%A Bee, A.\n%D 2020\n%X {_ABSTRACT}\n\n" * 2,
    "k.ciw": f"FN Clarivate\nVR 1.0\nPT J\nAU Bee, A\nTI Bees\nAB {_ABSTRACT}\nPY 2020\nER\n\nEF\n",
}  # fmt: skip
_TOKENS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"{", b"}" * 50, b"[" * 5_000, b'"', b"'", b"<", b"</", b"]]>", b"<![CDATA[", b"<!--",
    b"&#x110000;", b"&lt;",
    b"\\u", b"\\ud800", b"\r", b"\n" * 500, b"@", b"ER  - ", b"TY  - ", b"AB  - ", b"%0 ", b"#",
    b"9" * 5_000, b"$\\frac{" * 300, b"{\\" * 2_000, b"<a>" * 2_000, b"a" * 20_000, b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b",,,,",
)  # fmt: skip


def _cut(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 40) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start : start + chance.randrange(1, 80)] * chance.choice([2, 3, 200]) + data[start:]


def _put_in(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + chance.choice(_TOKENS) + data[start:]


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _of_another(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(tuple(SAMPLES.values())).encode()
    start = chance.randrange(len(data))
    return data[:start] + other[chance.randrange(len(other)) :] + data[start:]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_cut, _repeat, _put_in, _flip, _of_another)


def _tried(folder: Path, name: str, whole: bytes, tries: int) -> list[str]:
    """What went wrong with changed forms of a file; what reads it must not tell them by more than a `CitewiseError`."""
    wrong = []
    for number in range(tries):
        chance = random.Random(f"{name}{number}")
        data = whole
        for _ in range(chance.choice([1, 1, 2, 4])):
            data = chance.choice(MUTATIONS)(data or b"x", chance)
        file = folder / name
        file.write_bytes(data)
        started = time.process_time()
        print(name, number)  # pytest shows it where an error that nobody expects ends this
        try:
            for item in read_records(file):
                if isinstance(item, Rejected):
                    assert 0 < len(item.reason) < 500, item.reason
                elif isinstance(item, Entry):
                    f"{item.paper.title}{item.paper.abstract}{item.paper.id}{item.paper.authors}".encode()
        except CitewiseError as error:
            if len(str(error)) > 1_000 or "\n" in str(error):
                wrong.append(f"{name} {number}: {str(error)[:200]}")
        if time.process_time() - started > 2 + len(data) / 100_000:
            wrong.append(f"{name} {number}: {time.process_time() - started:.1f} s for {len(data)} bytes")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_a_changed_file_is_read_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    assert list(read_records(_file(tmp_path, name))), "the sample itself is read"
    assert _tried(tmp_path, name, SAMPLES[name].encode(), TRIES) == []


def _file(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text(SAMPLES[name], "utf-8")
    return file


@pytest.mark.slow
def test_changed_real_exports_are_read_or_refused_in_a_sentence(tmp_path: Path, big_data: Path) -> None:
    wrong = []
    for file in sorted((big_data / "formats").glob("*/*.*")):
        wrong += _tried(tmp_path, file.name, file.read_bytes()[:20_000], max(1, TRIES // 10))
    assert wrong == []
