"""Records made to stop an ingestion: each costs itself alone, is named once, and takes time and memory by its size."""

import json
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Rejected
from rag.core.sentences import sentences
from rag.ingest.formats import read_records
from rag.ingest.formats.record import ABSTRACT_CHARS, Entry
from rag.ingest.formats.source import LINE_BYTES
from rag.ingest.pipeline import plan, read_files, store
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file

GOOD = {"title": "Bees", "abstract": "Bees make honey and dance."}
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, float("nan"), float("inf"), 10**30, "", " ",
    "\x00", "\ud800", "\udfff x", [], {}, [[]], [None], [{}],
    {"": {}}, {"name": None}, {"name": ["a", 1]}, "n.d.", "10.1/", "a" * 3_000, ["x"] * 50, {"date-parts": [[None]]}, {"$oid": 1},
]  # fmt: skip
FIELDS = "id title abstract authors year doi arxiv_id pmid venue url text versions issued externalIds authors_parsed aliases".split()


def _hostile(count: int, most_chars: int) -> Iterator[str]:
    """Lines that no honest program writes: wrong types, NaN, deep nesting, NULs, surrogates, huge strings."""
    pick = random.Random(14)
    marks = [
        "?! ",
        ". ",
        ".) ",
        "<b>",
        "&amp;lt;",
        "<sup>",
        "\u202e",
        "\ud800",
        "](",
        "[[",
        "{{",
        "$",
        "1. ",
        "et al. We ",
        "x",
        "。",
        "\x00",
    ]
    for number in range(count):
        kind = number % 5
        if kind == 0:
            record = {name: pick.choice(ODD) for name in pick.sample(FIELDS, 8)}
        elif kind == 1:
            record = {**GOOD, "id": f"g{number}", pick.choice(FIELDS[3:]): pick.choice(ODD)}
        elif kind == 2:
            mark = pick.choice(marks)
            record = {
                "id": f"m{number}",
                "title": mark * 40,
                "abstract": f"Why {number} " + mark * (most_chars // len(mark)),
            }
        elif kind == 3:
            yield pick.choice(
                [
                    "[" * 3_000,
                    '{"a":' * 3_000,
                    "\x00" * 2_000,
                    '{"title": "cut',
                    "\ufeff{}",
                    "{'title': 1}",
                    "1" * 5_000,
                ]
            )
            continue
        else:
            record = {
                **GOOD,
                "id": f"n{number}",
                "authors": [[[[[[[["x"]]]]]]]],
                "year": {"year": {"year": {"year": 1}}},
            }
        yield json.dumps(record)


def _read(path: Path) -> tuple[int, int]:
    items = list(read_records(path))
    lines = [item.line for item in items if isinstance(item, Entry | Rejected)]
    assert len(lines) == len(set(lines)), "a record was counted twice"
    assert all(item.reason and len(item.reason) < 500 for item in items if isinstance(item, Rejected))
    entries = [item for item in items if isinstance(item, Entry)]
    for item in entries:
        item.paper.abstract.encode()  # what is stored is whole UTF-8
        (item.paper.title + item.paper.id + "".join(item.paper.authors)).encode()
    return len(entries), len(lines)


def test_hostile_records_are_read_or_named_each_once(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD), *_hostile(300, 2_000), json.dumps({"title": "Ants", "abstract": "Ants walk."})]
    entries, counted = _read(file(tmp_path, "\n".join(lines).encode("utf-8", "surrogatepass")))
    assert counted == len(lines)
    assert 100 < entries < len(lines)


@pytest.mark.parametrize(
    "field", ["title", "abstract", "id", "authors", "year", "doi", "venue", "url", "arxiv_id", "pmid"]
)
def test_a_huge_field_costs_its_record_at_most(tmp_path: Path, field: str) -> None:
    huge = {**GOOD, field: "x" * (LINE_BYTES // 2)}
    lines = "\n".join(map(json.dumps, (GOOD, huge, {"title": "Ants", "abstract": "Ants walk."})))
    started = time.process_time()
    items = list(read_records(file(tmp_path, lines)))
    assert time.process_time() - started < 2
    assert [item.line for item in items if isinstance(item, Entry | Rejected)] == [1, 2, 3]
    assert isinstance(items[1], Rejected) == (field in ("title", "abstract"))


def test_a_million_opened_lists_and_numbers_of_a_million_digits_do_no_harm(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD), "[" * 1_000_000, '{"title": "T", "abstract": "Words.", "year": ' + "9" * 1_000_000 + "}"]
    items = list(read_records(file(tmp_path, "\n".join(lines))))
    assert [type(item) for item in items] == [Entry, Rejected, Entry]


@pytest.mark.parametrize(
    "head",
    [
        "PMID- 1\nTI  - Bees\nAB  - Bees make",
        "TY  - JOUR\nTI  - Bees\nAB  - Bees make",
        "%0 Journal Article\n%T Bees\n%X Bees make",
    ],
)
def test_time_grows_with_the_lines_of_a_value(head: str, tmp_path: Path) -> None:
    started = time.process_time()
    [item] = read_records(file(tmp_path, head + "\n      honey" * 100_000 + "\n"))
    assert isinstance(item, Rejected) and item.reason.startswith("its abstract has 6")
    assert time.process_time() - started < 3


@pytest.mark.slow
def test_ten_thousand_hostile_records_go_by_in_bounded_time_and_memory(tmp_path: Path) -> None:
    path = file(tmp_path, "\n".join(_hostile(10_000, 9_000)).encode("utf-8", "surrogatepass"))
    assert path.stat().st_size > 30_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    reading = read_files([path])
    assert time.process_time() - started < 60
    embedder = HashEmbedder()
    with Library.open_for_writing(tmp_path / "library", embedder.identity) as library:
        work = plan(library, reading.records, reading.rejected)
        assert time.process_time() - started < 90
        few = [paper for paper in work.texts if len(paper.abstract) < 500][:500]
        store(library, plan(library, few), lambda: embedder)
        assert library.count() == len(few)
    report = work.report
    assert len(report.added) + len(report.merged) + len(report.rejected) == 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000, "kilobytes"


@pytest.mark.slow
def test_the_longest_abstract_of_marks_is_cut_in_bounded_time(tmp_path: Path) -> None:
    for mark in ("?! ", ". ", "1. ", "a. "):
        started = time.process_time()
        assert sentences("Why " + mark * ((ABSTRACT_CHARS - 4) // len(mark)))
        assert time.process_time() - started < 10
