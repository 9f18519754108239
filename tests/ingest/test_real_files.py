"""Real exports: every record is read or named, and what is read stands in the file. Values were looked up in the files by hand."""

import json
from pathlib import Path

import pytest

from rag.core.domain import Rejected
from rag.ingest.formats import counted, read_records
from rag.ingest.formats.record import Entry

COUNTS = {
    "acl-xml/2024.sigdial.xml": (65, 65),
    "arxiv-atom/old_style_id.xml": (1, 1),
    "arxiv-atom/search_15.xml": (15, 15),
    "arxiv-atom/two_ids.xml": (1, 1),
    "arxiv-jsonl/arxiv-metadata-oai-snapshot-100.jsonl": (100, 100),
    "arxiv-jsonl/daily-2026-06-30.jsonl": (200, 200),
    "bibtex/jabref_examples.bib": (4, 0),
    "bibtex/jabref_library_916.bib": (911, 459),
    "bibtex/scopus.bib": (10, 9),
    "crossref/work_0.json": (1, 1),
    "crossref/work_2.json": (1, 1),
    "crossref/work_4.json": (1, 1),
    "crossref/work_6.json": (1, 1),
    "csl-json/zotero_bbt_1179.csl.json": (26, 0),
    "csl-json/zotero_bbt_587.csl.json": (5, 5),
    "csv/duplicate_records.csv": (14, 10),
    "csv/embase.csv": (6, 6),
    "csv/generic_semicolon.csv": (2, 2),
    "csv/generic_tab.tsv": (2, 2),
    "csv/missing_values.csv": (4, 2),
    "csv/openalex_sample.csv": (8, 5),
    "csv/scopus_sample.csv": (8, 8),
    "endnote-xml/article.xml": (1, 1),
    "endnote-xml/label_multi_title.xml": (3, 0),
    "openalex/work_0.json": (1, 0),
    "openalex/work_2.json": (1, 0),
    "openalex/work_4.json": (1, 1),
    "openalex/work_6.json": (1, 1),
    "pubmed/jabref.nbib": (1, 1),
    "pubmed/medline_italics.xml": (1, 1),
    "pubmed/medline_result1.txt": (1, 1),
    "pubmed/medline_result2.txt": (4, 4),
    "pubmed/pubmed-29768149.xml": (1, 1),
    "pubmed/pubmed4.xml": (1, 1),
    "pubmed/pubmed5.xml": (1, 1),
    "pubmed/pubmed_result.xml": (4, 4),
    "ris/embase.ris": (6, 6),
    "ris/ovid_psycinfo.ris": (6, 6),
    "ris/proquest.ris": (6, 6),
    "ris/pubmed_46.ris": (46, 46),
    "ris/pubmed_via_zotero.ris": (6, 6),
    "ris/rispy_example_full.ris": (2, 2),
    "ris/rispy_example_multiline.ris": (3, 3),
    "ris/rispy_example_utf_chars.ris": (1, 1),
    "ris/rispy_example_wos.ris": (2, 2),
    "ris/scopus.ris": (6, 6),
    "ris/wos_79.ris": (79, 76),
    "semantic-scholar/batch.json": (4, 3),
    "wos-text/asreview_web_of_science.txt": (10, 10),
    "wos-text/wos_sample.txt": (8, 7),
    "zotero-api/items.json": (20, 3),
}
"""Records and records with an abstract, counted by what opens them (`TY`, `@`, `<PubmedArticle>`, rows, items) and by hand."""

VALUES = [json.loads(line) for line in Path(__file__).with_name("real_values.jsonl").read_text("utf-8").splitlines()]
"""Of at least three records a format, as they stand in the files."""


@pytest.mark.parametrize("name", COUNTS)
def test_every_record_of_a_real_file_is_read_or_named(big_data: Path, name: str) -> None:
    records, with_abstract = COUNTS[name]
    items = list(read_records(big_data / "formats" / name))
    entries = [item for item in items if isinstance(item, Entry)]
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert counted(big_data / "formats" / name) == records == len(entries) + len(rejected)
    assert sum(bool(entry.paper.abstract) for entry in entries) == with_abstract
    assert all(item.line and item.raw for item in (*entries, *rejected))
    assert all(item.reason.startswith(("no abstract", "not a JSON object but null")) for item in rejected)


@pytest.mark.parametrize("name", sorted({value["file"] for value in VALUES}))
def test_fields_are_what_stands_in_the_file(big_data: Path, name: str) -> None:
    by_line = {item.line: item.paper for item in read_records(big_data / "formats" / name) if isinstance(item, Entry)}
    for value in (value for value in VALUES if value["file"] == name):
        paper = by_line[value["line"]]
        for field in ("title", "year", "doi", "arxiv_id", "pmid"):
            assert getattr(paper, field) == value[field]
        assert (paper.authors[0], paper.authors[-1], len(paper.authors)) == (
            value["first"],
            value["last"],
            value["authors"],
        )
        assert paper.abstract.startswith(value["begins"])
        assert paper.abstract.endswith(value["ends"])
