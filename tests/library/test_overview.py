"""A library at a glance: topics of any field, in how many papers each is named, and the years."""

from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.ingest.formats.record import make_paper
from rag.library.overview import Overview, Overviews, Topic, overview
from rag.library.store import Library
from rag.library.topics import candidates
from tests.conftest import add

BEES = [
    ("Honey Bees and Varroa Mites in Mountain Apiaries", "We count varroa mites. Honey bees suffer.", 2019),
    ("Varroa Mites: A Survey", "All that is known of varroa mites on honey bees.", 2019),
    ("Resistance to Varroa Mites", "Some honey bees groom off mites.", 2021),
    ("Nectar Foraging of Bumble Bees", "Nectar foraging takes energy. It is near honey bees' hives.", 2021),
    ("Energy Costs of Nectar Foraging", "We weigh foragers; nectar foraging costs energy. Honey bees too.", 2021),
    ("Efficient Hive Ventilation", "An efficient hive. Honey bees fan.", None),
    ("Efficient Queen Rearing", "Queens reared in an efficient way by honey bees.", None),
    ("A DNA Barcode for Pollen", "DNA from pollen that honey bees carry.", 2022),
]


def _paper(n: int, title: str, abstract: str, year: int | None) -> Paper:
    return make_paper(id=f"p{n}", title=title, abstract=abstract, year=year)


@pytest.fixture(scope="module")
def bees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bees")
    add(folder, [_paper(n, *row) for n, row in enumerate(BEES)])
    return folder


def _overview(folder: Path) -> Overview:
    library = Library.open(folder)
    try:
        return overview(library)
    finally:
        library.close()


def test_topics_are_what_titles_share_with_how_many_papers_name_them(bees: Path) -> None:
    assert _overview(bees).topics == (Topic("varroa mites", 3), Topic("nectar foraging", 2))


def test_years_are_counted_in_order_and_what_has_none_is_told(bees: Path) -> None:
    told = _overview(bees)
    assert (told.papers, told.years, told.undated) == (8, ((2019, 2), (2021, 3), (2022, 1)), 2)


def test_titles_are_of_the_newest_papers_or_of_some(bees: Path, tmp_path: Path) -> None:
    assert _overview(bees).titles[:2] == ("A DNA Barcode for Pollen", "Energy Costs of Nectar Foraging")
    add(tmp_path, [_paper(n, f"Title {n}", "An abstract.", None) for n in range(1, 21)])
    assert _overview(tmp_path).titles == tuple(f"Title {n}" for n in (4, 8, 12, 16, 20))


def test_what_most_papers_name_is_the_theme_and_no_topic(tmp_path: Path) -> None:
    add(
        tmp_path,
        [_paper(n, f"Tidal Pools of Island {'ABCDEF'[n]}", "The tidal pools are cold.", None) for n in range(6)],
    )
    told = _overview(tmp_path)
    assert (told.theme, told.topics, told.years, told.undated) == (Topic("tidal pools", 6), (), (), 6)


def test_papers_without_titles_have_topics_too(tmp_path: Path) -> None:
    openings = [
        "To find risk factors of gout",
        "To count risk factors of falls",
        "Of tea",
        "Of rain",
        "Of snow",
        "Of hail",
    ]
    add(tmp_path, [_paper(n, "", f"{words}. We looked.", None) for n, words in enumerate(openings)])
    assert _overview(tmp_path).topics == (Topic("risk factors", 2),)


def test_an_empty_library_and_one_of_a_paper_have_no_topics(tmp_path: Path) -> None:
    add(tmp_path / "none", [])
    assert _overview(tmp_path / "none") == Overview()
    add(tmp_path / "one", [_paper(1, *BEES[0])])
    assert _overview(tmp_path / "one").topics == ()


def test_the_overview_is_made_once_for_each_revision(bees: Path, tmp_path: Path) -> None:
    add(tmp_path, [_paper(n, *row) for n, row in enumerate(BEES[:3])])
    library = Library.open(tmp_path)
    overviews = Overviews(library)
    first = overviews.now()
    assert overviews.now() is first
    add(tmp_path, [_paper(9, *BEES[3])])
    assert overviews.now().papers == 4
    library.close()


def _topics(*titles: str) -> list[str]:
    return [one.words for one in candidates(titles, 20)]


def test_a_topic_ends_where_a_phrase_ends() -> None:
    titles = ["Large Language Models for Law", "Efficient Large Language Models", "Large Language Models: Why?"]
    assert _topics(*titles) == ["Large Language Models"]
    assert _topics("Spiky Crabs", "A Spiky Urchin", "Spiky Crabs in Spring") == ["Spiky Crabs"]
    assert _topics("Spiky Crabs", "A Spiky Urchin", "The Spiky Star") == []


def test_a_word_that_only_ends_longer_phrases_comes_after_them() -> None:
    titles = ["Text Generation", "Text Generation with Plans", "Video Generation", "Fast Video Generation", "Pruning"]
    assert _topics(*titles, "Pruning of Trees")[:3] == ["Text Generation", "Video Generation", "Pruning"]


def test_spellings_with_and_without_hyphen_or_plural_are_one_topic() -> None:
    assert _topics("Super-Resolution of Maps", "Maps in Super Resolution", "A Neural Network", "Neural Networks")[
        :2
    ] == [
        "Neural Networks",
        "Super-Resolution",
    ]


def test_what_is_done_to_a_topic_and_words_of_any_title_are_none() -> None:
    titles = ["Evaluating Tax Law", "Evaluating Tax Law Again", "A Novel Approach", "A Novel Approach: Results", "第一"]
    assert not {"Evaluating Tax Law", "Novel Approach", "Results", "第一"} & set(_topics(*titles))
    assert "Tax Law" in _topics(*titles)


def test_titles_of_marks_alone_or_very_long_ones_are_no_trouble() -> None:
    assert _topics("", "???", "a" * 30_000, "a-" * 15_000, "deep sea " * 4_000, "-" * 30_000) == []
