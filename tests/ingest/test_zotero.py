"""Zotero: its database while it runs or not, its items in JSON, and what stands among them that is no paper."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Note, Rejected
from rag.core.errors import SourceError
from rag.ingest.formats import counted, read_records
from rag.ingest.formats.record import Entry
from tests.helpers.sources import ABSTRACT, file
from tests.helpers.zotero import zotero

ITEMS: list[dict[str, Any]] = [
    {
        "itemType": "journalArticle",
        "title": "Honey and <i>dance</i>",
        "abstractNote": ABSTRACT,
        "date": "2019-03-00 March 2019",
        "publicationTitle": "Journal of Bees",
        "DOI": "10.1234/Bees.5",
        "extra": "PMID: 12345678\nsome note",
        "creators": [("author", "Anna B.", "Miller"), ("editor", "Ed", "Editor"), ("author", "", "Bee Society")],
    },
    {"itemType": "attachment", "title": "Full Text PDF", "url": "https://example.org/a.pdf"},
    {"itemType": "note"},
    {"itemType": "annotation"},
    {"itemType": "book", "title": "Ants", "abstractNote": ABSTRACT, "deletedItems": True},
    {"itemType": "webpage", "title": "News", "abstractNote": ABSTRACT, "feedItems": True},
    {
        "itemType": "preprint",
        "title": "Wax",
        "abstractNote": ABSTRACT,
        "date": "2021-01-05 2021-01-05",
        "repository": "arXiv",
        "archiveID": "arXiv:2101.01234",
        "creators": [("author", "Jan", "van der Berg")],
    },
]


def _entries(path: Path) -> list[Entry]:
    return [item for item in read_records(path) if isinstance(item, Entry)]


def _notes(path: Path) -> list[str]:
    return [item.text for item in read_records(path) if isinstance(item, Note)]


@pytest.mark.parametrize("combined", [True, False])
def test_papers_of_zoteros_database_are_read_with_their_fields(tmp_path: Path, combined: bool) -> None:
    first, second = _entries(zotero(tmp_path / "any-name.dat", ITEMS, combined=combined))
    paper = first.paper
    assert (paper.title, paper.abstract, paper.year, paper.venue) == (
        "Honey and dance",
        ABSTRACT,
        2019,
        "Journal of Bees",
    )
    assert (paper.doi, paper.pmid, paper.authors) == ("10.1234/bees.5", "12345678", ("Anna B. Miller", "Bee Society"))
    assert (second.paper.arxiv_id, second.paper.authors, second.paper.year) == (
        "2101.01234",
        ("Jan van der Berg",),
        2021,
    )
    assert (first.line, second.line) == (1, 7)
    assert '"abstractNote"' in first.raw


def test_what_is_no_paper_or_in_the_bin_is_left_out_and_counted(tmp_path: Path) -> None:
    path = zotero(tmp_path / "zotero.sqlite", ITEMS)
    assert _notes(path) == [
        "left out, as no papers: 1 annotation, 1 attachment, 1 deleted item, 1 item of a feed, 1 note"
    ]
    assert counted(path) == 2


def test_the_database_is_read_while_zotero_holds_it_and_nothing_is_written(tmp_path: Path) -> None:
    path = zotero(tmp_path / "zotero.sqlite", ITEMS)
    holder = sqlite3.connect(path)
    holder.execute("PRAGMA journal_mode=WAL")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("INSERT INTO items (itemTypeID, libraryID, key) VALUES (5, 1, 'NEW')")
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    assert len(_entries(path)) == 2
    assert "Zotero seems to be running" in _notes(path)[0]
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before
    holder.close()


def test_a_database_on_a_read_only_folder_is_read(tmp_path: Path) -> None:
    path = zotero(tmp_path / "zotero.sqlite", ITEMS)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        assert len(_entries(path)) == 2
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ("CREATE TABLE moz_places (id INTEGER)", "is a database, and not Zotero's. Export its papers"),
        ("CREATE TABLE papers (id); CREATE TABLE windows (id)", "is a library of citewise.*citewise papers --json"),
    ],
)
def test_another_database_is_called_what_it_is(tmp_path: Path, tables: str, said: str) -> None:
    database = sqlite3.connect(tmp_path / "other.sqlite")
    database.executescript(tables)
    database.close()
    for function in (lambda path: list(read_records(path)), counted):
        with pytest.raises(SourceError, match=said):
            function(tmp_path / "other.sqlite")


def test_half_a_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = zotero(tmp_path / "zotero.sqlite", ITEMS * 20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(SourceError, match=r"cannot be read as Zotero's.*Is it a whole copy"):
        list(read_records(path))


API = {
    "key": "AAAA1111",
    "library": {"type": "user", "id": 1, "name": "Mine"},
    "data": {
        "key": "AAAA1111",
        "itemType": "journalArticle",
        "title": "Honey",
        "creators": [
            {"creatorType": "editor", "firstName": "Ed", "lastName": "Editor"},
            {"creatorType": "author", "firstName": "Anna", "lastName": "Miller"},
            {"creatorType": "author", "name": "Bee Society"},
        ],
        "abstractNote": ABSTRACT,
        "publicationTitle": "Journal of Bees",
        "date": "Mar 2019",
        "DOI": "10.1234/bees.5",
        "extra": "PMCID: PMC123\nPMID: 12345678",
    },
}
NO_PAPERS = [
    {"key": "BBBB", "data": {"key": "BBBB", "itemType": "attachment", "title": "PDF", "parentItem": "AAAA1111"}},
    {"key": "CCCC", "data": {"key": "CCCC", "itemType": "note", "note": "<p>x</p>", "parentItem": "AAAA1111"}},
]


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize(
    "value",
    [
        [API, *NO_PAPERS],
        [API["data"], *(item["data"] for item in NO_PAPERS)],
        {"config": {"label": "BetterBibTeX JSON"}, "version": {}, "collections": {}, "items": [
            {**API["data"], "attachments": [{"itemType": "attachment", "title": "PDF"}], "notes": []}
        ]},
    ],
    ids=["web API", "bare items", "Better BibTeX JSON"],
)  # fmt: skip
def test_items_in_json_are_read_and_their_attachments_left_out(tmp_path: Path, value: Any, indent: int | None) -> None:
    path = file(tmp_path, json.dumps(value, indent=indent), "items")
    [entry] = _entries(path)
    paper = entry.paper
    assert (paper.title, paper.authors, paper.year) == ("Honey", ("Anna Miller", "Bee Society"), 2019)
    assert (paper.venue, paper.doi, paper.pmid) == ("Journal of Bees", "10.1234/bees.5", "12345678")
    assert counted(path) == 1
    assert [item for item in read_records(path) if isinstance(item, Rejected)] == []
    if isinstance(value, list):
        assert _notes(path) == ["left out, as no papers: 1 attachment, 1 note"]
