"""A damaged library file: refused in one sentence by readers and writers, never taken for an empty library."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.core.errors import LibraryDamaged
from rag.library import publishing
from rag.library.files import NEW
from rag.library.store import Library, database_file
from tests.conftest import add
from tests.helpers.commands import citewise
from tests.helpers.fakes import HashEmbedder


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _behead(file: Path) -> None:
    file.write_bytes(b"\0" * 4_096 + file.read_bytes()[4_096:])


def _of_another_program(file: Path, version: int) -> None:
    file.unlink()
    other = sqlite3.connect(file)
    other.executescript(f"CREATE TABLE cookies (host TEXT, value TEXT); PRAGMA user_version = {version};")
    other.close()


def _without_tables(file: Path) -> None:
    file.unlink()
    other = sqlite3.connect(file)
    other.executescript("CREATE TABLE gone (a); DROP TABLE gone;")
    other.close()


def _without_its_log(file: Path) -> None:
    """As it is copied by somebody who does not know that most of it is in the log beside it."""
    file.unlink()
    other = sqlite3.connect(file)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("PRAGMA wal_autocheckpoint = 0")
    other.executescript("CREATE TABLE meta (key, value); CREATE TABLE papers (id);")
    alone = file.read_bytes()
    other.close()
    file.write_bytes(alone)


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "emptied": (_empty, r"empty \(0 bytes\)"),
    "lost": (Path.unlink, "has lost its file library.sqlite3"),
    "cut in half": (_cut, "is damaged"),
    "overwritten at its beginning": (_behead, "is no SQLite database"),
    "of another program": (lambda file: _of_another_program(file, 0), r"tables of another program \(cookies\)"),
    "of another program with versions": (lambda file: _of_another_program(file, 17), "tables of another program"),
    "without tables": (_without_tables, "holds no tables"),
    "without its log": (_without_its_log, "holds no tables"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_refused_with_the_way_out_and_left_alone(name: str, small_library: Path) -> None:
    damage, words = DAMAGES[name]
    file = database_file(small_library)
    damage(file)
    before = file.read_bytes() if file.exists() else None

    with pytest.raises(LibraryDamaged, match=words) as reading:
        Library.open(small_library)
    with (
        pytest.raises(LibraryDamaged, match=words),
        Library.open_for_writing(small_library, HashEmbedder().identity),
    ):
        pass

    said = str(reading.value)
    assert "library.sqlite3" in said
    assert f"restore a backup of it, or run: citewise doctor --repair --library {small_library}" in said
    assert "\n" not in said
    assert (file.read_bytes() if file.exists() else None) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(small_library: Path) -> None:
    os.mkfifo(small_library / "writer.json")
    with Library.open_for_writing(small_library, HashEmbedder().identity):
        assert (small_library / "writer.json").is_file()

    current = small_library / "vectors" / "current.json"
    current.unlink()
    os.mkfifo(current)
    assert publishing.current_manifest(current.parent) is None

    file = database_file(small_library)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(LibraryDamaged, match="is no file"):
        Library.open(small_library)


def test_commands_say_so_in_one_line(small_library: Path) -> None:
    _empty(database_file(small_library))
    for command in (["papers"], ["export"], ["search", "honey"]):
        done = citewise(*command, "--library", str(small_library))
        assert (done.code, done.out) == (1, ""), command
        assert done.err.count("\n") == 1, command
        assert "0 bytes" in done.err, command


def test_a_library_whose_making_was_stopped_is_made_anew(tmp_path: Path, few_papers: list[object]) -> None:
    (tmp_path / NEW).write_bytes(b"")
    (tmp_path / f"{NEW}-journal").write_bytes(b"half a page")
    assert len(add(tmp_path, few_papers).added) == 4  # type: ignore[arg-type]
    assert {path.name for path in tmp_path.iterdir()} == {"library.sqlite3", "vectors", "writer.lock"}


def test_what_is_wrong_inside_a_file_is_told(small_library: Path) -> None:
    library = Library.open(small_library)
    assert library.problem() is None
    library.close()
    wrongs = {
        "UPDATE papers SET details = '{' WHERE id = 'tea'": "papers have details that cannot be read (1)",
        "UPDATE windows SET embedding = x'00' WHERE start = 0": "windows have embeddings of another length (4)",
        f"UPDATE windows SET embedding = zeroblob({64 * 4}) WHERE start = 0": (
            "windows have embeddings that are no unit vectors (4)"
        ),
        "UPDATE sentences SET end = 9999 WHERE start = 0": "sentences are not in their abstracts (4)",
        "UPDATE windows SET paper = 99 WHERE start = 0": "windows have no paper (4)",
        "DELETE FROM papers_fts_docsize WHERE id = 1": "papers are not in the index of words (1)",
        "DELETE FROM papers_fts_data WHERE id > 10": (
            "the index of words is not of these papers (database disk image is malformed)"
        ),
    }
    for statement, told in wrongs.items():
        kept = database_file(small_library).read_bytes()
        connection = sqlite3.connect(database_file(small_library))
        connection.execute(statement)
        connection.commit()
        connection.close()
        library = Library.open(small_library)
        assert library.problem() == told
        library.close()
        database_file(small_library).write_bytes(kept)


def test_text_that_is_no_utf_8_is_damage(small_library: Path) -> None:
    file = database_file(small_library)
    file.write_bytes(file.read_bytes().replace(b"Bees make honey", b"Bees make\xff\xfe\xfd\xfc\xfb\xfa"))
    library = Library.open(small_library)
    for read in (library.papers, library.problem):
        with pytest.raises(LibraryDamaged, match="doctor --repair"):
            read()
    library.close()
