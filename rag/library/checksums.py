"""Whether the files of a vector index still are what was written: their sizes, and a checksum of each block of each file.

Owns: which files have checksums. Those of the graph do, which native code reads without looking: cut or overwritten ones give other
results than before, or end the process. Chroma's SQLite file has none, since every opening changes it, and SQLite itself says whether
it is sound; nor has a graph that is not yet on disk, below a thousand vectors. Checksums tell damage, not attacks.
"""

import random
import sqlite3
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

Checksums = Mapping[str, tuple[int, ...]]
"""By path below the index's folder: the size in bytes, then the CRC-32 of each block."""

_BLOCK = 1 << 20
_MOST_BLOCKS = 32
"""Looked at when an index is opened: about 20 ms. Of larger ones those looked at differ from time to time."""
_HEADER = struct.Struct("<iQQQQ")
"""Version, offset, room, number of elements, bytes of each."""
_CHROMA_FILE = "chroma.sqlite3"
TEXTS_FILE = "texts.sqlite3"
_MOST_CHECKED = 64 << 20
"""Bytes of Chroma's SQLite file up to which all of it is looked at when it is opened: about 0.1 s."""
_WRITTEN = "index_metadata.pickle"
"""Beside these files once the graph is on disk."""


def checksums(folder: Path) -> dict[str, tuple[int, ...]]:
    """Of every file of a graph below the folder of an index.

    Raises:
        OSError: a file cannot be read.
    """
    return {
        str(path.relative_to(folder).as_posix()): (path.stat().st_size, *(_sum(block) for block in _blocks(path)))
        for path in _graph_files(folder)
    }


def damage_of_index(folder: Path, expected: Checksums, *, whole: bool = False) -> str | None:
    """What is wrong with the files of an index, Chroma's tables among them, as a phrase; None where they are sound.

    The tables are looked through where they are small, or where `whole` asks for it.
    """
    return _wrong_in_tables(folder / _CHROMA_FILE, whole=whole) or damage(folder, expected, whole=whole)


def damage_of_texts(folder: Path) -> str | None:
    """What is wrong with the copy of the texts beside an index, as a phrase; None where it is sound, or there is none. All of it is
    read; no question needs it."""
    file = folder / TEXTS_FILE
    return _wrong_in_tables(file, whole=True) if file.exists() else None


def damage(folder: Path, expected: Checksums, *, whole: bool = False) -> str | None:
    """What is wrong with the files, as a phrase; None where they are as expected.

    Sizes are always compared; where nothing is expected, with what the graph's header says. Of the blocks at most `_MOST_BLOCKS` are,
    spread evenly, unless `whole` asks for all.
    """
    if not expected:
        return _against_headers(folder)
    places: list[tuple[str, int]] = []
    for name, (size, *sums) in expected.items():
        try:
            there = (folder / name).stat().st_size
        except OSError as error:
            return f"its file {name} cannot be read ({error.strerror or error})"
        if there != size:
            return f"its file {name} has {there:,} bytes, not {size:,}"
        places += [(name, number) for number in range(len(sums))]
    step = 1 if whole else max(1, -(-len(places) // _MOST_BLOCKS))
    for name, number in places[random.randrange(step) :: step]:
        try:
            with (folder / name).open("rb") as stream:
                stream.seek(number * _BLOCK)
                changed = _sum(stream.read(_BLOCK)) != expected[name][number + 1]
        except OSError as error:
            return f"its file {name} cannot be read ({error.strerror or error})"
        if changed:
            return f"its file {name} is not as it was written"
    return None


def checksums_of(stored: object) -> dict[str, tuple[int, ...]]:
    """Checksums as they were kept in JSON; none for an index that was made before there were any.

    Raises:
        ValueError, TypeError: they are not of the form.
    """
    if stored is None:
        return {}
    if not isinstance(stored, dict):
        raise TypeError("the checksums are no object")
    read = {str(name): tuple(int(number) for number in numbers) for name, numbers in stored.items()}
    if not all(read.values()) or any(Path(name).is_absolute() or ".." in Path(name).parts for name in read):
        raise ValueError("a file has no size or no place")
    return read


def _against_headers(folder: Path) -> str | None:
    """What is wrong with the sizes, by the headers of the graphs (hnswlib's persistence version 1)."""
    for marker in sorted(folder.glob(f"*/{_WRITTEN}")):
        name = f"{marker.parent.name}/header.bin"
        try:
            version, _, _, count, size = _HEADER.unpack((folder / name).read_bytes()[: _HEADER.size])
        except (OSError, struct.error):
            return f"its file {name} cannot be read"
        for other, expected in (("data_level0.bin", count * size), ("length.bin", count * 4)) if version == 1 else ():
            file = marker.with_name(other)
            if not file.is_file() or file.stat().st_size != expected:
                return f"its file {marker.parent.name}/{other} has not the {expected:,} bytes that its header says"
    return None


def _wrong_in_tables(file: Path, *, whole: bool) -> str | None:
    """What SQLite says against Chroma's tables. Where a page is wrong, Chroma may open and fail at a later question."""
    try:
        if file.stat().st_size > _MOST_CHECKED and not whole:
            return None
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            if file.name == _CHROMA_FILE:  # Chroma ends the process where these are no text
                connection.execute("SELECT filename, sql, hash FROM migrations").fetchall()
            found = str(
                connection.execute("PRAGMA integrity_check(1)" if whole else "PRAGMA quick_check(1)").fetchone()[0]
            )
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        return f"its file {file.name} cannot be read ({error})"
    return None if found == "ok" else f"its file {file.name} is damaged ({found.splitlines()[-1]})"


def _graph_files(folder: Path) -> Iterator[Path]:
    for marker in sorted(folder.glob(f"*/{_WRITTEN}")):
        yield from sorted(path for path in marker.parent.iterdir() if path.is_file())


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


_sum = zlib.crc32
