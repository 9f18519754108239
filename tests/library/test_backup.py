"""`citewise backup` and `restore`: one file that is whole or not there, and a library that is checked before it takes a place."""

import errno
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rag.core.domain import Paper
from rag.core.errors import BackupDamaged, CitewiseError, FileNotWritten, LibraryDamaged, LibraryFull, SchemaTooNew
from rag.ingest.formats.record import make_paper
from rag.library import backup as backups
from rag.library import publishing
from rag.library import restore as restoring
from rag.library.backup import backup
from rag.library.restore import restore
from rag.library.sqlite import writer_lock
from rag.library.store import Library, database_file
from tests.conftest import add
from tests.helpers.commands import citewise
from tests.helpers.fakes import HashEmbedder

NOW = datetime(2026, 1, 2, 3, 4, 5)


def _papers(folder: Path) -> list[Paper]:
    library = Library.open(folder)
    try:
        assert library.problem() is None
        assert "sampled ones find themselves" in publishing.health(library)
        return library.papers()
    finally:
        library.close()


@pytest.fixture
def saved(small_library: Path, tmp_path: Path) -> Path:
    (small_library / "feedback.jsonl").write_text('{"vote": "up"}\n', "utf-8")
    (small_library / "somebody.pdf").write_bytes(b"not ours")
    backup(small_library, tmp_path / "saved.citewise")
    return tmp_path / "saved.citewise"


def _changed(saved: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None], **packing: Any) -> Path:
    """The backup with other members or another manifest."""
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    other = saved.with_name("other.citewise")
    with zipfile.ZipFile(other, "w", **packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps(manifest), zipfile.ZIP_STORED)
    return other


def test_a_restored_library_has_the_papers_the_votes_and_a_sound_index(
    saved: Path, small_library: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "restored"
    done = restore(saved, folder, NOW)
    assert (done.manifest.papers, done.aside, done.notes) == (4, (), ())
    assert _papers(folder) == _papers(small_library)
    assert (folder / "feedback.jsonl").read_text("utf-8") == '{"vote": "up"}\n'
    assert {path.name for path in folder.iterdir()} == {"library.sqlite3", "feedback.jsonl", "vectors", "writer.lock"}


def test_a_file_that_is_there_is_replaced_only_by_force(saved: Path, small_library: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(FileNotWritten, match="is there already; nothing was overwritten"):
        backup(small_library, saved)
    assert saved.read_bytes() == before
    add(small_library, [make_paper(id="new", title="New", abstract="A new paper is here.")])
    assert backup(small_library, saved, force=True).papers == 5
    assert not list(saved.parent.glob(".*"))


def test_it_holds_what_was_committed_while_another_process_writes(
    small_library: Path, tmp_path: Path, few_papers: list[Paper]
) -> None:
    with writer_lock(small_library):
        writer = sqlite3.connect(database_file(small_library), isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM papers WHERE id = 'tea'")
        assert backup(small_library, tmp_path / "saved").papers == 4
        writer.execute("ROLLBACK")
        writer.close()
    restore(tmp_path / "saved", tmp_path / "restored", NOW)
    assert _papers(tmp_path / "restored") == few_papers


def test_a_writer_that_never_rests_does_not_keep_it_from_being_made(
    small_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_PAGES", 1)
    writer = sqlite3.connect(database_file(small_library), isolation_level=None)
    writes = 0

    def write(stage: str, done: int, total: int) -> None:
        nonlocal writes
        if stage == "copying" and done < total:
            writes += 1
            writer.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

    manifest = backup(small_library, tmp_path / "saved", progress=write)
    writer.close()
    assert writes
    assert manifest.papers == 4
    restore(tmp_path / "saved", tmp_path / "restored", NOW)
    assert len(_papers(tmp_path / "restored")) == 4


def test_a_damaged_library_gives_no_backup(small_library: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(database_file(small_library))
    connection.execute("UPDATE windows SET embedding = zeroblob(8)")
    connection.commit()
    connection.close()
    with pytest.raises(LibraryDamaged, match="nothing was backed up"):
        backup(small_library, tmp_path / "saved")
    assert [path.name for path in tmp_path.iterdir()] == ["library"]


def test_on_a_full_disk_nothing_is_left(
    small_library: Path, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = {path.name for path in tmp_path.iterdir()}
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileNotWritten, match="No space left on device; nothing of it was left there"):
        backup(small_library, tmp_path / "another")
    with pytest.raises(LibraryFull, match="No space left on device"):
        restore(saved, tmp_path / "restored", NOW)
    files = sorted(small_library.iterdir())
    with pytest.raises(LibraryFull, match="it is as it was"):
        restore(saved, small_library, NOW, force=True)
    assert sorted(small_library.iterdir()) == files
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_library_that_is_there_is_put_aside_by_force_alone(
    saved: Path, small_library: Path, few_papers: list[Paper]
) -> None:
    add(small_library, [make_paper(id="new", title="New", abstract="A new paper is here.")])
    with_five = database_file(small_library).read_bytes()
    with pytest.raises(FileNotWritten, match="holds a library; nothing was changed"):
        restore(saved, small_library, NOW)
    for number in range(2):
        done = restore(saved, small_library, NOW, force=True)
        ending = "-2" if number else ""
        assert f"library.sqlite3.before-20260102-030405{ending}" in done.aside
    assert _papers(small_library) == few_papers
    assert (small_library / "library.sqlite3.before-20260102-030405").read_bytes() == with_five
    assert (small_library / "somebody.pdf").read_bytes() == b"not ours"


def test_a_damaged_library_is_put_aside_too(saved: Path, small_library: Path, few_papers: list[Paper]) -> None:
    database_file(small_library).write_bytes(b"")
    with pytest.raises(FileNotWritten, match="holds a library"):
        restore(saved, small_library, NOW)
    restore(saved, small_library, NOW, force=True)
    assert _papers(small_library) == few_papers


def test_a_file_beside_that_has_the_name_of_one_in_it_is_not_written_over(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "feedback.jsonl").write_text("other votes\n", "utf-8")
    with pytest.raises(FileNotWritten, match=r"holds a file feedback\.jsonl"):
        restore(saved, tmp_path / "mine", NOW)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["feedback.jsonl"]


def _member(name: str) -> Callable[[dict[str, Any], dict[str, bytes]], None]:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        members[name] = b"out of the way"
        manifest["files"][name] = {"bytes": 14, "sha256": "0" * 64}

    return change


def _foreign_database(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    import hashlib

    members["library.sqlite3"] = b"no database at all"
    digest = hashlib.sha256(members["library.sqlite3"]).hexdigest()
    manifest["files"]["library.sqlite3"] = {"bytes": 18, "sha256": digest}


HOSTILE: dict[str, tuple[Callable[[dict[str, Any], dict[str, bytes]], None], str]] = {
    "a way out of the folder": (_member("../evil"), "it holds '../evil'"),
    "a way from the root": (_member("/etc/evil"), "it holds '/etc/evil'"),
    "a file of the index": (_member("vectors/current.json"), "it holds 'vectors/current.json'"),
    "another hash": (
        lambda manifest, _: manifest["files"]["library.sqlite3"].update(sha256="0" * 64),
        "library.sqlite3 in it is not as it was written",
    ),
    "another size": (lambda manifest, _: manifest["files"]["library.sqlite3"].update(bytes=1), "of another size"),
    "a file less": (lambda _, members: members.pop("feedback.jsonl"), "does not hold the files"),
    "no database": (
        lambda manifest, members: (members.pop("library.sqlite3"), manifest["files"].pop("library.sqlite3")),
        "does not hold the files",
    ),
    "no counts": (lambda manifest, _: manifest.update(papers="many"), "manifest.json cannot be read"),
    "nothing in its manifest": (lambda manifest, _: manifest.clear(), "manifest.json cannot be read"),
    "a foreign database": (_foreign_database, "is no backup of a library"),
    "fewer papers than it says": (lambda manifest, _: manifest.update(papers=5), "is not what it says"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_sound_backup_is_named_and_nothing_is_written(name: str, saved: Path, tmp_path: Path) -> None:
    change, words = HOSTILE[name]
    other = _changed(saved, change)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BackupDamaged) as told:
        restore(other, tmp_path / "restored", NOW)
    assert words in str(told.value)
    assert str(other) in str(told.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_packed_archive_is_refused_before_it_is_unpacked(saved: Path, tmp_path: Path) -> None:
    bomb = _changed(saved, lambda _, members: members.update({"feedback.jsonl": bytes(50_000_000)}), compression=8)
    assert bomb.stat().st_size < 5_000_000
    with pytest.raises(BackupDamaged, match="packed, locked or of another size"):
        restore(bomb, tmp_path / "restored", NOW)


def test_a_backup_of_a_newer_citewise_is_refused_with_its_version(saved: Path, tmp_path: Path) -> None:
    for name in ("schema", "format"):
        newer = _changed(saved, lambda manifest, _, name=name: manifest.update({name: 99, "citewise": "9.9"}))
        with pytest.raises(SchemaTooNew, match=r"made by citewise 9\.9"):
            restore(newer, tmp_path / "restored", NOW)


def test_wherever_a_backup_is_cut_or_a_byte_is_changed_it_is_refused_or_whole(
    saved: Path, tmp_path: Path, few_papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "_publish", lambda *_: ())  # the index is made of what was checked
    content = saved.read_bytes()
    other = tmp_path / "other"
    refused = 0
    for number in range(60):
        place = number * len(content) // 60
        changed = (
            content[:place] if number % 2 else content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]
        )
        other.write_bytes(changed)
        folder = tmp_path / f"restored{number}"
        try:
            restore(other, folder, NOW)
        except CitewiseError:
            refused += 1
            assert not folder.exists()
            continue
        library = Library.open(folder)
        assert library.papers() == few_papers
        library.close()
    assert refused > 50


def test_both_commands_say_what_they_did(small_library: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "saved.citewise", tmp_path / "restored"
    done = citewise("backup", str(file), "--library", str(small_library))
    assert (done.code, done.out.split(", ")[0]) == (0, f"4 papers saved in {file}")
    assert f"citewise restore {file}" in done.err
    done = citewise("restore", str(file), "--library", str(folder), "--json")
    assert (done.code, json.loads(done.out)["papers"]) == (0, 4)
    done = citewise("backup", str(tmp_path), "--library", str(folder))
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "is a folder; name a file in it" in done.err
    done = citewise("restore", str(tmp_path / "nothing"), "--library", str(folder))
    assert (done.code, "there is no file" in done.err) == (1, True)


def test_a_replica_is_replaced_by_a_newer_copy_alone_and_nothing_is_put_aside(
    tmp_path: Path, small_library: Path, few_papers: list[Paper]
) -> None:
    with Library.open_for_writing(small_library, HashEmbedder().identity) as library:
        library.name_anew()
    old, new = tmp_path / "old.citewise", tmp_path / "new.citewise"
    backup(small_library, old)
    add(small_library, [make_paper(id="moss", title="Moss", abstract="Moss grows on stones.")])
    backup(small_library, new)
    replica = tmp_path / "replica"
    for file, count in ((old, 4), (old, 4), (new, 5)):
        assert restore(file, replica, NOW, replica=True).aside == ()
        with closing(Library.open(replica)) as opened:
            assert opened.count() == count
    assert not [path.name for path in replica.iterdir() if "before" in path.name]
    with pytest.raises(FileNotWritten, match="a newer state of this library"):
        restore(old, replica, NOW, replica=True)
    add(tmp_path / "other", few_papers[:1])
    with pytest.raises(FileNotWritten, match="another library"):
        restore(new, tmp_path / "other", NOW, replica=True)
    with closing(Library.open(tmp_path / "other")) as opened:
        assert opened.count() == 1
