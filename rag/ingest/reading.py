"""Files -> their records, one after the other, in memory or in a spool; files that have not changed are not read.

Owns what is told of each file on reading it: its records by an independent count, what was refused, what was left out.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from rag.core.domain import Note, Rejected
from rag.core.errors import SourceDamaged, SourceError
from rag.core.escaping import shorten
from rag.ingest.fates import KnownFile, Told, is_record
from rag.ingest.formats import counted, read_records
from rag.ingest.formats.record import RAW_CHARS
from rag.ingest.groups import Found
from rag.ingest.inputs import Input, inputs
from rag.ingest.report import FileNote, FileRejected

Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "planning", "embedding", "indexing"), the number done, and the total (0: not known): bytes of files
while they are read, else records or papers."""
Known = Callable[[str], KnownFile | None]
"""What is known of a file with this sha256; None where it must be read."""
_CHUNK = 1 << 20
_STEP = 1_000
"""As many records are read between two calls of `Progress`."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was looked at: its sha256, how many records an independent count finds (None: not countable), what is known of it
    where it has not changed, and why it cannot be read, or not to its end."""

    source: Input
    sha256: str = ""
    counted: int | None = None
    known: KnownFile | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of files: records, those that cannot be read, what was left out of records, and which files those are."""

    records: tuple[Found, ...]
    rejected: tuple[FileRejected, ...]
    notes: tuple[FileNote, ...]
    files: tuple[Input, ...] = ()


Item = Found | FileRejected | FileNote | FileRead
"""What reading gives: the records of a file, what was refused and noted of it, and at its end the file."""


def read_files(files: Sequence[Path], progress: Progress | None = None) -> Reading:
    """All records of what is named, held in memory: files, folders, patterns, zip archives, or "-" for standard input (see `inputs`).

    A file of a folder or archive that holds no papers is reported; one that is named itself ends the reading, unless it is a packed
    one that is damaged or made to fill a memory, which shows itself only while it is read.

    Raises:
        SourceError: a file that is named is missing, or none of papers.
    """
    items = list(read_each(files, progress=progress))
    notes: list[FileNote] = []
    for item in items:
        if isinstance(item, FileNote):
            notes.append(item)
        elif isinstance(item, Found):
            notes += notes_of(item)
    return Reading(
        tuple(item for item in items if isinstance(item, Found)),
        tuple(item for item in items if isinstance(item, FileRejected)),
        tuple(notes),
        tuple(item.source for item in items if isinstance(item, FileRead)),
    )


def notes_of(found: Found) -> list[FileNote]:
    """What was left out of a record."""
    title = shorten(found.paper.title, 200)
    return [FileNote(found.file, Note(found.entry.line, text, title)) for text in found.entry.notes]


def told_of(item: FileRejected) -> Told | None:
    """The fate of what was refused on reading; None where it is the file as a whole."""
    record = item.record
    if not is_record(record):
        return None
    return Told(item.file, record.line, "rejected", "", record.title, record.reason, raw=record.raw[:RAW_CHARS])


def read_each(
    files: Sequence[Path],
    known: Known = lambda _: None,
    progress: Progress | None = None,
    names: Mapping[Path, str] = MappingProxyType({}),
) -> Iterator[Item]:
    """What is named, file by file, as `read_files` has it; a file that is known is not read. `names` are what files are called before
    people, where that is not their path; such a file costs no other if it is no file of papers.

    Raises:
        SourceError: as `read_files`.
    """
    with tempfile.TemporaryDirectory(prefix="citewise-") as workspace:
        found = _each_alone(files, Path(workspace)) if names else inputs(files, Path(workspace))
        every = [_called(source, names) for source in found]
        sizes = [_size(source.path) for source in every]
        before = 0
        for source, size in zip(every, sizes, strict=True):
            yield from _of_file(source, known, _Share(progress, before, size, sum(sizes)))
            before += size


def _each_alone(files: Sequence[Path], workspace: Path) -> Iterator[Input]:
    """The files of what is named; one that is none costs no other."""
    for file in files:
        try:
            yield from inputs([file], workspace)
        except SourceError as error:
            yield Input(file, file, file, str(error))


def _called(source: Input, names: Mapping[Path, str]) -> Input:
    """The file, or member of an archive, under the name that was given to it."""
    for path in (source.shown, *source.shown.parents) if names else ():
        if path in names:
            shown = Path(names[path]) / source.shown.relative_to(path)
            return replace(source, shown=shown, problem=source.problem.replace(str(path), names[path]))
    return source


@dataclass(frozen=True, slots=True)
class _Share:
    """A file's share of the bytes to read."""

    progress: Progress | None
    before: int
    size: int
    total: int

    def show(self, part: float) -> None:
        """Tell that this part of the file (0..1) has been read."""
        if self.progress:
            self.progress("reading", self.before + int(self.size * min(part, 1.0)), self.total)


def _of_file(source: Input, known: Known, share: _Share) -> Iterator[Item]:
    if source.problem:
        yield FileRejected(source.shown, Rejected(0, source.problem))
        yield FileRead(source, problem=source.problem)
        return
    read, sha256 = FileRead(source), ""
    try:
        sha256 = _sha256(source.path)
        if same := known(sha256):
            yield FileRead(source, sha256, same.counted, same)
            share.show(1)
            return
        number = _counted(source.path)
        read = FileRead(source, sha256, number)
        for place, item in enumerate(_records(source), start=1):
            yield item
            if place % _STEP == 0:
                share.show(place / number if number else 0)
    except SourceError as error:
        reason = str(error).replace(str(source.path), str(source.shown))
        if not (source.is_found or isinstance(error, SourceDamaged)):
            raise SourceError(reason) from error
        yield FileRejected(source.shown, Rejected(0, reason))
        read = replace(read, problem=reason)
    yield read
    share.show(1)


def _records(source: Input) -> Iterable[Item]:
    for item in read_records(source.path):
        if isinstance(item, Rejected):
            yield FileRejected(source.shown, item)
        elif isinstance(item, Note):
            yield FileNote(source.shown, item)
        else:
            yield Found(source.shown, item)


def _counted(path: Path) -> int | None:
    """None where it cannot be counted; reading it tells why."""
    try:
        return counted(path)
    except SourceError:
        return None


def _sha256(path: Path) -> str:
    """Of a file's bytes; "" where they cannot be read, which reading it tells with the reason."""
    if not path.is_file():  # a pipe would be waited for without end
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
