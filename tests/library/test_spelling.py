"""Words as titles spell them: slips are mended, other words stay."""

from collections import Counter
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.ingest.formats.record import make_paper
from rag.library.spelling import TitleWords, nearest
from rag.library.store import Library
from tests.conftest import add

KNOWN = Counter(
    {"pruning": 5, "prune": 2, "encoder": 4, "decoder": 4, "diffusion": 9, "diffusive": 1, "bees": 3, "beans": 1}
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("prunning", "pruning"),
        ("purning", "pruning"),
        ("difussion", "diffusion"),
        ("endcoder", "encoder"),
        ("dcoder", "decoder"),
        ("beees", "bees"),
        ("pruningg", "pruning"),
    ],
)
def test_a_slip_is_mended(typed: str, meant: str) -> None:
    assert nearest(typed, KNOWN) == meant


@pytest.mark.parametrize("typed", ["weather", "bat", "xx", "c++", "2023", "", "running wild", "b" * 500])
def test_other_words_are_not_taken_for_a_slip(typed: str) -> None:
    assert nearest(typed, KNOWN) is None


def test_words_of_a_library_are_mended_and_read_anew_when_it_grows(
    small_library: Path, few_papers: list[Paper]
) -> None:
    library = Library.open(small_library)
    words = TitleWords(library)
    assert words.respelled("honney BEES") == "honey bees"
    assert words.respelled("honey bees") == ""
    assert words.respelled("ferrentation") == ""
    add(small_library, [make_paper(id="new", title="Fermentation", abstract="Tea is fermented.")])
    assert words.respelled("ferrentation") == "fermentation"
    library.close()
