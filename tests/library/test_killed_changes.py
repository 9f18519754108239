"""Migration, removal and the undo of a merge, killed at their steps: the library is as it was or as it was to be."""

import random
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from rag.library import tables
from rag.library.files import database_file
from rag.library.store import Library
from tests.helpers import kills
from tests.library.test_never_lost import records, written

pytestmark = pytest.mark.slow
POINTS = 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 24 papers, of which one was merged from two records."""
    root = tmp_path_factory.mktemp("changes")
    twice = {**records(3, 4, 6)[0], "id": "twin"}
    folder = root / "library"
    assert kills.ingest(folder, [written(root / "papers.jsonl", [*records(0, 24, 6), twice])]).code == 0
    return folder


def _copy(folder: Path, copy: Path) -> Path:
    shutil.rmtree(copy, ignore_errors=True)
    return Path(shutil.copytree(folder, copy))


def _older(folder: Path) -> None:
    """Take the newest step of the schema back, as a library has it that an older version made."""
    connection = sqlite3.connect(database_file(folder))
    connection.executescript(
        "DROP TABLE tokens; DROP TABLE apart; DROP TABLE origins; DROP TABLE sources; "
        "ALTER TABLE records DROP COLUMN reason; ALTER TABLE records DROP COLUMN place; PRAGMA user_version = 3;"
    )
    connection.close()


def _version(folder: Path) -> int:
    connection = sqlite3.connect(database_file(folder))
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def _tables(folder: Path) -> Mapping[str, list[object]]:
    connection = sqlite3.connect(database_file(folder))
    names = "papers tokens records apart sources origins".split()
    try:
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    finally:
        connection.close()
    rows["papers"] = [row[1:] for row in rows["papers"]]
    return {name: sorted(map(str, every)) for name, every in rows.items()}


def _points(counts: Mapping[str, int], seed: str) -> list[kills.Point]:
    chance = random.Random(seed)
    kinds = sorted(kind for kind in counts if not kind.startswith(("SELECT", "PRAGMA query_only", "BEGIN", "ROLLBACK")))
    some = chance.sample(kinds, min(POINTS - 2, len(kinds)))
    points = [kills.Point(kind, chance.randint(1, counts[kind]), chance.choice([0, 0, 0.001])) for kind in some]
    return [*points, kills.Point("COMMIT", 1), kills.Point("COMMIT", 1, 0.001)]


@pytest.mark.parametrize("change", ["remove", "undo"])
def test_a_change_that_is_killed_was_made_or_was_not(change: str, whole: Path, tmp_path: Path) -> None:
    word = {"remove": "p1 p5 p9", "undo": "twin"}[change]
    done = _copy(whole, tmp_path / "done")
    ended = kills.change(done, change, word)
    assert ended.code == 0 and "refused" not in ended.told, ended
    before, after = _tables(whole), _tables(done)
    count = len(kills.look(done).papers)
    assert before != after and count == {"remove": 21, "undo": 25}[change]
    ends = []
    for point in _points(ended.told["steps"], change):
        folder = _copy(whole, tmp_path / "library")
        killed = kills.change(folder, change, word, point)
        found = kills.look(folder)
        assert not found.refused and not found.wrong and found.mirrored, point
        now = _tables(folder)
        assert now in (before, after), point
        ends.append((killed.code, now == after))
        if now == before:
            again = kills.change(folder, change, word)
            assert again.code == 0 and "refused" not in again.told, point
            assert _tables(folder) == after, point
    print(
        f"{change}: {len(ends)} points, {sum(code == -9 for code, _ in ends)} killed, {sum(made for _, made in ends)} made"
    )
    assert sum(code == -9 for code, _ in ends) > POINTS // 2
    assert {made for _, made in ends} == {True, False}


def test_a_migration_that_is_killed_is_taken_up_by_the_next_writer(whole: Path, tmp_path: Path) -> None:
    old = _copy(whole, tmp_path / "old")
    _older(old)
    papers = kills.look(old).papers
    assert (_version(old), len(papers)) == (3, 24)
    more = written(tmp_path / "more.jsonl", records(24, 30, 6))
    steps = kills.steps(_copy(old, tmp_path / "library"), [more])
    assert _version(tmp_path / "library") == tables.VERSION
    kinds = [kind for kind in steps if kind.startswith(("ALTER", "CREATE", "PRAGMA user_version =", "COMMIT;", "--"))]
    kinds.remove("CREATE TABLE IF")  # of the texts beside the index, made when all papers are in
    assert len(kinds) > 4, steps
    versions = set()
    for kind in kinds:
        folder = _copy(old, tmp_path / "library")
        assert kills.ingest(folder, [more], kills.Point(kind, 1)).code == -9
        versions.add(_version(folder))
        found = kills.look(folder)
        assert (found.papers, found.wrong, found.refused, found.mirrored) == (papers, "", "", True), kind
        assert kills.ingest(folder, [more]).code == 0
        assert len(kills.look(folder).papers) == 30
    assert 3 in versions


def test_an_older_library_is_read_as_it_is_where_nobody_may_write(whole: Path, tmp_path: Path) -> None:
    old = _copy(whole, tmp_path / "old")
    _older(old)
    content = database_file(old).read_bytes()
    library = Library.open(old)
    assert (library.count(), library.problem()) == (24, None)
    assert library.apart() == frozenset()
    assert library.sources.unchanged("0" * 64) is None
    assert len(library.variants("p3")) == 2
    library.close()
    assert database_file(old).read_bytes() == content
