"""Two real libraries with one set of models, and one that was made by another embedder."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.core.paper_filter import PaperFilter
from rag.core.settings import Settings
from rag.ingest.formats.record import make_paper
from rag.ingest.pipeline import plan, store
from rag.library.publishing import publish
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder
from ui.session.shelves import Shelves

pytestmark = pytest.mark.slow
ANTS = make_paper(
    id="ants", title="Ants", abstract="Ants follow scent trails. A colony of ants moves 40 grains an hour."
)


@pytest.fixture(scope="module")
def settings(seed_settings: Settings, embedder: Any, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings over the seed papers, a library of one paper, and one that nobody's embedder made."""
    root = tmp_path_factory.mktemp("shelves")
    shutil.copytree(seed_settings.library, root / "diffusion")
    for name, maker in (("insects", embedder), ("other", HashEmbedder())):
        with Library.open_for_writing(root / name, maker.identity) as library:
            store(library, plan(library, [ANTS], ()), lambda maker=maker: maker)  # type: ignore[misc]
            publish(library)
    return seed_settings.model_copy(update={"library": root})


@pytest.fixture(scope="module")
def shelves(settings: Settings) -> Iterator[Shelves]:
    these = Shelves(settings, most_open=1)
    yield these
    for name in these.names:
        these.loader(name).rest()


def test_two_libraries_share_their_models_and_answer_from_their_own_papers(shelves: Shelves) -> None:
    with shelves.using("diffusion") as first, shelves.using("insects") as second:
        one: Any = first.assistant()
        other: Any = second.assistant()
        assert one.searcher.retriever.embedder is other.searcher.retriever.embedder
        assert one._ranker is other._ranker
        assert "2.3" in one.ask("How much faster is DeepCache?").text
        answer = other.ask("How many grains does a colony of ants move?")
        assert [paper.id for paper in answer.cited_papers] == ["ants"] and "40 grains" in answer.text
        assert other.over(PaperFilter(text="diffusion")).papers() == ()


def test_a_closed_library_is_opened_again_with_the_models_of_another(shelves: Shelves) -> None:
    with shelves.using("insects") as loader:
        assistant: Any = loader.assistant()
        assert loader.looked_over(60)
        with shelves.using("diffusion") as first:
            assert first.assistant().revision
    with shelves.using("diffusion") as first:  # no more than one stays open where none is in use
        assert loader.opened is None
        again: Any = loader.assistant()
        assert again is not assistant and again._ranker is assistant._ranker
        assert again.ask("How many grains does a colony of ants move?").outcome == "answered"


def test_a_library_of_another_embedder_says_which_one_it_needs(shelves: Shelves) -> None:
    from rag.core.errors import CitewiseError

    with shelves.using("other") as loader, pytest.raises(CitewiseError, match=HashEmbedder().identity.name):
        loader.assistant()
    with shelves.using("insects") as loader:
        assert loader.assistant().papers()[0].id == "ants"


def test_a_library_that_goes_away_underneath_is_told_and_costs_no_other(
    settings: Settings, shelves: Shelves, tmp_path: Path
) -> None:
    folder = settings.library / "insects"
    with shelves.using("diffusion") as first:
        first.assistant()
    assert shelves.loader("insects").rest()
    shutil.move(folder, tmp_path / "away")
    try:
        from rag.core.errors import CitewiseError

        with shelves.using("insects") as loader, pytest.raises(CitewiseError, match="there is no library"):
            loader.assistant()
        with shelves.using("diffusion") as first:
            assert len(first.assistant().papers()) == 59
    finally:
        shutil.move(tmp_path / "away", folder)
    shelves.loader("insects").start()
    with shelves.using("insects") as loader:
        assert loader.assistant().papers()
