"""What a backup file is: its manifest, which files may be in it, and the checks before anything of it is used.

A backup may come from a stranger. Names are ours or refused, members are stored and not packed, so that none can be larger than the
file, and every hash is compared. Writes nothing.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.core.errors import BackupDamaged, SchemaTooNew
from rag.library import tables

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "library.sqlite3"
BESIDE = re.compile(r"feedback\.jsonl|ingest-report\.jsonl|recovered-[\w-]{1,40}\.jsonl")
"""Files beside the database that cannot be made anew from it."""
_MOST_MANIFEST = 4_000_000
_MOST_FILES = 10_000
_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `made` is UTC in ISO 8601; `files` has by name `bytes` and `sha256`."""

    format: int
    citewise: str
    schema: int
    made: str
    papers: int
    passages: int
    revision: int
    embedder: str
    files: Mapping[str, Mapping[str, Any]]

    @property
    def bytes(self) -> int:
        """Of all its files together."""
        return sum(int(about["bytes"]) for about in self.files.values())


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup whose manifest and names were checked; the hashes are not.

    Raises:
        BackupDamaged: it is no backup, or damaged, or holds what no backup does.
        SchemaTooNew: a newer citewise made it.
    """
    try:
        with file.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise BackupDamaged(
                    f"{file} is no backup: it is no zip archive, or its end is missing. Name a file that citewise backup made"
                )
            with zipfile.ZipFile(stream) as archive:
                manifest = _manifest(file, archive)
                _check_members(file, archive, manifest)
                yield archive, manifest
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise BackupDamaged(f"the backup {file} is damaged: {error}; use another one") from error
    except FileNotFoundError:
        raise BackupDamaged(f"there is no file {file}; name a file that citewise backup made") from None


def check_hashes(file: Path, archive: zipfile.ZipFile, manifest: Manifest, report: Callable[[int], None]) -> None:
    """Read everything once.

    Raises:
        BackupDamaged: a file in it is not what its manifest says.
    """
    for name in manifest.files:
        for _ in pieces(file, archive, manifest, name):
            pass
        report(int(manifest.files[name]["bytes"]))


def pieces(file: Path, archive: zipfile.ZipFile, manifest: Manifest, name: str) -> Iterator[bytes]:
    """The bytes of a file in a backup; the last piece is followed by an error where the hash is another.

    Raises:
        BackupDamaged: see above.
    """
    digest = hashlib.sha256()
    with archive.open(name) as source:
        while data := source.read(_CHUNK):
            digest.update(data)
            yield data
    if digest.hexdigest() != manifest.files[name]["sha256"]:
        raise BackupDamaged(f"the backup {file} is damaged: {name} in it is not as it was written; use another one")


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        about = archive.getinfo(MANIFEST)
    except KeyError:
        raise BackupDamaged(
            f"{file} is an archive, but no backup of a library: it has no {MANIFEST}. Name a file that citewise backup made"
        ) from None
    if about.file_size > _MOST_MANIFEST or about.compress_type != zipfile.ZIP_STORED:
        raise BackupDamaged(f"{file} is no backup that citewise made: its {MANIFEST} is packed, or too large")
    try:
        told = json.loads(archive.read(MANIFEST).decode())
        version, schema = _whole(told["format"]), _whole(told["schema"])
        if version > FORMAT or schema > tables.VERSION:
            raise SchemaTooNew(
                f"the backup {file} was made by citewise {str(told.get('citewise', '?'))[:20]} with schema {schema}; this one "
                f"reads up to {tables.VERSION}. Upgrade citewise, then restore it"
            )
        files = {
            str(name): {"bytes": _whole(kept["bytes"]), "sha256": _hash(kept["sha256"])}
            for name, kept in told["files"].items()
        }
        counts = {name: _whole(told[name]) for name in ("papers", "passages", "revision")}
        words = {name: str(told[name])[:200] for name in ("citewise", "made", "embedder")}
        return Manifest(format=version, schema=schema, files=files, **counts, **words)  # type: ignore[arg-type]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BackupDamaged(f"the backup {file} is damaged: its {MANIFEST} cannot be read; use another one") from error


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("no count")
    return value


def _hash(value: object) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError("no hash")
    return value


def _check_members(file: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Raise BackupDamaged where a member is not one that a backup has, or not as the manifest says."""
    members = archive.infolist()
    names = [member.filename for member in members]
    foreign = [name for name in names if name not in (MANIFEST, DATABASE) and not BESIDE.fullmatch(name)]
    if foreign or len(members) > _MOST_FILES:
        raise BackupDamaged(
            f"{file} is no backup that citewise made: it holds {foreign[0][:100]!r}; nothing of it was written"
            if foreign
            else f"{file} is no backup that citewise made: it holds {len(members):,} files"
        )
    if sorted(names) != sorted({MANIFEST, *manifest.files}) or DATABASE not in manifest.files:
        raise BackupDamaged(f"the backup {file} is damaged: it does not hold the files that its {MANIFEST} names")
    for member in members:
        expected = manifest.files.get(member.filename, {"bytes": member.file_size})["bytes"]
        packed = member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size
        if packed or member.flag_bits & 1 or member.file_size != expected:
            raise BackupDamaged(
                f"{file} is no backup that citewise made: {member.filename} in it is packed, locked or of another size"
            )
    if sum(member.file_size for member in members) > file.stat().st_size:
        raise BackupDamaged(f"{file} is no backup that citewise made: files in it lie over each other")
