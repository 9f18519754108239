"""What is named to be read -> the files in it: folders, patterns, zip archives, standard input.

Owns finding and unpacking them, and the limits of archives. Knows nothing of formats.
"""

import os
import shutil
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.core.errors import SourceDamaged, SourceError
from rag.ingest.formats.mistakes import office_file
from rag.ingest.formats.source import UNPACKED_BYTES, UNPACKED_TIMES

STANDARD_INPUT = Path("-")
MOST_FILES = 100_000
"""In one folder or archive."""
_HIDDEN = (".", "__MACOSX")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read: where it lies, what it is called before people, and what was named for it on the command line. `problem` says
    why it cannot be read; "" where it can be tried."""

    path: Path
    shown: Path
    given: Path
    problem: str = ""

    @property
    def is_found(self) -> bool:
        """Whether it was found in a folder or archive, not named itself: then it costs no other file if it is no file of papers."""
        return self.shown != self.given


def inputs(given: Sequence[Path], workspace: Path) -> Iterator[Input]:
    """The files of what is named, in its order; those of folders and archives by name. None is read twice.

    Args:
        given: files, folders, patterns such as `exports/*.ris`, zip archives, or "-" for standard input.
        workspace: an empty folder for what has to be unpacked; the caller removes it.

    Raises:
        SourceError: something named is not there, holds no file, or is a document of an office program.
    """
    seen: set[Path] = set()
    for name in given:
        for item in _of(name, workspace):
            # Not `Path.resolve`, which fails where a link leads to itself.
            real = Path(os.path.realpath(item.path))
            if real not in seen:
                seen.add(real)
                yield item


def _of(name: Path, workspace: Path) -> Iterator[Input]:
    if name == STANDARD_INPUT:
        copy = _place(workspace, "standard input")
        with copy.open("wb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target, _CHUNK)
        shown = Path("standard input")
        yield from _named(copy, shown, workspace)
        return
    if any(mark in str(name) for mark in "*?[") and not name.exists():
        found = sorted(path for path in Path(name.anchor or ".").glob(str(name.relative_to(name.anchor))))
        if not found:
            raise SourceError(f"no file is called like {name}")
        for path in found:
            yield from _of(path, workspace)
        return
    if name.is_dir():
        yield from _folder(name, workspace)
    else:
        yield from _named(name, name, workspace)


def _named(path: Path, shown: Path, workspace: Path) -> Iterator[Input]:
    """A file that is named itself, or what is in it where it is an archive; one that is damaged costs itself alone."""
    if not (path.is_file() and zipfile.is_zipfile(path)):
        yield Input(path, shown, shown)
        return
    try:
        yield from _archive(path, shown, shown, workspace)
    except SourceDamaged as error:
        yield Input(path, shown, shown, str(error))


def _folder(folder: Path, workspace: Path) -> Iterator[Input]:
    """The files in a folder and the folders in it, which are entered once each, however links lead to them."""
    waiting, entered, count = [folder], set(), 0
    while waiting:
        inside = waiting.pop(0)
        real = inside.resolve()
        if real in entered:
            continue
        entered.add(real)
        try:
            entries = sorted(inside.iterdir())
        except OSError as error:
            yield Input(inside, inside, folder, f"the folder cannot be read: {error.strerror or error}")
            continue
        for entry in entries:
            if entry.name.startswith(_HIDDEN):
                continue
            if entry.is_dir():
                waiting.append(entry)
            elif entry.is_file() and count < MOST_FILES:
                count += 1
                yield from _found(entry, folder, workspace)
    if not count:
        raise SourceError(f"{folder} is a folder without a file in it")


def _found(entry: Path, folder: Path, workspace: Path) -> Iterator[Input]:
    """A file of a folder, or what is in it where it is an archive; one that is damaged costs no other."""
    if not zipfile.is_zipfile(entry):
        yield Input(entry, entry, folder)
        return
    try:
        yield from _archive(entry, entry, folder, workspace)
    except SourceError as error:
        yield Input(entry, entry, folder, str(error))


def _archive(path: Path, shown: Path, given: Path, workspace: Path) -> Iterator[Input]:
    """The files in a zip archive, unpacked under names of our own: what they are called in it is only shown."""
    try:
        with zipfile.ZipFile(path) as archive:
            if kind := office_file(archive.namelist()):
                raise SourceError(f"{shown} is {kind}")
            members = [member for member in archive.infolist() if not member.is_dir() and not _is_hidden(member)]
            most = max(UNPACKED_BYTES, UNPACKED_TIMES * path.stat().st_size)
            if sum(member.file_size for member in members) > most or len(members) > MOST_FILES:
                raise SourceDamaged(
                    f"{shown} unpacks to more than {UNPACKED_TIMES} times its size, which no text does. Where that is right, unpack it "
                    "first"
                )
            for member in sorted(members, key=lambda member: member.filename):
                yield _unpacked(archive, member, shown / member.filename.lstrip("/"), given, workspace)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, zlib.error) as error:
        raise SourceDamaged(f"{shown} is a damaged zip archive: {error}") from error


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: Path, given: Path, workspace: Path) -> Input:
    copy = _place(workspace, Path(member.filename).name)
    if member.flag_bits & 1:
        return Input(copy, shown, given, "it is locked with a password; unpack it first")
    try:
        with archive.open(member) as source, copy.open("wb") as target:
            left = member.file_size + 1
            while left > 0 and (data := source.read(min(_CHUNK, left))):
                target.write(data)
                left -= len(data)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, RuntimeError, zlib.error) as error:
        return Input(copy, shown, given, f"it cannot be unpacked: {error}")
    if zipfile.is_zipfile(copy):
        return Input(copy, shown, given, "it is an archive inside an archive; unpack it first")
    return Input(copy, shown, given)


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    return any(part.startswith(_HIDDEN) and part != ".." for part in Path(member.filename).parts)


def _place(workspace: Path, name: str) -> Path:
    """A new place in the workspace: names come from strangers, so only a number is taken from us."""
    folder = workspace / str(sum(1 for _ in workspace.iterdir()))
    folder.mkdir()
    ending = Path(name).suffix if Path(name).suffix.isascii() and len(Path(name).suffix) < 12 else ""
    return folder / f"file{ending}"
