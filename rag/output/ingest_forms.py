"""What an ingest did -> a file to keep: JSON, CSV or Markdown. Titles and reasons hold strangers' words, which stay words in each."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.core.errors import RequestRefused
from rag.core.escaping import counted, printable, shorten
from rag.ingest.fates import FATES, Fate, FileCount, Told
from rag.ingest.report import IngestReport
from rag.output.ingest_report import file_json, told_json
from rag.output.ingested import warnings

MOST_RECORDS = 20_000
"""As many records are told of; a report with more says so, and the one in the library's folder has all."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What begins a formula in a spreadsheet."""
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|!~$"})


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report as a file: the ending of its name, its media type and its text."""

    suffix: str
    media_type: str
    text: str


def file_of(report: IngestReport, form: str) -> ReportFile:
    """The report in one of `REPORT_FORMS`.

    Raises:
        RequestRefused: there is no such form.
    """
    if form not in _WRITE:
        raise RequestRefused(f"there is no report as {form[:40]!r}; there are {', '.join(REPORT_FORMS)}")
    return _WRITE[form](report)


def _told(report: IngestReport) -> Iterator[Told]:
    return islice(report.told, MOST_RECORDS)


def _left_out(report: IngestReport) -> str:
    more = len(report.told) - MOST_RECORDS
    return f"{counted(more, 'more record')}: see ingest-report.jsonl in the library's folder" if more > 0 else ""


def _as_json(report: IngestReport) -> ReportFile:
    value = {
        "added": len(report.added),
        "updated": len(report.updated),
        "unchanged": len(report.unchanged),
        "warnings": warnings(report),
        "files": [file_json(count) for count in report.files],
        "records": [told_json(told) for told in _told(report)],
    }
    if more := _left_out(report):
        value["left_out"] = more
    text = json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode()
    return ReportFile("json", "application/json", text)


def _as_csv(report: IngestReport) -> ReportFile:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("file", "line", "fate", "title", "id", "paper", "reason", "notes"))
    for count in report.files:
        if count.problem:
            writer.writerow(_cells(str(count.file), "", "not read", "", "", "", count.problem, ""))
    for one in _told(report):
        place = (str(one.file), str(one.line or ""), one.fate, one.title)
        writer.writerow(_cells(*place, one.id, one.paper_id, one.reason, "; ".join(one.notes)))
    if more := _left_out(report):
        writer.writerow(_cells("", "", "", "", "", "", more, ""))
    # Spreadsheets take it for UTF-8 by the mark at its beginning alone.
    return ReportFile("csv", "text/csv", "\ufeff" + out.getvalue())


def _cells(*values: str) -> list[str]:
    """One line each, and none a formula."""
    plain = [" ".join(printable(value).split()) for value in values]
    return [f"'{value}" if value.startswith(_FORMULA) else value for value in plain]


def _as_markdown(report: IngestReport) -> ReportFile:
    lines = ["# What went into the library", "", _sum(report), ""]
    fates = [fate for fate in FATES if any(count.fates.get(fate) for count in report.files)]
    lines += [f"| file | {' | '.join(fates)} |", f"|---|{'--:|' * len(fates)}"]
    lines += [_row(count, fates) for count in report.files]
    lines += ["", *(f"**{_plain(text)}**" for text in warnings(report))]
    for fate in FATES:
        told = [one for one in _told(report) if one.fate == fate]
        if told:
            lines += ["", f"## {fate.capitalize()}", "", *map(_item, told)]
    if more := _left_out(report):
        lines += ["", more]
    return ReportFile("md", "text/markdown", "\n".join(lines) + "\n")


def _sum(report: IngestReport) -> str:
    return f"{counted(len(report.added), 'paper')} added, {len(report.updated):,} updated, {len(report.unchanged):,} unchanged."


def _row(count: FileCount, fates: Sequence[Fate]) -> str:
    name = _plain(str(count.file)) + (f": {_plain(count.problem)}" if count.problem else "")
    numbers = " | ".join(f"{count.fates.get(fate, 0):,}" for fate in fates)
    return f"| {name} | {numbers} |"


def _item(told: Told) -> str:
    place = f"{told.file}, line {told.line}" if told.line else str(told.file)
    said = [part for part in (told.reason, *told.notes) if part]
    into = f" (into {told.paper_id})" if told.fate == "merged" else ""
    return f"- {_plain(shorten(told.title, 200)) or 'without a title'}: {_plain('; '.join([place, *said]) + into)}"


def _plain(text: str) -> str:
    return " ".join(printable(text).split()).translate(_MARKS)


_WRITE: Mapping[str, Callable[[IngestReport], ReportFile]] = {
    "json": _as_json,
    "csv": _as_csv,
    "markdown": _as_markdown,
}
REPORT_FORMS = tuple(_WRITE)
