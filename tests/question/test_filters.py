"""Years, names and places that restrict which papers a question means."""

import pytest

from rag.question.filters import author_places, has_topic, order, venue_places, years


@pytest.mark.parametrize(
    ("question", "first", "last", "rest"),
    [
        ("What papers do you have from 2021?", 2021, 2021, "What papers do you have?"),
        ("papers from 2024", 2024, 2024, "papers"),
        ("Which papers were published in 2021?", 2021, 2021, "Which papers?"),
        ("published after 2020", 2021, None, ""),
        ("papers since 2021 on pruning", 2021, None, "papers on pruning"),
        ("Which papers from 2024 are about pruning?", 2024, 2024, "Which papers are about pruning?"),
        ("papers on pruning since 2021", 2021, None, "papers on pruning"),
        ("papers before 2010", None, 2009, "papers"),
        ("papers until 2010", None, 2010, "papers"),
        ("papers between 2019 and 2021", 2019, 2021, "papers"),
        ("papers from 2019-2021", 2019, 2021, "papers"),
        ("papers from 2021 to 2019", 2019, 2021, "papers"),
        ("papers from 2020 onwards", 2020, None, "papers"),
        ("papers from 2020 or later about bees", 2020, None, "papers about bees"),
        ("papers older than 2020", None, 2019, "papers"),
        ("How many papers are from 2023?", 2023, 2023, "How many papers?"),
        ("List the 2024 papers.", 2024, 2024, "List the papers."),
        ("What was published after 2020?", 2021, None, "What?"),
        ("anything from 2023?", 2023, 2023, "anything?"),
        ("Which studies appeared in 1999?", 1999, 1999, "Which studies?"),
    ],
)
def test_years_are_understood(question: str, first: int | None, last: int | None, rest: str) -> None:
    found = years(question)
    assert found is not None
    assert (found.first, found.last, found.rest) == (first, last, rest)


@pytest.mark.parametrize(
    "question",
    [
        "Results on COCO 2014?",
        "Which papers use DUC 2004?",
        "How did prices change in 2008?",
        "Since 1950, has life expectancy changed?",
        "Which data from 2016 are used?",
        "What is the FID at 2000 steps?",
    ],
)
def test_a_number_that_is_no_year_of_papers_restricts_nothing(question: str) -> None:
    assert years(question) is None


@pytest.mark.parametrize(
    ("question", "kind", "rest"),
    [
        ("newest paper", "newest", "papers"),
        ("Which paper is the newest?", "newest", "papers?"),
        ("show me the latest papers on pruning", "newest", "show me papers on pruning"),
        ("the 3 most recent papers", "newest", "papers"),
        ("oldest paper", "oldest", "papers"),
        ("What's new?", "newest", "papers"),
        ("Which papers are about pruning?", "", "Which papers are about pruning?"),
    ],
)
def test_the_newest_and_the_oldest(question: str, kind: str, rest: str) -> None:
    assert order(question) == (kind, rest)


@pytest.mark.parametrize(
    ("question", "name", "rest", "of_papers"),
    [
        ("Which papers are by Ada Miller?", "Ada Miller", "Which papers", True),
        ("papers by miller", "miller", "papers", True),
        ("Which papers by Miller are on wheat?", "Miller", "Which papers are on wheat?", True),
        ("What did Rossi find?", "Rossi", "What did the authors find?", False),
        ("What did Rossi et al. find about blades?", "Rossi", "What did the authors find about blades?", False),
        ("According to Verdi, what predicts death?", "Verdi", "According to the authors what predicts death?", False),
        ("Ada Miller", "Ada Miller", "papers", True),
        ("Miller et al. 2021", "Miller", "papers", True),
        ("Which papers did Ada Miller write?", "Ada Miller write", "papers", True),
        ("Miller's papers", "Miller", "papers", True),
        ("Is there anything by Ada Miller on bees?", "Ada Miller", "Is there papers on bees?", True),
        ("papers by Miller and Verdi", "Miller and Verdi", "papers", True),
        ("author: Miller", "Miller", "papers", True),
    ],
)
def test_where_a_name_of_an_author_may_stand(question: str, name: str, rest: str, of_papers: bool) -> None:
    place = next(author_places(question))
    assert (place.phrases[0].words, place.phrases[0].rest, place.of_papers) == (name, rest, of_papers)


def test_the_year_beside_a_name_is_kept() -> None:
    assert next(author_places("Miller et al. 2021")).year == 2021
    assert [place.year for place in author_places("What does Rossi (2019) report?")][-1] == 2019


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("papers at CVPR", "CVPR"),
        ("Which papers appeared in Journal of Grain?", "Journal of Grain"),
        ("papers published in Nature about bees", "Nature"),
        ("papers at CVPR 2021", "CVPR 2021"),
        ("CVPR papers", "CVPR"),
    ],
)
def test_where_a_name_of_a_venue_may_stand(question: str, name: str) -> None:
    assert next(venue_places(question)).phrases[0].words == name


def test_a_topic_is_more_than_asking_for_papers() -> None:
    assert not has_topic("Which papers are there, please list them?")
    assert not has_topic("What did the authors find?")
    assert has_topic("Which papers are about wheat?")
