"""DOIs, arXiv ids, PMIDs and addresses: found in questions, and the paper behind them found first."""

from pathlib import Path

import pytest

from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from rag.question.identifiers import identifiers_in, without_identifiers
from tests.conftest import add


@pytest.mark.parametrize(
    ("question", "found", "rest"),
    [
        ("10.1000/xyz.123", ("10.1000/xyz.123",), ""),
        ("what is in doi:10.1000/XYZ-1?", ("10.1000/xyz-1",), "what is in"),
        ("arXiv:2301.12345v2", ("2301.12345",), ""),
        ("How fast is 2301.12345?", ("2301.12345",), "How fast is ?"),
        ("cs.CL/0101001", ("cs.cl/0101001",), ""),
        ("pmid: 123456 results", ("123456",), "results"),
        (
            "see https://github.com/horseee/DeepCache/",
            ("https://github.com/horseee/DeepCache/", "https://github.com/horseee/DeepCache"),
            "see",
        ),
        ("FID of 2.89 at 256x256 in 2023.1", (), "FID of 2.89 at 256x256 in 2023.1"),
    ],
)
def test_identifiers_are_found_and_taken_out(question: str, found: tuple[str, ...], rest: str) -> None:
    assert identifiers_in(question) == found
    assert without_identifiers(question) == rest


def test_a_paper_is_found_by_each_of_its_identifiers(tmp_path: Path) -> None:
    papers = [
        make_paper(title="Ants", abstract="Ants follow trails.", doi="10.1000/XYZ-1"),
        make_paper(title="Bees", abstract="Bees dance. See https://bees.org/code for more.", arxiv_id="2301.12345"),
        make_paper(title="Cats", abstract="Cats sleep.", pmid="123456", url="https://cats.org/1"),
    ]
    add(tmp_path, papers)
    library = Library.open(tmp_path)
    for question, title in [
        ("10.1000/xyz-1", "Ants"),
        ("2301.12345v3", "Bees"),
        ("https://bees.org/code", "Bees"),
        ("PMID 123456", "Cats"),
        ("https://cats.org/1/", "Cats"),
    ]:
        assert [paper.title for paper in library.papers_identified(identifiers_in(question))] == [title], question
    assert library.papers_identified(identifiers_in("10.1000/unknown")) == []
    assert library.papers_identified(()) == []
    library.close()
