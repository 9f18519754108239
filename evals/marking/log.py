"""The lab log's entry about answers that a person marked. Owns what it says, and that the log is replaced as a whole or not at all."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from evals.errors import EvalError
from evals.marking.dialogue import Mark
from evals.marking.rubric import POINTS, SECTION, read_text
from evals.runs.run import Run
from rag.core.text import clean

LOWEST = 5
"""Of the answers that would not be sent, how many are named."""
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~])")


def append_to_log(log: Path, run: Run, marks: Sequence[Mark], reader: str, date: str) -> None:
    """Put an entry with the marks above the log's newest one; the file is replaced as a whole or not at all.

    Raises:
        EvalError: nothing was marked, or the log cannot be read or written; nothing is written then.
    """
    if not marks:
        raise EvalError(f"no answer was marked; {log} is as it was")
    before = read_text(log, "the log")
    first = SECTION.search(before)
    head, tail = (before[: first.start()], before[first.start() :]) if first else (before, "")
    entry = "\n".join(_entry(run, marks, reader, date))
    _replace(log, f"{head.rstrip()}\n\n{entry}\n" + (f"\n{tail}" if tail else ""))


def _entry(run: Run, marks: Sequence[Mark], reader: str, date: str) -> Iterator[str]:
    manifest = run.manifest
    path, papers = ((manifest.get(part) or {}).get(name) for part, name in (("set", "path"), ("library", "papers")))
    commit = str(manifest.get("commit") or "unknown")[:12] + (" with changes" if manifest.get("changed") else "")
    yield f"## {_plain(date)} Answers read by {_plain(reader)}"
    yield ""
    yield _plain(
        f"{len(marks)} of {len(run.lines)} answers to {path}, mode {manifest.get('mode')}, on {papers} papers; commit {commit}. "
        "Marks by rubric.md."
    )
    yield from ("", "| 0 to 2 | mean | 0 | 1 | 2 |", "|---|--:|--:|--:|--:|")
    for place, (name, _) in enumerate(marks[0].points):
        levels = [mark.points[place][1] for mark in marks]
        counts = " | ".join(str(levels.count(int(level))) for level in POINTS)
        yield f"| {_plain(name)} | {fmean(levels):.2f} | {counts} |"
    count = sum(mark.send for mark in marks)
    yield from ("", f"Would be sent to a colleague: {count} of {len(marks)} ({count / len(marks):.2f}).")
    lowest = sorted((mark for mark in marks if not mark.send), key=lambda mark: mark.total)[:LOWEST]
    if lowest:
        yield from ("", "The lowest of those that would not:", "")
    for mark in lowest:
        about = f"{mark.id} ({mark.type})" if mark.type else mark.id
        yield _plain(f"- {about}, {mark.total} of {2 * len(mark.points)}" + (f": {mark.note}" if mark.note else ""))


def _plain(text: str) -> str:
    """One line that Markdown shows as it stands: ids, names and notes may hold anything."""
    return _MARKDOWN.sub(r"\\\1", clean(text))


def _replace(log: Path, text: str) -> None:
    real = log.resolve()  # A log that is a link stays one.
    temporary = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=real.parent, prefix=f".{real.name}.", delete=False) as stream:
            temporary = Path(stream.name)
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(real, temporary)
        temporary.replace(real)
    except OSError as error:
        if temporary:
            temporary.unlink(missing_ok=True)
        raise EvalError(f"cannot write the log {log}: {error.strerror or error}") from error
