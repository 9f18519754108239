"""The map of a library: places that keep what is near near, groups with their terms, and what it is kept as."""

import json
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from rag.core.domain import Paper
from rag.ingest.formats.record import make_paper
from rag.library.store import Library
from rag.map import kept
from rag.map.drawing import draw
from rag.map.groups import described
from rag.map.places import place
from rag.map.record import Group, PaperMap, map_json, map_of
from rag.map.vectors import paper_vectors, state_of
from tests.conftest import add
from tests.helpers.maps import SUBJECTS, library_of, mixture, subjects


def drawn(folder: Path, before: PaperMap | None = None, most: int = 20_000) -> PaperMap:
    library = Library.open(folder)
    try:
        return draw(library, before, most=most)
    finally:
        library.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("subjects")
    add(made, subjects())
    return made


@pytest.fixture(scope="module")
def of_subjects(folder: Path) -> PaperMap:
    return drawn(folder)


def near(one: PaperMap) -> float:
    """The share of papers whose nearest paper is of their subject."""
    places = np.array(one.places)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    subject = [paper.split("-")[0] for paper in one.ids]
    return float(np.mean([subject[n] == subject[int(apart[n].argmin())] for n in range(len(subject))]))


def test_papers_of_a_subject_lie_together_and_make_a_group_named_after_it(of_subjects: PaperMap) -> None:
    assert near(of_subjects) == 1
    assert len(of_subjects.groups) == len(SUBJECTS)
    for n, group in enumerate(of_subjects.groups):
        of = {
            paper.split("-")[0] for paper, label in zip(of_subjects.ids, of_subjects.labels, strict=True) if label == n
        }
        assert len(of) == 1
        assert list(SUBJECTS)[int(of.pop())] in group.terms[:1]


def test_the_same_library_has_the_same_map(folder: Path, of_subjects: PaperMap) -> None:
    assert drawn(folder) == of_subjects


def test_a_few_more_papers_leave_the_others_about_where_they_were(
    folder: Path, of_subjects: PaperMap, tmp_path: Path
) -> None:
    more = make_paper(
        id="1-new", title="Glacier Melt: winters", abstract="We study glacier ice melt snow alpine meltwater."
    )
    add(tmp_path, [*subjects(), more])
    later = drawn(tmp_path, of_subjects)
    extent = np.ptp(np.array(of_subjects.places), axis=0).max()
    new = dict(zip(later.ids, later.places, strict=True))
    moved = [
        np.linalg.norm(np.subtract(new[paper], old))
        for paper, old in zip(of_subjects.ids, of_subjects.places, strict=True)
    ]
    assert np.median(moved) < 0.15 * extent
    assert [group.terms[:1] for group in later.groups] == [group.terms[:1] for group in of_subjects.groups]
    assert later.labels[later.ids.index("1-new")] == later.labels[later.ids.index("1-0")]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 7])
def test_few_papers_have_places_of_their_own_and_one_group(count: int, tmp_path: Path) -> None:
    add(tmp_path, subjects()[:count])
    one = drawn(tmp_path)
    assert len(one.ids) == len(set(one.places)) == count
    assert np.isfinite(np.array(one.places)).all()
    assert len(one.groups) == min(count, 1)


def test_papers_that_are_all_alike_are_one_group_of_points_apart(tmp_path: Path) -> None:
    papers = [make_paper(id=f"p{n}", title="Tea", abstract="Green tea is steeped.") for n in range(40)]
    library_of(tmp_path, papers, np.tile(np.array([[0.6, 0.8, 0.0]], np.float32), (40, 1)))
    one = drawn(tmp_path)
    assert len({(round(x, 3), round(y, 3)) for x, y in one.places}) == 40
    assert len(one.groups) == 1
    assert set(one.labels) == {0}


def test_papers_with_the_same_words_are_points_apart_among_others() -> None:
    rows = mixture(60, heaps=4, dimension=32)
    rows[10:15] = rows[10]
    places = place(rows)
    apart = np.linalg.norm(places[10:15, None] - places[None, 10:15], axis=2) + np.eye(5) * 9
    assert apart.min() > 0


def test_papers_without_an_abstract_a_title_or_an_embedding_are_taken_as_they_are(tmp_path: Path) -> None:
    bare = [make_paper(id="bare", title="Glacier Melt, once more", abstract="")]
    untitled = [make_paper(id="untitled", title="", abstract="Solar cells of silicon and photons.")]
    add(tmp_path, [*subjects(3), *bare, *untitled])
    library = Library.open(tmp_path)
    try:
        vectors = paper_vectors(library, 100)
        assert {"bare", "untitled"} <= set(vectors.ids)
        assert vectors.titles[vectors.ids.index("untitled")].startswith("Solar cells")
        assert np.allclose(np.linalg.norm(vectors.rows, axis=1), 1, atol=1e-5)
    finally:
        library.close()
    _without_windows(tmp_path, "bare")
    one = drawn(tmp_path)
    assert (one.papers, one.bare, len(one.ids)) == (11, 1, 10)


def _without_windows(folder: Path, paper: str) -> None:
    from rag.library.sqlite import connect

    connection = connect(folder / "library.sqlite3", create=True)
    connection.execute("DELETE FROM windows WHERE paper = (SELECT key FROM papers WHERE id = ?)", (paper,))
    connection.close()


def test_of_a_very_large_library_some_papers_are_shown_spread_over_it(folder: Path) -> None:
    one = drawn(folder, most=10)
    assert len(one.ids) <= 10
    assert one.papers == 24
    assert {paper.split("-")[0] for paper in one.ids} == {"0", "1", "2"}


def test_the_state_is_of_the_texts_alone(tmp_path: Path) -> None:
    def state() -> str:
        library = Library.open(tmp_path)
        try:
            return state_of(library)
        finally:
            library.close()

    papers = subjects(2)
    add(tmp_path, papers)
    first = state()
    add(tmp_path, [_with_year(papers[0], 1999)])
    assert state() == first
    add(tmp_path, [make_paper(id="new", title="New", abstract="Something new.")])
    assert state() != first


def _with_year(paper: Paper, year: int) -> Paper:
    return make_paper(id=paper.id, title=paper.title, abstract=paper.abstract, year=year)


def test_what_raises_in_a_report_ends_the_drawing(folder: Path) -> None:
    class Enough(Exception):
        pass

    told: list[float] = []

    def report(doing: str, share: float) -> None:
        told.append(share)
        if share > 0.3:
            raise Enough

    library = Library.open(folder)
    try:
        with pytest.raises(Enough):
            draw(library, None, report)
    finally:
        library.close()
    assert told == sorted(told)


def test_terms_tell_a_group_from_the_others() -> None:
    titles = [
        "Deep Ice Cores",
        "Ice Cores of Peru",
        "Old Ice Cores",
        "Deep Sea Vents",
        "Sea Vents of Peru",
        "Old Sea Vents",
    ]
    ice, sea = described(titles, np.array([0, 0, 0, 1, 1, 1]))
    assert ice.terms == ("Ice Cores",)
    assert sea.terms == ("Sea Vents",)


def test_a_map_is_kept_for_its_owner_alone_and_read_back(of_subjects: PaperMap, tmp_path: Path) -> None:
    file = kept.write(of_subjects, tmp_path, tmp_path / "cache")
    assert file == tmp_path / kept.FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = kept.read(tmp_path, tmp_path / "cache")
    assert read is not None
    assert (read.ids, read.labels, read.groups) == (of_subjects.ids, of_subjects.labels, of_subjects.groups)
    assert np.allclose(read.places, of_subjects.places, atol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == [kept.FILE_NAME]


def test_where_the_library_cannot_be_written_the_map_is_kept_in_the_cache(
    of_subjects: PaperMap, tmp_path: Path
) -> None:
    gone = tmp_path / "not" / "there"
    assert kept.read(gone, tmp_path) is None
    file = kept.write(of_subjects, gone, tmp_path)
    assert file is not None and file.parent == tmp_path / "maps"
    assert kept.read(gone, tmp_path) is not None
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert kept.write(of_subjects, gone, blocked) is None


@pytest.mark.parametrize("change", ["{", "[]", {"format": 0}, {"labels": [7]}, {"places": [["x", 1]]}, {"groups": 3}])
def test_a_kept_map_that_is_damaged_is_none(change: object, tmp_path: Path) -> None:
    one = PaperMap("state", ("a",), ((0.0, 0.0),), (0,), (Group(("ants",)),), 1)
    text = change if isinstance(change, str) else json.dumps(map_json(one) | change)  # type: ignore[operator]
    (tmp_path / kept.FILE_NAME).write_text(text)
    assert kept.read(tmp_path, tmp_path) is None
    assert map_of(map_json(one)) == one


@pytest.mark.slow
def test_five_thousand_papers_take_little_time_and_keep_their_neighbours(tmp_path: Path) -> None:
    from sklearn.manifold import trustworthiness

    rows = mixture(5_000)
    library_of(tmp_path, [make_paper(id=f"p{n}", title=f"Paper {n}", abstract="Words.") for n in range(5_000)], rows)
    before, cpu = time.monotonic(), time.process_time()
    one = drawn(tmp_path)
    seconds, busy = time.monotonic() - before, time.process_time() - cpu
    some = np.random.default_rng(0).choice(5_000, 1_500, replace=False)
    assert trustworthiness(rows[some], np.array(one.places)[some], n_neighbors=10) > 0.95
    # 15 s on two idle cores; where others use them too, it counts what was computed on both.
    assert min(seconds, busy / 2) < 15
