"""Which papers a list of identifiers, titles and references names."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from rag.question.paper_lists import names_in
from rag.search.listed_names import papers_named
from tests.conftest import add

PAPERS = [
    make_paper(
        id="cache",
        title="DeepCache: Accelerating Diffusion Models for Free",
        abstract="It is fast.",
        doi="10.1000/Cache",
    ),
    make_paper(id="arxiv", title="Faster Encoders in the Alps", abstract="It is faster.", arxiv_id="2312.09608"),
    make_paper(id="pm", title="Bees", abstract="Bees dance.", pmid="12345678"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("listed") / "library"
    add(folder, PAPERS)
    with closing(Library.open(folder)) as opened:
        yield opened


def meant(text: str, library: Library) -> list[str | None]:
    return [paper and paper.id for _, paper in papers_named(names_in(text.splitlines()), library)]


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("https://doi.org/10.1000/cache", "cache"),
        ("10.48550/arXiv.2312.09608", "arxiv"),
        ("arXiv:2312.09608v3", "arxiv"),
        ("PMID 12345678", "pm"),
        ("12345678", "pm"),
        ("deepcache - accelerating diffusion models for free", "cache"),
        ("DeepCache: Acelerating Diffusion Models for Free", "cache"),
        ("Ma, X. (2024). DeepCache: Accelerating diffusion models for free. CVPR.", "cache"),
        ("Bees", "pm"),
        ("Bees and other insects of the Alps", None),
        ("DeepCache", None),
        ("10.1000/other", None),
    ],
)
def test_a_name_leads_to_its_paper_and_to_no_other(text: str, paper: str | None, library: Library) -> None:
    assert meant(text, library) == [paper]


def test_many_identifiers_are_looked_up_as_few_are(library: Library) -> None:
    many = [f"10.1000/none{n}" for n in range(40)]
    assert meant("\n".join([*many, "10.1000/CACHE", "arXiv:2312.09608"]), library) == [*[None] * 40, "cache", "arxiv"]


def test_how_far_it_is_is_told(library: Library) -> None:
    told: list[tuple[int, int]] = []
    papers_named(names_in(["Bees", "10.1000/x"]), library, lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]
