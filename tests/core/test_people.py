"""Who may be who by name."""

import pytest

from rag.core.people import may_be, searchable, spellings


@pytest.mark.parametrize(
    ("asked", "author"),
    [
        ("Ada Miller", "Ada Miller"),
        ("miller", "Ada Miller"),
        ("A. Miller", "Ada Miller"),
        ("Miller, A.", "Ada Miller"),
        ("Miller A", "Ada Miller"),
        ("Ada Miller", "Miller, A."),
        ("Ada Miller", "Miller AB"),
        ("Muller", "Jan Müller"),
        ("Mueller", "Jan Müller"),
        ("Müller", "J. Mueller"),
        ("Dr. Miller", "Ada Miller"),
        ("van der Berg", "Jan van der Berg"),
        ("Berg", "Jan van der Berg"),
        ("Jones", "Eva Smith-Jones"),
        ("Li Wei", "Wei Li"),
        ("王伟", "王伟"),
        ("J.-P. Dupont", "Jean-Pierre Dupont"),
        ("OBrien", "Pat O\u2019Brien"),
        ("Lukasz Kaiser", "Łukasz Kaiser"),
        ("José García", "Jose Garcia Lopez"),
        ("Ada Miller", "MILLER, ADA"),
    ],
)
def test_these_may_be_one_person(asked: str, author: str) -> None:
    assert may_be(asked, author)
    assert any(spelling in searchable(author) for word in asked.split() for spelling in spellings(word.strip(".,-")))


@pytest.mark.parametrize(
    ("asked", "author"),
    [
        ("Ada Miller", "Bo Miller"),
        ("B. Miller", "Ada Miller"),
        ("Ada", "Ada Miller"),
        ("Mill", "Ada Miller"),
        ("Ada Miller", "Miller, B."),
        ("Ada Verdi", "Ada Miller"),
        ("Bayesian", "Ada Miller"),
        ("", "Ada Miller"),
        ("Ada Miller", ""),
    ],
)
def test_these_are_not(asked: str, author: str) -> None:
    assert not may_be(asked, author)


def test_a_given_name_is_enough_where_that_is_said() -> None:
    assert may_be("Ada", "Ada Miller", by_given_name=True)
