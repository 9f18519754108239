"""Records without an abstract become papers by their title; records of something else do not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.core.domain import Paper, Rejected, Span
from rag.ingest.chunks import embed_papers
from rag.ingest.formats import read_records
from rag.ingest.formats.record import BadRecord, Entry, make_paper
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl


def _read(folder: Path, text: str) -> tuple[list[Paper], list[Rejected]]:
    items = list(read_records(file(folder, text)))
    return [item.paper for item in items if isinstance(item, Entry)], [
        one for one in items if isinstance(one, Rejected)
    ]


@pytest.mark.parametrize(
    "none",
    [
        "",
        " ",
        "-",
        "--",
        ".",
        "N/A",
        "n.a.",
        "NA",
        "None",
        "null",
        "No abstract available",
        "No abstract available.",
        "[No abstract available]",
        "[Abstract not available]",
        "(No abstract)",
        "No abstract is available for this article.",
        "Abstract",
        "Abstract:",
        "Abstract missing",
        "An abstract is not available for this content.",
        "Not available",
        "Pas de résumé disponible",
        "<jats:p>No abstract available.</jats:p>",
        "无摘要",
    ],
)
def test_what_says_that_there_is_no_abstract_is_none(none: str) -> None:
    paper = make_paper(title="Moths and lamps", abstract=none)
    assert (paper.title, paper.abstract) == ("Moths and lamps", "")


@pytest.mark.parametrize(
    "text",
    [
        "No abstract idea is needed to see moths.",
        "Abstract moths fly.",
        "N/A values are common in tables of moths.",
        "None of the moths flew.",
        "No summary of moths can be complete, as we show.",
    ],
)
def test_a_sentence_that_only_begins_so_is_an_abstract(text: str) -> None:
    assert make_paper(title="Moths", abstract=text).abstract == text


def test_without_title_and_abstract_there_is_no_paper() -> None:
    for title in ("", " ", "1984", "?"):
        with pytest.raises(BadRecord, match="no abstract"):
            make_paper(title=title, abstract="No abstract available.")


def test_two_editorials_are_two_papers_and_one_read_twice_is_one() -> None:
    ids = {
        make_paper(title="Editorial", abstract="", authors=authors, year=year, venue=venue).id
        for authors, year, venue in [
            (("A. Miller",), 2019, None),
            (("A. MILLER", "C. Rossi"), 2019, None),
            (("A. Miller",), 2019, "J Moths, 3(1)"),
            (("A. Miller",), 2019, "J Moths, 3(2)"),
            (("A. Miller",), 2020, None),
            (("B. Schmidt",), 2019, None),
            ((), 2019, "J Moths"),
            ((), 2019, "J Lamps"),
        ]
    }
    assert len(ids) == 7
    assert make_paper(title="Editorial", abstract="", doi="10.1000/a").id == "10.1000/a"


@pytest.mark.parametrize(
    "record",
    [
        {"title": "Moths and lamps"},
        {"title": "Moths and lamps", "abstract": None},
        {"title": "Moths and lamps", "abstract": "", "source": "J Moths"},
        {"id": "7", "title": "Moths and lamps"},
        {"_id": "7", "title": "Moths and lamps", "text": "", "metadata": {}},
        {"title": "Moths and lamps", "authors": ["A. Miller"], "tags": []},
        {"title": ["Moths and lamps"], "DOI": "10.1000/a", "type": "journal-article"},
        {"display_name": "Moths and lamps", "abstract_inverted_index": None, "publication_year": 2020},
        {"itemType": "book", "title": "Moths and lamps", "ISBN": "9783864903113"},
    ],
)
def test_a_record_of_a_paper_without_an_abstract_is_one(tmp_path: Path, record: dict[str, Any]) -> None:
    papers, rejected = _read(tmp_path, jsonl(record))
    assert [(paper.title, paper.abstract) for paper in papers] == [("Moths and lamps", "")]
    assert rejected == []


@pytest.mark.parametrize(
    "record",
    [
        {"title": "My library", "count": 59, "created": "2026-01-01"},
        {"display_name": "A. Miller", "works_count": 12, "orcid": None},
        {"name": "Moths", "id": "g7", "year": 2020},
        {"title": "Bad request", "status": 400, "detail": "no such query"},
        {"abstract": "", "authors": ["A. Miller"], "year": 2020},
    ],
    ids=["header", "author", "group", "error", "no title"],
)
def test_a_record_of_something_else_becomes_no_paper(tmp_path: Path, record: dict[str, Any]) -> None:
    papers, [rejected] = _read(tmp_path, jsonl({"title": "Moths", "abstract": "Moths fly."}, record))
    assert [paper.title for paper in papers] == ["Moths"]
    assert rejected.line == 2


def test_exports_without_abstracts_are_papers(tmp_path: Path) -> None:
    ris, _ = _read(tmp_path, "TY  - JOUR\nTI  - Moths and lamps\nER  - \nTY  - JOUR\nAU  - Miller, A.\nER  - \n")
    assert [paper.title for paper in ris] == ["Moths and lamps"]
    bib, _ = _read(tmp_path, "@article{a, title = {Moths and lamps}, year = 2020}\n")
    assert [(paper.title, paper.year) for paper in bib] == [("Moths and lamps", 2020)]


def test_the_title_alone_is_embedded_for_a_paper_without_an_abstract() -> None:
    bare = make_paper(title="Moths and lamps", abstract="", year=2020)
    full = make_paper(title="Tea", abstract="Tea is green. Tea is black.")
    embedder = HashEmbedder()
    first, second, third = embed_papers([bare, full, bare], embedder)
    assert (first.sentences, first.windows) == ((), (Span(0, 0),))
    assert first.sentence_embeddings.shape[0] == 0
    assert len(second.sentences) == 2
    np.testing.assert_allclose(first.window_embeddings, embedder.embed_passages(["Moths and lamps. "]), atol=1e-6)
    np.testing.assert_allclose(third.window_embeddings, first.window_embeddings)


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"pmcid": "PMC123456"}, "pmcid", "PMC123456"),
        ({"externalIds": {"PubMedCentral": "123456"}}, "pmcid", "PMC123456"),
        ({"ids": {"pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/123456"}}, "pmcid", "PMC123456"),
        ({"url": "https://pmc.ncbi.nlm.nih.gov/articles/PMC123456/"}, "pmcid", "PMC123456"),
        ({"extra": "PMID: 9\nPMCID: PMC123456"}, "pmcid", "PMC123456"),
        ({"extra": "PMID: 1234567\nPMCID: PMC9"}, "pmid", "1234567"),
        ({"externalIds": {"ACL": "P19-1001"}}, "acl_id", "P19-1001"),
        ({"url": "https://aclanthology.org/2024.sigdial-1.5/"}, "acl_id", "2024.sigdial-1.5"),
        ({"url": "https://www.aclweb.org/anthology/P19-1001"}, "acl_id", "P19-1001"),
        ({"doi": "10.18653/v1/P19-1001"}, "acl_id", "P19-1001"),
        ({"acl_id": "W04-3250"}, "acl_id", "W04-3250"),
        ({"ISBN": ["978-3-86490-311-3"]}, "isbn", "9783864903113"),
        ({"isbn": "9783864903113 (print); 123"}, "isbn", "9783864903113"),
        ({"isbn": "3-16-148410-X"}, "isbn", "9783161484100"),
        ({"isbn": "1234-5678"}, "isbn", None),
        ({"arxiv_id": "2401.00001v3"}, "version", 3),
        ({"arxiv_id": "2401.00001"}, "version", None),
        ({"id": "2401.00001", "versions": [{"version": "v1"}, {"version": "v2"}]}, "version", 2),
        ({"url": "https://moths.org/10", "pages": "10"}, "pmcid", None),
    ],
)
def test_identifiers_are_found_under_the_names_of_sources(
    tmp_path: Path, fields: dict[str, Any], name: str, value: Any
) -> None:
    [paper], _ = _read(tmp_path, jsonl({"title": "Moths", "abstract": "Moths fly."} | fields))
    assert getattr(paper, name) == value
