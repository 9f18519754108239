"""The files of the vector index: damage is seen before native code sees it, a full disk and a read-only one stop nothing."""

import errno
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.core.errors import LibraryFull, VectorIndexError
from rag.ingest.formats.record import make_paper
from rag.library import checksums, private, publishing, vector_index
from rag.library.store import Library
from rag.library.vector_index import Manifest
from tests.conftest import ROOT, add
from tests.helpers.fakes import HashEmbedder

MB = 1 << 20


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A folder as Chroma leaves one, with a graph of three and a half megabytes."""
    (tmp_path / "segment").mkdir()
    (tmp_path / "not-on-disk-yet").mkdir()
    (tmp_path / "chroma.sqlite3").write_bytes(b"changes with every opening")
    (tmp_path / "not-on-disk-yet" / "data_level0.bin").write_bytes(b"changes too")
    (tmp_path / "segment" / "data_level0.bin").write_bytes(os.urandom(3 * MB + MB // 2))
    (tmp_path / "segment" / "index_metadata.pickle").write_bytes(b"names")
    (tmp_path / "segment" / "link_lists.bin").write_bytes(b"")
    return tmp_path


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _zero_a_block(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(2 * MB)
        stream.write(bytes(100))


def _flip_the_last_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_cut, r"data_level0\.bin has 1,835,008 bytes, not 3,670,016"),
        (_zero_a_block, r"data_level0\.bin is not as it was written"),
        (_flip_the_last_bit, r"data_level0\.bin is not as it was written"),
        (Path.unlink, r"data_level0\.bin cannot be read"),
    ],
)
def test_a_changed_file_is_named(harm: Callable[[Path], None], words: str, graph: Path) -> None:
    expected = checksums.checksums(graph)
    assert {Path(name).name for name in expected} == {"data_level0.bin", "index_metadata.pickle", "link_lists.bin"}
    assert checksums.damage(graph, expected, whole=True) is None
    harm(graph / "segment" / "data_level0.bin")
    for whole in (True, False):
        with pytest.raises(AssertionError, match=words):
            raise AssertionError(checksums.damage(graph, expected, whole=whole))


def test_without_checksums_the_header_tells_what_is_missing(graph: Path) -> None:
    data = graph / "segment" / "data_level0.bin"
    header = struct.pack("<iQQQQ", 1, 0, 1_024, 1_000, 3_670)
    (graph / "segment" / "header.bin").write_bytes(header + bytes(64))
    (graph / "segment" / "length.bin").write_bytes(bytes(4_000))
    os.truncate(data, 3_670_000)
    assert checksums.damage(graph, {}) is None
    _cut(data)
    assert checksums.damage(graph, {}) == (
        "its file segment/data_level0.bin has not the 3,670,000 bytes that its header says"
    )
    (graph / "segment" / "header.bin").write_bytes(header[:20])
    assert checksums.damage(graph, {}) == "its file segment/header.bin cannot be read"
    (graph / "segment" / "header.bin").write_bytes(b"\2" + header[1:])
    assert checksums.damage(graph, {}) is None, "of a version that is not known nothing is said"


def test_of_large_files_each_opening_looks_at_some_blocks_and_many_openings_at_all(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksums, "_MOST_BLOCKS", 2)
    expected = checksums.checksums(graph)
    _zero_a_block(graph / "segment" / "data_level0.bin")
    found = [checksums.damage(graph, expected) is not None for _ in range(60)]
    assert any(found)
    assert not all(found)
    assert checksums.damage(graph, expected, whole=True)


def test_checksums_are_kept_in_json_and_a_bad_form_is_refused(graph: Path) -> None:
    expected = checksums.checksums(graph)
    assert checksums.checksums_of(json.loads(json.dumps(expected))) == expected
    assert checksums.checksums_of(None) == {}
    for bad in ([], {"a": []}, {"../a": [1]}, {"/a": [1]}, {"a": ["x"]}):
        with pytest.raises((TypeError, ValueError)):
            checksums.checksums_of(bad)


@pytest.fixture(scope="module")
def library_with_a_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than the thousand passages below which Chroma writes no graph."""
    folder = tmp_path_factory.mktemp("graph") / "library"
    add(folder, [make_paper(id=f"p{i}", title=f"T{i}", abstract=f"Word{i} and term{i * 7}.") for i in range(1_200)])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["cut", "zeroed", "header cut", "old, cut"])
def test_a_graph_that_lost_its_half_is_seen_and_made_anew(
    harm: str, library_with_a_graph: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "library"
    shutil.copytree(library_with_a_graph, folder)
    current = folder / "vectors" / "current.json"
    manifest = json.loads(current.read_text())
    (data,) = (folder / "vectors" / manifest["folder"]).rglob("data_level0.bin")
    if harm == "zeroed":
        content = data.read_bytes()
        data.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    elif harm == "header cut":
        os.truncate(data.with_name("header.bin"), 40)
    else:
        os.truncate(data, data.stat().st_size // 2)
    if harm == "old, cut":
        current.write_text(json.dumps({name: manifest[name] for name in ("folder", "revision", "count")}))
    library = Library.open(folder)
    with pytest.raises(VectorIndexError, match="damaged"):
        publishing.health(library)

    index = publishing.open_index(library)

    assert index.problem(library, 1_200) is None
    assert "is damaged" in caplog.text or "is wrong" in caplog.text
    index.close()
    assert "files as they were written" in publishing.health(library)
    library.close()


@pytest.mark.slow
def test_an_index_made_before_there_were_checksums_opens_as_it_is(library_with_a_graph: Path, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    shutil.copytree(library_with_a_graph, folder)
    current = folder / "vectors" / "current.json"
    old = {name: json.loads(current.read_text())[name] for name in ("folder", "revision", "count")}
    current.write_text(json.dumps(old))
    library = Library.open(folder)
    publishing.open_index(library).close()
    library.close()
    assert json.loads(current.read_text()) == old


@pytest.fixture
def library(small_library: Path) -> Iterator[Library]:
    opened = Library.open(small_library)
    yield opened
    opened.close()


def test_what_misses_itself_from_the_start_is_no_damage_and_one_more_is(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = publishing.open_index(library)
    monkeypatch.setattr(vector_index, "_finds_itself", lambda window, _: window.paper_id != "tea")
    assert index.problem(library) == "1 of 4 sampled passages do not find themselves"
    index._strays = 1
    assert index.problem(library) is None
    index.close()


@pytest.mark.parametrize("how", ["copying", "Chroma", "manifest"])
def test_a_disk_that_is_full_while_an_index_is_made_leaves_the_old_one_in_use(
    how: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def full_in_chroma(*_: Any, **__: Any) -> None:
        raise RuntimeError("database or disk is full")

    if how == "copying":
        monkeypatch.setattr(shutil, "copytree", full)
    elif how == "Chroma":
        monkeypatch.setattr(vector_index.VectorIndex, "bring_up_to_date", full_in_chroma)
    else:
        monkeypatch.setattr(Path, "replace", full)
    before = (library.folder / "vectors" / "current.json").read_text()
    with pytest.raises((LibraryFull, VectorIndexError), match=r"No space left|disk is full"):
        add(library.folder, [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
    assert library.count() == 5, "the paper is stored"

    index = publishing.open_index(library)

    assert index.revision == library.revision - 1
    assert index.query(HashEmbedder().embed_question("honey bees"), 1)
    index.close()
    assert (library.folder / "vectors" / "current.json").read_text() == before
    assert len(list((library.folder / "vectors").iterdir())) == 2, "nothing half made is left"
    monkeypatch.undo()
    publishing.open_index(library).close()
    assert "of revision 2" in publishing.health(library)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_copy_that_finds_no_room_leaves_nothing_and_the_library_as_it_is(
    library: Library, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(shutil, "copytree", full)
    before = sorted(library.folder.rglob("*"))
    with pytest.raises(OSError, match="No space"):
        private.copy_of(library.folder / "vectors")
    index = publishing.open_index(library)
    index.close()
    assert list(temporary.iterdir()) == []
    assert {path for path in before if path.is_file()} <= set(library.folder.rglob("*"))


def test_copies_of_killed_processes_are_removed_by_the_next_and_those_in_use_are_not(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index").mkdir()
    killed = temporary / "citewise-killed"
    strange = temporary / "citewise-of-somebody"
    for folder in (killed, strange):
        (folder / "index").mkdir(parents=True)
    (killed / "in-use").touch()
    os.utime(killed / "in-use", (1, 1))
    used = private.copy_of(tmp_path / "index")
    os.utime(used.parent / "in-use", (1, 1))
    monkeypatch.setattr(private, "_HELD", {})  # as another process sees it
    other = private.copy_of(tmp_path / "index")
    assert set(temporary.iterdir()) == {strange, used.parent, other.parent}
    private.remove(used)
    private.remove(other)
    assert set(temporary.iterdir()) == {strange}


_OPEN = """
import os, sys, time
from pathlib import Path
from rag.cli import main
from rag.library import publishing
from rag.library.store import Library
from tests.helpers.fakes import HashEmbedder
if sys.argv[2] == "private":
    os.access = lambda *_: False
main()
library = Library.open(Path(sys.argv[1]))
index = publishing.open_index(library)
print(len(index.query(HashEmbedder().embed_question("honey bees"), 4)), flush=True)
if sys.argv[3] == "wait":
    time.sleep(600)
"""


def _opening(folder: Path, temporary: Path, how: str, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _OPEN, str(folder), how, then],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
    )


@pytest.mark.slow
def test_no_copy_is_left_at_the_end_of_a_process_nor_at_sigterm(small_library: Path, temporary: Path) -> None:
    ended = _opening(small_library, temporary, "private", "end")
    assert ended.communicate(timeout=120)[0] == "4\n"
    assert list(temporary.iterdir()) == []

    stopped = _opening(small_library, temporary, "private", "wait")
    assert stopped.stdout
    assert stopped.stdout.readline() == "4\n"
    assert len(list(temporary.glob("citewise-*/index"))) == 1
    stopped.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert stopped.wait(timeout=30) == 128 + signal.SIGTERM
    assert time.monotonic() - begun < 10
    stopped.communicate()
    assert list(temporary.iterdir()) == []


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts file systems of their own; where that is not allowed the test is skipped."""
    places: list[Path] = []

    def mount(size: str) -> Path:
        place = tmp_path / f"mounted-{len(places)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("file systems cannot be mounted here")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount here")
@pytest.mark.parametrize("index", ["there", "missing"])
def test_a_library_on_a_read_only_file_system_is_searched_and_leaves_no_copy(
    index: str, small_library: Path, temporary: Path, mounted: Callable[[str], Path]
) -> None:
    place = mounted("50m")
    shutil.copytree(small_library, place / "library")
    if index == "missing":
        shutil.rmtree(place / "library" / "vectors")
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    opened = _opening(place / "library", temporary, "as it is", "end")
    out, err = opened.communicate(timeout=120)
    assert (out, opened.returncode) == ("4\n", 0), err
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount here")
def test_on_a_full_file_system_the_old_index_stays_in_use(small_library: Path, mounted: Callable[[str], Path]) -> None:
    place = mounted("6m")
    shutil.copytree(small_library, place / "library")
    room = os.statvfs(place)
    (place / "ballast").write_bytes(bytes(room.f_bavail * room.f_bsize - 200_000))
    with pytest.raises((LibraryFull, VectorIndexError)):
        add(place / "library", [make_paper(id="moss", title="Moss", abstract="Moss needs no roots.")])
    library = Library.open(place / "library")
    assert library.count() == 5
    index = publishing.open_index(library)
    assert index.query(HashEmbedder().embed_question("honey bees"), 1)
    index.close()
    library.close()
    (place / "ballast").unlink()
    library = Library.open(place / "library")
    publishing.open_index(library).close()
    assert f"of revision {library.revision}" in publishing.health(library)
    library.close()


def test_a_manifest_of_before_has_no_checksums_and_no_strays() -> None:
    assert Manifest("folder", 1, 2) == Manifest("folder", 1, 2, 0, {})
