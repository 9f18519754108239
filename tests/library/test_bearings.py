"""Counting in memory means what the library's own statements mean."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.core.paper_filter import PaperFilter
from rag.ingest.formats.record import make_paper
from rag.library.choices import Choices
from rag.library.choosing import keys_of
from rag.library.store import Library
from tests.conftest import add

AUTHORS = [
    ("Ada Müller", "Li, Wei"),
    ("J. O'Neil", "Jean-Luc Łukasz"),
    ("MÜLLER, A.",),
    ("李伟",),
    ("Élise van der Berg", "Oliver Elizabeth"),
    ("Ada Müller", "Ada Müller"),
    (),
    ("de la Cruz, María José",),
    ("100%_Sure Consortium", "Sa'id N’Go'ma", "ONeil2"),
]
VENUES = ["Bee Letters", "", "ÉTUDES d'abeilles", "Proc. of C++ & 50% More", "Bee_Letters", "étude", "NeurIPS 2019"]
TEXTS = [
    ("Caching of features", "We cached what bees diffuse."),
    ("Diffusion, in 2019", "A U-Net and C++."),
    ("百 bees", "Étude of naïve bees."),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("library")
    papers = [
        make_paper(
            id=f"p{n}",
            title=f"{TEXTS[n % 3][0]} {n}",
            abstract=TEXTS[n % 3][1],
            authors=AUTHORS[n % 9],
            venue=VENUES[n % 7],
            year=[2018, 2019, None, 2020][n % 4],
        )
        for n in range(60)
    ]
    add(folder, papers)
    with closing(Library.open(folder)) as library:
        yield library


NAMED = (
    "müller; Mueller; A. Müller; muller, a; li; oneil; o'neil|Berg; 李; 李伟; jean; Łukasz; lukasz; maría jose; cruz; 100%; x; a"
    "; Wei Li; ...; sa; sa'id; said; go; ngoma; n'goma; neil; sure"
)
PUBLISHED = "bee; Bee Letters; etude; ÉTUDES|neurips; 2019; c++; %"
HELD = (
    "bees; bees cach; cachi; diffus; di; c++; u-net; 2019; étud; ÉTUDES; MÜLLER; müll; 100%; %; _; b_; +; bee 2019 ada; naive; "
    "o'neil; 百; letters zebra"
)
FILTERS = [
    *(PaperFilter(authors=tuple(names.split("|"))) for names in NAMED.split("; ")),
    *(PaperFilter(venues=tuple(names.split("|"))) for names in PUBLISHED.split("; ")),
    *(PaperFilter(text=text) for text in HELD.split("; ")),
    *(
        PaperFilter(from_year=first, to_year=last)
        for first, last in ((2019, None), (None, 2018), (2019, 2020), (2030, None))
    ),
    PaperFilter(ids=("p3", "p7", "zz")),
    PaperFilter(from_year=2019, authors=("müller",), text="bees", venues=("bee", "étude")),
]


@pytest.mark.parametrize("chosen", FILTERS, ids=lambda chosen: chosen.label)
def test_as_many_are_counted_as_are_asked(library: Library, chosen: PaperFilter) -> None:
    with library.beside() as database, database.snapshot():
        assert Choices(library).count(chosen) == len(keys_of(database.connection, chosen))


def test_the_filters_here_tell_papers_apart(library: Library) -> None:
    choices = Choices(library)
    counts = {choices.count(chosen) for chosen in FILTERS}
    assert len(counts) > 12 and {0, 60} <= counts
