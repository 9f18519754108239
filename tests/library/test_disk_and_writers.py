"""A disk that is full, two writers, and readers beside a writer: what was acknowledged stays, and each is told what is the matter."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.core.errors import LibraryBusy
from rag.library import publishing
from rag.library.sqlite import writer_lock
from rag.library.store import Library, database_file
from tests.helpers import kills
from tests.library.test_never_lost import records, written

pytestmark = pytest.mark.slow


def _files(root: Path, *, first: int = 32, last: int = 160) -> list[Path]:
    return [written(root / "papers.jsonl", records(0, last, 20)), written(root / "first.jsonl", records(0, first, 20))]


def _goes_on(folder: Path, file: Path, papers: int, there: int) -> None:
    again = kills.ingest(folder, [file])
    assert again.code == 0 and again.told["added"] == papers - there
    ends = kills.look(folder)
    assert (len(ends.papers), ends.mirrored, ends.wrong) == (papers, True, "")


def test_where_files_may_not_grow_what_was_stored_stays_and_the_next_ingestion_goes_on(tmp_path: Path) -> None:
    more, first = _files(tmp_path)
    start = tmp_path / "start"
    assert kills.ingest(start, [first]).code == 0
    size = database_file(start).stat().st_size
    refusals = set()
    for number, extra in enumerate((0, 60_000, 400_000)):
        folder = tmp_path / f"library{number}"
        subprocess.run(["cp", "-r", str(start), str(folder)], check=True)
        ended = kills.ingest(folder, [more], limit=size + extra)
        assert ended.code == 0, ended
        refusals.add(ended.told.get("refused", "").split(":")[0])
        assert ended.told["refused"].startswith(("LibraryFull", "VectorIndexError")), ended.told
        found = kills.look(folder)
        assert not found.refused and not found.wrong and found.mirrored
        assert found.papers.keys() >= ended.stored | {f"p{i}" for i in range(32)}
        _goes_on(folder, more, 160, len(found.papers))
    assert "LibraryFull" in refusals


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = os.name == "posix" and os.geteuid() == 0
    if (
        not mounted
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)], check=False).returncode
    ):
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_keeps_what_was_stored_and_with_room_the_ingestion_goes_on(
    small_disk: Path, tmp_path: Path
) -> None:
    more, first = _files(tmp_path, first=16)
    folder = small_disk / "library"
    assert kills.ingest(folder, [first]).code == 0
    ended = kills.ingest(folder, [more])
    assert ended.code == 0 and ended.told.get("refused", "").startswith("LibraryFull"), ended
    library = Library.open(folder)  # its index is behind until there is room
    papers = {paper.id for paper in library.papers()}
    assert papers >= ended.stored | {f"p{i}" for i in range(16)}
    assert library.problem() is None
    library.close()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    _goes_on(folder, more, 160, len(papers))


def test_a_second_ingestion_is_told_who_writes_and_nothing_is_lost(tmp_path: Path) -> None:
    more, first = _files(tmp_path)
    folder = tmp_path / "library"
    assert kills.ingest(folder, [first]).code == 0
    with writer_lock(folder):
        second = kills.ingest(folder, [more])
    assert second.told["refused"].startswith("LibraryBusy")
    assert f"process {os.getpid()} on " in second.told["refused"]
    assert "try again" in second.told["refused"]
    with pytest.raises(LibraryBusy), writer_lock(folder), writer_lock(folder):
        pass
    _goes_on(folder, more, 160, 32)


def test_a_reader_sees_whole_batches_only_and_the_old_index_until_the_new_one_is_complete(tmp_path: Path) -> None:
    more, first = _files(tmp_path)
    folder = tmp_path / "library"
    assert kills.ingest(folder, [first]).code == 0
    library = Library.open(folder)
    index = publishing.open_index(library)
    windows = index.count()
    seen: list[tuple[int, int]] = []

    def look() -> None:
        with library.snapshot():
            papers = library.count()
            assert len(library.papers()) == papers
            assert (
                library.count_windows()
                == len(library.window_ids())
                == len(library.windows_by_id(library.window_ids())[0])
            )
        assert index.count() == windows
        if papers != (seen[-1][0] if seen else 0):
            seen.append((papers, publishing.current_manifest(folder / "vectors").count))  # type: ignore[union-attr]

    ended = kills.ingest(folder, [more], meanwhile=look)
    assert ended.code == 0
    library.close()
    index.close()
    assert [papers % kills.BATCH for papers, _ in seen] == [0] * len(seen)
    assert len(seen) > 2, seen
    assert all(count == windows for papers, count in seen if papers < 160)
