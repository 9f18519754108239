"""What an ingest did -> a table and lines for people, JSON for programs. Titles and reasons hold strangers' words: one line each."""

import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from rich.cells import cell_len, set_cell_size

from rag.core.escaping import counted, printable
from rag.core.text import clean
from rag.ingest.fates import FATES, FileCount, Told
from rag.ingest.report import FileRejected, IngestReport
from rag.output.ingest_report import NAME, file_json
from rag.output.wrapping import wrapped

MOST_LINES = 10
"""As many records of each fate, and as many notes, are shown to people; the report has all."""
MOST_FILES = 20
"""As many files are shown; the report has all."""
_LEAST_NAME = 12
"""Columns that a file's name needs."""


def report_json(report: IngestReport) -> dict[str, Any]:
    """What `citewise ingest --json` prints."""
    return {
        "files": [file_json(count) for count in report.files],
        "warnings": warnings(report),
        "added": list(report.added),
        "updated": list(report.updated),
        "unchanged": list(report.unchanged),
        "without_abstract": [
            {"file": str(told.file), "line": told.line, "id": told.id, "title": told.title}
            for told in report.told
            if told.fate == "without abstract"
        ],
        "rejected": [
            {"file": str(item.file), "line": item.record.line, "title": item.record.title, "reason": item.record.reason}
            for item in report.rejected
        ],
        "merged": [
            {"file": str(item.file), "line": item.line, "id": item.id, "paper": item.paper_id, "reason": item.reason}
            for item in report.merged
        ],
        "notes": [
            {"file": str(item.file), "line": item.note.line, "title": item.note.title, "note": item.note.text}
            for item in report.notes
        ],
    }


def warnings(report: IngestReport) -> list[str]:
    """A line for each file of which not as many records are told of as it holds."""
    return [_difference(count) for count in report.files if count.difference]


def _difference(count: FileCount) -> str:
    holds = f"{count.file} holds {counted(count.counted or 0, 'record')} by an independent count, but {count.told:,}"
    if count.difference > 0:
        return (
            f"{holds} were read: {count.difference:,} may be lost. Compare the file with what went in (citewise papers), and tell "
            "the makers of citewise"
        )
    return f"{holds} were read, {-count.difference:,} more. Look whether a record was cut in two: citewise papers"


def print_report(report: IngestReport, library: Path, *, dry_run: bool = False) -> None:
    """The counts of each file on stdout; on stderr what does not fit, the first reasons of each kind, and where the rest is."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in file_lines(report.files, width):
        print(line)
    papers = f"{counted(len(report.added), 'paper')} added, {len(report.updated):,} updated, {len(report.unchanged):,} unchanged"
    print(wrapped(f"{papers} (dry run: nothing was written): {library}" if dry_run else f"{papers}: {library}", width))
    lines = _Lines()
    for text in warnings(report):
        lines.show(f"WARNING: {text}", indent="")
    _reasons(lines, report)
    since = [count.since for count in report.files if count.since]
    if since:
        them = "It has" if len(report.files) == 1 else f"{len(since):,} of the {len(report.files):,} files have"
        lines.show(
            f"{them} not changed since {max(since)[:10]}, and {'was' if len(since) == 1 else 'were'} not read again.",
            "",
        )
    if dry_run:
        lines.show("--json has every record." if report.told else "", "")
    elif any(map(_is_notable, report.files)) and (library / NAME).exists():
        lines.show(f"Every record that did not go in as it is, with its reason: {library / NAME}", "")


def file_lines(files: Sequence[FileCount], width: int) -> list[str]:
    """A table a file, where it fits into `width` columns (0: any), else two lines a file; of many files those with something to say."""
    few = [count for count in files if _is_notable(count)] if len(files) > MOST_FILES else list(files)
    shown = few[:MOST_FILES]
    left = len(files) - len(shown)
    total = [_total(files)] if len(files) > 1 else []
    names = [*(_shown(str(count.file)) for count in shown), *(f"all {len(files):,} files" for _ in total)]
    rows = [*shown, *total]
    lines = _table(names, rows, width)
    blocks = [[line] for line in lines[1:]] or [_sum(*row, width) for row in zip(names, rows, strict=True)]
    if left:
        more = "other " if shown else ""
        text = f"… {left:,} {more}files, of which all is new, updated or unchanged"
        blocks.insert(len(shown), wrapped(text, width).split("\n"))
    return [*lines[:1], *(line for block in blocks for line in block)]


def _is_notable(count: FileCount) -> bool:
    plain = sum(count.fates.get(fate, 0) for fate in ("new", "updated", "unchanged"))
    return bool(count.problem or count.difference or count.told != plain)


def _total(files: Sequence[FileCount]) -> FileCount:
    numbers = [count.counted for count in files if not count.problem]
    known = [number for number in numbers if number is not None]
    fates = {fate: sum(count.fates.get(fate, 0) for count in files) for fate in FATES}
    return FileCount(Path(), sum(known) if len(known) == len(numbers) else None, fates)


def _table(names: Sequence[str], rows: Sequence[FileCount], width: int) -> list[str]:
    """Columns of numbers; empty where they do not fit. A fate that no record had has no column."""
    fates = [fate for fate in FATES if any(row.fates.get(fate) for row in rows)]
    heads = ["counted", *("no abstract" if fate == "without abstract" else fate for fate in fates)]
    cells = [
        [_number(row), *("" if _is_none(row) else f"{row.fates.get(fate, 0):,}" for fate in fates)] for row in rows
    ]
    sizes = [max(len(line[place]) for line in (heads, *cells)) for place in range(len(heads))]
    numbers = sum(sizes) + 2 * len(sizes)
    longest = max(map(cell_len, ("file", *names)))
    room = width - numbers if width else longest
    if room < min(longest, _LEAST_NAME):
        return []
    size = min(longest, room)
    return [
        "".join((_fitted(name, size), *(f"  {cell:>{sizes[place]}}" for place, cell in enumerate(line)))).rstrip()
        for name, line in zip(("file", *names), (heads, *cells), strict=True)
    ]


def _is_none(count: FileCount) -> bool:
    """Whether nothing is known of a file's records because it cannot be read."""
    return bool(count.problem) and not count.told


def _number(count: FileCount) -> str:
    return "–" if count.counted is None else f"{count.counted:,}"


def _fitted(name: str, size: int) -> str:
    """The name in so many columns; where it is longer its end, which tells more."""
    if cell_len(name) <= size:
        return set_cell_size(name, size)
    end = name
    while cell_len(end) > size - 1:
        end = end[1:]
    return set_cell_size(f"…{end}", size)


def _sum(name: str, row: FileCount, width: int) -> list[str]:
    """A file's name, and below it the sum."""
    parts = (
        " + ".join(f"{row.fates[fate]:,} {fate}" for fate in FATES if row.fates.get(fate)) or "nothing could be read"
    )
    sign = "=" if not row.difference else "≠"
    text = parts if row.counted is None else f"{_number(row)} counted {sign} {parts}"
    text = f"{name}\n  {text}"
    return wrapped(text, width).split("\n")


def _reasons(lines: "_Lines", report: IngestReport) -> None:
    rejected = (_refusal(item) for item in report.rejected)
    lines.first(rejected, len(report.rejected), "rejected record")
    merged = (f"merged {_place(item.file, item.line)} into {item.paper_id}: {item.reason}" for item in report.merged)
    lines.first(merged, len(report.merged), "merged record")
    bare = sum(count.fates.get("without abstract", 0) for count in report.files)
    if bare:
        titles = (_bare(told) for told in report.told if told.fate == "without abstract")
        lines.first(titles, bare, "record without abstract")
    notes = (f"note {_place(item.file, item.note.line)}: {item.note.text}" for item in report.notes)
    lines.first(notes, len(report.notes), "note")


def _refusal(item: FileRejected) -> str:
    if not item.record.line and item.record.reason.startswith(str(item.file)):
        return f"rejected: {item.record.reason}"
    return f"rejected {_place(item.file, item.record.line)}: {item.record.reason}"


def _bare(told: Told) -> str:
    return f"without abstract {_place(told.file, told.line)}: {told.title}"


class _Lines:
    """Lines on stderr, at most `MOST_LINES` of a kind."""

    def __init__(self) -> None:
        self._width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0

    def first(self, texts: Iterable[str], count: int, name: str) -> None:
        """The first of the texts, and how many more there are."""
        for text in islice(texts, MOST_LINES):
            self.show(text)
        if count > MOST_LINES:
            self.show(f"… and {counted(count - MOST_LINES, f'more {name}')}")

    def show(self, text: str, indent: str = "  ") -> None:
        """One text; nothing where there is none."""
        if text:
            print(wrapped(indent + _shown(text), self._width, hanging=2), file=sys.stderr)


def _place(file: Path, line: int) -> str:
    return f"{file}:{line}" if line else str(file)


def _shown(line: str) -> str:
    return clean(printable(line))
