"""What an ingest did -> lines for people and JSON for programs. Titles and reasons hold strangers' words: shown on one line each."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rag.core.escaping import counted, printable
from rag.core.text import clean
from rag.ingest.report import IngestReport

MOST_LINES = 20
"""As many merged records, and as many notes, are shown to people; JSON has all. What was refused is always named."""


def report_json(report: IngestReport) -> dict[str, Any]:
    """What `citewise ingest --json` prints."""
    return {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
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


def print_report(report: IngestReport, library: Path) -> None:
    """The counts on stdout; a line on stderr for each record that was refused, and for the first that were merged or noted."""
    merged = f", {len(report.merged)} merged" if report.merged else ""
    print(
        f"{len(report.added)} added, {len(report.updated)} updated, {len(report.unchanged)} unchanged, "
        f"{len(report.rejected)} rejected{merged}: {_shown(str(library))}"
    )
    _print(f"rejected {_place(item.file, item.record.line)}: {item.record.reason}" for item in report.rejected)
    _print_first(
        [f"merged {_place(item.file, item.line)} into {item.paper_id}: {item.reason}" for item in report.merged],
        "merged record",
    )
    _print_first([f"note {_place(item.file, item.note.line)}: {item.note.text}" for item in report.notes], "note")


def _print_first(lines: list[str], name: str) -> None:
    _print(lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        _print([f"… and {counted(len(lines) - MOST_LINES, f'more {name}')}; --json has all"])


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"  {_shown(line)}", file=sys.stderr)


def _place(file: Path, line: int) -> str:
    return f"{file}:{line}" if line else str(file)


def _shown(line: str) -> str:
    return clean(printable(line))
