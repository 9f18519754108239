"""Exports that are rarer: RIS without types, what repositories hand to harvesters, Ovid's text with the names of fields."""

from pathlib import Path

from rag.core.domain import Paper
from rag.ingest.formats import counted, read_records
from rag.ingest.formats.record import Entry


def _papers(folder: Path, text: str) -> list[Paper]:
    """The papers of a file, of which as many are counted as are read, and none is refused."""
    path = folder / "export.txt"
    path.write_text(text, "utf-8")
    items = list(read_records(path))
    assert all(isinstance(item, Entry) for item in items), items
    assert counted(path) == len(items)
    return [item.paper for item in items if isinstance(item, Entry)]


def test_ris_whose_records_have_no_type_is_read(tmp_path: Path) -> None:
    text = "AU  - Abe, K.\nT1  - Rivers\nAB  - They run.\nER  - \n\nAU  - Roe, J.\nT1  - Banks\nAB  - They stand.\nER  - \n"
    papers = _papers(tmp_path, text)
    assert [(paper.title, paper.authors) for paper in papers] == [("Rivers", ("K. Abe",)), ("Banks", ("J. Roe",))]
    assert [paper.abstract for paper in papers] == ["They run.", "They stand."]


def test_stray_tags_before_the_first_record_are_no_record(tmp_path: Path) -> None:
    [paper] = _papers(tmp_path, "DB  - Some base\nTY  - JOUR\nTI  - Rivers\nAB  - They run.\nER  - \n")
    assert (paper.title, paper.abstract) == ("Rivers", "They run.")


def test_a_first_record_that_lost_its_type_is_read_beside_whole_ones(tmp_path: Path) -> None:
    text = "TI  - Rivers\nAB  - They run.\nER  - \nTY  - JOUR\nTI  - Banks\nAB  - They stand.\nER  - \n"
    assert [paper.title for paper in _papers(tmp_path, text)] == ["Rivers", "Banks"]


OAI = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
<record><header><identifier>oai:arXiv.org:2101.00001</identifier><datestamp>2022-01-01</datestamp></header><metadata>
<arXiv xmlns="http://arxiv.org/OAI/arXiv/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">
<id>2101.00001</id><created>2021-01-02</created><authors><author><keyname>Kim</keyname><forenames>Su</forenames></author></authors>
<title>Rivers of $x^2$</title><doi>10.1000/r1</doi><abstract>  We look at rivers. They run. </abstract></arXiv></metadata></record>
<record><header><identifier>oai:repo.example.org:7</identifier></header><metadata>
<dc xmlns='http://purl.org/dc/elements/1.1/'><title>Banks</title><creator>Roe, Jo</creator>
<description>We look at banks.</description><date>2019-05-01</date></dc></metadata></record>
</ListRecords></OAI-PMH>"""


def test_records_of_a_namespace_of_their_own_are_read(tmp_path: Path) -> None:
    first, second = _papers(tmp_path, OAI)
    assert (first.title, first.abstract) == ("Rivers of $x^2$", "We look at rivers. They run.")
    assert (first.arxiv_id, first.year, first.doi, first.authors) == ("2101.00001", 2021, "10.1000/r1", ("Su Kim",))
    assert (second.title, second.abstract, second.authors) == ("Banks", "We look at banks.", ("Jo Roe",))


def test_mark_up_of_another_namespace_inside_an_abstract_leaves_its_words(tmp_path: Path) -> None:
    [paper] = _papers(
        tmp_path,
        '<PubmedArticleSet><PubmedArticle xmlns="http://ncbi"><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>Hives'
        '</ArticleTitle><Abstract><AbstractText>We weigh <i xmlns="http://www.w3.org/1999/xhtml">forty</i> hives.</AbstractText>'
        "</Abstract></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
    )
    assert (paper.pmid, paper.abstract) == ("7", "We weigh forty hives.")


OVID = """<1>
Database
  Ovid MEDLINE(R) ALL
Unique Identifier
  30000001
Title
  Sleep of nurses: a first
    look.
Authors
  Smith JA, Lee K.
Institution
  Smith JA. A house.
Source
  Journal of Sleep. 12(3):1-9, 2018 Mar.
Abstract
  Nurses sleep badly.
  They told us so.

<2>
Database
  Embase
Accession Number
  620000002
Title
  Second of Ovid.
Authors
  Wu, Anna; Roe, B.
Year of Publication
  2019
Abstract
  We looked again.
"""


def test_the_text_of_ovid_with_names_of_fields_is_read(tmp_path: Path) -> None:
    first, second = _papers(tmp_path, OVID)
    assert first.title == "Sleep of nurses: a first look."
    assert first.abstract == "Nurses sleep badly. They told us so."
    assert first.authors == ("Smith JA", "Lee K")
    assert (first.venue, first.year, first.pmid) == ("Journal of Sleep", 2018, "30000001")
    assert (second.authors, second.year, second.pmid) == (("Anna Wu", "B. Roe"), 2019, None)


def test_a_number_of_another_database_is_no_pmid_and_short_tags_in_the_name_are_passed_over(tmp_path: Path) -> None:
    [paper] = _papers(
        tmp_path, OVID.split("\n\n")[1].replace("Title\n", "Title [TI]\n").replace("Abstract\n", "Abstract:\n")
    )
    assert (paper.title, paper.abstract, paper.pmid) == ("Second of Ovid.", "We looked again.", None)
