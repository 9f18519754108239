"""Identifiers have one form, however a field has them."""

import pytest

from rag.core.identifiers import (
    arxiv_of_doi,
    doi_of_all_versions,
    is_preprint_doi,
    normal_acl,
    normal_arxiv,
    normal_doi,
    normal_isbn,
    normal_pmcid,
)


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC.", "10.1000/abc"),
        ("10.1002/central/CN-01234567/full", "10.1002/central/cn-01234567"),
        ("https://doi.org/10.1002/central/CN-01/full/html?highlight=bees#results", "10.1002/central/cn-01"),
        ("10.1002/14651858.CD001.pub2/full/de", "10.1002/14651858.cd001.pub2"),
        ("10.1000/abc/abstract/keywords", "10.1000/abc"),
        ("10.1000/abc/fulltext.html", "10.1000/abc"),
        ("10.1000/abc/pdf/?download=true", "10.1000/abc"),
        ("10.1000/abc&amp;lang=en", "10.1000/abc"),
        ("10.1000/abc/de", "10.1000/abc/de"),
        ("10.1000/s.a&a.1", "10.1000/s.a&a.1"),
        ("https://doi.org/10.1000/abc%2Fdef", "10.1000/abc/def"),
        ("http://dx.doi.org/10.1000%2Fabc", "10.1000/abc"),
        ("https://doi-org.proxy.example.edu/10.1000/abc", "10.1000/abc"),
        ("doi: 10.1000/abc)", "10.1000/abc"),
        ("DOI 10.1000/abc, first published", "10.1000/abc"),
        ("S2 10.1000/abc [doi]", "10.1000/abc"),
        ("10.1016/S0140-6736(20)30183-5", "10.1016/s0140-6736(20)30183-5"),
        ("10.1002/(SICI)1097(19)43:3<338::AID-X16>3.0.CO;2-B", "10.1002/(sici)1097(19)43:3<338::aid-x16>3.0.co;2-b"),
        ("10.1002/(SICI)1097(19)43:3&lt;338::X&gt;3.0.CO;2-B", "10.1002/(sici)1097(19)43:3<338::x>3.0.co;2-b"),
        ("10.1000/a; 10.1000/b", "10.1000/a"),
        ("10.1000/a,10.1000/b", "10.1000/a"),
        ("10.1000/x\\_y", "10.1000/x_y"),
        ("10.1000/a\u2010b", "10.1000/a-b"),
        ("https://www.example.org/articles/10.1000/abc.2019/full?tab=1#top", "10.1000/abc.2019"),
        ("https://www.biorxiv.org/content/10.1101/2020.01.01.123456v2.full.pdf", "10.1101/2020.01.01.123456"),
        ("10.1101/2020.01.01.123456v2", "10.1101/2020.01.01.123456"),
        ("10.48550/arXiv.2401.01234v3", "10.48550/arxiv.2401.01234"),
        ("10.21203/rs.3.rs-12345/v1", "10.21203/rs.3.rs-12345/v1"),
        ("10.1371/journal.pone.0000001", "10.1371/journal.pone.0000001"),
        ("110.1000/x", ""),
        ("no doi", ""),
        ("10.1000/", ""),
    ],
)
def test_a_doi_is_read_from_what_a_field_holds(text: str, doi: str) -> None:
    assert normal_doi(text) == doi
    assert normal_doi(doi) == doi, "what is in its form stays"


@pytest.mark.parametrize(
    ("text", "work"),
    [
        ("10.21203/rs.3.rs-12345/v1", "10.21203/rs.3.rs-12345"),
        ("10.20944/preprints202001.0001.v12", "10.20944/preprints202001.0001"),
        ("10.31234/osf.io/abcde_v1", "10.31234/osf.io/abcde"),
        ("10.26434/chemrxiv-2021-abcd-v2", "10.26434/chemrxiv-2021-abcd"),
        ("10.12688/f1000research.12345.2", "10.12688/f1000research.12345"),
        ("https://www.medrxiv.org/content/10.1101/2020.01.01.123456v3.full", "10.1101/2020.01.01.123456"),
        ("10.1000/protocol.v2", "10.1000/protocol.v2"),
        ("10.5281/zenodo.1234567", "10.5281/zenodo.1234567"),
    ],
)
def test_the_versions_of_a_preprint_have_one_doi_in_common(text: str, work: str) -> None:
    assert doi_of_all_versions(normal_doi(text)) == work


@pytest.mark.parametrize(
    ("doi", "is_preprint"),
    [
        ("10.48550/arxiv.2401.01234", True),
        ("10.1101/2020.01.01.123456", True),
        ("10.1101/gr.123456.111", False),
        ("10.31223/x5ab12", True),
        ("10.5194/egusphere-2024-1", True),
        ("10.5194/acp-24-1", False),
        ("10.2196/preprints.12345", True),
        ("10.2196/12345", False),
        ("10.1000/a", False),
    ],
)
def test_servers_of_preprints_are_known_by_their_dois(doi: str, is_preprint: bool) -> None:
    assert is_preprint_doi(doi) is is_preprint


@pytest.mark.parametrize(
    ("text", "arxiv"),
    [
        ("arXiv:2401.01234v2 [cs.CL]", "2401.01234"),
        ("http://arxiv.org/abs/hep-th/9901001v1", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("https://arxiv.org/pdf/0704.0001v1.pdf", "0704.0001"),
        ("10.48550/arXiv.2401.01234", "2401.01234"),
        ("1234567", ""),
        ("10.1000/2401.01234567", ""),
    ],
)
def test_an_arxiv_id_is_read_from_what_a_field_holds(text: str, arxiv: str) -> None:
    assert normal_arxiv(text) == arxiv


def test_a_doi_of_the_arxiv_stands_for_its_id() -> None:
    assert arxiv_of_doi("10.48550/arxiv.2401.01234") == "2401.01234"
    assert arxiv_of_doi("10.1000/a") == ""


@pytest.mark.parametrize(
    "text",
    ["PMC5956789", "pmc5956789.2", "5956789", "https://pmc.ncbi.nlm.nih.gov/articles/PMC5956789/", "PMC 5956789"],
)
def test_a_pmcid_has_its_letters_and_no_version(text: str) -> None:
    assert normal_pmcid(text) == "PMC5956789"
    assert normal_pmcid("none") == ""


@pytest.mark.parametrize(
    ("text", "acl"),
    [
        ("P19-1001", "P19-1001"),
        ("https://www.aclweb.org/anthology/n19-1423.pdf", "N19-1423"),
        ("https://aclanthology.org/P19-1001v2.pdf", "P19-1001"),
        ("10.18653/v1/2020.acl-main.1", "2020.acl-main.1"),
        ("https://aclanthology.org/2021.findings-emnlp.12/", "2021.findings-emnlp.12"),
        ("2024.sigdial-1.5", "2024.sigdial-1.5"),
        ("10.3115/1073083.1073135", ""),
        ("2020.acl-main", ""),
    ],
)
def test_an_acl_id_is_read_from_addresses_and_dois(text: str, acl: str) -> None:
    assert normal_acl(text) == acl


@pytest.mark.parametrize(
    ("text", "isbn"),
    [
        ("978-3-16-148410-0", "9783161484100"),
        ("3-16-148410-X", "9783161484100"),
        ("0 306 40615 2", "9780306406157"),
        ("ISBN 9783161484100 (print); 0306406152", "9783161484100"),
        ("978-3-16-148410-1", ""),
        ("1234-5679", ""),
    ],
)
def test_an_isbn_has_13_digits_and_an_issn_is_none(text: str, isbn: str) -> None:
    assert normal_isbn(text) == isbn
