"""What became of each record of an ingest -> `ingest-report.jsonl` beside the library.

Owns its form, and that it is there as a whole or not at all.
"""

import json
import logging
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.core import permissions
from rag.ingest.fates import FATES, FileCount, Told
from rag.ingest.report import IngestReport

NAME = "ingest-report.jsonl"
log = logging.getLogger(__name__)


def write_report(folder: Path, report: IngestReport) -> None:
    """Put the report into a library's folder in place of the last one, readable by its owner alone.

    What the last one told of files that were not read this time, because they did not change, is kept.

    Where that is not possible it is logged: the papers are in the library all the same.
    """
    path = folder / NAME
    partial = folder / f"{NAME}.{os.getpid()}"
    unchanged = {str(count.file) for count in report.files if count.since}
    try:
        for left in folder.glob(f"{NAME}.*"):  # of a process that was killed: there is one writer at a time
            left.unlink()
        with open(partial, "x", encoding="utf-8", opener=permissions.owner_only) as file:
            for value in _lines(report):
                file.write(_json(value) + "\n")
            file.writelines(f"{line}\n" for line in _told_before(path, unchanged))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        log.warning("the papers went in, but the report %s cannot be written: %s", path, error.strerror or error)


def _lines(report: IngestReport) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    yield {"time": now, "files": [file_json(count) for count in report.files]}
    for told in report.told:
        yield told_json(told)


def _told_before(path: Path, files: Collection[str]) -> Iterator[str]:
    """What the last report told of the records of these files, which have not changed since."""
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as last:
        for line in last if files else ():
            with suppress(ValueError, AttributeError):
                value = json.loads(line)
                if "fate" in value and value.get("file") in files:
                    yield line.rstrip("\n")


def file_json(count: FileCount) -> dict[str, Any]:
    """A file, its count, and how many of its records had which fate; what is empty is left out but for the numbers."""
    value: dict[str, Any] = {"file": str(count.file), "counted": count.counted}
    value |= {fate.replace(" ", "_"): count.fates.get(fate, 0) for fate in FATES}
    value["difference"] = count.difference
    return value | _filled(unchanged_since=count.since, problem=count.problem)


def told_json(told: Told) -> dict[str, Any]:
    """What became of a record; what is empty is left out."""
    place = {"file": str(told.file)} | _filled(line=told.line, id=told.id, title=told.title)
    return (
        place | {"fate": told.fate} | _filled(reason=told.reason, paper=told.paper_id, notes=told.notes, raw=told.raw)
    )


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _json(value: Any) -> str:
    # Half of a surrogate pair, which file names and JSON can hold, is no text.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
