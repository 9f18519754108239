"""Records as services and people write them: a side field never costs the paper."""

from pathlib import Path
from typing import Any

import pytest

from rag.ingest.formats import read_records
from rag.ingest.formats.authors import split_names
from rag.ingest.formats.record import Entry
from tests.helpers.sources import file, jsonl

BASE = {"title": "Bees", "abstract": "Bees dance."}


def _only(folder: Path, record: Any) -> Entry:
    [entry] = read_records(file(folder, jsonl(record)))
    assert isinstance(entry, Entry)
    return entry


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A. Miller and B. Schmidt", ["A. Miller", "B. Schmidt"]),
        ("A. Miller, B. Schmidt", ["A. Miller", "B. Schmidt"]),
        ("A. Miller, B. Schmidt, and C. Rossi", ["A. Miller", "B. Schmidt", "C. Rossi"]),
        ("Miller, A.; Schmidt, B.", ["A. Miller", "B. Schmidt"]),
        ("Miller, A. and Schmidt, B.", ["A. Miller", "B. Schmidt"]),
        ("Miller, A., & Schmidt, B.", ["A. Miller", "B. Schmidt"]),
        ("Miller, A., de la Cruz, M. B.", ["A. Miller", "M. B. de la Cruz"]),
        ("Miller, Anna", ["Anna Miller"]),
        ("van der Berg, Jan", ["Jan van der Berg"]),
        ("Ada Miller, OpenAI", ["Ada Miller", "OpenAI"]),
        ("Miller, A.; Schmidt, B. and Rossi, C.; et al.", ["A. Miller", "B. Schmidt", "C. Rossi"]),
        ("Smith J, Doe AB", ["Smith J", "Doe AB"]),
        ("A. Miller, Jr., B. Schmidt, PhD", ["A. Miller Jr.", "B. Schmidt"]),
        ("Miller et al.", ["Miller"]),
        ("['A. Miller', 'B. Schmidt']", ["A. Miller", "B. Schmidt"]),
        ("A. Miller\nB. Schmidt", ["A. Miller", "B. Schmidt"]),
        ("王伟、李娜", ["王伟", "李娜"]),
        ("The ATLAS Collaboration", ["The ATLAS Collaboration"]),
        ("", []),
    ],
)
def test_a_text_of_authors_is_split_into_names(text: str, names: list[str]) -> None:
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("authors", "names", "noted"),
    [
        ([{"name": "A Miller"}, {"given": "B", "family": "Schmidt"}], ("A Miller", "B Schmidt"), False),
        (
            [{"first": "A", "middle": ["C"], "last": "Miller"}, {"lastname": "Schmidt"}],
            ("A C Miller", "Schmidt"),
            False,
        ),
        ([{"author": {"display_name": "A Miller"}, "raw_author_name": "x"}], ("A Miller",), False),
        ({"author": [{"name": "A Miller"}, {"name": "B Schmidt"}]}, ("A Miller", "B Schmidt"), False),
        ({"name": "Miller, A."}, ("A. Miller",), False),
        (["A", {"x": {"y": 1}}, 7, None], ("A",), True),
        ([["Miller", "A.", ""], ["Schmidt", "B."]], ("A. Miller", "B. Schmidt"), False),
        ({"0": "A. Miller", "1": "B. Schmidt"}, ("A. Miller", "B. Schmidt"), False),
        (17, (), True),
        (None, (), False),
        ([], (), False),
    ],
)
def test_authors_of_any_form_give_their_names(
    tmp_path: Path, authors: Any, names: tuple[str, ...], noted: bool
) -> None:
    entry = _only(tmp_path, {**BASE, "authors": authors})
    assert entry.paper.authors == names
    assert any("authors left out" in note for note in entry.notes) == noted


@pytest.mark.parametrize(
    ("fields", "year", "note"),
    [
        ({"year": "2021-03-04"}, 2021, "year 2021 taken from '2021-03-04'"),
        ({"year": 2021.0}, 2021, None),
        ({"year": "2021.0"}, 2021, None),
        ({"year": "n.d."}, None, "year left out: no year in 'n.d.'"),
        ({"year": 0}, None, "year left out: no year in 0"),
        ({"year": 20200}, None, "year left out: no year in 20200"),
        ({"year": 2020.7}, None, "year left out: no year in 2020.7"),
        ({"year": True}, None, "year left out: no year in True"),
        ({"year": {"date-parts": [[2021, 3]]}}, 2021, "year 2021 taken from an object"),
        ({"issued": {"date-parts": [["2004"]]}}, 2004, None),
        ({"published": "2019-05-01T00:00:00Z"}, 2019, None),
        ({"date": 1614816000000}, 2021, None),
        ({"update_date": "2024-01-03"}, 2024, None),
        ({"versions": [{"created": "Mon, 2 Apr 2007 19:18:42 GMT"}], "update_date": "2008-11-26"}, 2007, None),
        ({"Publication Year": 1999}, 1999, None),
        ({"arxiv_id": "2606.28729"}, 2026, None),
    ],
)
def test_a_year_is_found_in_what_there_is(
    tmp_path: Path, fields: dict[str, Any], year: int | None, note: str | None
) -> None:
    entry = _only(tmp_path, {**BASE, **fields})
    assert entry.paper.year == year
    assert entry.notes == ((note,) if note else ())


def test_nan_infinity_and_null_are_missing_values(tmp_path: Path) -> None:
    line = '{"title": "Bees", "abstract": "Bees dance.", "doi": NaN, "authors": NaN, "year": Infinity, "id": null, "venue": -Infinity}'
    entry = _only(tmp_path, line)
    assert (entry.paper.doi, entry.paper.year, entry.paper.authors, entry.notes) == (None, None, (), ())


@pytest.mark.parametrize(
    ("given", "identifier"),
    [
        (1234567.0, "1234567"),
        (7, "7"),
        ({"$oid": "5f"}, "5f"),
        ("  x ", "x"),
        ([1], "10.1/b"),
        (True, "10.1/b"),
        ("y" * 501, "10.1/b"),
    ],
)
def test_an_id_of_another_form_is_repaired_or_left_out(tmp_path: Path, given: Any, identifier: str) -> None:
    assert _only(tmp_path, {**BASE, "id": given, "doi": "10.1/b"}).paper.id == identifier


def test_a_record_of_the_arxiv_snapshot(tmp_path: Path) -> None:
    entry = _only(
        tmp_path,
        {
            "id": "2401.01234",
            "authors": "A. Miller (MIT), B. Schmidt ((1) ETH)",
            "authors_parsed": [["Miller", "A.", ""], ["Schmidt", "B.", "Jr"]],
            "title": "Grain\n  sorting",
            "doi": "10.1000/x1 and others",
            "categories": "cs.NE",
            "journal-ref": "J. Grain 3 (2024)",
            "abstract": "  We sort.\nIt works.\n",
            "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 00:00:00 GMT"}, {"version": "v2"}],
        },
    )
    paper = entry.paper
    assert (paper.id, paper.arxiv_id, paper.doi, paper.year) == ("2401.01234", "2401.01234", "10.1000/x1", 2024)
    assert (paper.title, paper.abstract) == ("Grain sorting", "We sort. It works.")
    assert (paper.authors, paper.venue, entry.version) == (("A. Miller", "B. Schmidt Jr"), "J. Grain 3 (2024)", 2)


@pytest.mark.parametrize(
    "record",
    [
        {"_id": "7", "title": "Bees", "text": "Bees dance. They do."},
        {"doc_id": 7, "title": "Bees", "abstract": ["Bees dance. ", "They do."], "structured": False},
        {"ID": "7", "Title": "Bees", "Abstract": "Bees dance. They do."},
        {"id": "7", "title": ["Bees"], "abstract": "<jats:p>Bees dance. They do.</jats:p>"},
        {
            "id": "7",
            "display_name": "Bees",
            "abstract_inverted_index": {"dance.": [1], "Bees": [0], "They": [2], "do.": [3]},
        },
        {"_id": "7", "_source": {"title": "Bees", "summary": "Bees dance. They do."}},
        {
            "id": "7",
            "attributes": {"titles": [{"title": "Bees"}], "descriptions": [{"description": "Bees dance. They do."}]},
        },
        {"id": "7", "title": "Bees", "abstract": [{"text": "Bees dance."}, {"text": "They do."}]},
        {"key": "7", "data": {"title": "Bees", "abstractNote": "Bees dance. They do."}},
    ],
    ids=["BEIR", "SciFact", "capital keys", "Crossref", "OpenAlex", "Elasticsearch", "DataCite", "S2ORC", "Zotero"],
)
def test_the_names_that_services_use_are_known(tmp_path: Path, record: dict[str, Any]) -> None:
    paper = _only(tmp_path, record).paper
    assert (paper.id, paper.title, paper.abstract) == ("7", "Bees", "Bees dance. They do.")


def test_labelled_parts_of_an_abstract_keep_their_labels(tmp_path: Path) -> None:
    parts = [{"label": "Background", "text": "Bees dance."}, {"label": "RESULTS", "text": "They do."}]
    assert _only(tmp_path, {"abstract": parts}).paper.abstract == "BACKGROUND: Bees dance. RESULTS: They do."
    sections = {"BACKGROUND": "Bees dance.", "RESULTS": "They do."}
    assert _only(tmp_path, {"abstract": sections}).paper.abstract == "BACKGROUND: Bees dance. RESULTS: They do."


def test_fields_that_cannot_be_used_are_left_out_with_a_note_each(tmp_path: Path) -> None:
    entry = _only(
        tmp_path, {**BASE, "doi": "soon", "venue": {"x": 1}, "url": "u" * 2_001, "id": ["x"], "year": "recent"}
    )
    assert (entry.paper.doi, entry.paper.venue, entry.paper.url, entry.paper.year) == (None, None, None, None)
    assert len(entry.notes) == 5


def test_identifiers_are_found_inside_others(tmp_path: Path) -> None:
    paper = _only(tmp_path, {**BASE, "externalIds": {"DOI": "10.1/A", "ArXiv": "2401.00001v2", "PubMed": 12}}).paper
    assert (paper.doi, paper.arxiv_id, paper.pmid) == ("10.1/a", "2401.00001", "12")
    paper = _only(
        tmp_path, {**BASE, "id": "https://doi.org/10.1/A", "ids": {"pmid": "https://pubmed.ncbi.nlm.nih.gov/12"}}
    ).paper
    assert (paper.id, paper.doi, paper.pmid) == ("https://doi.org/10.1/A", "10.1/a", "12")
