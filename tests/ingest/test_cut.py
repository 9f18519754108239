"""Which abstracts look cut, and which ends are none."""

from pathlib import Path

import pytest

from rag.ingest.formats import read_records
from rag.ingest.formats.cut import why_cut
from rag.ingest.formats.record import Entry
from tests.helpers.sources import file, jsonl

MOTHS = "Moths fly to lamps at night. "


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("We show that they", "it ends without a full stop"),
        ("We show that they,", "it ends without a full stop"),
        ("We show that they do not…", "it ends in dots"),
        ("We show that they do not ...", "it ends in dots"),
        ("We show that they [...]", "it ends in dots"),
        ("They fly. (ABSTRACT TRUNCATED AT 250 WORDS)", "it says so at its end"),
        ("They fly [truncated]", "it says so at its end"),
        ("They fly. [Abstract truncated at 400 words]", "it says so at its end"),
        ("They fly because of the <i", "it ends at an open tag"),
        ("They fly because of the <jats:p>light", "it ends at an open tag"),
        ("它们飞向灯", "it ends without a full stop"),
    ],
)
def test_an_end_that_goes_on_looks_cut(end: str, why: str) -> None:
    assert why_cut(MOTHS + end).startswith(f"{why}: “")


@pytest.mark.parametrize(
    "end",
    [
        "They fly.",
        "Do they fly?",
        "They fly!",
        "They fly (see below).",
        "They fly (see below)",
        "They “fly.”",
        "They fly.[12]",
        "They fly.12",
        "它们飞向灯。",
        "飛びますか？",
        "هل تطير؟",
        "वे उड़ते हैं।",
        "They number $n^2$",
        "Code: https://moths.org/lamps",
        "Code is available at github.com/moths/lamps",
        "They fly. © 2019 Elsevier Ltd",
        "They fly. Copyright (C) 2005 Wiley",
        "They fly. (C) 2005 Wiley-Liss, Inc",
        "They fly. Published by Elsevier B.V",
        "They fly. All rights reserved",
        "They fly. Keywords: moths, lamps, night",
        "They fly. ClinicalTrials.gov identifier: NCT01234567",
        "LEVEL OF EVIDENCE: III",
        "They fly. (PsycINFO Database Record (c) 2012 APA, all rights reserved)",
        "They fly. doi: 10.1000/xyz",
    ],
)
def test_an_end_that_is_one_looks_whole(end: str) -> None:
    assert why_cut(MOTHS + end) == ""


@pytest.mark.parametrize("length", [1_000, 2_000, 5_000])
def test_a_length_at_which_databases_cut_is_named_whatever_stands_there(length: int) -> None:
    text = (MOTHS * 200)[: length - 1]
    assert why_cut(f"{text.rstrip()}.".rjust(length, "x")).startswith(f"it ends after exactly {length:,} characters: “")
    assert why_cut(MOTHS * 3, (MOTHS * 200)[:length]).startswith(f"it ends after exactly {length:,} characters: “")


def test_nothing_is_not_cut() -> None:
    assert why_cut("") == why_cut("  ") == ""


def test_a_cut_abstract_goes_in_and_is_named(tmp_path: Path) -> None:
    [entry] = read_records(file(tmp_path, jsonl({"title": "Moths", "abstract": MOTHS + "They fly beca"})))
    assert isinstance(entry, Entry)
    [note] = entry.notes
    assert note.startswith("the abstract looks cut: it ends without a full stop: “")
    assert note.endswith("They fly beca”")
