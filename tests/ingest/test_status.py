"""What became of a paper, as titles, kinds, notices, notes and abstracts say it."""

from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import STATUSES, Paper, Status
from rag.ingest.formats import read_records
from rag.ingest.formats.plain_record import PlainRecord
from rag.ingest.formats.record import Entry
from rag.ingest.formats.status import gravest, status_of
from rag.ingest.merging import Record, merged
from tests.helpers.sources import file, jsonl

MOTHS = {"title": "Moths and lamps", "abstract": "Moths fly to lamps.", "authors": ["A. Miller"]}


def _status(title: str = "Moths and lamps", abstract: str = "Moths fly to lamps.", **fields: Any) -> Status:
    return status_of(PlainRecord.of(fields), title, abstract)


def _read(folder: Path, text: str) -> list[Paper]:
    return [item.paper for item in read_records(file(folder, text)) if isinstance(item, Entry)]


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("RETRACTED: Moths and lamps", "retracted"),
        ("Retracted: Moths and lamps", "retracted"),
        ("RETRACTED ARTICLE: Moths and lamps", "retracted"),
        ("Retracted article: Moths and lamps", "retracted"),
        ("[Retracted] Moths and lamps", "retracted"),
        ("RETRACTED Moths and lamps", "retracted"),
        ("Moths and lamps (Retracted article. See vol. 12, pg. 3, 2011)", "retracted"),
        ("Moths and lamps [RETRACTED]", "retracted"),
        ("WITHDRAWN: Moths and lamps", "withdrawn"),
        ("Withdrawn: Moths and lamps", "withdrawn"),
        ("TEMPORARY REMOVAL: Moths and lamps", "withdrawn"),
        ("Moths and lamps (Withdrawn Publication)", "withdrawn"),
        ("Moths and lamps [corrected]", "corrected"),
        ("Moths and lamps", ""),
        ("Retracted papers in medicine: a survey", ""),
        ("RETRACTED PAPERS IN MEDICINE", ""),
        ("Withdrawn patients in drug trials", ""),
        ("Why articles are retracted", ""),
        ("Corrected Akaike criteria for moths", ""),
    ],
)
def test_a_title_tells_what_became_of_its_paper(title: str, status: Status) -> None:
    assert _status(title) == status


@pytest.mark.parametrize(
    "title",
    [
        "Retraction: Moths and lamps",
        "Retraction notice to “Moths and lamps” [J. Moths 12 (2010) 1-9]",
        "Retraction Note to: Moths and lamps",
        "Notice of Retraction: Moths and lamps",
        "Retraction—Moths and lamps",
        "Erratum to: Moths and lamps",
        "Erratum: Moths and lamps",
        "Corrigendum to “Moths and lamps”",
        "Author Correction: Moths and lamps",
        "Correction to: Moths and lamps",
        "Expression of Concern: Moths and lamps",
        "Moths and lamps (Retraction of vol 351, pg 637, 1998)",
    ],
)
def test_a_notice_is_not_the_paper_that_it_speaks_of(title: str) -> None:
    assert _status(title, publication_types=["Retracted Publication"], is_retracted=True) == ""


def test_crossrefs_notice_that_has_the_title_of_its_paper_is_no_retracted_paper() -> None:
    updates = [{"DOI": "10.1000/a", "type": "retraction", "label": "Retraction"}]
    assert _status("RETRACTED: Moths and lamps", **{"update-to": updates}) == ""
    assert _status("RETRACTED: Moths and lamps", **{"updated-by": updates}) == "retracted"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"is_retracted": True}, "retracted"),
        ({"is_retracted": "TRUE"}, "retracted"),
        ({"is_retracted": False}, ""),
        ({"is_retracted": "false"}, ""),
        ({"publicationTypes": ["Journal Article", "Retracted Publication"]}, "retracted"),
        ({"pubTypeList": {"pubType": ["research-article", "Retracted Publication"]}}, "retracted"),
        ({"Document Type": "Retracted"}, "retracted"),
        ({"DT": "x", "Document Type": "Article; Retracted Publication"}, "retracted"),
        ({"publication_types": ["Retraction of Publication", "Published Erratum"]}, ""),
        ({"type": "journal-article"}, ""),
        ({"status": "retracted"}, "retracted"),
        ({"status": "corrected"}, "corrected"),
        ({"status": "concern"}, "concern"),
        ({"status": "ok"}, ""),
        ({"status": 200}, ""),
        ({"tags": [{"tag": "moths"}, {"tag": "Retracted"}]}, "retracted"),
        ({"tags": [{"tag": "retracted papers as a subject"}]}, ""),
        ({"updated-by": [{"type": "correction", "DOI": "10.1/a"}]}, "corrected"),
        ({"updated-by": [{"type": "expression_of_concern"}, {"type": "erratum"}]}, "concern"),
        ({"relation": {"is-retracted-by": [{"id": "10.1/a"}]}}, "retracted"),
        ({"relation": {"is-preprint-of": [{"id": "retraction"}]}}, ""),
        ({"comments_corrections": ["Cites", "RetractionIn", "ErratumIn"]}, "retracted"),
        ({"comments_corrections": ["ErratumIn"]}, "corrected"),
        ({"comments_corrections": ["ExpressionOfConcernIn"]}, "concern"),
        ({"comments_corrections": ["ErratumFor", "RetractionOf"]}, ""),
        ({"comments": "5 pages. This paper has been withdrawn by the author."}, "withdrawn"),
        ({"comments": "withdrawn by arXiv admins due to overlap"}, "withdrawn"),
        ({"comments": "Withdrawn"}, "withdrawn"),
        ({"comments": "v2: typos corrected, withdrawn section restored"}, ""),
        ({"note": "Retracted"}, "retracted"),
        ({"notes": ["Retraction in: J Moths. 2011;1:2"]}, "retracted"),
        ({"notes": ["Erratum in: J Moths. 2011;1:2"]}, "corrected"),
        ({"extra": "PMID: 12345\nRetracted"}, "retracted"),
        ({"note": "We retracted the wings of each moth."}, ""),
    ],
)
def test_fields_tell_what_became_of_a_paper(fields: dict[str, Any], status: Status) -> None:
    assert _status(**fields) == status


@pytest.mark.parametrize(
    ("abstract", "status"),
    [
        ("This paper has been withdrawn by the author due to a crucial error in equation 3.", "withdrawn"),
        ("This paper has been withdrawn", "withdrawn"),
        ("This submission has been withdrawn by arXiv administrators.", "withdrawn"),
        ("The paper was withdrawn by the authors.", "withdrawn"),
        ("Withdrawn by the authors.", "withdrawn"),
        ("This article has been retracted at the request of the editors.", "retracted"),
        ("We study papers that were withdrawn by the authors. This paper has been withdrawn is said of many.", ""),
        ("Moths were retracted into their cases.", ""),
        ("Withdrawn patients were followed for a year.", ""),
    ],
)
def test_what_stands_for_an_abstract_tells_that_its_paper_was_taken_back(abstract: str, status: Status) -> None:
    assert _status(abstract=abstract) == status


def test_a_withdrawn_paper_is_a_paper(tmp_path: Path) -> None:
    [paper] = _read(tmp_path, jsonl(MOTHS | {"abstract": "This paper has been withdrawn."}))
    assert (paper.status, paper.abstract) == ("withdrawn", "This paper has been withdrawn.")


def test_pubmeds_xml_tells_it_by_kinds_and_notices(tmp_path: Path) -> None:
    text = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>Moths</ArticleTitle>
    <Abstract><AbstractText>Moths fly.</AbstractText></Abstract>
    <PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList></Article>
    <CommentsCorrectionsList><CommentsCorrections RefType="ErratumIn"><RefSource>J Moths</RefSource></CommentsCorrections>
    <CommentsCorrections RefType="ExpressionOfConcernIn"><RefSource>J Moths</RefSource></CommentsCorrections>
    </CommentsCorrectionsList></MedlineCitation>
    <PubmedData><ArticleIdList><ArticleId IdType="pmc">PMC12345</ArticleId></ArticleIdList></PubmedData></PubmedArticle>
    <PubmedArticle><MedlineCitation><PMID>2</PMID><Article><ArticleTitle>Lamps</ArticleTitle>
    <PublicationTypeList><PublicationType UI="D016441">Retracted Publication</PublicationType></PublicationTypeList></Article>
    </MedlineCitation></PubmedArticle></PubmedArticleSet>"""
    first, second = _read(tmp_path, text)
    assert (first.status, first.pmcid) == ("concern", "PMC12345")
    assert (second.status, second.abstract) == ("retracted", "")


def test_medline_tells_it_by_tags(tmp_path: Path) -> None:
    text = "PMID- 1\nTI  - Moths\nAB  - Moths fly.\nPT  - Journal Article\nRIN - J Moths. 2011;1:2\nPMC - PMC77777\n"
    [paper] = _read(tmp_path, text)
    assert (paper.status, paper.pmcid) == ("retracted", "PMC77777")


def test_ris_bibtex_and_web_of_science_tell_it(tmp_path: Path) -> None:
    ris = "TY  - JOUR\nTI  - Moths\nAB  - Moths fly.\nM3  - Retracted\nC2  - PMC4242\nSN  - 978-3-86490-311-3\nER  - \n"
    [paper] = _read(tmp_path, ris)
    assert (paper.status, paper.pmcid, paper.isbn) == ("retracted", "PMC4242", "9783864903113")
    [paper] = _read(tmp_path, "@article{a,\n title = {Moths},\n abstract = {Moths fly.},\n note = {Retracted}\n}\n")
    assert paper.status == "retracted"
    [paper] = _read(
        tmp_path,
        "FN WoS\nVR 1.0\nPT J\nAU Miller, A\nTI Moths\nAB Moths fly.\nDT Article; Retracted Publication\nER\nEF\n",
    )
    assert paper.status == "retracted"


def test_of_several_the_gravest_counts_also_where_records_merge() -> None:
    assert gravest([]) == ""
    assert gravest(["corrected", "", "retracted", "withdrawn"]) == "retracted"
    assert STATUSES[-1] == "retracted"
    one = Paper("a", "Moths", "Moths fly.", year=2019)
    other = Paper("b", "Moths", "Moths fly.", year=2018, status="retracted")
    assert merged([Record(one), Record(other)], "a").status == "retracted"
