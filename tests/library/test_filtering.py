"""Looking through a library by words: which papers hold all of them."""

from pathlib import Path

import pytest

from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from tests.conftest import add

PAPERS = [
    make_paper(
        id="cache", title="Caching Features", abstract="We cache deep features. It is 2.3 times faster.", year=2023
    ),
    make_paper(
        id="bees",
        title="Honey bees",
        abstract="Bees dance.",
        authors=["Émile Müller", "Ada O'Example"],
        venue="Ökologie",
    ),
    make_paper(id="sign", title="100% honest", abstract="A super-resolution study in C++ of snake_case."),
]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    add(tmp_path, PAPERS)
    return Library.open(tmp_path)


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", ["cache", "bees", "sign"]),
        ("   ", ["cache", "bees", "sign"]),
        ("honey", ["bees"]),
        ("CACHING", ["cache"]),
        ("ho", ["bees", "sign"]),  # the beginning of a word
        ("cachi", ["cache"]),  # longer than the stem, not yet a word
        ("features faster", ["cache"]),
        ("features dance", []),  # each word is somewhere, but not in one paper
        ("müller", ["bees"]),
        ("émile", ["bees"]),
        ("o'example honey", ["bees"]),
        ("2023 deep", ["cache"]),
        ("ökolog", ["bees"]),
        ("super-resolution", ["sign"]),
        ("c++", ["sign"]),
        ("snake_case", ["sign"]),
        ("2.3", ["cache"]),
        ("xyzzy", []),
        ('"', ["cache", "bees", "sign"]),  # a sign alone filters nothing
        ('hon" OR "bees', []),
        ("%", ["cache", "bees", "sign"]),
        ("_____", []),
        ("authors", []),  # a name of a field is no word of a paper
    ],
)
def test_papers_that_hold_all_words_are_found(library: Library, words: str, ids: list[str]) -> None:
    count, papers = library.find_papers(words, 10)
    assert ([paper.id for paper in papers], count) == (ids, len(ids))
    library.close()


def test_the_count_is_of_all_and_the_papers_are_the_first(library: Library) -> None:
    count, papers = library.find_papers("", 2)
    assert (count, papers) == (3, PAPERS[:2])
    assert library.find_papers("ho", 1)[0] == 2
    assert library.find_papers("honey", 0) == (1, [])
    library.close()


def test_very_many_words_are_looked_up_too(library: Library) -> None:
    assert library.find_papers(" ".join(["honey"] * 250), 5)[0] == 1
    library.close()
