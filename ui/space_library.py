"""The papers of a Space: a library that is made anew on each fresh machine, of the seeds or of what CITEWISE_SPACE_LIBRARY names.

Owns: what that may be (record files, a folder, a backup, a library, each here or in a dataset of the hub), and that the library in the
temporary folder is that of the papers which are named now. Knows nothing of gradio.
"""

import json
import logging
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rag.core.errors import LibraryMissing, SettingsError, SourceError
from rag.core.settings import Settings
from rag.core.space import temporary_folder
from rag.ingest.hub_dataset import dataset_named, fetch
from rag.ingest.report import IngestReport
from rag.library.archives import DATABASE, MANIFEST
from rag.output.progress import told

log = logging.getLogger(__name__)
Report = Callable[[str], None]
SEEDS = Path(__file__).parent.parent / "seeds"
_OF = "filled-from.json"
_ABOUT_A_DATASET = {"readme.md", "license", "license.md", "license.txt", "citation.cff"}
_STAGES = {
    "reading": "Reading the papers",
    "planning": "Comparing the papers",
    "embedding": "Embedding the papers",
    "indexing": "Making the index",
    "checking": "Checking the backup",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What the library is made of: record files, backups of libraries, folders of libraries. `name` is for people; `state` changes
    whenever what is in them may have changed."""

    name: str
    state: str
    files: Sequence[Path] = ()
    backups: Sequence[Path] = ()
    libraries: Sequence[Path] = ()


def settings_of_space() -> Settings:
    """The settings of the environment, with a library. A wrong one ends the process, with one line in the log of the Space."""
    try:
        settings = with_own_library(Settings.load())
    except SettingsError as error:
        sys.exit(f"citewise: {error}")
    if settings.mcp and not _speaks_mcp():
        print("citewise: MCP is not offered here: the package mcp that is installed is older than 2", file=sys.stderr)
        return settings.model_copy(update={"mcp": False})
    return settings


def _speaks_mcp() -> bool:
    """Whether the SDK is one that `ui.mcp` is written for; gradio brings an older one to a Space."""
    try:
        return int(version("mcp").partition(".")[0]) >= 2
    except (PackageNotFoundError, ValueError):
        return False


def with_own_library(settings: Settings) -> Settings:
    """The settings with a library in the temporary folder, unless they name one."""
    if "library" in settings.model_fields_set:
        return settings
    named = sha256((settings.space_library or "").encode()).hexdigest()[:16]
    return settings.model_copy(update={"library": _own() / named / "library"})


def _own() -> Path:
    """The folder of the libraries that are made anew where they have to be."""
    return temporary_folder() / "libraries"


def fill(settings: Settings, report: Report) -> None:
    """Make the library what it is to be, before it is opened. One that the settings name is filled where none is there, and else left
    as it is; one in the temporary folder is made anew where it is of other papers, or not complete.

    Raises:
        SourceError: what is named cannot be had, or has no papers in it.
        CitewiseError: as `ingest_files` and `restore`.
    """
    from rag.library.files import is_there

    own = settings.library.is_relative_to(_own())
    there = is_there(settings.library)
    if there and not own:
        return
    before = _state(settings.library) if there else ""
    try:
        source = source_of(settings.space_library, report)
    except SourceError as error:
        if not before:
            raise
        log.warning("the papers are those of the last start: %s", error)
        return
    if there and source.state == before:
        return
    if own:
        (settings.library.parent / _OF).unlink(missing_ok=True)
        shutil.rmtree(settings.library, ignore_errors=True)
    _fill(settings, source, report)
    if own:
        (settings.library.parent / _OF).write_text(json.dumps({"state": source.state}), "utf-8")


def _state(library: Path) -> str:
    """What the library in the temporary folder was made of; "" where it is not complete."""
    try:
        return str(json.loads((library.parent / _OF).read_text("utf-8"))["state"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def source_of(named: str | None, report: Report) -> Source:
    """What the setting names, on this machine.

    Raises:
        SourceError: it is not there, or cannot be downloaded.
    """
    if not named:
        return _local(SEEDS, "the seed papers")
    path = Path(named).expanduser()
    if path.exists():
        return _local(path, str(path))
    dataset = dataset_named(named)
    if dataset is None:
        raise SourceError(
            f"CITEWISE_SPACE_LIBRARY names {named!r}, which is no file or folder here ({path.absolute()}) and no dataset of the hub; "
            "name a file or folder of the Space's repository, or owner/name of a dataset"
        )
    report(f"Downloading {dataset} from the Hugging Face hub")
    try:
        place, commit = fetch(dataset)
    except SourceError as error:
        raise SourceError(f"{error} (there is no file or folder {path.absolute()} either)") from error
    return _local(place, str(dataset), commit)


def _local(place: Path, name: str, commit: str = "") -> Source:
    """What is in a file or folder; its state is that of its files, or the commit that it is of."""
    found = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    inside = [path for path in found if not any(part.startswith(".") for part in path.relative_to(place).parts)]
    if place.is_dir():
        inside = [path for path in inside if path.name.lower() not in _ABOUT_A_DATASET]
    libraries = [path.parent for path in inside if path.name == DATABASE]
    records = [path for path in inside if not any(folder in path.parents for folder in libraries)]
    backups = [path for path in records if _is_backup(path)]
    files = [path for path in records if path not in backups]
    if not (files or backups or libraries):
        raise SourceError(f"there is no file with papers in {name}; put one there, or correct CITEWISE_SPACE_LIBRARY")
    if len(backups) + len(libraries) > 1:
        names = ", ".join(path.relative_to(place).as_posix() for path in (*backups, *libraries))
        raise SourceError(f"{name} holds several libraries ({names}); name one of them in CITEWISE_SPACE_LIBRARY")
    state = commit and f"{name} {commit}"
    if not state:
        parts = [(str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns) for path in inside]
        state = sha256(repr(parts).encode()).hexdigest()
    return Source(name, state, files, backups, libraries)


def _is_backup(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        return {DATABASE, MANIFEST} <= set(archive.namelist())
    return False


def _fill(settings: Settings, source: Source, report: Report) -> None:
    """Put the papers of a source into the library, which is not there yet."""
    from rag.wiring import ingest_files

    def stages(stage: str, done: int, total: int) -> None:
        how_far = f": {told(stage, done, total, None)}" if total else ""
        report(f"{_STAGES.get(stage, stage.capitalize())}{how_far}")

    settings.library.parent.mkdir(parents=True, exist_ok=True)
    for backup in source.backups:
        _restore(backup, settings, stages)
    for folder in source.libraries:
        _copy(folder, settings, stages)
    if not source.files:
        return
    done = ingest_files(settings, list(source.files), stages)
    if not (source.backups or source.libraries or done.added or done.unchanged):
        raise SourceError(f"no papers could be read in {source.name}{_reason(done)}; correct CITEWISE_SPACE_LIBRARY")


def _restore(backup: Path, settings: Settings, stages: Callable[[str, int, int], None]) -> None:
    from rag.library.chroma_server import server_of
    from rag.library.restore import restore

    stages("checking", 0, 0)
    restore(backup, settings.library, datetime.now(), progress=stages, server=server_of(settings))


def _copy(folder: Path, settings: Settings, stages: Callable[[str, int, int], None]) -> None:
    """Copy a library that is there, as its backup and restoring it would."""
    from rag.library.backup import backup

    with tempfile.TemporaryDirectory(prefix="citewise-copy-") as workspace:
        packed = Path(workspace) / "library.citewise"
        try:
            backup(folder, packed)
        except LibraryMissing as error:
            raise SourceError(str(error)) from error
        _restore(packed, settings, stages)


def _reason(done: IngestReport) -> str:
    """Why the first record or file was refused, where that is known."""
    return f" ({done.rejected[0].record.reason})" if done.rejected else ""
