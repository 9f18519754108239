"""Several records of one paper become one paper; two papers stay two; no record vanishes without a word."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Paper
from rag.ingest.formats.record import Entry, make_paper
from rag.ingest.groups import Found, grouped
from rag.ingest.merging import Record, why_same
from rag.ingest.pipeline import IngestReport, plan, read_files, store
from rag.ingest.versions import merged
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder
from tests.helpers.sources import file, jsonl

TITLE = "GrainSort: Spiking Grading of Wheat Kernels"


def _text(accuracy: str) -> str:
    return (
        f"We present GrainSort, a spiking network for grading wheat kernels. It reaches {accuracy} % accuracy at 12 ms per kernel "
        "and needs 41 kB of memory. Compared with a convolutional baseline it uses 6 times less energy."
    )


OTHER = (
    "Tidal turbines are hard to inspect. We measure blade erosion from sonar alone and find nine of ten defects. The method fails in "
    "turbid water, where recall drops."
)
FIVE: list[dict[str, Any]] = [
    {"id": "a", "title": TITLE, "abstract": _text("97.3"), "year": 2023},
    {"id": "b", "title": "GrainSort: spiking grading of wheat kernels.", "abstract": _text("97.3")},
    {"id": "c", "title": TITLE, "abstract": _text("97.3"), "doi": "10.1000/gs", "venue": "Grain"},
    {"title": TITLE, "abstract": _text("97.4"), "arxiv_id": "2401.01234v1", "authors": ["A. Miller"]},
    {"title": TITLE, "abstract": _text("97.5"), "arxiv_id": "2401.01234v2"},
]


@contextmanager
def _library(folder: Path) -> Iterator[Library]:
    with Library.open_for_writing(folder / "library", HashEmbedder().identity) as library:
        yield library


def _ingest(folder: Path, *files: Path) -> IngestReport:
    with _library(folder) as library:
        reading = read_files(files)
        return store(library, plan(library, reading.records, reading.rejected, reading.notes), HashEmbedder)


def _papers(folder: Path) -> list[Paper]:
    with _library(folder) as library:
        return library.papers()


def _count(report: IngestReport) -> int:
    """Each record read is counted once: it makes a paper, goes into one, or is refused."""
    return len(report.added) + len(report.updated) + len(report.merged) + len(report.rejected)


def test_five_records_of_one_paper_are_one_paper_with_the_newest_text_and_the_details_of_all(tmp_path: Path) -> None:
    report = _ingest(tmp_path, file(tmp_path, jsonl(*FIVE, {"id": "z", "title": "TideScan", "abstract": OTHER})))
    assert report.added == ("a", "z")
    assert [(item.id, item.paper_id, item.line) for item in report.merged] == [
        ("b", "a", 2),
        ("c", "a", 3),
        ("2401.01234", "a", 4),
        ("2401.01234", "a", 5),
    ]
    assert report.merged[3].reason == "the same arXiv id 2401.01234"
    assert _count(report) == 6
    paper = _papers(tmp_path)[0]
    assert "97.5" in paper.abstract
    assert (paper.doi, paper.venue, paper.year, paper.arxiv_id) == ("10.1000/gs", "Grain", 2024, "2401.01234")
    assert paper.authors == ("A. Miller",)
    assert paper.aliases == ("b", "c")


def test_ids_given_up_lead_to_the_paper(tmp_path: Path) -> None:
    _ingest(tmp_path, file(tmp_path, jsonl(*FIVE)))
    with _library(tmp_path) as library:
        assert [paper.id for paper in library.papers(["b", "2401.01234", "gone"])] == ["a"]
        assert [paper.id for paper in library.papers(["a", "c"])] == ["a"]
        assert [paper.id for paper in library.papers_identified(["c"])] == ["a"]
        assert library.papers(["gone"]) == []


def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    first = file(tmp_path, jsonl(*FIVE[:3]), "one.jsonl")
    second = file(tmp_path, jsonl(*FIVE[3:]), "two.jsonl")
    _ingest(tmp_path, first)
    assert _ingest(tmp_path, second).updated == ("a",)
    before = _papers(tmp_path)
    for files in ([first], [second], [first, second], [second, first]):
        report = _ingest(tmp_path, *files)
        assert (report.added, report.updated, report.unchanged, report.merged) == ((), (), ("a",), ())
    assert _papers(tmp_path) == before


@pytest.mark.parametrize("seed", range(6))
def test_the_order_and_the_files_that_records_come_in_do_not_change_the_text(tmp_path: Path, seed: int) -> None:
    records = FIVE[:]
    random.Random(seed).shuffle(records)
    cut = seed % 5
    files = [
        file(tmp_path, jsonl(*some), f"{n}.jsonl") for n, some in enumerate((records[:cut], records[cut:])) if some
    ]
    for one in files:
        _ingest(tmp_path, one)
    [paper] = _papers(tmp_path)
    assert "97.5" in paper.abstract
    assert (paper.doi, paper.arxiv_id, paper.venue) == ("10.1000/gs", "2401.01234", "Grain")


def test_an_older_version_that_comes_later_does_not_replace_the_newer_one(tmp_path: Path) -> None:
    _ingest(tmp_path, file(tmp_path, jsonl(FIVE[4]), "new.jsonl"))
    report = _ingest(tmp_path, file(tmp_path, jsonl(FIVE[3]), "old.jsonl"))
    assert report.updated == ("2401.01234",)
    [paper] = _papers(tmp_path)
    assert ("97.5" in paper.abstract, paper.authors) == (True, ("A. Miller",))


def _pair(one: dict[str, Any], other: dict[str, Any]) -> tuple[Paper, Paper]:
    base = {"title": TITLE, "abstract": _text("97.3")}
    return make_paper(**{**base, **one}), make_paper(**{**base, **other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"abstract": OTHER}),
        ({"doi": "10.1000/a"}, {"doi": "10.1000/a", "title": "TideScan", "abstract": OTHER}),
        ({"doi": "10.1000/a"}, {"doi": "10.1000/b", "abstract": _text("96.1")}),
        ({"arxiv_id": "2401.00001"}, {"arxiv_id": "2402.00002", "abstract": _text("96.1")}),
        ({"title": "TideScan"}, {"title": "GrainSort"}),
        ({"authors": ["A. Miller"]}, {"authors": ["A. Miller"], "title": f"{TITLE}, Volume 2"}),
        (
            {"title": "Editorial", "abstract": "No abstract available."},
            {"title": "Editorial", "abstract": "No abstract available."},
        ),
        ({"title": "", "abstract": "Not much to tell."}, {"title": "", "abstract": "Not much to tell."}),
    ],
    ids=[
        "the same title only",
        "the DOI of a whole volume",
        "two publications",
        "two arXiv papers",
        "the same boilerplate",
        "volumes with one abstract",
        "short abstracts",
        "no title",
    ],
)
def test_two_papers_stay_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert why_same(*_pair(one, other)) is None


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({}, {}, "the same title and abstract"),
        ({}, {"title": "grainsort — spiking grading of Wheat kernels"}, "the same title and abstract"),
        ({}, {"abstract": _text("96.1")}, "the same title and nearly the same abstract"),
        (
            {"doi": "10.1000/a"},
            {"doi": "10.1000/a", "title": "Sorting grain", "abstract": _text("96.1")},
            "the same DOI 10.1000/a",
        ),
        ({"doi": "10.1000/a"}, {"doi": "10.48550/arXiv.2401.1"}, "the same title and abstract"),
        ({"arxiv_id": "2401.1"}, {"doi": "10.48550/arXiv.2401.1", "title": "Sorting"}, "the same arXiv id 2401.1"),
        ({"pmid": "7"}, {"pmid": "7", "title": "Sorting"}, "the same PMID 7"),
        ({"title": ""}, {}, "the same abstract"),
        (
            {"authors": ["A. Miller"]},
            {"authors": ["A. Miller"], "title": f"Miller Lab at WheatEval-2025 Task 3: {TITLE}"},
            "nearly the same title and abstract, and the same first author",
        ),
        (
            {"authors": ["A. Miller"], "abstract": _text("97.3")[:120]},
            {"authors": ["A. Miller"], "abstract": _text("97.3").replace("spiking", "\\textit{spiking}")},
            "the same title and first author, and one abstract is the beginning of the other",
        ),
    ],
)
def test_records_of_one_paper_are_known_by(one: dict[str, Any], other: dict[str, Any], reason: str) -> None:
    papers = _pair(one, other)
    assert why_same(*papers) == reason
    assert why_same(*reversed(papers)) == reason


def test_the_publication_gives_doi_venue_and_year_and_the_preprint_stays_an_alias() -> None:
    preprint, publication = _pair(
        {"id": "p", "doi": "10.1101/2024.1", "year": 2023, "venue": "bioRxiv"},
        {"id": "q", "doi": "10.1000/a", "year": 2024, "venue": "Grain", "abstract": _text("98.0")},
    )
    for records in ([preprint, publication], [publication, preprint]):
        paper = merged([Record(one) for one in records], "p")
        assert (paper.id, paper.doi, paper.year, paper.venue) == ("p", "10.1000/a", 2024, "Grain")
        assert "98.0" in paper.abstract
        assert set(paper.aliases) == {"q", "10.1101/2024.1"}


# What speaks against it, whatever else two records have in common.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"title": "Moths of Ayr. Part I: Meadows"}, {"title": "Moths of Ayr. Part II: Meadows"}),
        ({"title": "Moths of Ayr, 3"}, {"title": "Moths of Ayr, 4"}),
        ({"title": "Moths of Ayr 2011"}, {"title": "Moths of Ayr 2012"}),
        ({}, {"title": f"Erratum: {TITLE}"}),
        ({}, {"title": f"Retraction notice to “{TITLE}”"}),
        ({}, {"title": f"Reply to: {TITLE}"}),
        ({}, {"title": f"{TITLE}: a comment"}),
        ({}, {"title": f"Data from: {TITLE}"}),
        ({"title": "Sorting of Grain (Algorithm 5)"}, {"title": "Sorting of Grain (Remark on Algorithm 5)"}),
    ],
)
@pytest.mark.parametrize("shared", [{"pmid": "7"}, {"doi": "10.1000/a"}, {"arxiv_id": "2401.00001"}, {}])
def test_parts_notices_replies_and_data_are_papers_of_their_own(
    one: dict[str, Any], other: dict[str, Any], shared: dict[str, Any]
) -> None:
    papers = _pair({**one, **shared, "authors": ["A. Miller"]}, {**other, **shared, "authors": ["A. Miller"]})
    assert why_same(*papers) is None
    assert why_same(*reversed(papers)) is None
    files = [Found(Path(name), Entry(paper)) for name, paper in zip("ab", papers, strict=True)]
    groups, conflicts = grouped(files, {})
    assert len(groups) + len(conflicts) == 2


def test_data_under_title_and_abstract_of_their_article_are_not_it() -> None:
    assert why_same(*_pair({"doi": "10.5061/dryad.1"}, {"doi": "10.1000/a"})) is None


def test_a_record_without_a_doi_does_not_make_one_of_two_articles() -> None:
    first, second = _pair({"id": "a", "doi": "10.1000/a"}, {"id": "b", "doi": "10.1000/b", "abstract": _text("96.1")})
    neither = replace(first, id="c", doi=None)
    for records in ([first, neither, second], [neither, second, first], [first, second, neither]):
        groups, _ = grouped((Found(Path("f"), Entry(paper)) for paper in records), {})
        assert len(groups) == 2
        assert all({member.paper.id for member in group.members} != {"a", "b"} for group in groups)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({"venue": "Grain 3(1)"}, {"venue": "Grain 3(2)"}, None),
        ({"venue": "Grain, May 2019"}, {"venue": "Grain, July 2019"}, None),
        ({"venue": "Grain 77(3), 2019"}, {"venue": "Grain 2019;77(3):201-9"}, "the same title, first author and year"),
        ({"authors": ["B. Miller"]}, {}, None),
        ({"authors": []}, {}, None),
        ({"year": 2020}, {}, None),
        ({"year": None}, {}, None),
        ({"year": 2018, "arxiv_id": "1801.00001"}, {"doi": "10.1000/a"}, "the same title and first author"),
        ({"year": 2014, "arxiv_id": "1401.00001"}, {"doi": "10.1000/a"}, None),
        ({"title": "Grain"}, {"title": "Grain"}, None),
    ],
)
def test_without_abstracts_title_first_author_year_and_issue_decide(
    one: dict[str, Any], other: dict[str, Any], reason: str | None
) -> None:
    base = {"abstract": "", "authors": ["A. Miller"], "year": 2019}
    papers = _pair({**base, **one}, {**base, **other})
    assert why_same(*papers) == reason
    assert why_same(*reversed(papers)) == reason


# Which text a paper of several records has.


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"abstract": ""}, {}),
        ({"abstract": _text("97.3")[:120] + "…"}, {}),
        ({"abstract": "", "year": 2024}, {"year": 2020}),
        ({"abstract": _text("97.3")[:120], "year": 2024}, {"year": 2020}),
        ({"year": 2022}, {"year": 2023, "abstract": _text("98.0")}),
        ({"arxiv_id": "2401.1"}, {"doi": "10.1000/a", "abstract": _text("98.0")}),
        ({}, {"abstract": "AIM: To grade wheat. " + _text("97.3").replace("It reaches", "RESULTS: It reaches")}),
        ({"abstract": OTHER}, {"abstract": OTHER + " Cheap lamps do not help."}),
    ],
    ids=["none", "cut", "none, newer", "cut, newer", "older", "preprint", "without labels", "shorter"],
)
def test_the_better_abstract_is_the_papers(worse: dict[str, Any], better: dict[str, Any]) -> None:
    bad, good = _pair({**worse, "id": "w"}, {**better, "id": "b"})
    for records in ([bad, good], [good, bad]):
        assert merged([Record(one) for one in records], "p").abstract == good.abstract


def test_a_doi_that_stands_for_a_paper_already_is_no_reason_to_replace_it(tmp_path: Path) -> None:
    article = {"title": TITLE, "abstract": _text("97.3"), "doi": "10.1000/a"}
    erratum = {"title": f"Erratum: {TITLE}", "abstract": "In Table 2 two columns were exchanged.", "doi": "10.1000/a"}
    _ingest(tmp_path, file(tmp_path, jsonl(article), "a.jsonl"))
    report = _ingest(tmp_path, file(tmp_path, jsonl(erratum), "b.jsonl"))
    assert [item.record.reason for item in report.rejected] == [
        f"id '10.1000/a' already leads to another paper ({TITLE!r})"
    ]
    assert [paper.title for paper in _papers(tmp_path)] == [TITLE]


# Ids.


def test_a_second_record_of_an_id_adds_its_details(tmp_path: Path) -> None:
    bees = {"id": "1", "title": "Bees", "abstract": "Bees dance."}
    source = file(tmp_path, jsonl(bees, {**bees, "year": 2024, "doi": "10.1/z"}, bees))
    report = _ingest(tmp_path, source)
    assert (report.added, len(report.merged), report.rejected) == (("1",), 2, ())
    [paper] = _papers(tmp_path)
    assert (paper.year, paper.doi) == (2024, "10.1/z")
    assert _ingest(tmp_path, source).unchanged == ("1",)


def test_within_one_file_an_id_stands_for_one_text(tmp_path: Path) -> None:
    bees = {"id": "1", "title": "Bees", "abstract": "Bees dance."}
    report = _ingest(tmp_path, file(tmp_path, jsonl(bees, {**bees, "title": "Wax bees"})))
    [refused] = report.rejected
    assert (refused.record.line, refused.record.title) == (2, "Wax bees")
    assert refused.record.reason == "id '1' is already used in this file, line 1 for another text ('Bees')"
    assert [paper.title for paper in _papers(tmp_path)] == ["Bees"]


def test_papers_of_two_files_with_the_same_ids_are_named_with_file_and_line(tmp_path: Path) -> None:
    first = file(
        tmp_path, jsonl({"id": "1", "title": "A", "abstract": "First file, paper one about caching."}), "a.jsonl"
    )
    second = file(
        tmp_path, jsonl({"id": "1", "title": "C", "abstract": "Second file, paper one about whales."}), "b.jsonl"
    )
    report = _ingest(tmp_path, first, second)
    assert report.added == ("1",)
    assert [(item.file, item.record.line) for item in report.rejected] == [(second, 1)]
    assert f"already used in {first}, line 1" in report.rejected[0].record.reason
    again = _ingest(tmp_path, first, second)
    assert (again.unchanged, again.updated, again.rejected) == (("1",), (), report.rejected)
    assert [paper.title for paper in _papers(tmp_path)] == ["A"]


def test_a_revised_text_in_a_later_file_is_kept_and_named(tmp_path: Path) -> None:
    bees = {"id": "1", "title": "Bees", "abstract": "Bees make honey."}
    files = [file(tmp_path, jsonl(bees), "a.jsonl"), file(tmp_path, jsonl({**bees, "title": "Wax bees"}), "b.jsonl")]
    report = _ingest(tmp_path, *files)
    assert (report.added, [item.line for item in report.merged]) == (("1",), [1])
    assert [paper.title for paper in _papers(tmp_path)] == ["Wax bees"]


def test_another_text_of_an_id_in_a_later_ingest_replaces_it_and_says_so(tmp_path: Path) -> None:
    _ingest(tmp_path, file(tmp_path, jsonl({"id": "1", "title": "A", "abstract": "About caching."}), "a.jsonl"))
    report = _ingest(tmp_path, file(tmp_path, jsonl({"id": "1", "title": "C", "abstract": "On whales."}), "b.jsonl"))
    assert report.updated == ("1",)
    assert report.notes[0].note.text == "id '1' stood for another text ('A'), which this one replaces"
    assert [(paper.title, paper.aliases) for paper in _papers(tmp_path)] == [("C", ())]


def test_another_text_does_not_replace_a_paper_of_several_records(tmp_path: Path) -> None:
    _ingest(tmp_path, file(tmp_path, jsonl(*FIVE)))
    before = _papers(tmp_path)
    for name in ("a", "b"):
        report = _ingest(tmp_path, file(tmp_path, jsonl({"id": name, "title": "C", "abstract": OTHER}), "b.jsonl"))
        assert (report.updated, len(report.rejected)) == ((), 1)
    assert _papers(tmp_path) == before


# Size.


def test_finding_records_of_one_paper_takes_time_that_grows_with_their_number(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(400)]
    pick = random.Random(1)
    base = make_paper(title="Editorial", abstract="x " * 20)
    papers = [replace(base, id=f"p{n}", abstract=" ".join(pick.sample(words, 40))) for n in range(300)]
    started = time.process_time()
    groups, _ = grouped((Found(Path("f"), Entry(paper)) for paper in papers), {})
    assert len(groups) == 300
    assert time.process_time() - started < 4
