"""No paper is ever lost: ingestions that are killed at any step or time.

`NEVER_LOST_POINTS` says how many points are tried, into a new library and into one that is there; without it a few.
"""

import json
import os
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers import kills

POINTS = int(os.environ.get("NEVER_LOST_POINTS", "5"))
SEED = int(os.environ.get("NEVER_LOST_SEED", "1"))
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Scene:
    """A library of a few papers, a file that changes some of them and brings more, and what must be there in the end."""

    root: Path
    first: Path
    more: Path
    there: Path
    before: kills.Found
    after: kills.Found


def records(first: int, last: int, sentences: int, word: str = "plain") -> list[dict[str, object]]:
    return [
        {
            "id": f"p{i}",
            "title": f"Title {i}",
            "abstract": " ".join(f"Word{i}x{j} stands by word{j}y{i} in {word} ink." for j in range(sentences)),
            "authors": ["Ada Miller"],
            "year": 2020,
            "doi": f"10.1/{i}",
        }
        for i in range(first, last)
    ]


def written(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def _scene(root: Path, papers: int, sentences: int) -> Scene:
    first = written(root / "first.jsonl", records(0, 16, sentences))
    again = [{**records(20, 21, sentences)[0], "id": "again"}]
    changed = records(0, 4, sentences, "other") + records(4, papers, sentences) + again
    more = written(root / "more.jsonl", changed)
    there = root / "there"
    assert kills.ingest(there, [first]).code == 0
    before = kills.look(there)
    done = _copy(there, root / "done")
    assert kills.ingest(done, [more]).code == 0
    after = kills.look(done)
    assert (len(before.papers), len(after.papers), after.mirrored, after.wrong) == (16, papers, True, "")
    return Scene(root, first, more, there, before, after)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return _scene(tmp_path_factory.mktemp("never-lost"), 60, 6)


@pytest.fixture(scope="module")
def scene_with_graph(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Of so many passages that Chroma writes its graph to disk."""
    return _scene(tmp_path_factory.mktemp("never-lost-graph"), 90, 30)


def _copy(folder: Path, copy: Path) -> Path:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return copy


def _points(scene: Scene, start: Path | None, count: int, chance: random.Random) -> Iterator[kills.Point]:
    """Half of them by time, half by steps, of which each kind comes in its turn."""
    counts = kills.steps(_start(scene, start), [scene.more])
    kinds = sorted(counts)
    chance.shuffle(kinds)
    for number in range(count):
        if number % 2:
            yield kills.Point(seconds=chance.uniform(0, 1.5))
        else:
            kind = kinds[number // 2 % len(kinds)]
            yield kills.Point(kind, chance.randint(1, counts[kind]), chance.choice([0, 0, 0.001, 0.003]))


def _start(scene: Scene, start: Path | None) -> Path:
    folder = scene.root / "library"
    shutil.rmtree(folder, ignore_errors=True)
    return _copy(start, folder) if start else folder


def _names(folder: Path) -> list[str]:
    """What is in a folder, but for the names of indexes, and for the note of who writes: one that was killed leaves it to the next one
    that has something to write."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != "writer.json")
    return sorted({re.sub(r"vectors/\d{8}-[\da-f]{8}.*", "vectors/…", name) for name in names})


@pytest.mark.parametrize("start", ["new", "there"])
def test_an_ingestion_that_is_killed_keeps_what_it_stored_and_goes_on_from_there(start: str, scene: Scene) -> None:
    before = scene.before.papers if start == "there" else {}
    first = scene.there if start == "there" else None
    killed = 0
    for point in _points(scene, first, POINTS, random.Random(f"{SEED}{start}")):
        folder = _start(scene, first)
        ended = kills.ingest(folder, [scene.more], point)
        killed += ended.code == -9
        found = kills.look(folder) if folder.exists() else kills.Found({}, refused="LibraryMissing")
        told = f"{point}: {found.refused or found.wrong}"
        if found.refused:
            assert found.refused.startswith("LibraryMissing"), told
            assert not before and not ended.stored, told
        else:
            assert found.mirrored and not found.wrong, told
        assert found.papers.keys() >= before.keys() | ended.stored, told
        for name, text in found.papers.items():
            assert text in (before.get(name), scene.after.papers.get(name)), told
        again = kills.ingest(folder, [scene.more])
        assert again.code == 0 and again.told["added"] == len(scene.after.papers.keys() - found.papers.keys()), told
        ends = kills.look(folder)
        assert (ends.papers, ends.mirrored, ends.wrong) == (scene.after.papers, True, ""), told
        assert _names(folder) == _names(scene.root / "done"), told
    print(f"{start}: {POINTS} points, {killed} killed, 0 papers lost")
    assert killed > POINTS // 3
